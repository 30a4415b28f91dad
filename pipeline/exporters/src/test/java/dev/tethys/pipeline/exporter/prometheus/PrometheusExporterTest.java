package dev.tethys.pipeline.exporter.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.PrometheusOrigin;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Metrics of a pipeline as exposed to scrapers. */
class PrometheusExporterTest {
  private static final long SECOND = 1_000_000_000L;

  private final ItemAccounting account =
      new ItemAccounting("exporter", "prometheus", Signal.METRICS);
  private long now = 1_000_000;
  private PrometheusExporterFactory.@Nullable Running running;

  private PrometheusExporterFactory.Running start(String more) throws IOException {
    PrometheusExporterFactory.Settings s =
        read(
            new PrometheusExporterFactory().settings(),
            "{endpoint: '127.0.0.1:0'" + (more.isEmpty() ? "" : ", " + more) + "}");
    PrometheusExporterFactory.Running r =
        new PrometheusExporterFactory.Running(
            s,
            new HttpServerEndpoint(new ReceiverAdmission(1 << 20), s.http(), null),
            account,
            () -> now,
            System::nanoTime);
    running = r;
    r.start();
    return r;
  }

  @AfterEach
  void stop() {
    if (running != null) {
      running.stop(Duration.ZERO);
    }
  }

  private static NumberDataPoint number(double value, long start, long time, String... attributes) {
    NumberDataPoint p = new NumberDataPoint();
    p.setDouble(value);
    p.setStartTimeUnixNano(start * SECOND);
    p.setTimeUnixNano(time * SECOND);
    for (int i = 0; i < attributes.length; i += 2) {
      p.attributes().put(attributes[i], attributes[i + 1]);
    }
    return p;
  }

  private static Metric metric(String name, String unit, MetricData<?> data) {
    Metric m = new Metric();
    m.setName(name);
    m.setUnit(unit);
    m.setDescription("About " + name + ".");
    m.setData(data);
    return m;
  }

  private static MetricData.Gauge gauge(NumberDataPoint... points) {
    MetricData.Gauge g = new MetricData.Gauge();
    g.points().addAll(List.of(points));
    return g;
  }

  private static MetricData.Sum sum(int temporality, boolean monotonic, NumberDataPoint... points) {
    MetricData.Sum s = new MetricData.Sum();
    s.setTemporality(temporality);
    s.setMonotonic(monotonic);
    s.points().addAll(List.of(points));
    return s;
  }

  private void send(PrometheusExporterFactory.Running r, Metric... metrics) {
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    scope.scope().setName("lib");
    scope.items().addAll(List.of(metrics));
    ResourceGroup<Metric> group = new ResourceGroup<>();
    group.resource().attributes().put("service.name", "shop");
    group.resource().attributes().put("service.namespace", "eu");
    group.resource().attributes().put("service.instance.id", "i-1");
    group.resource().attributes().put("host.name", "h");
    group.scopes().add(scope);
    MetricsData data = new MetricsData();
    data.resources().add(group);
    List<Outcome> told = new ArrayList<>();
    r.consume(Batch.of(Signal.METRICS, data, 0, Metadata.NONE), told::add);
    assertThat(told).containsExactly(Outcome.ACCEPTED);
  }

  private static String page(PrometheusExporterFactory.Running r, String accept) throws Exception {
    try (HttpClient c = HttpClient.newHttpClient()) {
      HttpResponse<String> a =
          c.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + r.port() + "/metrics"))
                  .header("Accept", accept)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return a.headers().firstValue("Content-Type").orElse("").split(";")[0] + "\n" + a.body();
    }
  }

  @Test
  void exposesTheLatestValueOfEachSeries() throws Exception {
    PrometheusExporterFactory.Running r =
        start("namespace: my app, const_labels: {zone: a}, send_timestamps: true");
    send(
        r,
        metric("queue.size", "By", gauge(number(3, 0, 20, "q.name", "x", "n", "1"))),
        metric("late", "", gauge(number(1, 0, 20))),
        metric("hits", "1", sum(2, true, number(7, 1, 20))));
    send(r, metric("late", "", gauge(number(2, 0, 10))));
    String series = "{instance=\"i-1\",job=\"eu/shop\",otel_scope_name=\"lib\",zone=\"a\"} ";
    assertThat(page(r, "text/plain"))
        .isEqualTo(
            """
            text/plain
            # HELP my_app_hits_total About hits.
            # TYPE my_app_hits_total counter
            my_app_hits_total%s7 20000
            # HELP my_app_late About late.
            # TYPE my_app_late gauge
            my_app_late%s1 20000
            # HELP my_app_queue_size_bytes About queue.size.
            # TYPE my_app_queue_size_bytes gauge
            my_app_queue_size_bytes{instance="i-1",job="eu/shop",n="1",otel_scope_name="lib",q_name="x",zone="a"} 3 20000
            # HELP my_app_target_info Target metadata
            # TYPE my_app_target_info gauge
            my_app_target_info{host_name="h",instance="i-1",job="eu/shop"} 1
            """
                .formatted(series, series));
    assertThat(account.balance().dropped()).containsEntry(ExposedMetrics.LATE, 1L);
  }

  @Test
  void accumulatesConsecutiveDeltas() throws Exception {
    PrometheusExporterFactory.Running r = start("add_metric_suffixes: false");
    for (int i = 1; i <= 3; i++) {
      HistogramDataPoint h = new HistogramDataPoint();
      h.setStartTimeUnixNano(i * SECOND);
      h.setTimeUnixNano((i + 1) * SECOND);
      h.setCount(3);
      h.setSum(4);
      h.setExplicitBounds(new double[] {1, 2});
      h.setBucketCounts(new long[] {1, 1, 1});
      MetricData.Histogram d = new MetricData.Histogram();
      d.setTemporality(MetricData.TEMPORALITY_DELTA);
      d.points().add(h);
      send(
          r,
          metric("n", "", sum(1, true, number(5, i, i + 1))),
          metric("up.down", "", sum(1, false, number(5, i, i + 1))),
          metric("h", "", d));
    }
    // restarts after a gap
    send(r, metric("gap", "", sum(1, true, number(5, 1, 2))));
    send(r, metric("gap", "", sum(1, true, number(6, 3, 4))));
    assertThat(page(r, "text/plain"))
        .containsPattern("(?m)^n\\{[^}]*} 15$")
        .containsPattern("(?m)^gap\\{[^}]*} 6$")
        .containsPattern("(?m)^h_bucket\\{[^}]*,le=\"1.0\"[^}]*} 3$|^h_bucket\\{[^}]*le=\"1\"} 3$")
        .containsPattern("(?m)^h_bucket\\{[^}]*le=\"\\+Inf\"[^}]*} 9$")
        .containsPattern("(?m)^h_sum\\{[^}]*} 12$")
        .doesNotContain("up_down");
    assertThat(account.balance().dropped()).containsEntry(ExposedMetrics.NOT_SHOWN, 3L);
  }

  @Test
  void exposesExponentialHistogramsAsNativeInProtobuf() throws Exception {
    PrometheusExporterFactory.Running r = start("enable_open_metrics: true");
    for (int i = 1; i <= 2; i++) {
      ExponentialHistogramDataPoint h = new ExponentialHistogramDataPoint();
      h.setStartTimeUnixNano(i * SECOND);
      h.setTimeUnixNano((i + 1) * SECOND);
      h.setScale(10);
      h.setCount(6);
      h.setSum(2.5);
      h.setZeroCount(1);
      h.setPositiveOffset(8);
      h.setPositiveCounts(new long[] {1, 1, 0, 0, 3});
      MetricData.ExponentialHistogram d = new MetricData.ExponentialHistogram();
      d.setTemporality(MetricData.TEMPORALITY_DELTA);
      d.points().add(h);
      send(r, metric("e", "", d));
    }
    assertThat(page(r, "application/openmetrics-text;version=1.0.0"))
        .startsWith("application/openmetrics-text")
        .containsPattern("(?m)^e_count\\{[^}]*} 12(\\.0)?$");
    assertThat(
            page(
                r,
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"))
        .startsWith("application/vnd.google.protobuf");
  }

  @Test
  void expiresStaleSeriesAndHidesConflictingTypes() throws Exception {
    PrometheusExporterFactory.Running r =
        start("metric_expiration: 1m, resource_to_telemetry_conversion: {enabled: true}");
    send(r, metric("a", "", gauge(number(1, 0, 1))), metric("b", "", gauge(number(1, 0, 1))));
    now += 40_000;
    send(r, metric("b", "", gauge(number(2, 0, 2))));
    send(r, metric("b", "", sum(2, false, number(9, 0, 3, "host.name", "mine"))));
    now += 40_000;
    assertThat(page(r, "application/openmetrics-text;version=1.0.0"))
        .startsWith("text/plain")
        .doesNotContain("\na{")
        .contains("host_name=\"h\"")
        .contains("service_name=\"shop\"");
    MetricData.Sum total = sum(2, true, number(9, 0, 3));
    send(r, metric("b_total", "", total));
    send(r, metric("b.total", "", gauge(number(1, 0, 4))));
    assertThat(account.balance().dropped()).containsEntry(ExposedMetrics.TYPE_CONFLICT, 1L);
    now += 61_000;
    assertThat(page(r, "text/plain")).isEqualTo("text/plain\n");
  }

  @Test
  void scrapedSeriesThatChangesTypeBecomesANewStream() throws Exception {
    PrometheusExporterFactory.Running r = start("metric_expiration: 1m");
    send(r, ofSeries(metric("jobs", "", gauge(number(7, 0, 1)))));
    send(r, ofSeries(metric("jobs", "", sum(2, true, number(8, 0, 2)))));
    send(r, ofSeries(metric("jobs", "", sum(2, true, number(9, 0, 3)))));
    assertThat(account.balance().dropped()).isEmpty();
    assertThat(page(r, "text/plain"))
        .contains("# TYPE jobs counter\n")
        .containsPattern("(?m)^jobs\\{[^}]*} 9$")
        .doesNotContain("gauge\njobs");
  }

  private static Metric ofSeries(Metric m) {
    m.metadata().put(PrometheusOrigin.NAME, m.name());
    return m;
  }

  @Test
  void boundsSeries() {
    ExposedMetrics m =
        new ExposedMetrics(
            read(new PrometheusExporterFactory().settings(), "{endpoint: 'x:1'}").shown(), 2);
    MetricsData data = new MetricsData();
    ResourceGroup<Metric> group = new ResourceGroup<>();
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    for (int i = 0; i < 5; i++) {
      scope.items().add(metric("m" + i, "", gauge(number(i, 0, 1))));
    }
    group.scopes().add(scope);
    data.resources().add(group);
    assertThat(m.add(data, 0).dropped()).containsExactly(java.util.Map.entry("too_many_series", 3));
    assertThat(m.families(0)).hasSize(2);
    assertThat(m.add(data, 400_000).dropped()).as("the old ones made room").hasSize(1);
    assertThat(m.families(400_000)).hasSize(2);
  }

  @Test
  void evictsAtMostOncePerSecond() {
    ExposedMetrics m =
        new ExposedMetrics(
            read(
                    new PrometheusExporterFactory().settings(),
                    "{endpoint: 'x:1', metric_expiration: 10s}")
                .shown(),
            1);
    assertThat(m.add(of(metric("a", "", gauge(number(1, 0, 1)))), 0).dropped()).isEmpty();
    assertThat(m.families(9_500)).hasSize(1);
    MetricsData b = of(metric("b", "", gauge(number(1, 0, 1))));
    assertThat(m.add(b, 10_100).dropped()).containsEntry(ExposedMetrics.TOO_MANY, 1);
    assertThat(m.add(b, 10_500).dropped()).as("the old one made room").isEmpty();
  }

  private static MetricsData of(Metric... metrics) {
    MetricsData data = new MetricsData();
    ResourceGroup<Metric> group = new ResourceGroup<>();
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    scope.items().addAll(List.of(metrics));
    group.scopes().add(scope);
    data.resources().add(group);
    return data;
  }

  @Test
  void doesNotTakeReservedLabelsFromAttributes() throws Exception {
    PrometheusExporterFactory.Running r = start("");
    HistogramDataPoint h = new HistogramDataPoint();
    h.setTimeUnixNano(SECOND);
    h.attributes().put("le", "5");
    MetricData.Histogram histogram = new MetricData.Histogram();
    histogram.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
    histogram.points().add(h);
    SummaryDataPoint q = new SummaryDataPoint();
    q.setTimeUnixNano(SECOND);
    q.attributes().put("quantile", "0.5");
    MetricData.Summary summary = new MetricData.Summary();
    summary.points().add(q);
    send(
        r,
        metric("h", "", histogram),
        metric("s", "", summary),
        metric("g", "", gauge(number(1, 0, 1, "le", "1", "quantile", "2"))));
    assertThat(page(r, "text/plain"))
        .contains("le=\"1\"", "quantile=\"2\"")
        .doesNotContain("h_count", "s_count");
    assertThat(account.balance().dropped()).containsEntry(ExposedMetrics.RESERVED, 2L);
  }

  private static ExponentialHistogramDataPoint exponential(
      String of, int scale, double sum, long count) {
    ExponentialHistogramDataPoint h = new ExponentialHistogramDataPoint();
    h.setTimeUnixNano(SECOND);
    h.attributes().put("of", of);
    h.setScale(scale);
    h.setCount(count);
    h.setSum(sum);
    h.setZeroCount(1);
    h.setPositiveCounts(new long[] {2});
    h.setNegativeCounts(new long[] {3});
    return h;
  }

  @Test
  void dropsOnlyInvalidExponentialHistograms() throws Exception {
    PrometheusExporterFactory.Running r = start("");
    MetricData.ExponentialHistogram d = new MetricData.ExponentialHistogram();
    d.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
    ExponentialHistogramDataPoint far = exponential("far", 0, 1, 6);
    far.setPositiveOffset(Integer.MAX_VALUE);
    d.points()
        .addAll(
            List.of(
                exponential("exact", 0, 1, 6),
                exponential("short", 0, 1, 5),
                exponential("long", 0, 1, 7),
                exponential("nan", 0, Double.NaN, 7),
                exponential("nan-short", 0, Double.NaN, 5),
                exponential("wide", -5, 1, 6),
                far));
    send(r, metric("e", "", d));
    assertThat(page(r, "text/plain"))
        .contains("of=\"exact\"", "of=\"nan\"")
        .doesNotContain("short", "long", "wide", "far");
    assertThat(account.balance().dropped())
        .containsEntry(ExposedPoint.INVALID_HISTOGRAM, 4L)
        .containsEntry(ExposedPoint.SCALE, 1L)
        .hasSize(2);
  }

  @Test
  void omitsScopesIfConfiguredAndEscapesConstantLabels() throws Exception {
    PrometheusExporterFactory.Running r =
        start("without_scope_info: true, const_labels: {another label: spaced value}");
    send(r, metric("a", "", gauge(number(1, 0, 1))));
    assertThat(page(r, "text/plain"))
        .contains("a{another_label=\"spaced value\",instance=\"i-1\",job=\"eu/shop\"} 1\n");
  }

  @Test
  void exposesTargetInfoOfThePipelineAndOwn() throws Exception {
    PrometheusExporterFactory.Running r = start("");
    send(
        r,
        metric("target_info", "", histogramOfNothing()),
        metric("target.info", "", sum(2, false, number(1, 0, 1, "own", "x"))));
    assertThat(page(r, "text/plain"))
        .containsPattern("(?m)^target_info\\{.*own=\"x\"} 1$")
        .contains("target_info{host_name=\"h\",instance=\"i-1\",job=\"eu/shop\"} 1\n");
    assertThat(account.balance().dropped()).containsEntry(ExposedMetrics.TYPE_CONFLICT, 1L);
  }

  private static MetricData.Histogram histogramOfNothing() {
    HistogramDataPoint h = new HistogramDataPoint();
    h.setTimeUnixNano(SECOND);
    MetricData.Histogram d = new MetricData.Histogram();
    d.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
    d.points().add(h);
    return d;
  }

  @Test
  void rejectsImpossibleSettings() {
    assertThatThrownBy(() -> read(new PrometheusExporterFactory().settings(), "{}"))
        .hasMessageContaining("requires endpoint");
    assertThatThrownBy(() -> start("sending_queue: {}")).hasMessageContaining("not queued");
    assertThatThrownBy(() -> start("const_labels: {'': c}"))
        .hasMessageContaining("is not a valid label name");
    assertThatThrownBy(() -> start("const_labels: {a-b: c, a_b: d}"))
        .hasMessageContaining("label \"a_b\" is set twice");
    assertThatThrownBy(() -> start("translation_strategy: Any"))
        .hasMessageContaining("unknown translation strategy");
  }

  /** Reads settings as a configuration has them. */
  private static <T> T read(Type<T> type, String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", null, yaml);
    T t = type.read(d.root());
    d.refuseNotBuilt();
    return t;
  }
}
