package dev.tethys.codec.otlp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SeriesToOtlpTest {
  private static final long T = 1_700_000_000_000L;
  private static final long NANOS = T * 1_000_000;

  private final WriteRequestWriter in = new WriteRequestWriter();

  private void sample(double value, String... labels) {
    in.beginSeries(all(labels)).sample(T, value).endSeries();
  }

  private static Labels all(String... labels) {
    return Labels.of(labels).toBuilder().set("job", "shop").set("instance", "h:1").build();
  }

  private void type(String family, MetricType type) {
    in.metadata(family, new MetricMetadata(type, "what " + family + " is", ""));
  }

  private SeriesToOtlp.Converted convert() {
    byte[] b = in.toByteArray();
    return SeriesToOtlp.convert(b, 0, b.length);
  }

  private static Map<String, Metric> metrics(SeriesToOtlp.Converted c) {
    return c.metrics().resources().getFirst().scopes().getFirst().items().stream()
        .collect(Collectors.toMap(Metric::name, Function.identity()));
  }

  private static <P extends DataPoint> P only(
      Class<P> kind, SeriesToOtlp.Converted c, String name) {
    MetricData<?> data = data(c, name);
    assertThat(data.points()).hasSize(1);
    return kind.cast(data.points().getFirst());
  }

  private static MetricData<?> data(SeriesToOtlp.Converted c, String name) {
    Metric m = metrics(c).get(name);
    return requireNonNull(requireNonNull(m, name).data(), name);
  }

  @Test
  void jobAndInstanceNameTheResourceAndTargetInfoDescribesIt() {
    sample(1, "__name__", "target_info", "host_name", "a");
    sample(3, "__name__", "up");
    in.beginSeries(Labels.of("__name__", "up", "job", "other")).sample(T, 1).endSeries();
    SeriesToOtlp.Converted c = convert();
    assertThat(c.points()).isEqualTo(2);
    assertThat(c.metrics().resources()).hasSize(2);
    var a = c.metrics().resources().getFirst().resource().attributes();
    assertThat(a.getString("service.name")).isEqualTo("shop");
    assertThat(a.getString("service.instance.id")).isEqualTo("h:1");
    assertThat(a.getString("host_name")).isEqualTo("a");
    NumberDataPoint p = only(NumberDataPoint.class, c, "up");
    assertThat(data(c, "up")).isInstanceOf(MetricData.Gauge.class);
    assertThat(p.timeUnixNano()).isEqualTo(NANOS);
    assertThat(p.attributes().isEmpty()).isTrue();
  }

  @Test
  void countersAreSumsWithTheirStart() {
    type("requests_total", MetricType.COUNTER);
    type("jobs", MetricType.COUNTER);
    sample(5, "__name__", "requests_total", "code", "200");
    sample(7, "__name__", "jobs_total");
    sample(1_600_000_000, "__name__", "jobs_created");
    SeriesToOtlp.Converted c = convert();
    MetricData.Sum sum = (MetricData.Sum) data(c, "requests_total");
    assertThat(sum.isMonotonic()).isTrue();
    assertThat(sum.temporality()).isEqualTo(MetricData.TEMPORALITY_CUMULATIVE);
    assertThat(sum.points().getFirst().attributes().getString("code")).isEqualTo("200");
    assertThat(requireNonNull(metrics(c).get("requests_total")).description())
        .isEqualTo("what requests_total is");
    NumberDataPoint jobs = only(NumberDataPoint.class, c, "jobs_total");
    assertThat(jobs.doubleValue()).isEqualTo(7);
    assertThat(jobs.startTimeUnixNano()).isEqualTo(1_600_000_000L * 1_000_000_000);
  }

  @Test
  void assemblesClassicHistogramsAndSummaries() {
    type("latency", MetricType.HISTOGRAM);
    type("size", MetricType.SUMMARY);
    sample(2, "__name__", "latency_bucket", "le", "0.1", "path", "/");
    in.beginSeries(all("__name__", "latency_bucket", "le", "1", "path", "/")).sample(T, 5);
    in.exemplar(
        new Exemplar(Labels.of("trace_id", "000000000000000a000000000000000b", "k", "v"), 0.5, T));
    in.endSeries();
    sample(6, "__name__", "latency_bucket", "le", "+Inf", "path", "/");
    sample(6, "__name__", "latency_count", "path", "/");
    sample(4.5, "__name__", "latency_sum", "path", "/");
    sample(9, "__name__", "size", "quantile", "0.5");
    sample(20, "__name__", "size_sum");
    sample(3, "__name__", "size_count");
    SeriesToOtlp.Converted c = convert();
    assertThat(c.leftOut()).isZero();
    HistogramDataPoint h = only(HistogramDataPoint.class, c, "latency");
    assertThat(h.explicitBounds()).containsExactly(0.1, 1);
    assertThat(h.bucketCounts()).containsExactly(2, 3, 1);
    assertThat(h.count()).isEqualTo(6);
    assertThat(h.sum()).isEqualTo(4.5);
    assertThat(h.attributes().getString("path")).isEqualTo("/");
    assertThat(h.attributes().contains("le")).isFalse();
    assertThat(h.exemplars().getFirst().traceIdLow()).isEqualTo(11);
    assertThat(h.exemplars().getFirst().attributes().getString("k")).isEqualTo("v");
    SummaryDataPoint s = only(SummaryDataPoint.class, c, "size");
    assertThat(s.quantiles()).containsExactly(0.5);
    assertThat(s.quantileValues()).containsExactly(9);
    assertThat(s.count()).isEqualTo(3);
    assertThat(s.sum()).isEqualTo(20);
  }

  @Test
  void writesIncompletePartsAsGauges() {
    type("latency", MetricType.HISTOGRAM);
    type("size", MetricType.SUMMARY);
    sample(2, "__name__", "latency_bucket", "le", "0.1");
    sample(2, "__name__", "latency_bucket", "le", "what", "path", "/");
    sample(1.5, "__name__", "latency_bucket", "le", "+Inf", "path", "/float");
    sample(1.5, "__name__", "latency_count", "path", "/float");
    sample(3, "__name__", "size", "quantile", "0.5");
    SeriesToOtlp.Converted c = convert();
    assertThat(c.leftOut()).isZero();
    assertThat(data(c, "latency_bucket")).isInstanceOf(MetricData.Gauge.class);
    assertThat(data(c, "latency_bucket").points()).hasSize(3);
    assertThat(only(NumberDataPoint.class, c, "latency_count").doubleValue()).isEqualTo(1.5);
    assertThat(only(NumberDataPoint.class, c, "size").attributes().getString("quantile"))
        .isEqualTo("0.5");
  }

  @Test
  void metadataOfTheSourceAppliesToRequestsWithoutIt() {
    MetricFamilies source =
        MetricFamilies.of(
            Map.of(
                "hits", new MetricMetadata(MetricType.COUNTER, "Hits.", ""),
                "wait_seconds", new MetricMetadata(MetricType.GAUGE, "Wait.", "seconds"),
                "up", new MetricMetadata(MetricType.GAUGE, "Health.", "targets")));
    sample(5, "__name__", "hits_total");
    sample(1, "__name__", "wait_seconds");
    sample(1, "__name__", "up");
    byte[] b = in.toByteArray();
    SeriesToOtlp.Converted c = SeriesToOtlp.convert(b, 0, b.length, source);
    assertThat(((MetricData.Sum) data(c, "hits_total")).isMonotonic()).isTrue();
    Metric hits = requireNonNull(metrics(c).get("hits_total"));
    assertThat(hits.description()).isEqualTo("Hits.");
    assertThat(hits.metadata().getString(PrometheusOrigin.TYPE)).isEqualTo("counter");
    assertThat(requireNonNull(metrics(c).get("wait_seconds")).unit()).isEqualTo("seconds");
    // A reader would append the unit to the name: up_targets.
    assertThat(requireNonNull(metrics(c).get("up")).unit()).isEmpty();
    assertThat(requireNonNull(metrics(c).get("up")).metadata().getString(PrometheusOrigin.UNIT))
        .isEqualTo("targets");
  }

  @Test
  void joinedRequestsWithOtherTypesKeepTheirTypes() {
    type("a", MetricType.COUNTER);
    sample(1, "__name__", "a");
    type("a", MetricType.GAUGE);
    in.beginSeries(Labels.of("__name__", "a", "job", "other")).sample(T, 2).endSeries();
    SeriesToOtlp.Converted c = convert();
    assertThat(
            c.metrics().resources().stream()
                .map(r -> r.scopes().getFirst().items().getFirst().data())
                .map(d -> (Object) Objects.requireNonNull(d).getClass()))
        .containsExactly(MetricData.Sum.class, MetricData.Gauge.class);
  }

  @Test
  void stalenessMarkerIsAPointWithoutAValue() {
    type("latency", MetricType.HISTOGRAM);
    sample(Samples.STALE, "__name__", "up");
    sample(Samples.STALE, "__name__", "latency_count");
    SeriesToOtlp.Converted c = convert();
    NumberDataPoint p = only(NumberDataPoint.class, c, "up");
    assertThat(p.flags()).isEqualTo(DataPoint.NO_RECORDED_VALUE);
    assertThat(p.isDouble()).isFalse();
    DataPoint h = only(DataPoint.class, c, "latency");
    assertThat(h.flags()).isEqualTo(DataPoint.NO_RECORDED_VALUE);
  }

  @Test
  void convertsNativeHistogramsToExponentialHistograms() {
    Histogram h =
        new Histogram(
            true,
            Histogram.ResetHint.UNKNOWN,
            3,
            1e-9,
            2,
            12,
            34.5,
            new int[] {-2, 2, 1, 1},
            new double[] {1, 2, 3},
            new int[] {4, 1},
            new double[] {4},
            null);
    in.beginSeries(all("__name__", "latency", "path", "/")).histogram(T, h).endSeries();
    ExponentialHistogramDataPoint p =
        only(ExponentialHistogramDataPoint.class, convert(), "latency");
    assertThat(p.scale()).isEqualTo(3);
    assertThat(p.zeroCount()).isEqualTo(2);
    assertThat(p.zeroThreshold()).isEqualTo(1e-9);
    // A bucket of Prometheus is named by its upper bound, one of OTLP by its lower.
    assertThat(p.positiveOffset()).isEqualTo(-3);
    assertThat(p.positiveCounts()).containsExactly(1, 2, 0, 3);
    assertThat(p.negativeOffset()).isEqualTo(3);
    assertThat(p.negativeCounts()).containsExactly(4);
    assertThat(p.count()).isEqualTo(12);
    assertThat(p.sum()).isEqualTo(34.5);
  }

  @Test
  void scopeHasItsSchemaUrl() {
    String url = "https://opentelemetry.io/schemas/1.37.0";
    sample(1, "__name__", "a", "otel_scope_name", "lib", "otel_scope_schema_url", url);
    var c = convert();
    assertThat(c.metrics().resources().getFirst().scopes().getFirst().schemaUrl()).isEqualTo(url);
    assertThat(data(c, "a").points().getFirst().attributes().size()).isZero();
  }

  @Test
  void versionWithoutAScopeIsAnAttribute() {
    sample(1, "__name__", "a", "otel_scope_version", "2");
    var c = convert();
    assertThat(c.metrics().resources().getFirst().scopes().getFirst().scope().version()).isEmpty();
    assertThat(data(c, "a").points().getFirst().attributes().get("otel_scope_version"))
        .isEqualTo("2");
  }

  @Test
  void keepsScopeLabels() {
    sample(1, "__name__", "a", "otel_scope_name", "lib", "otel_scope_version", "2");
    var scope = convert().metrics().resources().getFirst().scopes().getFirst().scope();
    assertThat(scope.name()).isEqualTo("lib");
    assertThat(scope.version()).isEqualTo("2");
  }
}
