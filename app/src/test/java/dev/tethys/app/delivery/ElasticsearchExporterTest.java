package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.Ports;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * A real Elasticsearch of one node, of {@code elasticsearch/lib} among the peers ({@code
 * org.elasticsearch:elasticsearch}, {@code org.elasticsearch.plugin:transport-netty4}). Of its
 * modules no others are published: it has no data streams and no lifecycle, so indices are plain
 * here.
 */
class ElasticsearchExporterTest extends SearchContract {
  private static final String NODE =
      """
      import java.nio.file.Path;
      import java.util.*;
      import org.elasticsearch.common.logging.LogConfigurator;
      import org.elasticsearch.common.settings.Settings;
      import org.elasticsearch.env.Environment;
      import org.elasticsearch.node.*;
      import org.elasticsearch.plugins.PluginsLoader;
      public class StartedNode {
        public static void main(String[] a) throws Exception {
          Path home = Path.of(a[0]);
          LogConfigurator.registerErrorListener();
          LogConfigurator.configureESLogging();
          Settings s = Settings.builder().put("path.home", a[0]).put("cluster.name", "t").put("node.name", "n1")
              .put("discovery.type", "single-node").put("network.host", "127.0.0.1")
              .put("http.port", a[1]).put("transport.port", a[2])
              .put("cluster.routing.allocation.disk.threshold_enabled", false).build();
          Environment e = InternalSettingsPreparer.prepareEnvironment(s, Map.of(), home.resolve("config"), () -> "n1");
          new Node(e, PluginsLoader.createPluginsLoader(
              PluginsLoader.loadModulesBundles(home.resolve("modules"), false), Set.of(), Map.of(), false)).start();
          new java.util.concurrent.CountDownLatch(1).await();
        }
      }
      """;

  /** One for all tests, which have their own indices: it is slow to start. */
  private static @Nullable SearchNode node;

  private static int tests;

  @AfterAll
  static void stop() throws IOException {
    if (node != null) {
      node.close();
      node = null;
    }
  }

  /** Netty is a module, in its own folder with its descriptor, and nowhere else. */
  private static List<String> home(Path folder, Path lib) throws IOException {
    Files.createDirectories(folder.resolve("lib"));
    Path module = Files.createDirectories(folder.resolve("modules/transport-netty4"));
    List<String> server = new ArrayList<>();
    try (Stream<Path> jars = Files.list(lib)) {
      for (Path jar : jars.toList()) {
        String name = jar.getFileName().toString();
        if (name.startsWith("netty-") || name.startsWith("transport-netty4")) {
          Files.copy(jar, module.resolve(name));
        } else {
          server.add(jar.toString());
        }
        if (name.startsWith("transport-netty4")) {
          describe(jar, module);
        }
      }
    }
    return List.of(
        "-Des.path.home=" + folder,
        "-Des.logs.base_path=" + folder.resolve("logs"),
        "-cp",
        String.join(File.pathSeparator, server));
  }

  private static void describe(Path jar, Path module) throws IOException {
    String in = "META-INF/es-plugins/transport-netty4/";
    try (JarFile f = new JarFile(jar.toFile())) {
      Properties p = new Properties();
      try (var s = f.getInputStream(f.getEntry(in + "plugin-descriptor.properties"))) {
        p.load(s);
      }
      p.remove("modulename");
      try (var out = Files.newOutputStream(module.resolve("plugin-descriptor.properties"))) {
        p.store(out, null);
      }
      try (var s = f.getInputStream(f.getEntry(in + "entitlement-policy.yaml"))) {
        Files.copy(s, module.resolve("entitlement-policy.yaml"));
      }
    }
  }

  @Override
  SearchNode node() throws Exception {
    takesMinutes(); // what is every day's is OpenSearch
    SearchNode n = node;
    if (n == null) {
      n = new SearchNode("elasticsearch/lib", NODE, ElasticsearchExporterTest::home);
      node = n;
    }
    return n;
  }

  @Override
  String exporter() {
    return "elasticsearch";
  }

  @Override
  String more() {
    return ", data_stream: false";
  }

  @Override
  Peer start() throws Exception {
    return node().index("metrics-tethys-" + ++tests, exporter(), more());
  }

  /**
   * Types of the fields that its templates for {@code *.otel-*} have and that need no module: types
   * that are not published (constant_keyword, version, match_only_text) become keyword.
   */
  private static final String OTEL_TEMPLATE =
      """
      {"index_patterns":["logs-*.otel-*","traces-*.otel-*"],"priority":500,"template":{"mappings":{
      "date_detection":false,"dynamic":false,
      "properties":{"@timestamp":{"type":"date_nanos"},"observed_timestamp":{"type":"date_nanos"},
      "data_stream.dataset":{"type":"keyword"},"trace_id":{"type":"keyword"},
      "span_id":{"type":"keyword"},"parent_span_id":{"type":"keyword"},"name":{"type":"keyword"},
      "kind":{"type":"keyword"},"duration":{"type":"long"},"severity_number":{"type":"byte"},
      "severity_text":{"type":"keyword"},"event_name":{"type":"keyword"},
      "body":{"properties":{"text":{"type":"text"},"structured":{"type":"flattened"}}},
      "attributes":{"type":"passthrough","dynamic":true,"priority":20},
      "resource":{"properties":{"attributes":{"type":"passthrough","dynamic":true,"priority":40}}}},
      "dynamic_templates":[{"complex_attributes":{"path_match":["resource.attributes.*",
      "attributes.*"],"match_mapping_type":"object","mapping":{"type":"flattened"}}},
      {"strings":{"match_mapping_type":"string","mapping":{"type":"keyword","ignore_above":1024}}}]}}}
      """;

  private static Attributes attributes(String k, Object v) {
    Attributes a = new Attributes();
    a.put(k, v);
    return a;
  }

  /** One of two servers is down, and requests are small: all the same each document is there. */
  private void sendOtel(Batch b) throws Exception {
    send(b, "otel");
  }

  private void send(Batch b, String mode) throws Exception {
    try (TestPipeline p =
        new TestPipeline(
            b.signal(),
            exporter(),
            "endpoints: ['http://127.0.0.1:%d', 'http://127.0.0.1:%d'], mapping: {mode: %s},"
                    .formatted(Ports.free(), node().port(), mode)
                + " flush: {bytes: 2000}, retry: {max_retries: 5}")) {
      p.send(b);
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).as(p.balance() + p.refusal()).isEqualTo(b.items());
    }
  }

  /** Fields made by the templates that a bulk request names, in an index that is plain here. */
  private static final String METRICS_TEMPLATE =
      """
      {"index_patterns":["metrics-*.otel-*"],"priority":500,"template":{
      "mappings":{"date_detection":false,"dynamic":false,
      "properties":{"@timestamp":{"type":"date_nanos"},"start_timestamp":{"type":"date_nanos"},
      "unit":{"type":"keyword"},"_metric_names_hash":{"type":"keyword"},
      "metrics":{"type":"passthrough","dynamic":true,"priority":10},
      "attributes":{"type":"passthrough","dynamic":true,"priority":20}},
      "dynamic_templates":[{"counter_long":{"mapping":{"type":"long"}}},
      {"gauge_double":{"mapping":{"type":"double"}}},
      {"strings":{"match_mapping_type":"string","mapping":{"type":"keyword"}}}]}}}
      """;

  @Test
  void writesDataPointsAsTypedDocuments() throws Exception {
    assertThat(node().ask("/_index_template/otel-metrics", METRICS_TEMPLATE))
        .contains("acknowledged");
    MetricsData d = new MetricsData();
    ResourceGroup<Metric> group = new ResourceGroup<>();
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    for (String name : List.of("requests", "more.requests", "load")) {
      Metric m = new Metric();
      m.setName(name);
      m.setUnit("1");
      MetricData.Sum sum = new MetricData.Sum();
      sum.setMonotonic(true);
      sum.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
      MetricData.Gauge gauge = new MetricData.Gauge();
      for (int n = 0; n < 10; n++) {
        NumberDataPoint p = new NumberDataPoint();
        p.setTimeUnixNano(BEGIN + n / 2 * 1_000_000_000L);
        p.attributes().put("http.route", "/" + n % 2);
        if (name.equals("load")) {
          p.setDouble(n);
          gauge.points().add(p);
        } else {
          p.setLong(n);
          sum.points().add(p);
        }
      }
      m.setData(name.equals("load") ? gauge : sum);
      scope.items().add(m);
    }
    group.scopes().add(scope);
    d.resources().add(group);
    Batch b = new Batch(Signal.METRICS, Encoding.OTLP, new OtlpWriter().write(d), 30, 0);
    sendOtel(b);
    String index = "metrics-generic.otel-default";
    assertThat(hits(index, "{\"match_all\":{}}")).hasSize(30);
    JsonNode found =
        hits(
            index,
            "{\"bool\":{\"filter\":[{\"term\":{\"http.route\":\"/1\"}},"
                + "{\"exists\":{\"field\":\"more.requests\"}}]}}");
    assertThat(found).hasSize(5);
    for (int n = 0; n < 5; n++) {
      assertThat(found.get(n).at("/_source/metrics/more.requests").asLong()).isEqualTo(2 * n + 1);
    }
    assertThat(hits(index, "{\"range\":{\"load\":{\"gte\":7.5}}}")).hasSize(2);
  }

  private JsonNode hits(String index, String query) throws Exception {
    node().ask("/_refresh", "");
    String body = "{\"size\":1000,\"sort\":[\"@timestamp\"],\"query\":" + query + "}";
    return Found.json(node().ask("/" + index + "/_search", body)).at("/hits/hits");
  }

  @Test
  void writesSpansEventsAndRecordsAsOtelDocuments() throws Exception {
    assertThat(node().ask("/_index_template/otel", OTEL_TEMPLATE)).contains("acknowledged");
    TracesData d = new TracesData();
    ResourceGroup<Span> group = new ResourceGroup<>();
    group.resource().attributes().put("service.name", "web");
    group.resource().attributes().put("service", "both a value and an object's name");
    ScopeGroup<Span> scope = new ScopeGroup<>();
    for (int n = 0; n < 30; n++) {
      Span s = new Span();
      s.setTraceId(1, 2);
      s.setSpanId(n + 1);
      s.setName("GET /" + n);
      s.setKind(2);
      s.setStartTimeUnixNano(BEGIN + n); // nanoseconds decide the order
      s.setEndTimeUnixNano(BEGIN + n + 1000);
      s.attributes().put("http.route", "/a/\"\\\n");
      s.attributes().put("ratio", 1.0);
      s.attributes().put("of.objects", attributes("k.l", attributes("m", 1L)));
      s.attributes().put("geo.location.lon", 8.5);
      s.attributes().put("geo.location.lat", 47.5);
      SpanEvent e = new SpanEvent();
      e.setName("exception");
      e.setTimeUnixNano(BEGIN + n);
      e.attributes().put("exception.type", "Oops");
      s.events().add(e);
      scope.items().add(s);
    }
    group.scopes().add(scope);
    d.resources().add(group);
    sendOtel(new Batch(Signal.TRACES, Encoding.OTLP, new OtlpWriter().write(d), 30, 0));

    JsonNode spans =
        hits(
            "traces-generic.otel-default",
            "{\"bool\":{\"filter\":[{\"term\":{\"http.route\":\"/a/\\\"\\\\\\n\"}},"
                + "{\"term\":{\"resource.attributes.service.name\":\"web\"}},"
                + "{\"term\":{\"attributes.of.objects.k.l.m\":\"1\"}},"
                + "{\"range\":{\"ratio\":{\"gte\":0.9}}}]}}");
    assertThat(spans).hasSize(30);
    for (int n = 0; n < 30; n++) {
      assertThat(spans.get(n).at("/_source/name").asString()).isEqualTo("GET /" + n);
    }
    String second = "{\"term\":{\"@timestamp\":\"" + Instant.EPOCH.plusNanos(BEGIN + 1) + "\"}}";
    assertThat(hits("traces-generic.otel-default", second)).hasSize(1);
    JsonNode events = hits("logs-generic.otel-default", "{\"term\":{\"exception.type\":\"Oops\"}}");
    assertThat(events).hasSize(30);
    assertThat(events.get(29).at("/_source/span_id").asString()).isEqualTo("000000000000001e");

    LogsData l = new LogsData();
    ResourceGroup<LogRecord> logs = new ResourceGroup<>();
    logs.resource().attributes().put("data_stream.dataset", "Shop");
    ScopeGroup<LogRecord> records = new ScopeGroup<>();
    for (int n = 0; n < 20; n++) {
      LogRecord r = new LogRecord();
      r.setTimeUnixNano(BEGIN + n);
      r.setSeverityText("INFO");
      r.setSeverityNumber(9);
      r.setBody(n % 2 == 0 ? "line " + n : attributes("n", (long) n));
      records.items().add(r);
    }
    logs.scopes().add(records);
    l.resources().add(logs);
    sendOtel(new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(l), 20, 0));
    JsonNode lines = hits("logs-shop.otel-default", "{\"match\":{\"body.text\":\"line\"}}");
    assertThat(lines).hasSize(10);
    assertThat(lines.get(9).at("/_source/body/text").asString()).isEqualTo("line 18");
    assertThat(hits("logs-shop.otel-default", "{\"term\":{\"body.structured.n\":\"7\"}}"))
        .hasSize(1);
    records.items().forEach(r -> r.setBody("said so")); // one type a field
    for (String mode : List.of("none", "raw", "ecs")) {
      logs.resource().attributes().put("data_stream.dataset", "shop_" + mode);
      send(new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(l), 20, 0), mode);
      assertThat(hits("logs-shop_" + mode + "-default", "{\"match_all\":{}}")).hasSize(20);
    }
    assertThat(hits("logs-shop_ecs-default", "{\"match\":{\"message\":\"said\"}}")).hasSize(20);
  }
}
