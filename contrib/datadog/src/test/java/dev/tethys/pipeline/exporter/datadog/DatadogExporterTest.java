package dev.tethys.pipeline.exporter.datadog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.client.PlainContext;
import dev.tethys.pipeline.exporter.rows.PostSender;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.proto.resource.v1.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests by Datadog's specification of its API, taken apart by protobuf's own library. */
class DatadogExporterTest {
  private static final long AT = 1_700_000_000_500_000_000L;
  private static final AggregationTemporality DELTA =
      AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA;
  private static final AggregationTemporality CUMULATIVE =
      AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE;

  private HttpDouble datadog;
  private HttpClientFactory http;

  @BeforeEach
  void start() throws IOException {
    datadog = new HttpDouble();
    datadog.otherwise(202, "{\"errors\":[]}");
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    datadog.close();
    http.close();
  }

  private DatadogSettings settings(String more) {
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml", null, "{endpoint: '" + datadog.url() + "', api: {key: secret}" + more + "}");
    DatadogSettings s = DatadogSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private HttpEndpoint endpoint(DatadogSettings s) {
    return new HttpEndpoint(
        s.client(),
        null,
        Map.of("dd-api-key", s.key().value()),
        s.delivery().timeout(),
        http,
        () -> 0);
  }

  private DatadogSender sender(DatadogSettings s) {
    return new DatadogSender(
        s.metricsUrl(),
        endpoint(s),
        DatadogExporterFactory.series(s, null),
        DatadogExporterFactory.sketches(s, null));
  }

  private static Encoder.Encoded encoded(DatadogSettings s, Batch b) {
    return new DatadogMetrics(
            s,
            DatadogExporterFactory.series(s, null),
            DatadogExporterFactory.sketches(s, null),
            new UnsupportedItemCounter(new Registry(), "datadog"),
            null)
        .encode(b);
  }

  static DeltaConversion noDeltas(Duration ttl, String initial, Scheduler clock) {
    throw new AssertionError("no conversion was configured");
  }

  private static KeyValue text(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static Resource resource() {
    return Resource.newBuilder()
        .addAttributes(text("service.name", "shop"))
        .addAttributes(text("host.name", "h1"))
        .build();
  }

  private static Batch batch(Metric... metrics) {
    byte[] body =
        ExportMetricsServiceRequest.newBuilder()
            .addResourceMetrics(
                ResourceMetrics.newBuilder()
                    .setResource(resource())
                    .addScopeMetrics(ScopeMetrics.newBuilder().addAllMetrics(List.of(metrics))))
            .build()
            .toByteArray();
    return new Batch(Signal.METRICS, Encoding.OTLP, body, metrics.length, 0);
  }

  private static NumberDataPoint.Builder number(double v) {
    return NumberDataPoint.newBuilder()
        .setTimeUnixNano(AT)
        .setStartTimeUnixNano(AT - 10_000_000_000L)
        .addAttributes(text("q", "a\"b"))
        .setAsDouble(v);
  }

  private static Metric sum(String name, AggregationTemporality t) {
    return Metric.newBuilder()
        .setName(name)
        .setUnit("By")
        .setSum(
            Sum.newBuilder()
                .setIsMonotonic(true)
                .setAggregationTemporality(t)
                .addDataPoints(number(5)))
        .build();
  }

  private static Metric histogram(AggregationTemporality t) {
    return Metric.newBuilder()
        .setName("lat")
        .setHistogram(
            Histogram.newBuilder()
                .setAggregationTemporality(t)
                .addDataPoints(
                    HistogramDataPoint.newBuilder()
                        .setTimeUnixNano(AT)
                        .setCount(3)
                        .setSum(4.5)
                        .addExplicitBounds(1)
                        .addExplicitBounds(2)
                        .addBucketCounts(0)
                        .addBucketCounts(2)
                        .addBucketCounts(1)))
        .build();
  }

  private void deliver(DatadogSettings s, Encoder.Encoded e) throws Exception {
    for (EncodedRequest p : e.requests()) {
      assertThat(sender(s).send(p)).isEqualTo(SendResult.DELIVERED);
    }
  }

  @Test
  void sendsSeriesAsJson() throws Exception {
    DatadogSettings s = settings(", format: json");
    Metric gauge =
        Metric.newBuilder()
            .setName("temp")
            .setGauge(
                Gauge.newBuilder().addDataPoints(number(Double.NaN)).addDataPoints(number(1.5)))
            .build();
    Encoder.Encoded e = encoded(s, batch(gauge, sum("bytes", DELTA), sum("all", CUMULATIVE)));
    assertThat(e.drops()).isEqualTo(Map.of("not_finite", 1));
    deliver(s, e);
    HttpDouble.Got g = datadog.requests().getFirst();
    assertThat(g.path()).isEqualTo("/api/v2/series");
    assertThat(g.header("DD-API-KEY")).isEqualTo("secret");
    assertThat(g.headers()).doesNotContainKey("Tethys-intake");
    String same =
        "\"tags\":[\"service:shop\",\"host.name:h1\",\"q:a\\\"b\"],"
            + "\"resources\":[{\"type\":\"host\",\"name\":\"h1\"}]";
    assertThat(g.text())
        .isEqualTo(
            "{\"series\":[\n{\"metric\":\"temp\",\"type\":3,"
                + "\"points\":[{\"timestamp\":1700000000,\"value\":1.5}],"
                + same
                + "},\n{\"metric\":\"bytes\",\"type\":1,"
                + "\"points\":[{\"timestamp\":1700000000,\"value\":5}],"
                + same
                + ",\"unit\":\"byte\",\"interval\":10},\n{\"metric\":\"all\",\"type\":3,"
                + "\"points\":[{\"timestamp\":1700000000,\"value\":5}],"
                + same
                + ",\"unit\":\"byte\"}\n]}");
  }

  /** A service or host of a record that differs from its resource must be kept. */
  @Test
  void keepsServiceOfRecordsThatDiffersFromTheirResource() throws Exception {
    LogRecord record =
        LogRecord.newBuilder()
            .setTimeUnixNano(1_700_000_000_000_000_000L)
            .addAttributes(text("service.name", "proxied"))
            .addAttributes(text("host.name", "h1"))
            .addAttributes(text("ddsource", "nginx"))
            .build();
    byte[] body =
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(
                ResourceLogs.newBuilder()
                    .setResource(
                        Resource.newBuilder()
                            .addAttributes(text("service.name", "proxy"))
                            .addAttributes(text("ddsource", "java"))
                            .addAttributes(text("host.name", "h1")))
                    .addScopeLogs(ScopeLogs.newBuilder().addLogRecords(record)))
            .build()
            .toByteArray();
    DatadogSettings s = settings("");
    var lists = DatadogExporterFactory.logs(s, null);
    EncodedRequest p =
        new DatadogLogs(s, lists, () -> 0, null)
            .encode(new Batch(Signal.LOGS, Encoding.OTLP, body, 1, 0))
            .requests()
            .getFirst();
    new PostSender(s.logsUrl().resolve("/api/v2/logs"), endpoint(s), lists).send(p);
    assertThat(datadog.requests().getFirst().text())
        .contains(
            "\"service\":\"proxy\"",
            "\"otel.service.name\":\"proxied\"",
            "\"hostname\":\"h1\"",
            "\"ddsource\":\"nginx\"",
            "\"otel.ddsource\":\"java\"")
        .doesNotContain("otel.host.name");
  }

  @Test
  void sendsSeriesAsProtobuf() throws Exception {
    DatadogSettings s =
        settings(", compression: zstd, metrics: {resource_attributes_as_tags: false}");
    Encoder.Encoded e = encoded(s, batch(sum("bytes", DELTA)));
    EncodedRequest p = e.requests().getFirst();
    assertThat(p.headers())
        .containsEntry("content-encoding", "zstd")
        .containsEntry("content-type", "application/x-protobuf");
    byte[] body =
        dev.tethys.codec.compression.Compression.ZSTD.decompress(
            p.body(), 0, p.body().length, 1 << 20);
    assertThat(AgentPayload.text("MetricPayload", body))
        .isEqualTo(
            """
            series {
              resources {
                type: "host"
                name: "h1"
              }
              metric: "bytes"
              tags: "service:shop"
              tags: "q:a\\"b"
              points {
                value: 5.0
                timestamp: 1700000000
              }
              type: 1
              unit: "byte"
              interval: 10
            }
            """);
  }

  @Test
  void sendsDeltaHistogramsAsSketches() throws Exception {
    DatadogSettings s = settings("");
    Encoder.Encoded e = encoded(s, batch(histogram(DELTA)));
    deliver(s, e);
    HttpDouble.Got g = datadog.requests().getFirst();
    assertThat(g.path()).isEqualTo("/api/beta/sketches");
    assertThat(AgentPayload.text("SketchPayload", g.body()))
        .contains("metric: \"lat\"", "host: \"h1\"", "cnt: 3", "sum: 4.5", "avg: 1.5")
        .doesNotContain("0.0");
    Metric exponential =
        Metric.newBuilder()
            .setName("e")
            .setExponentialHistogram(
                ExponentialHistogram.newBuilder()
                    .setAggregationTemporality(DELTA)
                    .addDataPoints(
                        ExponentialHistogramDataPoint.newBuilder()
                            .setTimeUnixNano(AT)
                            .setCount(6)
                            .setZeroCount(1)
                            .setScale(20)
                            .setMin(-1)
                            .setMax(1)
                            .setPositive(
                                ExponentialHistogramDataPoint.Buckets.newBuilder()
                                    .addBucketCounts(3))
                            .setNegative(
                                ExponentialHistogramDataPoint.Buckets.newBuilder()
                                    .addBucketCounts(2))))
            .build();
    String sketch =
        AgentPayload.text(
            "SketchPayload", unzipped(encoded(s, batch(exponential)).requests().getFirst()));
    assertThat(
            sketch.lines().filter(l -> l.contains(" k: ") || l.contains(" n: ")).map(String::strip))
        .containsExactly("k: -1338", "k: 0", "k: 1338", "n: 2", "n: 1", "n: 3");
  }

  private static byte[] unzipped(EncodedRequest p) {
    return dev.tethys.codec.compression.Compression.GZIP.decompress(
        p.body(), 0, p.body().length, 1 << 20);
  }

  @Test
  void sendsCumulativeValuesAsGaugesInOneRequest() throws Exception {
    DatadogSettings s = settings(", format: json");
    Metric summary =
        Metric.newBuilder()
            .setName("s")
            .setSummary(
                Summary.newBuilder()
                    .addDataPoints(
                        SummaryDataPoint.newBuilder()
                            .setTimeUnixNano(AT)
                            .setCount(2)
                            .setSum(3)
                            .addQuantileValues(
                                SummaryDataPoint.ValueAtQuantile.newBuilder()
                                    .setQuantile(0.5)
                                    .setValue(1))))
            .build();
    Encoder.Encoded e = encoded(s, batch(histogram(CUMULATIVE), summary, sum("z", DELTA)));
    EncodedRequest all = e.requests().getFirst();
    assertThat(all.items()).isEqualTo(3);
    datadog.answer(413, "");
    SendResult.Split cut = (SendResult.Split) sender(s).send(all);
    assertThat(cut.requests()).extracting(EncodedRequest::items).containsExactly(1, 2);
    for (EncodedRequest p : cut.requests()) {
      assertThat(sender(s).send(p)).isEqualTo(SendResult.DELIVERED);
    }
    assertThat(datadog.requests().get(1).text())
        .contains("lat.count", "lat.sum", "\"lower_bound:1\",\"upper_bound:2\"", "upper_bound:inf")
        .doesNotContain("\"type\":1,", "s.quantile");
    assertThat(datadog.requests().get(2).text())
        .contains("s.count", "s.sum", "s.quantile", "quantile:0.5", "\"metric\":\"z\",\"type\":1,");
  }

  @Test
  void sendsPrometheusSamplesAsSeries() throws Exception {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "up", "instance", "h:1", "job", "node"))
        .sample(1_700_000_001_005L, 1)
        .endSeries();
    DatadogSettings s = settings(", format: json, hostname: here");
    deliver(s, encoded(s, new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 1, 0)));
    assertThat(datadog.requests().getFirst().text())
        .contains("\"metric\":\"up\"", "service:node", "service.instance.id:h:1", "\"here\"");
  }

  @Test
  void sendsLogsToTheirIntake() throws Exception {
    DatadogSettings s = settings("");
    byte[] body =
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(
                ResourceLogs.newBuilder()
                    .setResource(resource().toBuilder().addAttributes(text("service.version", "2")))
                    .addScopeLogs(
                        ScopeLogs.newBuilder()
                            .addLogRecords(
                                LogRecord.newBuilder()
                                    .setTimeUnixNano(AT)
                                    .setSeverityNumberValue(17)
                                    .addAttributes(text("message", "mine"))
                                    .addAttributes(
                                        KeyValue.newBuilder()
                                            .setKey("n")
                                            .setValue(AnyValue.newBuilder().setIntValue(7)))
                                    .setBody(AnyValue.newBuilder().setStringValue("a\nline")))))
            .build()
            .toByteArray();
    var lists = DatadogExporterFactory.logs(s, null);
    EncodedRequest p =
        new DatadogLogs(s, lists, () -> 0, null)
            .encode(new Batch(Signal.LOGS, Encoding.OTLP, body, 1, 0))
            .requests()
            .getFirst();
    assertThat(new PostSender(s.logsUrl().resolve("/api/v2/logs"), endpoint(s), lists).send(p))
        .isEqualTo(SendResult.DELIVERED);
    HttpDouble.Got g = datadog.requests().getFirst();
    assertThat(g.path()).isEqualTo("/api/v2/logs");
    assertThat(g.text())
        .isEqualTo(
            "[\n{\"message\":\"a\\nline\",\"ddsource\":\"tethys\",\"ddtags\":\"version:2\","
                + "\"hostname\":\"h1\",\"service\":\"shop\","
                + "\"@timestamp\":\"2023-11-14T22:13:20.500Z\",\"status\":\"error\","
                + "\"otel.severity_number\":17,"
                + "\"otel.time_unix_nano\":\"1700000000500000000\","
                + "\"service.version\":\"2\",\"otel.message\":\"mine\",\"n\":7}\n]");
  }

  @Test
  void validatesTheKeyAndRetriesRejections() throws Exception {
    DatadogSettings s = settings("");
    ExporterProbe probe =
        new DatadogExporterFactory(http, DatadogExporterTest::noDeltas)
            .probe(s, Signal.METRICS, new PlainContext("datadog"));
    assertThat(probe.connect()).contains("API key");
    assertThat(probe.write(1_700_000_000, 42.5)).contains("tethys_probe = 42.5");
    assertThat(AgentPayload.text("MetricPayload", datadog.requests().get(1).body()))
        .contains("tethys_probe", "42.5");
    ExporterProbe logs =
        new DatadogExporterFactory(http, DatadogExporterTest::noDeltas)
            .probe(s, Signal.LOGS, new PlainContext("datadog"));
    assertThat(logs.write(1_700_000_000, 42.5)).contains("the line \"tethys_probe 42.5\"");
    assertThat(datadog.requests().get(2).path()).isEqualTo("/api/v2/logs");
    assertThat(datadog.requests().get(2).text()).contains("\"message\":\"tethys_probe 42.5\"");
    datadog.answer(403, "{\"errors\":[\"Forbidden\"]}");
    assertThatThrownBy(probe::connect).hasMessageContaining("Forbidden");
    EncodedRequest p = encoded(s, batch(sum("bytes", DELTA))).requests().getFirst();
    for (int status : new int[] {403, 408, 429, 503}) {
      datadog.answer(status, "{}");
      assertThat(sender(s).send(p)).isInstanceOf(SendResult.Retryable.class);
    }
  }

  @Test
  void resolvesSitesAndRejectsUnsupportedSettings() {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{api: {key: k, site: datadoghq.eu}, hostname: h}");
    DatadogSettings s = DatadogSettings.TYPE.read(d.root());
    assertThat(s.metricsUrl()).hasToString("https://api.datadoghq.eu");
    assertThat(s.logsUrl()).hasToString("https://http-intake.logs.datadoghq.eu");
    assertThatThrownBy(
            () -> settings(", metrics: {sums: {initial_cumulative_monotonic_value: keep}}"))
        .hasMessageContaining("requires cumulative_monotonic_mode: to_delta");
    assertThatThrownBy(() -> settings(", metrics: {delta_ttl: 0}"))
        .hasMessageContaining("delta_ttl is 0; it must be from 1");
    assertThatThrownBy(() -> settings(", metrics: {histograms: {send_aggregation_metrics: true}}"))
        .hasMessageContaining("not supported with mode: distributions");
    assertThatThrownBy(
            () ->
                settings(
                    ", metrics: {histograms: {mode: nobuckets, send_count_sum_metrics: false}}"))
        .hasMessageContaining("sends no histograms");
    assertThatThrownBy(() -> settings(", traces: {peer_tags: [x]}"))
        .hasMessageContaining("peer_tags");
    assertThatThrownBy(() -> settings(", compression: lz4")).hasMessageContaining("gzip");
  }

  @Test
  void convertsToDeltasBeforeEncoding() throws Exception {
    DatadogSettings s =
        settings(
            ", metrics: {delta_ttl: 60, sums: {cumulative_monotonic_mode: to_delta,"
                + " initial_cumulative_monotonic_value: drop}}");
    assertThat(s.metrics().deltas())
        .isEqualTo(new DatadogSettings.Deltas(Duration.ofMinutes(1), "drop"));
    DeltaConversion conversion =
        new DeltaConversion() {
          @Override
          public void apply(MetricsData data) {
            List<dev.tethys.model.telemetry.Metric> all =
                data.resources().getFirst().scopes().getFirst().items();
            ((MetricData.Sum) Objects.requireNonNull(all.getFirst().data()))
                .setTemporality(MetricData.TEMPORALITY_DELTA);
            all.removeLast();
          }

          @Override
          public void close() {}
        };
    Encoder.Encoded e =
        new DatadogMetrics(
                s,
                DatadogExporterFactory.series(s, null),
                DatadogExporterFactory.sketches(s, null),
                new UnsupportedItemCounter(new Registry(), "datadog"),
                conversion)
            .encode(batch(sum("bytes", CUMULATIVE), sum("first", CUMULATIVE)));
    assertThat(e.drops()).containsExactly(Map.entry("no_delta", 1));
    assertThat(e.requests()).singleElement().satisfies(q -> assertThat(q.items()).isEqualTo(1));
  }

  @Test
  void leavesOutAggregationsOfCounters() throws Exception {
    DatadogSettings s =
        settings(
            ", format: json, compression: none, metrics: {histograms: {mode: counters,"
                + " send_aggregation_metrics: false}}");
    Encoder.Encoded e = encoded(s, batch(histogram(DELTA)));
    assertThat(new String(e.requests().getFirst().body(), StandardCharsets.UTF_8))
        .contains(".bucket")
        .doesNotContain(".count", ".sum", ".min", ".max");
  }
}
