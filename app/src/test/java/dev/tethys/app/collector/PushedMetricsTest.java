package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.config.OwnMetricsPush;
import dev.tethys.pipeline.config.OwnView;
import dev.tethys.web.Grpc;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Metric;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Periodic readers of {@code service.telemetry}, read with OpenTelemetry's own messages. */
@Tag("slow")
class PushedMetricsTest {
  private final BlockingQueue<ExportMetricsServiceRequest> got = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> tokens = new LinkedBlockingQueue<>();
  private final AtomicBoolean refuses = new AtomicBoolean();

  private HttpListener server() throws Exception {
    Routes routes =
        new Routes()
            .post(
                "/v1/metrics",
                (q, r) -> {
                  byte[] body = q.bodyBytes(1 << 20);
                  if ("gzip".equals(q.header("Content-Encoding"))) {
                    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
                      body = in.readAllBytes();
                    }
                  }
                  if (refuses.get()) {
                    r.status(503).send("later");
                    return;
                  }
                  tokens.add(String.valueOf(q.header("x-token")));
                  got.add(ExportMetricsServiceRequest.parseFrom(body));
                })
            .post(
                "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                Grpc.unary(
                    1 << 20,
                    (message, q) -> {
                      tokens.add(String.valueOf(q.header("x-token")));
                      try {
                        got.add(ExportMetricsServiceRequest.parseFrom(message));
                      } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                      }
                      return new byte[0];
                    }));
    return HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  private ExportMetricsServiceRequest next() throws InterruptedException {
    return Objects.requireNonNull(got.poll(30, TimeUnit.SECONDS), "no data received");
  }

  private static Metric metric(ExportMetricsServiceRequest r, String name) {
    return r.getResourceMetrics(0).getScopeMetrics(0).getMetricsList().stream()
        .filter(m -> m.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in " + r));
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http/protobuf"})
  void aCollectorSendsItsOwnMetrics(String protocol, @TempDir Path folder) throws Exception {
    try (HttpListener server = server()) {
      Path c = folder.resolve("c.yaml");
      Files.writeString(
          c,
          """
          receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
          exporters: {nop: }
          service:
            pipelines: {logs: {receivers: [otlp], exporters: [nop]}}
            telemetry:
              resource: {site: north}
              metrics:
                level: detailed
                readers:
                  - periodic:
                      interval: 50
                      exporter:
                        otlp:
                          protocol: %s
                          endpoint: 127.0.0.1:%d
                          insecure: true
                          compression: gzip
                          headers: {x-token: t}
                views:
                  - selector: {instrument_name: jvm_*}
                    stream: {aggregation: {drop: {}}}
                  - selector: {instrument_name: otelcol_process_memory_rss}
                    stream: {name: rss}
          """
              .formatted(protocol, server.port()));
      try (CollectorRole role =
          new CollectorRole(
              new ConfigSources(List.of(c.toString()), List.of(), n -> null),
              BuiltIn.components(),
              false,
              false)) {
        role.start();
        assertThat(role.port()).isEqualTo(-1);
        ExportMetricsServiceRequest r = next();
        assertThat(tokens.take()).isEqualTo("t");
        Metric uptime = metric(r, "otelcol_process_uptime");
        assertThat(uptime.getUnit()).isEqualTo("s");
        assertThat(uptime.getSum().getIsMonotonic()).isTrue();
        assertThat(uptime.getSum().getAggregationTemporality())
            .isEqualTo(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
        assertThat(uptime.getSum().getDataPoints(0).getStartTimeUnixNano()).isPositive();
        assertThat(metric(r, "rss").getGauge().getDataPoints(0).getAsDouble()).isPositive();
        assertThat(r.getResourceMetrics(0).getResource().getAttributesList())
            .extracting(KeyValue::getKey)
            .contains("service.name", "service.instance.id", "site");
        assertThat(r.getResourceMetrics(0).getScopeMetrics(0).getMetricsList())
            .extracting(Metric::getName)
            .noneMatch(n -> n.startsWith("jvm_"))
            .doesNotContain("otelcol_process_memory_rss");
      }
    }
  }

  private static MetricFamily counter(double a, double b) {
    return new MetricFamily(
        "n_total",
        MetricType.COUNTER,
        "",
        "",
        List.of(
            new MetricFamily.Metric(Labels.of("x", "1", "y", "2"), a),
            new MetricFamily.Metric(Labels.of("x", "1", "y", "3"), b)));
  }

  private static MetricFamily histogram(double low, double all) {
    return new MetricFamily(
        "h",
        MetricType.HISTOGRAM,
        "",
        "",
        List.of(
            new MetricFamily.Metric(
                Labels.EMPTY,
                new MetricFamily.Buckets(
                    all,
                    all * 2,
                    new double[] {1, Double.POSITIVE_INFINITY},
                    new double[] {low, all},
                    List.of()))));
  }

  @Test
  void deltasStartAtTheLastCollection() throws Exception {
    AtomicLong asked = new AtomicLong();
    try (HttpListener server = server()) {
      refuses.set(true);
      OwnMetricsPush settings =
          new OwnMetricsPush(
              Duration.ofMillis(20),
              Duration.ofSeconds(30),
              new OwnMetricsPush.Otlp(
                  false,
                  URI.create("http://127.0.0.1:" + server.port()),
                  dev.tethys.config.TlsConfig.DEFAULT,
                  false,
                  Map.of(),
                  Duration.ofSeconds(30),
                  true));
      try (MetricsPusher p =
          new MetricsPusher(
              settings,
              () -> {
                long n = asked.incrementAndGet();
                if (n == 3) {
                  refuses.set(false); // two were not taken
                }
                return List.of(counter(10 * n, 1), histogram(n, 3 * n));
              },
              new MetricViews(List.of()),
              Map.of(),
              () -> 1000 + asked.get(),
              System.out)) {
        p.start();
        ExportMetricsServiceRequest first = next();
        ExportMetricsServiceRequest second = next();
        Metric a = metric(first, "n");
        assertThat(a.getSum().getAggregationTemporality())
            .isEqualTo(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA);
        assertThat(a.getSum().getDataPoints(0).getAsDouble()).isEqualTo(30);
        Metric b = metric(second, "n");
        assertThat(b.getSum().getDataPoints(0).getAsDouble()).isEqualTo(10);
        assertThat(b.getSum().getDataPoints(1).getAsDouble()).isZero();
        assertThat(b.getSum().getDataPoints(0).getStartTimeUnixNano())
            .isEqualTo(a.getSum().getDataPoints(0).getTimeUnixNano());
        var h = metric(second, "h").getHistogram().getDataPoints(0);
        assertThat(h.getBucketCountsList()).containsExactly(1L, 2L);
        assertThat(h.getExplicitBoundsList()).containsExactly(1.0);
        assertThat(h.getSum()).isEqualTo(6);
      }
    }
  }

  @Test
  void consoleAddsOneNewlineAfterJson() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    MetricsPusher p =
        new MetricsPusher(
            new OwnMetricsPush(Duration.ofHours(1), Duration.ofSeconds(30), null),
            () -> List.of(counter(1, 2)),
            new MetricViews(List.of()),
            Map.of("service.name", "s"),
            () -> 5,
            new PrintStream(out, true, StandardCharsets.UTF_8));
    p.start();
    p.close();
    String[] lines = out.toString(StandardCharsets.UTF_8).split("\n");
    assertThat(lines).hasSize(1);
    JsonNode json = JsonMapper.shared().readTree(lines[0]);
    JsonNode n = json.at("/resourceMetrics/0/scopeMetrics/0/metrics/0");
    assertThat(n.get("name").asString()).isEqualTo("n");
    assertThat(n.at("/sum/dataPoints/1/asDouble").asDouble()).isEqualTo(2);
  }

  private static OwnView view(String name, OwnView.Kind kind, Set<String> in, Set<String> ex) {
    return new OwnView(name, kind, false, "", "", in, ex);
  }

  @Test
  void viewsSumMergedSeries() {
    MetricFamily gauge = new MetricFamily("g", MetricType.GAUGE, "", "", counter(4, 5).metrics());
    List<MetricFamily> shown =
        new MetricViews(
                List.of(
                    view("?", OwnView.Kind.COUNTER, Set.of("x"), Set.of()),
                    view("g", OwnView.Kind.GAUGE, Set.of(), Set.of("y", "x")),
                    new OwnView("h", null, false, "i", "about", Set.of(), Set.of())))
            .of(List.of(counter(4, 5), gauge, histogram(1, 2)));
    assertThat(shown).extracting(MetricFamily::name).containsExactly("g", "i", "n_total");
    assertThat(shown.get(0).metrics()).containsExactly(new MetricFamily.Metric(Labels.EMPTY, 5.0));
    assertThat(shown.get(1).help()).isEqualTo("about");
    assertThat(shown.get(2).metrics())
        .containsExactly(new MetricFamily.Metric(Labels.of("x", "1"), 9.0));
  }

  @Test
  void collectorFailureStopsNothing() throws Exception {
    AtomicLong asked = new AtomicLong();
    try (HttpListener server = server();
        MetricsPusher p =
            new MetricsPusher(
                new OwnMetricsPush(
                    Duration.ofMillis(5),
                    Duration.ofSeconds(30),
                    new OwnMetricsPush.Otlp(
                        false,
                        URI.create("http://127.0.0.1:" + server.port() + "?a=b"),
                        dev.tethys.config.TlsConfig.DEFAULT,
                        false,
                        Map.of(),
                        Duration.ofSeconds(30),
                        false)),
                () -> {
                  if (asked.incrementAndGet() == 1) {
                    throw new IllegalStateException("nothing can be told now");
                  }
                  return List.of(counter(1, 2));
                },
                new MetricViews(List.of()),
                Map.of(),
                () -> 5,
                System.out)) {
      p.start();
      assertThat(metric(next(), "n").getSum().getDataPointsCount()).isEqualTo(2);
    }
  }

  private static double value(MetricFamily f) {
    return ((MetricFamily.Value) f.metrics().getFirst().point()).value();
  }

  @Test
  void removedSeriesIsNotCountedTwiceUnderAView() {
    MetricViews views =
        new MetricViews(List.of(view("n", OwnView.Kind.COUNTER, Set.of("x"), Set.of())));
    DeltaMetrics deltas = new DeltaMetrics(0);
    assertThat(value(views.of(deltas.since(List.of(counter(1000, 500)), 1)).getFirst()))
        .isEqualTo(1500);
    deltas.sent();
    MetricFamily left =
        new MetricFamily(
            "n_total", MetricType.COUNTER, "", "", counter(1000, 0).metrics().subList(0, 1));
    assertThat(value(views.of(deltas.since(List.of(left), 2)).getFirst())).isZero();
  }

  @Test
  void countsResetHistogramsAsNew() {
    DeltaMetrics deltas = new DeltaMetrics(0);
    deltas.since(List.of(histogram(100, 100)), 1);
    deltas.sent();
    MetricFamily h = deltas.since(List.of(histogram(5, 125)), 2).getFirst();
    MetricFamily.Buckets b = (MetricFamily.Buckets) h.metrics().getFirst().point();
    assertThat(b.cumulative()).containsExactly(5, 125);
    assertThat(b.count()).isEqualTo(125);
  }

  @Test
  void showsFirstOfMetricsWithTheSameName() {
    List<MetricFamily> shown =
        new MetricViews(List.of(new OwnView("h", null, false, "n_total", "", Set.of(), Set.of())))
            .of(List.of(histogram(1, 2), counter(1, 2)));
    assertThat(shown).hasSize(1);
    assertThat(shown.getFirst().type()).isEqualTo(MetricType.HISTOGRAM);
  }
}
