package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.mqtt.MqttPackets;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.pipeline.Signal;
import dev.tethys.prometheus.ForeignStores;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoreType;
import dev.tethys.testkit.KerberosRealm;
import dev.tethys.testkit.PostgresProcess;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import dev.tethys.web.kerberos.KerberosIdentity;
import dev.tethys.web.kerberos.KerberosLogin;
import dev.tethys.web.kerberos.KerberosServer;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.security.auth.callback.Callback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslServer;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.GSSName;
import org.ietf.jgss.Oid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tickets of a real KDC let exporters in at a real PostgreSQL, and at servers of HTTP. */
@Timeout(60)
@Tag("contrib")
class KerberosTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(30);
  private static final String SPNEGO = "1.3.6.1.5.5.2";

  @TempDir static Path dir;
  private static @Nullable KerberosRealm realm;

  @BeforeAll
  static void realm() throws Exception {
    realm = new KerberosRealm(Files.createDirectory(dir.resolve("realm")));
    realm.add("tethys", "secret");
  }

  @AfterAll
  static void end() {
    System.clearProperty("java.security.krb5.conf");
    if (realm != null) {
      realm.close();
    }
  }

  private static KerberosRealm there() {
    return java.util.Objects.requireNonNull(realm);
  }

  private static String keys() {
    return "username: tethys, password: secret, config_file: '" + there().config() + "'";
  }

  @Test
  void postgresLetsTicketsIn(@TempDir Path folder) throws Exception {
    try (PostgresProcess server = new PostgresProcess(folder, "secret")) {
      server.requireTickets("host", there().keytab("postgres/localhost"));
      String at =
          "endpoint: 'postgresql://localhost:"
              + server.port()
              + "/postgres', username: tethys, tls: {insecure: true}";
      try (TestPipeline p =
          new TestPipeline(Signal.METRICS, "postgresql", at + ", kerberos: {" + keys() + "}")) {
        p.send(KnownSamples.one());
        p.drain(TIME_LIMIT);
        assertThat(p.balance().out()).isEqualTo(1);
        assertThat(p.repeated()).isZero();
      }
      try (TestPipeline p =
          new TestPipeline(Signal.METRICS, "postgresql", at + ", password: secret")) {
        p.send(KnownSamples.one());
        TestPipeline.await("passwords are refused", TIME_LIMIT, () -> !p.refusal().isEmpty());
        assertThat(p.refusal()).contains("GSS");
        assertThat(p.balance().out()).isZero();
      }
    }
  }

  @Test
  void logsInToPostgresWithEncryptedTickets(@TempDir Path folder) throws Exception {
    try (PostgresProcess server = new PostgresProcess(folder, "secret")) {
      server.requireTickets("hostgssenc", there().keytab("postgres/localhost"));
      String at =
          "endpoint: 'postgresql://localhost:%d/postgres', username: tethys, tls: {insecure: true},"
                  .formatted(server.port())
              + " kerberos: {"
              + keys()
              + "}";
      try (TestPipeline p =
          new TestPipeline(Signal.METRICS, "postgresql", at + ", gssencmode: require")) {
        p.send(KnownSamples.one());
        p.drain(TIME_LIMIT);
        assertThat(p.balance().out()).isEqualTo(1);
        assertThat(p.repeated()).isZero();
      }
    }
  }

  /** A server of HTTP that takes who has a ticket, as its keytab tells. */
  private static final class TicketServer implements AutoCloseable {
    final List<String> who = new CopyOnWriteArrayList<>();
    private final HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    private final GSSManager m = GSSManager.getInstance();
    private final KerberosLogin service;

    /**
     * @param answer what it says to all that it lets in
     */
    TicketServer(String answer) throws Exception {
      service =
          new KerberosLogin(
              new KerberosIdentity(
                  "HTTP/localhost",
                  there().keytab("HTTP/localhost"),
                  Secret.NONE,
                  "HTTP",
                  there().config()),
              InstantSource.system());
      byte[] body = answer.getBytes(StandardCharsets.UTF_8);
      http.createContext(
          "/",
          x -> {
            try (x) {
              x.getRequestBody().readAllBytes();
              String said = String.valueOf(x.getRequestHeaders().getFirst("Authorization"));
              service.as(() -> let(said));
              x.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
              x.getResponseBody().write(body);
            } catch (Exception e) {
              x.sendResponseHeaders(401, -1);
            }
          });
      http.start();
    }

    private boolean let(String header) throws GSSException {
      GSSCredential own =
          m.createCredential(
              m.createName("HTTP/localhost", GSSName.NT_USER_NAME),
              GSSCredential.INDEFINITE_LIFETIME,
              new Oid(SPNEGO),
              GSSCredential.ACCEPT_ONLY);
      GSSContext c = m.createContext(own);
      byte[] token = Base64.getDecoder().decode(header.substring("Negotiate ".length()));
      c.acceptSecContext(token, 0, token.length);
      assertThat(c.isEstablished()).isTrue();
      who.add(c.getSrcName().toString());
      c.dispose();
      return true;
    }

    String url() {
      return "http://localhost:" + http.getAddress().getPort();
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }

  @Test
  void everyRequestCarriesATicket() throws Exception {
    try (TicketServer server = new TicketServer("")) {
      try (TestPipeline p =
          new TestPipeline(
              Signal.METRICS,
              "clickhouse",
              "endpoint: '"
                  + server.url()
                  + "', auth: {authenticator: kerberosauth}, create_schema: false",
              "kerberosauth",
              "host: localhost, " + keys())) {
        p.send(KnownSamples.one());
        p.drain(TIME_LIMIT);
      }
      assertThat(server.who)
          .hasSizeGreaterThan(1)
          .allMatch(("tethys@" + KerberosRealm.NAME)::equals);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      value = {
        "elasticsearch; index: a; {\"hits\":{\"hits\":[]}}",
        "opensearch; index: a; {\"hits\":{\"hits\":[]}}",
        "influxdb; database: d; {\"results\":[{}]}",
        "clickhouse; database: d; ''",
        "opentsdb; tags: [job]; []",
        "tdengine; database: d; {\"code\":0,\"column_meta\":[],\"data\":[],\"rows\":0}"
      })
  void storesShowATicketWithEachQuestion(String type, String key, String answer) throws Exception {
    try (TicketServer server = new TicketServer(answer);
        HttpClientFactory clients = new HttpClientFactory("tethys/test")) {
      String yaml =
          "[{name: far, type: %s, url: '%s', %s, kerberos: {host: localhost, %s}}]"
              .formatted(type, server.url(), key, keys());
      StoreConfig c =
          StoreConfig.readAll(
                  StoreConfig.LIST.read(YamlDocument.parse("s.yml", null, yaml).root()),
                  ForeignStores.TYPES)
              .getFirst();
      try (ForeignStore s =
          c.opener()
              .open(
                  new StoreType.Dependencies(
                      clients, new StoreLimits(1000, 1 << 20), new Registry()))) {
        assertThat(
                s.select(
                    SelectHints.range(KnownSamples.START - 1, KnownSamples.START + 1),
                    List.of(Matcher.of(Matcher.Type.EQUAL, Labels.METRIC_NAME, "up"))))
            .isEmpty();
      }
      assertThat(server.who).isNotEmpty().allMatch(("tethys@" + KerberosRealm.NAME)::equals);
    }
  }

  /** How often a principal has logged in. */
  private static long logins(String principal) throws IOException {
    return there()
        .log()
        .lines()
        .filter(l -> l.contains("AS_REQ") && l.contains(": ISSUE") && l.contains(principal))
        .count();
  }

  @Test
  void refusedClientLogsInOnceAMinute() throws Exception {
    there().add("stranger", "secret");
    there().keytab("HTTP/127.0.0.1");
    Instant[] now = {Instant.now()};
    KerberosLogin login =
        new KerberosLogin(
            new KerberosIdentity("stranger", null, new Secret("secret"), "HTTP", there().config()),
            () -> now[0]);
    for (int i = 0; i < 5; i++) {
      assertThat(login.show("127.0.0.1").authorization()).startsWith("Negotiate ");
      assertThat(login.refused()).isFalse();
    }
    assertThat(logins("stranger")).isEqualTo(1);
    now[0] = now[0].plusSeconds(61);
    KerberosLogin.TicketHeader one = login.show("127.0.0.1");
    KerberosLogin.TicketHeader other = login.show("127.0.0.1");
    assertThat(one.refused().getAsBoolean()).isTrue();
    KerberosLogin.TicketHeader later = login.show("127.0.0.1");
    assertThat(other.refused().getAsBoolean()).as("there is a new login already").isTrue();
    assertThat(later.refused().getAsBoolean()).isFalse();
    assertThat(logins("stranger")).isEqualTo(2);
  }

  @Test
  void queriesRejectingStoreOncePerQuery() throws Exception {
    there().add("guest", "secret");
    AtomicInteger asked = new AtomicInteger();
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        x -> {
          asked.incrementAndGet();
          x.sendResponseHeaders(401, -1);
          x.close();
        });
    http.start();
    try (HttpClientFactory clients = new HttpClientFactory("tethys/test")) {
      KerberosServer server =
          new KerberosServer(
              new KerberosIdentity("guest", null, new Secret("secret"), "HTTP", there().config()),
              "localhost");
      there().keytab("HTTP/localhost");
      WebClient client = clients.client(HttpClientConfig.DEFAULT, server);
      for (int i = 0; i < 3; i++) {
        try (ClientResponse a =
            client.send(
                ClientRequest.get(
                    URI.create("http://localhost:" + http.getAddress().getPort() + "/")))) {
          assertThat(a.status()).isEqualTo(401);
        }
      }
    } finally {
      http.stop(0);
    }
    assertThat(asked).hasValue(3);
    assertThat(logins("guest")).isEqualTo(1);
  }

  private static byte[] packet(DataInputStream in, int first) throws IOException {
    assertThat(in.readUnsignedByte()).isEqualTo(first);
    int n = 0;
    for (int shift = 0; ; shift += 7) {
      int b = in.readUnsignedByte();
      n |= (b & 127) << shift;
      if (b < 128) {
        return in.readNBytes(n);
      }
    }
  }

  /** A broker's side of one connection, by Java's SASL, up to the response to a ping. */
  private static void broker(Socket s, KerberosLogin service, List<String> who) throws Exception {
    MqttPackets packets = new MqttPackets(true);
    DataInputStream in = new DataInputStream(s.getInputStream());
    byte[] connect = packet(in, 0x10);
    String text = new String(connect, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("GSSAPI-KERBEROS") + "GSSAPI-KERBEROS".length();
    assertThat(connect[at]).isEqualTo((byte) 0x16);
    int n = (connect[at + 1] & 0xff) << 8 | connect[at + 2] & 0xff;
    byte[] said = Arrays.copyOfRange(connect, at + 3, at + 3 + n);
    SaslServer server =
        service.as(
            () ->
                Sasl.createSaslServer(
                    "GSSAPI",
                    "mqtt",
                    "localhost",
                    Map.of(),
                    asked -> {
                      for (Callback c : asked) {
                        ((AuthorizeCallback) c).setAuthorized(true);
                      }
                    }));
    while (true) {
      byte[] answer = said;
      byte[] challenge = service.as(() -> server.evaluateResponse(answer));
      if (server.isComplete()) {
        break;
      }
      s.getOutputStream()
          .write(
              packets.authenticate(
                  new MqttPackets.Exchange(MqttPackets.CONTINUE, "GSSAPI-KERBEROS", challenge)));
      said = packets.exchange(packet(in, 0xf0)).data();
    }
    who.add(server.getAuthorizationID());
    s.getOutputStream().write(new byte[] {0x20, 3, 0, 0, 0});
    packet(in, 0xc0);
    s.getOutputStream().write(new byte[] {(byte) 0xd0, 0});
    packet(in, 0x30); // a message, and the ping after it
    packet(in, 0xc0);
    s.getOutputStream().write(new byte[] {(byte) 0xd0, 0});
  }

  @Test
  void logsInToMqttBrokersWithTickets() throws Exception {
    KerberosLogin service =
        new KerberosLogin(
            new KerberosIdentity(
                "mqtt/localhost",
                there().keytab("mqtt/localhost"),
                Secret.NONE,
                "mqtt",
                there().config()),
            InstantSource.system());
    List<String> who = new CopyOnWriteArrayList<>();
    try (ServerSocket at = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(
              () -> {
                while (!at.isClosed()) {
                  try (Socket s = at.accept()) {
                    broker(s, service, who);
                  } catch (Exception e) {
                    // who is not let in has the last word
                  }
                }
              });
      String config =
          "yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {mqtt: {endpoint:"
              + " 'mqtt://localhost:%d', qos: 0, timeout: 20s, enhanced_authentication:"
                  .formatted(at.getLocalPort())
              + " GSSAPI-KERBEROS, kerberos: {"
              + keys()
              + "}}}, service: {pipelines: {metrics: {receivers: [otlp], exporters: [mqtt]}}}}";
      Printed printed = Printed.of("exporter", "check", "mqtt", "--config=" + config);
      assertThat(printed.err()).isEmpty();
      assertThat(printed.out()).contains("MQTT 5");
      assertThat(who).containsOnly("tethys@" + KerberosRealm.NAME);
      who.clear();
      printed =
          Printed.of(
              "exporter", "check", "mqtt", "--config=" + config.replace(": secret", ": other"));
      assertThat(printed.err()).contains("no ticket to tethys");
      assertThat(who).isEmpty();
    }
  }

  @Test
  void reportsMissingTicket() {
    KerberosLogin wrong =
        new KerberosLogin(
            new KerberosIdentity("tethys", null, new Secret("another"), "HTTP", there().config()),
            InstantSource.system());
    assertThatThrownBy(() -> wrong.token("localhost"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no ticket to tethys");
    KerberosLogin elsewhere =
        new KerberosLogin(
            new KerberosIdentity(
                "tethys", null, new Secret("secret"), "HTTP", dir.resolve("nothing")),
            InstantSource.system());
    assertThatThrownBy(() -> elsewhere.token("localhost")).hasMessageContaining("config_file");
  }
}
