package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.OtlpMetricsReader;
import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.OtlpResult;
import dev.tethys.codec.otlp.OtlpSink;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.StorageException;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OtlpDeltaSumsTest {
  private static final AggregationTemporality DELTA =
      AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA;

  private final OtlpDeltaSums stage = new OtlpDeltaSums(InstantSource.system());
  private final List<byte[]> requests = new ArrayList<>();
  private final List<String> stored = new ArrayList<>();

  /** Stores what the translation makes of a request. */
  private OtlpResult translate(byte[] buf, int offset, int length) {
    requests.add(buf);
    return new OtlpMetricsReader(OtlpOptions.DEFAULT)
        .read(
            buf,
            offset,
            length,
            new OtlpSink() {
              @Override
              public @Nullable String sample(
                  Labels labels, long start, long time, double value, List<Exemplar> exemplars) {
                if (!labels.metricName().equals("target_info")) {
                  stored.add(labels.metricName() + " " + start + "@" + time + " " + value);
                }
                return null;
              }

              @Override
              public @Nullable String histogram(
                  Labels labels, long start, long time, Histogram h, List<Exemplar> exemplars) {
                stored.add(labels.metricName() + " " + start + "@" + time + " " + h.count());
                return null;
              }

              @Override
              public void metadata(String family, MetricMetadata metadata) {}
            });
  }

  private OtlpResult send(Metric... metrics) {
    byte[] r = request(metrics);
    return stage.store(r, 0, r.length, this::translate);
  }

  private static byte[] request(Metric... metrics) {
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .addScopeMetrics(ScopeMetrics.newBuilder().addAllMetrics(List.of(metrics))))
        .build()
        .toByteArray();
  }

  private static NumberDataPoint point(long from, long to, double value) {
    return NumberDataPoint.newBuilder()
        .setStartTimeUnixNano(from * 1_000_000_000)
        .setTimeUnixNano(to * 1_000_000_000)
        .setAsDouble(value)
        .build();
  }

  private static Metric sum(long from, long to, double value) {
    return Metric.newBuilder()
        .setName("d")
        .setSum(
            Sum.newBuilder()
                .setIsMonotonic(true)
                .setAggregationTemporality(DELTA)
                .addDataPoints(point(from, to, value)))
        .build();
  }

  private static Metric exponential(long from, long to, long count) {
    return Metric.newBuilder()
        .setName("e")
        .setExponentialHistogram(
            ExponentialHistogram.newBuilder()
                .setAggregationTemporality(DELTA)
                .addDataPoints(
                    ExponentialHistogramDataPoint.newBuilder()
                        .setStartTimeUnixNano(from * 1_000_000_000)
                        .setTimeUnixNano(to * 1_000_000_000)
                        .setCount(count)
                        .setZeroCount(count)))
        .build();
  }

  private static Metric gauge() {
    return Metric.newBuilder()
        .setName("g")
        .setGauge(Gauge.newBuilder().addDataPoints(point(0, 1, 7)))
        .build();
  }

  @Test
  void storesDeltasAsSums() {
    send(sum(1, 2, 3), gauge());
    send(sum(2, 3, 4), exponential(2, 3, 2));
    send(exponential(3, 4, 5));
    assertThat(stored)
        .containsExactly(
            "d_total 1000@2000 3.0",
            "g 0@1000 7.0",
            "d_total 1000@3000 7.0",
            "e 2000@3000 2.0",
            "e 2000@4000 7.0");
  }

  @Test
  void requestsWithoutDeltasPassUntouched() {
    byte[] r = request(gauge());
    stage.store(r, 0, r.length, this::translate);
    assertThat(requests).hasSize(1).first().isSameAs(r);
  }

  @Test
  void resendAfterStoreFailureCountsOnce() {
    send(sum(1, 2, 3));
    byte[] r = request(sum(2, 3, 4));
    assertThatThrownBy(
            () ->
                stage.store(
                    r,
                    0,
                    r.length,
                    (b, o, l) -> {
                      throw new StorageException(StorageException.Reason.UNAVAILABLE, "not now");
                    }))
        .isInstanceOf(StorageException.class);
    stage.store(r, 0, r.length, this::translate);
    assertThat(stored).containsExactly("d_total 1000@2000 3.0", "d_total 1000@3000 7.0");
  }

  @Test
  void rejectsLateDeltas() {
    send(sum(1, 2, 3));
    send(sum(2, 3, 4));
    OtlpResult late = send(sum(1, 2, 3), gauge());
    assertThat(late.rejected()).isEqualTo(1);
    assertThat(late.accepted()).isEqualTo(1);
    assertThat(late.errorMessage()).contains("older than the accumulated sum");
    assertThat(stored).hasSize(3);
  }

  @Test
  void rejectsMalformedRequests() {
    byte[] r = request(sum(1, 2, 3));
    assertThatThrownBy(() -> stage.store(r, 0, r.length - 1, this::translate))
        .isInstanceOf(CodecException.class);
    assertThat(requests).isEmpty();
  }
}
