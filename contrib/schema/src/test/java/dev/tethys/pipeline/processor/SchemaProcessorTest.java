package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.schema.SchemaProcessor;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Translation of telemetry from one schema version to another. */
class SchemaProcessorTest {
  private static final String FAMILY = "https://example.com/schemas";

  private static final String SCHEMA =
      """
      file_format: 1.1.0
      schema_url: https://example.com/schemas/1.3.0
      versions:
        1.3.0:
          metrics:
            changes:
              - rename_attributes:
                  attribute_map: {direction: network.io.direction}
                  apply_to_metrics: [net.bytes]
              - rename_metrics: {net.bytes: net.io}
          logs:
            changes:
              - rename_attributes:
                  attribute_map: {log.path: log.file.path}
        1.2.0:
          all:
            changes:
              - rename_attributes:
                  attribute_map: {host: host.name}
          span_events:
            changes:
              - rename_events:
                  name_map: {stacktrace: stack_trace}
              - rename_attributes:
                  attribute_map: {peer: net.peer}
                  apply_to_spans: [GET]
                  apply_to_events: [stack_trace]
        1.1.0:
          resources:
            changes:
              - rename_attributes:
                  attribute_map: {region: cloud.region}
          spans:
            changes:
              - rename_attributes:
                  attribute_map: {http.method: http.request.method}
              - rename_attributes:
                  attribute_map: {code: http.status}
                  apply_to_spans: [GET]
        1.0.0:
      """;

  private Rig rig = new Rig();
  private final Map<String, String> answers = new HashMap<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  @TempDir Path directory;
  private HttpServer server;

  @BeforeEach
  void begin() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        q -> {
          String path = q.getRequestURI().getPath();
          asked.add(path);
          String a = answers.get(path);
          byte[] body = (a == null ? "" : a).getBytes(StandardCharsets.UTF_8);
          q.sendResponseHeaders(a == null ? 404 : 200, body.length == 0 ? -1 : body.length);
          q.getResponseBody().write(body);
          q.close();
        });
    server.start();
  }

  @AfterEach
  void end() {
    server.stop(0);
    clients.close();
  }

  private SchemaProcessor factory() throws IOException {
    WebClient client = clients.client(HttpClientConfig.DEFAULT_HTTP1);
    return new SchemaProcessor(client::send);
  }

  private Processor processor(Signal signal, String yaml) throws IOException {
    rig = new Rig();
    Processor p = rig.processor(factory(), signal, yaml);
    p.start();
    return p;
  }

  /** With the schema in the directory. */
  private Processor to(Signal signal, String version) throws IOException {
    Files.writeString(directory.resolve("1.3.0.yaml"), SCHEMA);
    return processor(
        signal, "{targets: [" + FAMILY + "/" + version + "], directory: '" + directory + "'}");
  }

  private static <T extends Telemetry<?>> T of(String url, T data) {
    data.resources().getFirst().setSchemaUrl(url);
    return data;
  }

  private double count(String metric, String label, String value) {
    for (MetricFamily f : rig.registry.gather()) {
      if (f.name().equals(metric)) {
        for (MetricFamily.Metric m : f.metrics()) {
          if (value.equals(m.labels().get(label))) {
            return ((MetricFamily.Value) m.point()).value();
          }
        }
      }
    }
    return 0;
  }

  private double untranslated(String reason) {
    return count("tethys_schema_untranslated_total", "reason", reason);
  }

  private static Span spanOf(String name) {
    Span s = Rig.span(name, "http.method", "GET", "code", 200L, "host", "h");
    SpanEvent e = new SpanEvent();
    e.setName("stacktrace");
    e.attributes().put("peer", "p");
    e.attributes().put("host", "h");
    s.events().add(e);
    return s;
  }

  @Test
  void upgradesSpansAndEventsOverSeveralVersions() throws IOException {
    Processor p = to(Signal.TRACES, "1.3.0");
    TracesData d = Rig.traces("a", spanOf("GET"), spanOf("POST"));
    d.resources().getFirst().resource().attributes().put("region", "eu");
    d.resources().getFirst().resource().attributes().put("host", "h");
    rig.send(p, of(FAMILY + "/1.0.0", d));
    TracesData out = rig.traces();
    assertThat(out.resources().getFirst().schemaUrl()).isEqualTo(FAMILY + "/1.3.0");
    assertThat(out.resources().getFirst().scopes().getFirst().schemaUrl())
        .isEqualTo(FAMILY + "/1.3.0");
    assertThat(out.resources().getFirst().resource().attributes().toString())
        .isEqualTo("{service.name=a, cloud.region=eu, host.name=h}");
    List<Span> spans = Rig.all(out);
    assertThat(spans.get(0).attributes().toString())
        .isEqualTo("{http.request.method=GET, http.status=200, host.name=h}");
    assertThat(spans.get(1).attributes().toString())
        .isEqualTo("{http.request.method=GET, code=200, host.name=h}");
    assertThat(spans.get(0).events().getFirst().name()).isEqualTo("stack_trace");
    assertThat(spans.get(0).events().getFirst().attributes().toString())
        .isEqualTo("{net.peer=p, host.name=h}");
    assertThat(spans.get(1).events().getFirst().attributes().toString())
        .isEqualTo("{peer=p, host.name=h}");
    assertThat(count("tethys_schema_translated_total", "target", FAMILY + "/1.3.0")).isEqualTo(2);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void downgradeUndoesUpgrade() throws IOException {
    Processor up = to(Signal.TRACES, "1.3.0");
    TracesData d = Rig.traces("a", spanOf("GET"), spanOf("POST"));
    d.resources().getFirst().resource().attributes().put("region", "eu");
    TracesData before = d.copy();
    rig.send(up, of(FAMILY + "/1.0.0", d));
    TracesData upgraded = rig.traces();
    rig.send(to(Signal.TRACES, "1.0.0"), upgraded);
    of(FAMILY + "/1.0.0", before);
    before.resources().getFirst().scopes().getFirst().setSchemaUrl(FAMILY + "/1.0.0");
    assertThat(rig.traces().resources().getFirst().resource().attributes())
        .isEqualTo(before.resources().getFirst().resource().attributes());
    List<Span> spans = Rig.all(rig.traces());
    for (int i = 0; i < 2; i++) {
      Span then = Rig.all(before).get(i);
      assertThat(spans.get(i).attributes()).isEqualTo(then.attributes());
      assertThat(spans.get(i).events().getFirst().name()).isEqualTo("stacktrace");
      assertThat(spans.get(i).events().getFirst().attributes())
          .isEqualTo(then.events().getFirst().attributes());
    }
    assertThat(rig.traces().resources().getFirst().schemaUrl()).isEqualTo(FAMILY + "/1.0.0");
  }

  private static DataPoint firstPoint(Metric m) {
    return Objects.requireNonNull(m.data()).points().getFirst();
  }

  @Test
  void renamesMetricsAndAttributesOfNamedOnes() throws IOException {
    NumberDataPoint point = Rig.point(1, 1, "direction", "in", "host", "h");
    Exemplar e = new Exemplar();
    e.setLong(1);
    e.attributes().put("direction", "in");
    point.exemplars().add(e);
    MetricsData d =
        Rig.metrics(
            "a",
            Rig.gauge("net.bytes", point),
            Rig.gauge("disk.bytes", Rig.point(1, 1, "direction", "read")));
    Processor up = to(Signal.METRICS, "1.3.0");
    rig.send(up, of(FAMILY + "/1.1.0", d));
    List<Metric> metrics = Rig.all(rig.lastMetrics());
    assertThat(metrics).extracting(Metric::name).containsExactly("net.io", "disk.bytes");
    NumberDataPoint p = (NumberDataPoint) firstPoint(metrics.get(0));
    assertThat(p.attributes().toString()).isEqualTo("{network.io.direction=in, host.name=h}");
    assertThat(p.exemplars().getFirst().attributes().contains("network.io.direction")).isTrue();
    assertThat(firstPoint(metrics.get(1)).attributes().contains("direction")).isTrue();

    MetricsData upgraded = rig.lastMetrics();
    rig.send(to(Signal.METRICS, "1.2.0"), upgraded);
    metrics = Rig.all(rig.lastMetrics());
    assertThat(metrics.get(0).name()).isEqualTo("net.bytes");
    assertThat(firstPoint(metrics.get(0)).attributes().toString())
        .isEqualTo("{direction=in, host.name=h}");
  }

  @Test
  void usesSchemasOfScopes() throws IOException {
    LogsData d = Rig.logs("a", Rig.log(1, "x", "log.path", "/p"));
    d.resources().getFirst().scopes().getFirst().setSchemaUrl(FAMILY + "/1.2.0");
    rig.send(to(Signal.LOGS, "1.3.0"), of("https://other.example.com/1.0.0", d));
    assertThat(rig.logs().resources().getFirst().schemaUrl())
        .isEqualTo("https://other.example.com/1.0.0");
    assertThat(rig.logs().resources().getFirst().scopes().getFirst().schemaUrl())
        .isEqualTo(FAMILY + "/1.3.0");
    assertThat(Rig.all(rig.logs()).getFirst().attributes().contains("log.file.path")).isTrue();
  }

  @Test
  void passesOtherFamiliesAndVersionsUnchanged() throws IOException {
    Processor p = to(Signal.LOGS, "1.3.0");
    for (String url :
        List.of(
            "",
            "x",
            "https://other.example.com/1.0.0",
            FAMILY + "/1.3.0",
            FAMILY + "/latest",
            FAMILY + "/01.0.0",
            FAMILY + "/1.2.7")) {
      LogsData d = of(url, Rig.logs("a", Rig.log(1, "x", "log.path", "/p")));
      rig.send(p, d);
      assertThat(rig.logs().resources().getFirst().schemaUrl()).isEqualTo(url);
      assertThat(Rig.all(rig.logs()).getFirst().attributes().contains("log.path")).isTrue();
    }
    assertThat(untranslated("no_version")).isEqualTo(4);
    assertThat(untranslated("unknown_version")).isEqualTo(2);
    assertThat(asked).isEmpty();
  }

  @Test
  void keepsAndCountsCollidingNames() throws IOException {
    Processor p = to(Signal.LOGS, "1.3.0");
    LogsData d = Rig.logs("a", Rig.log(1, "x", "log.path", "/p", "log.file.path", "/q"));
    rig.send(p, of(FAMILY + "/1.2.0", d));
    assertThat(Rig.all(rig.logs()).getFirst().attributes().toString())
        .isEqualTo("{log.path=/p, log.file.path=/q}");
    assertThat(count("tethys_schema_collisions_total", "name", "log.file.path")).isEqualTo(1);
  }

  private static String logs(String version, String map) {
    return "file_format: 1.0.0\nschema_url: "
        + FAMILY
        + "/"
        + version
        + "\nversions:\n  "
        + version
        + ":\n    logs:\n      changes:\n        - rename_attributes:\n            attribute_map: "
        + map
        + "\n  1.0.0:\n";
  }

  private String through(String map, Object... attributes) throws IOException {
    Files.writeString(directory.resolve("2.0.0"), logs("2.0.0", map));
    Processor p =
        processor(Signal.LOGS, "{targets: [" + FAMILY + "/2.0.0], directory: '" + directory + "'}");
    rig.send(p, of(FAMILY + "/1.0.0", Rig.logs("a", Rig.log(1, "x", attributes))));
    return Rig.all(rig.logs()).getFirst().attributes().toString();
  }

  @Test
  void swapsNamesOfOneChange() throws IOException {
    assertThat(through("{a: b, b: a}", "a", 1L, "b", 2L)).isEqualTo("{b=1, a=2}");
    assertThat(through("{a: b, b: c, c: a}", "a", 1L, "b", 2L, "c", 3L))
        .isEqualTo("{b=1, c=2, a=3}");
    // b cannot become d, so a cannot become b, so x cannot become a
    assertThat(through("{x: a, a: b, b: d}", "x", 0L, "a", 1L, "b", 2L, "d", 3L))
        .isEqualTo("{x=0, a=1, b=2, d=3}");
    assertThat(count("tethys_schema_collisions_total", "name", "b")).isEqualTo(1);
    assertThat(through("{a: c, b: c}", "a", 1L, "b", 2L)).isEqualTo("{c=1, b=2}");
  }

  @Test
  void rejectsInvalidFilesWithPosition() throws IOException {
    for (Map.Entry<String, String> e :
        Map.of(
                "file_format: 2.0.0\nschema_url: " + FAMILY + "/1.0.0\nversions: {}",
                "1.0.0:1:14: file_format \"2.0.0\" is not supported; it must be 1.0.0 or 1.1.0",
                "file_format: 1.0.0\nschema_url: " + FAMILY + "/1.0.0\nversions:\n  2.0.0:",
                "1.0.0:4:3: version 2.0.0 is newer than the file",
                "file_format: 1.0.0\nversions: {}",
                "schema_url is missing",
                "file_format: 1.0.0\nschema_url: " + FAMILY + "/1.5.0\nversions: {}",
                "the name of a schema file is its version",
                "file_format: 1.0.0\nschema_url: "
                    + FAMILY
                    + "/1.0.0\nversions: {1.0.0: {logs: {changes: [{rename_events: {}}]}}}",
                "1.0.0:3:38: unknown key \"rename_events\" of a change of logs",
                "a: &a {}\nb: {<<: *a}",
                "YAML merges",
                "file_format: [",
                "yaml:",
                "x".repeat((1 << 20) + 1),
                "schema files have at most 1048576")
            .entrySet()) {
      Files.writeString(directory.resolve("1.0.0"), e.getKey());
      assertThatThrownBy(
              () ->
                  processor(
                      Signal.LOGS,
                      "{targets: [" + FAMILY + "/1.0.0], directory: '" + directory + "'}"))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(e.getValue());
    }
  }

  @Test
  @Timeout(20)
  void boundsAliasExpansion() throws IOException {
    String map =
        java.util.stream.IntStream.range(0, 10_000)
            .mapToObj(i -> "a" + i + ": b" + i)
            .collect(Collectors.joining(", ", "{", "}"));
    String changes = "- rename_attributes: {attribute_map: *m}\n        ".repeat(20);
    String text =
        "file_format: 1.0.0\nschema_url: "
            + FAMILY
            + "/1.0.0\nversions:\n  1.0.0:\n    logs:\n      changes:\n"
            + "        - rename_attributes: {attribute_map: &m "
            + map
            + "}\n        "
            + changes;
    Files.writeString(directory.resolve("1.0.0"), text.stripTrailing());
    assertThatThrownBy(
            () ->
                processor(
                    Signal.LOGS,
                    "{targets: [" + FAMILY + "/1.0.0], directory: '" + directory + "'}"))
        .hasMessageContaining("more than 100000 names");
  }

  @Test
  void doesNotTranslateOverASplitOfMetrics() throws IOException {
    Files.writeString(
        directory.resolve("1.2.0"),
        """
        file_format: 1.1.0
        schema_url: https://example.com/schemas/1.2.0
        versions:
          1.2.0:
            logs: {changes: [{rename_attributes: {attribute_map: {a: b}}}]}
          1.1.0:
            metrics: {changes: [{split: {apply_to_metric: m}}]}
          1.0.0:
        """);
    Processor p =
        processor(Signal.LOGS, "{targets: [" + FAMILY + "/1.2.0], directory: '" + directory + "'}");
    rig.send(p, of(FAMILY + "/1.0.0", Rig.logs("a", Rig.log(1, "x", "a", "1"))));
    assertThat(Rig.all(rig.logs()).getFirst().attributes().contains("a")).isTrue();
    assertThat(untranslated("split")).isEqualTo(2);
    rig.send(p, of(FAMILY + "/1.1.0", Rig.logs("a", Rig.log(1, "x", "a", "1"))));
    assertThat(Rig.all(rig.logs()).getFirst().attributes().contains("b")).isTrue();
  }

  private String web() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/s";
  }

  private void send(Processor p, String version) {
    rig.send(p, of(web() + "/" + version, Rig.logs("a", Rig.log(1, "x", "log.path", "/p"))));
  }

  private boolean translated() {
    return Rig.all(rig.logs()).getFirst().attributes().contains("log.file.path");
  }

  @Test
  void passesDataUntilTheSchemaIsFetched() throws IOException {
    answers.put("/s/1.3.0", SCHEMA.replace(FAMILY, web()));
    Processor p = processor(Signal.LOGS, "targets: [" + web() + "/1.3.0]");
    assertThat(asked).isEmpty();
    send(p, "1.0.0");
    // the test's clock fetches immediately: the resource passed, the scope after it did not
    assertThat(rig.logs().resources().getFirst().schemaUrl()).isEqualTo(web() + "/1.0.0");
    assertThat(untranslated("pending")).isEqualTo(1);
    send(p, "1.0.0");
    assertThat(translated()).isTrue();
    send(p, "1.2.0");
    assertThat(translated()).isTrue();
    assertThat(asked).containsExactly("/s/1.3.0");
  }

  @Test
  @Timeout(30)
  void slowServersDoNotBlockData() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    server.createContext(
        "/slow",
        q -> {
          try {
            answer.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          asked.add(q.getRequestURI().getPath());
          byte[] body = SCHEMA.replace(FAMILY, slow()).getBytes(StandardCharsets.UTF_8);
          q.sendResponseHeaders(200, body.length);
          q.getResponseBody().write(body);
          q.close();
        });
    rig = new Rig();
    rig.time = Scheduler.system();
    Processor p =
        rig.processor(
            factory(),
            Signal.LOGS,
            "{targets: [" + slow() + "/1.3.0], prefetch: [" + slow() + "/1.3.0]}");
    p.start();
    for (int i = 0; i < 10; i++) {
      LogsData d = Rig.logs("a", Rig.log(1, "x", "log.path", "/p"));
      rig.send(p, of(slow() + "/1.0.0", d));
      assertThat(translated()).isFalse();
    }
    assertThat(untranslated("pending")).isEqualTo(20);
    answer.countDown();
    do {
      Waiting.pause();
      LogsData d = Rig.logs("a", Rig.log(1, "x", "log.path", "/p"));
      rig.send(p, of(slow() + "/1.0.0", d));
    } while (!translated());
    assertThat(asked).containsExactly("/slow/1.3.0");
  }

  private String slow() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/slow";
  }

  @Test
  void usesANewerPrefetchedSchemaForAnOlderTarget() throws IOException {
    answers.put("/s/1.3.0", SCHEMA.replace(FAMILY, web()));
    Processor p =
        processor(Signal.LOGS, "{targets: [" + web() + "/1.0.0], prefetch: [" + web() + "/1.3.0]}");
    rig.send(p, of(web() + "/1.3.0", Rig.logs("a", Rig.log(1, "x", "log.file.path", "/p"))));
    assertThat(Rig.all(rig.logs()).getFirst().attributes().contains("log.path")).isTrue();
    assertThat(asked).containsExactly("/s/1.3.0");
  }

  @Test
  void retriesWithGrowingBackoff() throws IOException {
    Processor p =
        processor(
            Signal.LOGS,
            "{targets: [" + web() + "/1.3.0], cache_retry_limit: 2, cache_cooldown: 1m}");
    send(p, "1.0.0");
    send(p, "1.0.0");
    assertThat(asked).hasSize(1);
    assertThat(untranslated("unavailable")).isGreaterThan(1);
    rig.clock.pass(Duration.ofSeconds(1));
    answers.put("/s/1.3.0", "file_format: 1.1.0\nschema_url: http://x.example/1.3.0\nversions:");
    send(p, "1.0.0");
    assertThat(asked).hasSize(2);
    rig.clock.pass(Duration.ofSeconds(59));
    send(p, "1.0.0");
    assertThat(asked).hasSize(2);
    assertThat(untranslated("broken")).isGreaterThan(0);
    answers.put("/s/1.3.0", SCHEMA.replace(FAMILY, web()));
    rig.clock.pass(Duration.ofSeconds(1));
    send(p, "1.0.0");
    send(p, "1.0.0");
    assertThat(asked).hasSize(3);
    assertThat(translated()).isTrue();
  }

  @Test
  void stopsReadingTooLargeFiles() throws IOException {
    answers.put("/s/1.3.0", "#" + "x".repeat(1 << 20));
    Processor p = processor(Signal.LOGS, "targets: [" + web() + "/1.3.0]");
    send(p, "1.0.0");
    send(p, "1.0.0");
    assertThat(untranslated("broken")).isGreaterThan(0);
    assertThat(translated()).isFalse();
  }

  @Test
  void boundsFetchesOfInventedVersions() throws IOException {
    Processor p = processor(Signal.LOGS, "targets: [" + web() + "/1.3.0]");
    for (int i = 0; i < 150; i++) {
      send(p, "2.0." + i);
    }
    assertThat(asked).hasSize(100);
    assertThat(untranslated("too_many_versions")).isEqualTo(100);
  }

  @Test
  void mapsEcsFieldsToAttributesAndBack() throws IOException {
    LogRecord l =
        Rig.log(
            0,
            "",
            "error.message",
            "boom",
            "service.environment",
            "prod",
            "deployment.environment.name",
            "test",
            "process.args",
            "one",
            "http.request.method",
            "GET",
            "log.level",
            "warn",
            "trace.id",
            "0af7651916cd43dd8448eb211c80319c",
            "span.id",
            "b7ad6b7169203331",
            "message",
            "hello");
    l.setBody(null);
    LogsData d = Rig.logs("a", l);
    d.resources().getFirst().resource().attributes().put("host.architecture", "amd64");
    rig.send(processor(Signal.LOGS, "mappings: [ecs-to-otel]"), d);
    LogRecord out = Rig.all(rig.logs()).getFirst();
    assertThat(out.attributes().get("exception.message")).isEqualTo("boom");
    assertThat(out.attributes().get("deployment.environment.name")).isEqualTo("test");
    assertThat(out.attributes().get("service.environment")).isEqualTo("prod");
    assertThat(out.attributes().get("process.command_args")).isEqualTo(ArrayValue.of("one"));
    assertThat(out.attributes().get("http.request.method")).isEqualTo("GET");
    assertThat(out.severityText()).isEqualTo("warn");
    assertThat(out.body()).isEqualTo("hello");
    assertThat(out.traceIdHigh()).isEqualTo(0x0af7651916cd43ddL);
    assertThat(out.traceIdLow()).isEqualTo(0x8448eb211c80319cL);
    assertThat(out.spanId()).isEqualTo(0xb7ad6b7169203331L);
    assertThat(out.attributes().size()).isEqualTo(5);
    assertThat(rig.logs().resources().getFirst().resource().attributes().get("host.arch"))
        .isEqualTo("amd64");
    assertThat(count("tethys_schema_collisions_total", "name", "deployment.environment.name"))
        .isEqualTo(1);

    LogsData mapped = rig.logs();
    rig.send(processor(Signal.LOGS, "mappings: [otel-to-ecs]"), mapped);
    out = Rig.all(rig.logs()).getFirst();
    assertThat(out.attributes().get("error.message")).isEqualTo("boom");
    assertThat(out.attributes().get("process.args")).isEqualTo(ArrayValue.of("one"));
    assertThat(out.severityText()).isEqualTo("warn");
  }

  @Test
  void keepsFieldsOfLogRecords() throws IOException {
    LogRecord l = Rig.log(9, "body", "log.level", "warn", "message", "m", "trace.id", "zz");
    l.setSeverityText("INFO");
    rig.send(processor(Signal.LOGS, "mappings: [ecs-to-otel]"), Rig.logs("a", l));
    LogRecord out = Rig.all(rig.logs()).getFirst();
    assertThat(out.severityText()).isEqualTo("INFO");
    assertThat(out.body()).isEqualTo("body");
    assertThat(out.attributes().size()).isEqualTo(3);
    assertThat(count("tethys_schema_collisions_total", "name", "severity_text")).isEqualTo(1);
    assertThat(count("tethys_schema_collisions_total", "name", "body")).isEqualTo(1);
  }

  @Test
  void rejectsInvalidSettings() {
    for (Map.Entry<String, String> e :
        Map.of(
                "{}", "requires targets or mappings",
                "targets: [https://example.com/schemas/latest]", "is not a schema URL",
                "targets: [ftp://example.com/1.0.0]", "is not a schema URL",
                "{targets: [http://a/1.0.0], prefetch: [x]}", "is not a schema URL",
                "targets: [http://a/1.0.0, http://a/1.1.0]", "two targets of the family http://a",
                "mappings: [ecs-to-otel, otel-to-ecs]", "reverse each other",
                "mappings: [otel-to-ocsf]", "mapping",
                "{targets: [http://a/1.0.0], timeout: 0s}", "timeout")
            .entrySet()) {
      assertThatThrownBy(() -> rig.processor(factory(), Signal.LOGS, e.getKey()))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(e.getValue());
    }
  }
}
