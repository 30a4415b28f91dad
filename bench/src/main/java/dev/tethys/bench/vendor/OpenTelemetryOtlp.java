package dev.tethys.bench.vendor;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleGauge;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * OpenTelemetry's SDK with its exporter by OTLP over HTTP: a gauge for each metric, whose values of
 * a request are exported and forgotten.
 */
final class OpenTelemetryOtlp implements VendorClient {
  private final SdkMeterProvider provider;
  private final Meter meter;
  private final Map<String, DoubleGauge> gauges = new HashMap<>();
  private final Map<Series, Attributes> attributes = new HashMap<>();

  OpenTelemetryOtlp(String url) {
    OtlpHttpMetricExporter exporter =
        OtlpHttpMetricExporter.builder()
            .setEndpoint(url + "/v1/metrics")
            .setCompression("gzip")
            .setAggregationTemporalitySelector(instrument -> AggregationTemporality.DELTA)
            .build();
    provider =
        SdkMeterProvider.builder()
            .registerMetricReader(
                PeriodicMetricReader.builder(exporter).setInterval(Duration.ofDays(1)).build())
            .build();
    meter = provider.get("bench");
  }

  private static Attributes of(Series s) {
    AttributesBuilder b = Attributes.builder();
    s.labels().forEach(b::put);
    return b.build();
  }

  @Override
  public void write(List<Sample> samples) throws IOException {
    for (Sample s : samples) {
      gauges
          .computeIfAbsent(s.series().metric(), m -> meter.gaugeBuilder(m).build())
          .set(s.value(), attributes.computeIfAbsent(s.series(), OpenTelemetryOtlp::of));
    }
    CompletableResultCode done = provider.forceFlush().join(60, TimeUnit.SECONDS);
    if (!done.isSuccess()) {
      throw new IOException("samples were not exported");
    }
  }

  @Override
  public void close() {
    provider.close();
  }
}
