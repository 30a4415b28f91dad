package dev.tethys.app.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.Secret;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.KerberosRealm;
import dev.tethys.testkit.PostgresProcess;
import dev.tethys.web.kerberos.KerberosIdentity;
import dev.tethys.web.kerberos.KerberosLogin;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.GSSName;
import org.ietf.jgss.Oid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tickets of a real KDC let exporters in at a real PostgreSQL, and at servers of HTTP. */
@Timeout(60)
class KerberosTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
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

  private static Batch one() {
    byte[] body =
        new WriteRequestWriter()
            .beginSeries(Labels.of("__name__", "up"))
            .sample(KnownSamples.START, 1)
            .endSeries()
            .toByteArray();
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, body, 1, 0);
  }

  private static String keys() {
    return "username: tethys, password: secret, config_file: '" + there().config() + "'";
  }

  @Test
  void postgresLetsTicketsIn(@TempDir Path folder) throws Exception {
    try (PostgresProcess server = new PostgresProcess(folder, "secret")) {
      server.wantTickets("host", there().keytab("postgres/localhost"));
      String at =
          "endpoint: 'postgresql://localhost:"
              + server.port()
              + "/postgres', username: tethys, tls: {insecure: true}";
      try (TestPipeline p =
          new TestPipeline(Signal.METRICS, "postgresql", at + ", kerberos: {" + keys() + "}")) {
        p.send(one());
        p.drain(PATIENCE);
        assertThat(p.balance().out()).isEqualTo(1);
        assertThat(p.repeated()).isZero();
      }
      try (TestPipeline p =
          new TestPipeline(Signal.METRICS, "postgresql", at + ", password: secret")) {
        p.send(one());
        TestPipeline.await("passwords are refused", PATIENCE, () -> !p.refusal().isEmpty());
        assertThat(p.refusal()).contains("GSS");
        assertThat(p.balance().out()).isZero();
      }
    }
  }

  @Test
  void postgresLetsInWhoEncryptsWithTickets(@TempDir Path folder) throws Exception {
    try (PostgresProcess server = new PostgresProcess(folder, "secret")) {
      server.wantTickets("hostgssenc", there().keytab("postgres/localhost"));
      String at =
          "endpoint: 'postgresql://localhost:%d/postgres', username: tethys, tls: {insecure: true},"
                  .formatted(server.port())
              + " kerberos: {"
              + keys()
              + "}";
      try (TestPipeline p =
          new TestPipeline(Signal.METRICS, "postgresql", at + ", gssencmode: require")) {
        p.send(one());
        p.drain(PATIENCE);
        assertThat(p.balance().out()).isEqualTo(1);
        assertThat(p.repeated()).isZero();
      }
    }
  }

  /** Takes what has a ticket, as the service's keytab tells. */
  private static void answer(GSSManager m, GSSCredential service, String header, List<String> who)
      throws GSSException {
    GSSContext c = m.createContext(service);
    byte[] token = Base64.getDecoder().decode(header.substring("Negotiate ".length()));
    c.acceptSecContext(token, 0, token.length);
    assertThat(c.isEstablished()).isTrue();
    who.add(c.getSrcName().toString());
    c.dispose();
  }

  @Test
  void requestsCarryATicketEach() throws Exception {
    Path keytab = there().keytab("HTTP/localhost");
    KerberosLogin service =
        new KerberosLogin(
            new KerberosIdentity("HTTP/localhost", keytab, Secret.NONE, "HTTP", there().config()),
            InstantSource.system());
    GSSManager m = GSSManager.getInstance();
    List<String> who = new CopyOnWriteArrayList<>();
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        x -> {
          try (x) {
            x.getRequestBody().readAllBytes();
            String said = String.valueOf(x.getRequestHeaders().getFirst("Authorization"));
            service.as(
                () -> {
                  GSSCredential own =
                      m.createCredential(
                          m.createName("HTTP/localhost", GSSName.NT_USER_NAME),
                          GSSCredential.INDEFINITE_LIFETIME,
                          new Oid(SPNEGO),
                          GSSCredential.ACCEPT_ONLY);
                  answer(m, own, said, who);
                  return true;
                });
            x.sendResponseHeaders(204, -1);
          } catch (Exception e) {
            x.sendResponseHeaders(401, -1);
          }
        });
    http.start();
    String url = "http://localhost:" + http.getAddress().getPort();
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS,
            "clickhouse",
            "endpoint: '" + url + "', auth: {authenticator: kerberosauth}, create_schema: false",
            "kerberosauth",
            "host: localhost, " + keys())) {
      p.send(one());
      p.drain(PATIENCE);
    } finally {
      http.stop(0);
    }
    assertThat(who).hasSizeGreaterThan(1).allMatch(("tethys@" + KerberosRealm.NAME)::equals);
  }

  @Test
  void whoHasNoTicketIsTold() {
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
