package dev.tethys.collect.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebReceiversTest {
  private final MemoryMetricStore store = new MemoryMetricStore();
  private HttpListener listener;

  @BeforeEach
  void listen() throws IOException {
    Registry registry = new Registry();
    OtlpReceiver otlp =
        new OtlpReceiver(
            OtlpReceiver.Stage.NONE,
            store,
            () -> OtlpOptions.DEFAULT,
            ReceiveLimits.DEFAULT,
            registry,
            InstantSource.system());
    Routes routes = new Routes();
    WebReceivers.add(
        routes,
        WebReceivers.WRITE,
        new RemoteWriteReceiver(
            store,
            RemoteWriteOptions.DEFAULT,
            new ReceiveLimits(1 << 20, 1 << 20, 64 << 20),
            registry,
            InstantSource.system()));
    WebReceivers.add(routes, WebReceivers.OTLP, new OtlpHttpReceiver(otlp));
    WebReceivers.add(routes, OtlpGrpcReceiver.PATH, new OtlpGrpcReceiver(otlp));
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private HttpResponse<byte[]> post(String path, byte[] body, String... headers) throws Exception {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .build()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + listener.port() + path))
                .headers(headers)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
  }

  @Test
  void passesRemoteWriteThrough() throws Exception {
    byte[] b =
        new WriteRequestWriter()
            .beginSeries(Labels.of("__name__", "up"))
            .sample(1, 1)
            .endSeries()
            .toByteArray();
    HttpResponse<byte[]> r =
        post(
            WebReceivers.WRITE,
            SnappyBlock.encode(b, 0, b.length),
            "Content-Type",
            "application/x-protobuf",
            "Content-Encoding",
            "snappy");
    assertThat(r.statusCode()).isEqualTo(204);
    assertThat(r.headers().firstValue("X-Prometheus-Remote-Write-Samples-Written")).contains("1");
    assertThat(store.dump()).containsExactly("up @1 1.0");
  }

  private static byte[] metrics() {
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .addScopeMetrics(
                    ScopeMetrics.newBuilder()
                        .addMetrics(
                            Metric.newBuilder()
                                .setName("g")
                                .setGauge(
                                    Gauge.newBuilder()
                                        .addDataPoints(
                                            NumberDataPoint.newBuilder()
                                                .setTimeUnixNano(1_000_000)
                                                .setAsDouble(2))))))
        .build()
        .toByteArray();
  }

  @Test
  void otlpComesThrough() throws Exception {
    HttpResponse<byte[]> r =
        post(WebReceivers.OTLP, metrics(), "Content-Type", "application/x-protobuf");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(store.dump()).containsExactly("g @1 2.0");
  }
}
