package dev.tethys.collect.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.model.exposition.Registry;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** OpenTelemetry's own SDK and exporters send to our receivers, over HTTP and gRPC. */
@Timeout(60)
@Tag("slow")
class OtlpSdkTest {
  private final MemoryMetricStore store = new MemoryMetricStore();
  private HttpListener listener;

  @BeforeEach
  void listen() throws Exception {
    OtlpReceiver otlp =
        new OtlpReceiver(
            OtlpReceiver.Stage.NONE,
            store,
            () -> OtlpOptions.DEFAULT,
            ReceiveLimits.DEFAULT,
            new Registry(),
            InstantSource.system());
    Routes routes = new Routes();
    WebReceivers.add(routes, WebReceivers.OTLP, new OtlpHttpReceiver(otlp));
    WebReceivers.add(routes, OtlpGrpcReceiver.PATH, new OtlpGrpcReceiver(otlp));
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofMillis(100)),
            routes,
            null);
  }

  @AfterEach
  void close() {
    listener.close();
  }

  /** One of each instrument; what is stored of them, without times. */
  private List<String> export(MetricExporter exporter) {
    try (SdkMeterProvider provider =
        SdkMeterProvider.builder()
            .setResource(
                Resource.create(
                    Attributes.of(
                        AttributeKey.stringKey("service.name"), "shop",
                        AttributeKey.stringKey("service.instance.id"), "one")))
            .registerView(
                InstrumentSelector.builder()
                    .setType(InstrumentType.HISTOGRAM)
                    .setName("native.*")
                    .build(),
                View.builder()
                    .setAggregation(Aggregation.base2ExponentialBucketHistogram(160, 20))
                    .build())
            .registerMetricReader(
                PeriodicMetricReader.builder(exporter).setInterval(Duration.ofHours(1)).build())
            .build()) {
      var meter = provider.get("checkout");
      Attributes paid = Attributes.of(AttributeKey.stringKey("way.of payment"), "card");
      meter.counterBuilder("orders").setUnit("{order}").build().add(3, paid);
      meter.upDownCounterBuilder("queue.length").build().add(-2);
      meter.gaugeBuilder("room.temperature").setUnit("Cel").build().set(21.5);
      meter
          .histogramBuilder("request.duration")
          .setUnit("s")
          .setExplicitBucketBoundariesAdvice(List.of(0.1, 1.0))
          .build()
          .record(0.5);
      meter.histogramBuilder("native.duration").setUnit("s").build().record(4);
      assertThat(provider.forceFlush().join(20, TimeUnit.SECONDS).isSuccess()).isTrue();
    }
    return store.dump().stream().map(s -> s.replaceFirst(" \\d+@\\d+", "")).distinct().toList();
  }

  private static void check(List<String> stored) {
    assertThat(stored)
        .containsExactly(
            "native_duration_seconds{instance=\"one\", job=\"shop\"}"
                + " {schema:8 count:1.0 sum:4.0 z:0.0 pos:[512, 1][1.0] neg:[][]}",
            "orders_total{instance=\"one\", job=\"shop\", way_of_payment=\"card\"} 3.0",
            "queue_length{instance=\"one\", job=\"shop\"} -2.0",
            "request_duration_seconds_bucket{instance=\"one\", job=\"shop\", le=\"+Inf\"} 1.0",
            "request_duration_seconds_bucket{instance=\"one\", job=\"shop\", le=\"0.1\"} 0.0",
            "request_duration_seconds_bucket{instance=\"one\", job=\"shop\", le=\"1\"} 1.0",
            "request_duration_seconds_count{instance=\"one\", job=\"shop\"} 1.0",
            "request_duration_seconds_sum{instance=\"one\", job=\"shop\"} 0.5",
            "room_temperature_celsius{instance=\"one\", job=\"shop\"} 21.5");
  }

  @Test
  void overHttp() {
    check(
        export(
            OtlpHttpMetricExporter.builder()
                .setEndpoint("http://127.0.0.1:" + listener.port() + WebReceivers.OTLP)
                .setCompression("gzip")
                .build()));
  }

  @Test
  void overGrpc() {
    check(
        export(
            OtlpGrpcMetricExporter.builder()
                .setEndpoint("http://127.0.0.1:" + listener.port())
                .setCompression("gzip")
                .build()));
  }
}
