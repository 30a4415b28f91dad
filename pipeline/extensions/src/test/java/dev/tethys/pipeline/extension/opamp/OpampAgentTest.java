package dev.tethys.pipeline.extension.opamp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ConfigWatcher;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterHealth;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.opamp.InstanceUid;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.nop.NopReceiverFactory;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The extension with independent servers, whose messages are read with protobuf's own library. */
@Timeout(300)
@Tag("slow")
class OpampAgentTest {
  private static final Duration FAR = Duration.ofHours(1);
  private static final Duration SOON = Duration.ofMillis(20);

  /** No periodic messages, and quick retries. */
  private static final ReconnectBackoff CALM =
      new ReconnectBackoff(
          SOON, SOON, Duration.ofSeconds(30), FAR, FAR, SOON, SOON, Duration.ofSeconds(30));

  private static final Map<String, String> RESOURCE =
      Map.of(
          "service.name",
          "edge",
          "service.version",
          "9",
          "service.instance.id",
          "a3f0c0de-0000-4000-8000-000000000001",
          "zone",
          "z1");

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final List<OpampAgent> agents = new ArrayList<>();
  private final CompletableFuture<Boolean> fatal = new CompletableFuture<>();
  private final AtomicReference<List<ExporterHealth>> exporters = new AtomicReference<>(List.of());
  private final AtomicInteger refused = new AtomicInteger();
  private ReconnectBackoff pace = CALM;
  private OpampFactory factory = factory();

  private OpampFactory factory() {
    return new OpampFactory(
        clients,
        "1.2",
        () -> List.of(new NopReceiverFactory(), factory),
        () -> fatal.complete(true),
        pace);
  }

  private void pace(ReconnectBackoff other) {
    pace = other;
    factory = factory();
  }

  @AfterEach
  void close() {
    agents.forEach(a -> a.stop(Duration.ZERO));
    clients.close();
  }

  private OpampAgent make(String yaml) {
    OpampAgent a =
        (OpampAgent)
            factory.create(TestPipeline.read(factory.settings(), yaml), new ExtensionContext());
    agents.add(a);
    a.start();
    return a;
  }

  private OpampAgent run(String yaml, String config) {
    OpampAgent a = make(yaml);
    tell(a, config);
    return a;
  }

  /** Reports a configuration like a running graph. */
  private void tell(OpampAgent a, String config) {
    a.runs(
        new RunningGraph(
            List.of(ComponentId.parse("opamp")),
            List.of(
                new RunningGraph.Pipeline(
                    PipelineId.parse("logs"),
                    List.of(ComponentId.parse("nop")),
                    List.of(),
                    List.of(ComponentId.parse("otlp"))))));
    a.watchExporters(exporters::get);
    a.holds(new ConfigWatcher.Effective(config, RESOURCE));
    a.ready();
  }

  private static String at(OpampDouble d) {
    return "server: {"
        + (d.url().startsWith("ws") ? "ws" : "http")
        + ": {endpoint: '"
        + d.url()
        + "'}}\n";
  }

  private static OpampDouble server(String kind) throws Exception {
    return kind.equals("ws") ? OpampDouble.socket() : OpampDouble.http();
  }

  @Test
  void connectsOverTlsOnlyToTheCertifiedServer(@TempDir Path dir) throws Exception {
    TestCertificates certificates = new TestCertificates(dir);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    certificates.issue("other", "dns:other.example");
    String trust = "', tls: {ca_file: '" + certificates.ca() + "'}}}";
    try (OpampDouble d =
        OpampDouble.secured(certificates.certificate("server"), certificates.key("server"))) {
      assertThat(d.url()).startsWith("wss://");
      OpampAgent a = run(at(d).replace("'}}", trust), "a: 1\n");
      assertThat(d.next().config()).isEqualTo("a: 1\n");
      d.say("flags: 1");
      assertThat(d.next().config()).as("the whole state again").isEqualTo("a: 1\n");
      a.stop(Duration.ofSeconds(10));
    }
    try (OpampDouble d =
        OpampDouble.secured(certificates.certificate("other"), certificates.key("other"))) {
      run(at(d).replace("'}}", trust), "a: 1\n");
      while (d.closed.get() == 0) {
        Waiting.pause();
      }
      assertThat(d.opened).hasValue(0);
    }
  }

  /** Reports the full state first, then only changes, and finally the disconnect. */
  @ParameterizedTest
  @ValueSource(strings = {"ws", "http"})
  void reportsFullStateThenChanges(String kind) throws Exception {
    try (OpampDouble d = server(kind)) {
      OpampAgent a =
          run(
              at(d).replace("'}}", "', headers: {X-Key: k}, auth: token}}")
                  + "agent_description: {non_identifying_attributes: {host.name: other, a: b},"
                  + " include_resource_attributes: true}",
              "a: 1\n");
      Told first = d.next();
      assertThat(first.uid()).isEqualTo(UUID.fromString(RESOURCE.get("service.instance.id")));
      assertThat(first.headers()).containsEntry("x-key", "k").containsEntry("authorization", "B t");
      if (kind.equals("http")) {
        assertThat(first.headers())
            .containsEntry("content-type", "application/x-protobuf")
            .containsEntry("opamp-instance-uid", first.uid().toString());
      }
      assertThat(first.number("sequence_num")).isZero();
      assertThat(first.number("capabilities")).isEqualTo(1 | 4 | 0x800 | 0x4000);
      assertThat(first.attributes("identifying_attributes"))
          .isEqualTo(
              Map.of(
                  "service.name", "edge",
                  "service.version", "9",
                  "service.instance.id", first.uid().toString()));
      assertThat(first.attributes("non_identifying_attributes"))
          .containsEntry("host.name", "other")
          .containsEntry("a", "b")
          .containsEntry("zone", "z1")
          .containsKeys("os.type", "os.description", "host.arch")
          .doesNotContainKey("service.name");
      assertThat(first.config()).isEqualTo("a: 1\n");
      assertThat(first.health())
          .containsEntry("/", "true StatusOK ")
          .containsEntry("/extensions/extension:opamp", "true StatusOK ")
          .containsEntry("/pipeline:logs/receiver:nop", "true StatusOK ")
          .containsEntry("/pipeline:logs/exporter:otlp", "true StatusOK ");
      assertThat(first.part("available_components").toString())
          .contains("hash:")
          .doesNotContain("components");

      a.holds(new ConfigWatcher.Effective("a: 2\n", RESOURCE));
      Told second = d.next();
      assertThat(second.number("sequence_num")).isEqualTo(1);
      assertThat(second.config()).isEqualTo("a: 2\n");
      assertThat(second.has("agent_description")).isFalse();
      assertThat(second.has("health")).isFalse();
      assertThat(second.has("available_components")).isFalse();

      exporters.set(
          List.of(new ExporterHealth(ComponentId.parse("otlp"), Signal.LOGS, "it is down", 1, 1)));
      Told third = d.next();
      assertThat(third.has("effective_config")).isFalse();
      assertThat(third.health())
          .containsEntry("/", "false StatusRecoverableError it is down")
          .containsEntry("/pipeline:logs/receiver:nop", "true StatusOK ")
          .containsEntry("/pipeline:logs/exporter:otlp", "false StatusRecoverableError it is down");

      a.notReady();
      assertThat(d.next().health()).containsEntry("/", "false StatusStopping ");
      a.stop(Duration.ofSeconds(30));
      Told last = d.next();
      assertThat(last.has("agent_disconnect")).isTrue();
      assertThat(last.number("sequence_num")).isEqualTo(4);
      assertThat(last.has("health")).isFalse();
    }
  }

  @Test
  void omitsDisabledReports() throws Exception {
    try (OpampDouble d = OpampDouble.socket()) {
      run(
          at(d)
              + "capabilities: {reports_effective_config: false, reports_health: false,"
              + " reports_available_components: false}",
          "a: 1\n");
      Told t = d.next();
      assertThat(t.number("capabilities")).isEqualTo(1);
      assertThat(t.has("agent_description")).isTrue();
      for (String none : List.of("health", "effective_config", "available_components")) {
        assertThat(t.has(none)).as(none).isFalse();
      }
    }
  }

  /** A server may request the full state or the components, and assign another id. */
  @ParameterizedTest
  @ValueSource(strings = {"ws", "http"})
  void followsRequestsOfTheServer(String kind) throws Exception {
    try (OpampDouble d = server(kind)) {
      AtomicInteger asked = new AtomicInteger();
      String wish =
          "flags: 3 agent_identification { new_instance_uid: '0123456789abcdef' }"
              + " remote_config {} command {}";
      d.answer = () -> OpampDouble.Said.ok(asked.getAndIncrement() == 0 ? wish : "");
      run(at(d), "a: 1\n");
      UUID before = d.next().uid();
      if (kind.equals("ws")) {
        d.say(wish);
      }
      Told all = d.next();
      UUID named = InstanceUid.of("0123456789abcdef".getBytes(US_ASCII));
      assertThat(all.uid()).isEqualTo(named).isNotEqualTo(before);
      assertThat(all.attributes("identifying_attributes"))
          .containsEntry("service.instance.id", named.toString());
      assertThat(all.has("health")).isTrue();
      assertThat(all.config()).isEqualTo("a: 1\n");
      assertThat(all.part("available_components").toString())
          .contains(
              "\"receivers\"",
              "\"nop\"",
              "\"extensions\"",
              "\"opamp\"",
              "code.namespace",
              "dev.tethys.pipeline.receiver.nop v1.2");
    }
  }

  @Test
  void appliesTheServersHeartbeatInterval() throws Exception {
    try (OpampDouble d = OpampDouble.socket()) {
      run(at(d) + "capabilities: {reports_heartbeat: true}", "a: 1\n");
      d.next();
      d.say("connection_settings { opamp { heartbeat_interval_seconds: 1 } }");
      Told sign = d.next();
      assertThat(sign.has("agent_description")).isFalse();
      assertThat(sign.has("effective_config")).isFalse();
      assertThat(sign.number("sequence_num")).isEqualTo(1);
    }
  }

  /** However a connection ends, the next one begins with everything. */
  @Test
  void reopensABrokenConnection() throws Exception {
    try (OpampDouble d = OpampDouble.socket()) {
      run(at(d), "a: 1\n");
      List<Runnable> breaks =
          List.of(
              d::drop,
              () -> d.sayBytes(new byte[] {0, 0x0a, 0x7f, 1}), // a field longer than the message
              () -> d.sayBytes(new byte[] {7}),
              () -> d.say("agent_identification { new_instance_uid: 'short' }"),
              () -> d.sayBytes(new byte[OpampAgent.MAX_MESSAGE + 1]),
              () ->
                  d.say(
                      "error_response { type: 2 error_message: 'full' retry_info {"
                          + " retry_after_nanoseconds: 1000 } }"));
      int opened = 0;
      for (Runnable r : breaks) {
        Told t = d.nextWith("agent_description");
        assertThat(t.config()).isEqualTo("a: 1\n");
        assertThat(d.opened).as("connections").hasValue(++opened);
        r.run();
      }
      assertThat(d.nextWith("agent_description").has("health")).isTrue();
    }
  }

  @Test
  void rejectedMessageEndsNoConnection() throws Exception {
    try (OpampDouble d = OpampDouble.socket()) {
      OpampAgent a = run(at(d), "a: 1\n");
      d.next();
      d.say("error_response { type: 1 error_message: 'what is that?' }");
      d.say("flags: 1"); // heard after it
      assertThat(d.nextWith("agent_description").config()).isEqualTo("a: 1\n");
      a.holds(new ConfigWatcher.Effective("a: 2\n", RESOURCE));
      assertThat(d.next().config()).isEqualTo("a: 2\n");
      assertThat(d.opened).hasValue(1);
    }
  }

  /** Invalid HTTP responses: each is retried with the full state. */
  @Test
  void retriesAFailingHttpServer() throws Exception {
    try (OpampDouble d = OpampDouble.http()) {
      List<OpampDouble.Said> answers =
          List.of(
              new OpampDouble.Said(503, new byte[0], Map.of("Retry-After", "1")),
              new OpampDouble.Said(429, new byte[0], Map.of("Retry-After", "nonsense")),
              new OpampDouble.Said(401, new byte[0], Map.of()),
              new OpampDouble.Said(404, "<html>".getBytes(US_ASCII), Map.of()),
              new OpampDouble.Said(200, "<html>".getBytes(US_ASCII), Map.of()),
              new OpampDouble.Said(200, new byte[OpampAgent.MAX_MESSAGE + 1], Map.of()),
              OpampDouble.Said.ok("error_response { type: 2 retry_info {} }"));
      AtomicInteger n = new AtomicInteger();
      d.answer =
          () -> {
            int i = n.getAndIncrement();
            return i < answers.size() ? answers.get(i) : OpampDouble.Said.ok("");
          };
      run(at(d).replace("'}}", "', auth: token}}"), "a: 1\n");
      for (int i = 0; i <= answers.size(); i++) {
        assertThat(d.next().config()).as("attempt " + i).isEqualTo("a: 1\n");
      }
      assertThat(refused).hasValue(1);
    }
  }

  @Test
  void connectsWhenTheServerStartsLater() throws Exception {
    int port;
    try (ServerSocket s = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = s.getLocalPort();
    }
    OpampAgent a = run("server: {ws: {endpoint: 'ws://127.0.0.1:" + port + "/'}}", "a: 1\n");
    for (int i = 2; i < 2000; i++) {
      a.holds(new ConfigWatcher.Effective("a: " + i + "\n", RESOURCE)); // only the last one is kept
    }
    try (ServerSocket s = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        Socket c = s.accept()) {
      assertThat(head(c)).startsWith("GET / HTTP/1.1\r\n").contains("Sec-WebSocket-Key: ");
      c.getOutputStream().write("HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n\r\n".getBytes(US_ASCII));
      c.shutdownOutput();
      try (Socket again = s.accept()) {
        assertThat(head(again)).startsWith("GET / ");
      }
    }
  }

  private static String head(Socket c) throws IOException {
    StringBuilder sb = new StringBuilder();
    while (sb.indexOf("\r\n\r\n") < 0) {
      int b = c.getInputStream().read();
      if (b < 0) {
        throw new AssertionError("it ends after " + sb);
      }
      sb.append((char) b);
    }
    return sb.toString();
  }

  /** A server that accepts and never responds is abandoned, before and after the handshake. */
  @Test
  void abandonsASilentServer() throws Exception {
    Duration short1 = Duration.ofMillis(300);
    pace(new ReconnectBackoff(SOON, SOON, short1, FAR, FAR, SOON, SOON, SOON));
    try (ServerSocket s = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      run("server: {ws: {endpoint: 'ws://127.0.0.1:" + s.getLocalPort() + "/'}}", "a: 1\n");
      try (Socket one = s.accept();
          Socket two = s.accept()) {
        assertThat(head(one)).startsWith("GET / ");
        assertThat(one.getInputStream().read()).as("it is closed").isEqualTo(-1);
        assertThat(head(two)).startsWith("GET / ");
      }
    }
    pace(
        new ReconnectBackoff(
            SOON, SOON, Duration.ofSeconds(30), FAR, Duration.ofMillis(300), SOON, SOON, SOON));
    try (OpampDouble d = OpampDouble.socket()) {
      run(at(d), "a: 1\n"); // its pings come once an hour, so it only sees silence
      d.nextWith("agent_description");
      d.nextWith("agent_description");
      assertThat(d.opened).hasValueGreaterThan(1);
    }
  }

  /** Pings, which every server of WebSockets answers, keep a quiet connection. */
  @Test
  void keepsAQuietServer() throws Exception {
    Duration ping = Duration.ofMillis(50);
    pace(
        new ReconnectBackoff(
            SOON, SOON, Duration.ofSeconds(30), ping, Duration.ofMinutes(5), SOON, SOON, SOON));
    try (OpampDouble d = OpampDouble.socket()) {
      run(at(d), "a: 1\n");
      assertThat(d.next().has("agent_description")).isTrue();
      for (int i = 1; i < 10; i++) {
        Told sign = d.next();
        assertThat(sign.number("sequence_num")).isEqualTo(i);
        assertThat(sign.has("effective_config")).isFalse();
      }
      assertThat(d.opened).hasValue(1);
    }
  }

  /** The end waits neither for a handshake nor for a response. */
  @ParameterizedTest
  @ValueSource(strings = {"ws", "http"})
  void stopsWhileConnecting(String kind) throws Exception {
    pace(
        new ReconnectBackoff(
            SOON, SOON, Duration.ofMinutes(10), FAR, FAR, SOON, SOON, Duration.ofMinutes(10)));
    try (ServerSocket s = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      OpampAgent a =
          run(
              "server: {%s: {endpoint: '%s://127.0.0.1:%d/'}}"
                  .formatted(kind, kind, s.getLocalPort()),
              "a: 1\n");
      try (Socket c = s.accept()) {
        head(c);
        CountDownLatch ended = new CountDownLatch(1);
        Thread.ofVirtual()
            .start(
                () -> {
                  a.stop(Duration.ofMinutes(10));
                  ended.countDown();
                });
        assertThat(ended.await(60, TimeUnit.SECONDS)).as("long before ten minutes").isTrue();
      }
    }
  }

  /** An extension stopped because another component cannot start sends nothing. */
  @Test
  void stopsWithoutARun() throws Exception {
    try (OpampDouble d = OpampDouble.socket()) {
      make(at(d)).stop(Duration.ofMinutes(10));
      assertThat(d.opened).hasValue(0);
    }
  }

  /** After a reload the previous extension sends its last message before the next one connects. */
  @Test
  void successorWaitsForTheLastMessage() throws Exception {
    try (OpampDouble d = OpampDouble.socket()) {
      OpampAgent before = run(at(d), "a: 1\n");
      d.next();
      d.say("agent_identification { new_instance_uid: '0123456789abcdef' }");
      UUID named = d.nextWith("agent_description").uid();
      run(at(d) + "agent_description: {non_identifying_attributes: {a: b}}", "a: 2\n");
      before.stop(Duration.ofSeconds(30));
      Told goodbye = d.next();
      assertThat(goodbye.has("agent_disconnect")).isTrue();
      Told next = d.next();
      assertThat(next.attributes("non_identifying_attributes")).containsEntry("a", "b");
      assertThat(next.config()).isEqualTo("a: 2\n");
      assertThat(next.uid()).as("the name that the server gave").isEqualTo(named);
    }
  }

  @Test
  void stopsWithItsParent() throws Exception {
    Process parent = new ProcessBuilder("sleep", "600").start();
    try (OpampDouble d = OpampDouble.socket()) {
      make(at(d) + "ppid: " + parent.pid() + "\nppid_poll_interval: 10ms");
      assertThat(fatal).isNotDone();
      parent.destroyForcibly().waitFor();
      assertThat(fatal.get(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      parent.destroyForcibly();
    }
  }

  private final class ExtensionContext implements Context {
    @Override
    public ComponentId id() {
      return ComponentId.parse("opamp");
    }

    @Override
    public String name() {
      return "extension opamp";
    }

    @Override
    public ItemAccounting account(Signal signal) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Scheduler clock() {
      return Scheduler.system();
    }

    @Override
    public System.Logger logger() {
      return System.getLogger("opamp test");
    }

    @Override
    public Registry metrics() {
      return new Registry();
    }

    @Override
    public <T> T extension(Reference reference, Class<T> capability) {
      return capability.cast(
          new ClientAuth() {
            @Override
            public Map<String, String> headers() {
              return Map.of("Authorization", "B t");
            }

            @Override
            public void refused() {
              refused.incrementAndGet();
            }
          });
    }

    @Override
    public Exporter exporter(
        DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
      throw new UnsupportedOperationException();
    }
  }
}
