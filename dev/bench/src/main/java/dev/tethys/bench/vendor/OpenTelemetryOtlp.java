package dev.tethys.bench.vendor;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleGauge;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * OpenTelemetry's SDK with its exporter by OTLP over HTTP or gRPC: a gauge for each metric, whose
 * values of a request are exported and dropped.
 */
final class OpenTelemetryOtlp implements VendorClient {
  /** The reader does not report failed exports to its owner. */
  private record Watched(MetricExporter exporter, AtomicInteger good) implements MetricExporter {
    Watched(MetricExporter exporter) {
      this(exporter, new AtomicInteger());
    }

    @Override
    public CompletableResultCode export(Collection<MetricData> metrics) {
      CompletableResultCode done = exporter.export(metrics);
      return done.whenComplete(() -> good.addAndGet(done.isSuccess() ? 1 : 0));
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }

    /** Exported data is discarded, otherwise each request would contain all series again. */
    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
      return AggregationTemporality.DELTA;
    }
  }

  private static final int TRIES = 1000;

  private final Watched exporter;
  private final SdkMeterProvider provider;
  private final Meter meter;
  private final Map<String, DoubleGauge> gauges = new HashMap<>();
  private final Map<Series, Attributes> attributes = new HashMap<>();

  private OpenTelemetryOtlp(MetricExporter by) {
    exporter = new Watched(by);
    provider =
        SdkMeterProvider.builder()
            .registerMetricReader(
                PeriodicMetricReader.builder(exporter).setInterval(Duration.ofDays(1)).build())
            .build();
    meter = provider.get("bench");
  }

  static VendorClient http(String url) {
    return new OpenTelemetryOtlp(
        OtlpHttpMetricExporter.builder()
            .setEndpoint(url + "/v1/metrics")
            .setCompression("gzip")
            .build());
  }

  static VendorClient grpc(String address) {
    return new OpenTelemetryOtlp(
        OtlpGrpcMetricExporter.builder()
            .setEndpoint("http://" + address)
            .setCompression("gzip")
            .build());
  }

  private static Attributes of(Series s) {
    AttributesBuilder b = Attributes.builder();
    s.labels().forEach(b::put);
    return b.build();
  }

  @Override
  public void write(List<Sample> samples) throws IOException, InterruptedException {
    for (Sample s : samples) {
      gauges
          .computeIfAbsent(s.series().metric(), m -> meter.gaugeBuilder(m).build())
          .set(s.value(), attributes.computeIfAbsent(s.series(), OpenTelemetryOtlp::of));
    }
    int before = exporter.good.get();
    boolean flushed = false;
    for (int i = 0; i < TRIES && !flushed; i++) { // it may still be putting the last one away
      flushed = provider.forceFlush().join(60, TimeUnit.SECONDS).isSuccess();
      if (!flushed) {
        TimeUnit.MILLISECONDS.sleep(1);
      }
    }
    if (exporter.good.get() == before) {
      throw new IOException("samples were not exported");
    }
  }

  @Override
  public void close() {
    provider.close();
  }
}
