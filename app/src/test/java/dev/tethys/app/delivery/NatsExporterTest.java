package dev.tethys.app.delivery;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.TestCertificates;
import io.nats.client.Connection;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.NKey;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.PushSubscribeOptions;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.support.JsonSerializable;
import io.nats.client.support.JwtUtils;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real nats-server, read by NATS's own client. */
@Tag("contrib")
@Tag("slow")
class NatsExporterTest {
  private static final Duration TIME_LIMIT = Duration.ofMinutes(2);

  @TempDir Path folder;
  private final int port = Ports.free();
  private @Nullable ServerProcess server;

  private void start(String config) throws Exception {
    Path installed = Path.of("/usr/sbin/nats-server");
    Path program = Files.exists(installed) ? installed : Shared.peerFolder("usr/sbin/nats-server");
    Path file =
        Files.writeString(
            folder.resolve("nats.conf"),
            "listen: \"127.0.0.1:%d\"\njetstream {store_dir: \"%s/js\"}\n%s\n"
                .formatted(port, folder, config));
    server =
        new ServerProcess(
            port,
            folder.resolve("log"),
            Map.of(),
            List.of(program.toString(), "-c", file.toString()));
  }

  @AfterEach
  void stopServer() {
    ServerProcess s = server;
    if (s != null) {
      s.close();
    }
  }

  private Options.Builder options() {
    return new Options.Builder()
        .server("nats://127.0.0.1:" + port)
        .connectionTimeout(Duration.ofSeconds(30));
  }

  private static void stream(Connection c) throws Exception {
    c.jetStreamManagement()
        .addStream(
            StreamConfiguration.builder()
                .name("telemetry")
                .subjects("telemetry.>")
                .storageType(StorageType.Memory)
                .build());
  }

  private static Batch batch(String name, int n) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < n; i++) {
      w.beginSeries(
          Labels.of(Labels.METRIC_NAME, name, "job", i % 2 == 0 ? "a.b *>" : "node", "i", "" + i));
      w.sample(KnownSamples.START, i).endSeries();
    }
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), n, 0);
  }

  private static List<Message> all(Connection c) throws Exception {
    JetStreamSubscription s =
        c.jetStream()
            .subscribe("telemetry.>", PushSubscribeOptions.builder().ordered(true).build());
    List<Message> out = new ArrayList<>();
    for (Message m = s.nextMessage(TIME_LIMIT);
        m != null;
        m = s.nextMessage(Duration.ofSeconds(2))) {
      out.add(m);
    }
    return out;
  }

  @Test
  void storesMessagesUnderSubjectsOfLabels() throws Exception {
    start("");
    try (Connection c = Nats.connect(options().build());
        TestPipeline p =
            new TestPipeline(
                Signal.METRICS,
                "nats",
                "endpoint: 'nats://127.0.0.1:%d', subject: 'telemetry.{job}.{zone}', encoding: json, stream: telemetry"
                    .formatted(port))) {
      p.send(batch("up", 10)); // the stream is made later: no server answers until then
      TestPipeline.await("it waits", TIME_LIMIT, () -> p.balance().held() > 0);
      stream(c);
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(10);
      List<Message> all = all(c);
      assertThat(all)
          .extracting(Message::getSubject)
          .containsExactlyInAnyOrder("telemetry.a%2Eb%20%2A%3E.none", "telemetry.node.none");
      assertThat(all)
          .allMatch(
              m ->
                  requireNonNull(m.getHeaders().getFirst("Content-Type"))
                      .equals("application/x-ndjson"));
      assertThat(all.stream().map(m -> m.getHeaders().getFirst("Nats-Msg-Id")).distinct())
          .hasSize(2);
      assertThat(all.stream().flatMap(m -> new String(m.getData(), StandardCharsets.UTF_8).lines()))
          .hasSize(10)
          .contains(
              "{\"name\":\"up\",\"labels\":{\"i\":\"1\",\"job\":\"node\"},\"timestamp\":1700000000000,\"value\":1}");
    }
  }

  @Test
  void storesRetriedMessagesOnce() throws Exception {
    start("");
    try (Connection c = Nats.connect(options().build());
        FaultProxy proxy = new FaultProxy(port);
        TestPipeline p =
            new TestPipeline(
                Signal.METRICS,
                "nats",
                "endpoint: '127.0.0.1:%d', encoding: influx, timeout: 2s"
                    .formatted(proxy.port()))) {
      stream(c);
      int n = 0;
      for (FaultProxy.Fault f :
          List.of(
              FaultProxy.Fault.REFUSED,
              FaultProxy.Fault.RESET_HALFWAY,
              FaultProxy.Fault.ANSWER_LOST,
              FaultProxy.Fault.NONE)) {
        proxy.set(f);
        p.send(batch("faults" + n++, 50));
        if (f != FaultProxy.Fault.NONE) {
          TestPipeline.await(f + " was met", TIME_LIMIT, () -> proxy.met() >= 2);
        }
      }
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(200);
      List<String> lines =
          all(c).stream()
              .flatMap(m -> new String(m.getData(), StandardCharsets.UTF_8).lines())
              .toList();
      assertThat(lines).hasSize(200);
      assertThat(new TreeSet<>(lines)).hasSize(200);
    }
  }

  @Test
  void coreMessagesReachWhoListens() throws Exception {
    start("authorization {timeout: 30, token: \"s3cret\"}");
    Queue<byte[]> got = new ConcurrentLinkedQueue<>();
    try (Connection c = Nats.connect(options().token("s3cret".toCharArray()).build());
        TestPipeline p =
            new TestPipeline(
                Signal.METRICS,
                "nats",
                "endpoint: '127.0.0.1:%d', jetstream: false, token: s3cret, max_message_bytes: 1024"
                    .formatted(port))) {
      c.createDispatcher(m -> got.add(m.getData())).subscribe("telemetry.metrics");
      c.flush(TIME_LIMIT);
      p.send(batch("up", 100));
      p.drain(TIME_LIMIT);
      int[] n = {0};
      TestPipeline.await(
          "all points came",
          TIME_LIMIT,
          () -> {
            n[0] = 0;
            got.forEach(b -> n[0] += new OtlpReader().metrics(b, 0, b.length).itemCount());
            return n[0] >= 100;
          });
      assertThat(n[0]).isEqualTo(100);
      assertThat(got).hasSizeGreaterThan(2).allMatch(b -> b.length <= 1024);
    }
  }

  private Printed check(String keys) {
    return checked("endpoint: 'localhost:%d', ".formatted(port) + keys);
  }

  private static Printed checked(String keys) {
    return Printed.of(
        "exporter",
        "check",
        "nats",
        "--config=yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {nats:"
            + " {jetstream: false, timeout: 60s, %s}}, service: {pipelines:".formatted(keys)
            + " {metrics: {receivers: [otlp], exporters: [nats]}}}}");
  }

  @Test
  void usersSignWithTheirKey() throws Exception {
    NKey key = NKey.createUser(null);
    String user = new String(key.getPublicKey());
    start(
        "authorization {timeout: 30, users: [{nkey: %s}, {user: writer, password: secret}]}"
            .formatted(user));
    Printed printed = check("nkey_seed: " + new String(key.getSeed()));
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out())
        .contains("NATS 2")
        .contains("42.5 to telemetry.metrics, and heard it there");
    printed = check("username: writer, password: secret");
    assertThat(printed.err()).isEmpty();
    printed = check("nkey_seed: " + new String(NKey.createUser(null).getSeed()));
    assertThat(printed.err()).contains("Authorization Violation");
    assertThat(check("username: writer, password: wrong").err())
        .contains("Authorization Violation");
    assertThat(check("nkey_seed: SUAB").err()).contains("not the seed of an nkey");
  }

  @Test
  void createsMissingStream() throws Exception {
    start("");
    String keys =
        "endpoint: 'nats://127.0.0.1:%d', subject: 'telemetry.{job}.a-{zone}', encoding: json,"
                .formatted(port)
            + " stream: made, create_stream: {storage: memory, max_age: 1m, max_bytes: 1000000}";
    String config =
        "--config=yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {nats: {"
            + keys
            + "}}, service: {pipelines: {metrics: {receivers: [otlp], exporters: [nats]}}}}";
    Printed plan = Printed.of("exporter", "check", "nats", "--no-write", config);
    assertThat(plan.err()).isEmpty();
    assertThat(plan.out()).contains("would be created:", "$JS.API.STREAM.CREATE.made {\"name\"");
    try (Connection c = Nats.connect(options().build())) {
      assertThat(c.jetStreamManagement().getStreamNames()).as("only shown").isEmpty();
      try (TestPipeline p = new TestPipeline(Signal.METRICS, "nats", keys)) {
        p.send(batch("up", 10));
        p.drain(TIME_LIMIT);
        assertThat(p.balance().out()).isEqualTo(10);
      }
      StreamConfiguration made = c.jetStreamManagement().getStreamInfo("made").getConfiguration();
      assertThat(made.getSubjects()).containsExactly("telemetry.*.*");
      assertThat(made.getMaxAge()).isEqualTo(Duration.ofMinutes(1));
      assertThat(made.getMaxBytes()).isEqualTo(1_000_000);
      assertThat(made.getStorageType()).isEqualTo(StorageType.Memory);
      Printed again =
          Printed.of("exporter", "check", "nats", config.replace("max_age: 1m", "max_age: 2m"));
      assertThat(again.err()).isEmpty();
      assertThat(again.out()).contains("nothing is to be created", "and heard it there");
      assertThat(c.jetStreamManagement().getStreamInfo("made").getConfiguration().getMaxAge())
          .as("it stays as it is")
          .isEqualTo(Duration.ofMinutes(1));
    }
  }

  /** Usually the stream does not exist. */
  @Test
  void reportsMissingStream() throws Exception {
    start("");
    String keys = "endpoint: 'nats://127.0.0.1:%d', subject: telemetry.x".formatted(port);
    String config =
        "--config=yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {nats: {"
            + keys
            + ", timeout: 60s}}, service: {pipelines: {metrics: {receivers: [otlp], exporters:"
            + " [nats]}}}}";
    Printed printed = Printed.of("exporter", "check", "nats", config);
    assertThat(printed.status()).isNotZero();
    assertThat(printed.err())
        .contains("no JetStream stream accepts the subject: create one", "(telemetry.x)");
    try (Connection c = Nats.connect(options().build())) {
      c.subscribe("telemetry.>"); // another subscriber, which does not answer
      c.flush(TIME_LIMIT);
      try (TestPipeline p = TestPipeline.impatient(Signal.METRICS, "nats", keys)) {
        p.send(batch("up", 10));
        TestPipeline.await("it is told", TIME_LIMIT, () -> !p.refusal().isEmpty());
        assertThat(p.refusal()).contains("if no stream has telemetry.x");
        stream(c);
        p.drain(TIME_LIMIT);
        assertThat(p.balance().out()).isEqualTo(10);
      }
    }
  }

  @Test
  void checkAcceptsWriteOnlyUser() throws Exception {
    start(
        "authorization {timeout: 30, users: [{user: writer, password: secret, permissions:"
            + " {publish: \"telemetry.>\", subscribe: {deny: \">\"}}}]}");
    Printed printed = check("username: writer, password: secret");
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out())
        .contains("42.5 to telemetry.metrics, and did not hear it there: ")
        .contains("Permissions Violation for Subscription");
    assertThat(check("username: writer, password: secret, subject: other").err())
        .contains("Permissions Violation for Publish");
  }

  private record Claims(String json) implements JsonSerializable {
    @Override
    public String toJson() {
      return json;
    }
  }

  private static String account(NKey operator, NKey account) throws Exception {
    return JwtUtils.issueJWT(
        operator,
        new String(account.getPublicKey()),
        "account",
        null,
        System.currentTimeMillis() / 1000,
        new String(operator.getPublicKey()),
        new Claims(
            "{\"type\":\"account\",\"version\":2,\"limits\":{\"subs\":-1,\"data\":-1,"
                + "\"payload\":-1,\"imports\":-1,\"exports\":-1,\"wildcards\":true,"
                + "\"conn\":-1,\"leaf\":-1}}"));
  }

  private Path credentials(NKey account, NKey user, boolean bearer) throws Exception {
    String jwt =
        JwtUtils.issueUserJWT(
            account,
            new String(user.getPublicKey()),
            "writer",
            null,
            System.currentTimeMillis() / 1000,
            new JwtUtils.UserClaim(new String(account.getPublicKey())).bearerToken(bearer));
    return Files.writeString(
        folder.resolve("writer.creds"),
        "-----BEGIN NATS USER JWT-----\n" + jwt + "\n------END NATS USER JWT------\n");
  }

  /** Of an operator's accounts, made by NATS's own client. */
  @Test
  void bearerTokensNeedNoSignature() throws Exception {
    NKey operator = NKey.createOperator(null);
    NKey account = NKey.createAccount(null);
    NKey system = NKey.createAccount(null);
    String self =
        JwtUtils.issueJWT(
            operator,
            new String(operator.getPublicKey()),
            "operator",
            null,
            System.currentTimeMillis() / 1000,
            new String(operator.getPublicKey()),
            new Claims("{\"type\":\"operator\",\"version\":2}"));
    start(
        "operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: {%s: %s, %s: %s}"
            .formatted(
                self,
                new String(system.getPublicKey()),
                new String(account.getPublicKey()),
                account(operator, account),
                new String(system.getPublicKey()),
                account(operator, system)));
    NKey user = NKey.createUser(null);
    Path file = credentials(account, user, true);
    Printed printed = check("credentials_file: '" + file + "'");
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("and heard it there");
    credentials(account, user, false);
    assertThat(check("credentials_file: '" + file + "'").err())
        .as("this user has to sign")
        .contains("Authorization Violation");
    Files.writeString(
        file,
        Files.readString(file)
            + "-----BEGIN USER NKEY SEED-----\n"
            + new String(user.getSeed())
            + "\n------END USER NKEY SEED------\n");
    assertThat(check("credentials_file: '" + file + "'").err()).isEmpty();
    Files.writeString(file, "nothing");
    assertThat(check("credentials_file: '" + file + "'").err()).contains("no JWT of a user");
  }

  @Test
  void startsTlsAfterTheGreeting() throws Exception {
    TestCertificates t = new TestCertificates(folder);
    t.issue("server", "dns:localhost,ip:127.0.0.1");
    t.issue("client", "dns:tethys");
    start(
        "tls {timeout: 30, cert_file: \"%1$s/server.crt\", key_file: \"%1$s/server.key\", ca_file: \"%1$s/ca.crt\", verify: true}"
            .formatted(folder));
    Printed printed =
        check(
            "tls: {ca_file: '%1$s/ca.crt', cert_file: '%1$s/client.crt', key_file: '%1$s/client.key'}"
                .formatted(folder));
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("42.5 to telemetry.metrics");
    assertThat(check("tls: {ca_file: '%s/ca.crt'}".formatted(folder)).status()).isNotZero();
    assertThat(check("tls_first: false").err())
        .isNotEmpty(); // the server's certificate is not trusted
  }

  /**
   * Messages of jnats over TCP and of ours over WebSockets are one stream, regardless of broken
   * connections.
   */
  @Test
  void webSocketsCarryTheSame() throws Exception {
    int web = Ports.free();
    start("websocket {listen: \"127.0.0.1:%d\", no_tls: true}".formatted(web));
    try (Connection c = Nats.connect(options().build());
        FaultProxy proxy = new FaultProxy(web);
        TestPipeline p =
            new TestPipeline(
                Signal.METRICS,
                "nats",
                "endpoint: 'ws://127.0.0.1:%d', encoding: influx, timeout: 2s"
                    .formatted(proxy.port()))) {
      stream(c);
      for (FaultProxy.Fault f :
          List.of(
              FaultProxy.Fault.RESET_HALFWAY,
              FaultProxy.Fault.ANSWER_LOST,
              FaultProxy.Fault.NONE)) {
        proxy.set(f);
        p.send(batch("web" + f, 5000)); // frames of each of the three lengths
        if (f != FaultProxy.Fault.NONE) {
          TestPipeline.await(f + " was met", TIME_LIMIT, () -> proxy.met() >= 2);
        }
      }
      p.send(batch("small", 1));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(15_001);
      assertThat(
              all(c).stream().flatMap(m -> new String(m.getData(), StandardCharsets.UTF_8).lines()))
          .hasSize(15_001)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void webSocketsOverTlsSendCertificatesAndUsers() throws Exception {
    TestCertificates t = new TestCertificates(folder);
    t.issue("server", "dns:localhost,ip:127.0.0.1");
    t.issue("client", "dns:tethys");
    int web = Ports.free();
    start(
        """
        authorization {timeout: 30, user: writer, password: secret}
        websocket {listen: "127.0.0.1:%2$d", handshake_timeout: "30s", tls {timeout: 30,
          cert_file: "%1$s/server.crt", key_file: "%1$s/server.key", ca_file: "%1$s/ca.crt", verify: true}}
        """
            .formatted(folder, web));
    String at = "endpoint: 'wss://localhost:%d', username: writer, ".formatted(web);
    String tls =
        "tls: {ca_file: '%1$s/ca.crt', cert_file: '%1$s/client.crt', key_file: '%1$s/client.key'}"
            .formatted(folder);
    Printed printed = checked(at + "password: secret, " + tls);
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("42.5 to telemetry.metrics");
    assertThat(checked(at + "password: wrong, " + tls).err()).contains("Authorization Violation");
    assertThat(
            checked(at + "password: secret, tls: {ca_file: '%s/ca.crt'}".formatted(folder))
                .status())
        .isNotZero();
  }

  /** The server's own MQTT 3.1.1, which it speaks over WebSockets at {@code /mqtt}. */
  @Test
  void mqttWorksOverWebSockets() throws Exception {
    int web = Ports.free();
    start(
        "server_name: one\nmqtt {listen: \"127.0.0.1:%d\"}\nwebsocket {listen: \"127.0.0.1:%d\", no_tls: true}"
            .formatted(Ports.free(), web));
    for (int qos = 0; qos < 2; qos++) {
      Queue<byte[]> got = new ConcurrentLinkedQueue<>();
      try (Connection c = Nats.connect(options().build());
          TestPipeline p =
              new TestPipeline(
                  Signal.METRICS,
                  "mqtt",
                  "endpoint: 'ws://127.0.0.1:%d', protocol_version: 3.1.1, encoding: influx, qos: %d"
                      .formatted(web, qos))) {
        c.createDispatcher(m -> got.add(m.getData())).subscribe("telemetry.metrics");
        c.flush(TIME_LIMIT);
        p.send(batch("up", 5000));
        p.drain(TIME_LIMIT);
        assertThat(p.balance().out()).isEqualTo(5000);
        long[] n = {0};
        TestPipeline.await(
            "all lines came",
            TIME_LIMIT,
            () -> {
              n[0] =
                  got.stream()
                      .mapToLong(b -> new String(b, StandardCharsets.UTF_8).lines().count())
                      .sum();
              return n[0] >= 5000;
            });
        assertThat(n[0]).isEqualTo(5000);
      }
    }
  }
}
