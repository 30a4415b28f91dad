package dev.tethys.collect.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.MemoryMetricStore;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class OtlpReceiverTest {
  private static final long NOW = 1_700_000_000_000L;

  private MemoryMetricStore store = new MemoryMetricStore();

  private OtlpReceiver otlp(ReceiveLimits limits) {
    return new OtlpReceiver(
        OtlpReceiver.Stage.NONE,
        store,
        () -> OtlpOptions.DEFAULT,
        limits,
        new Registry(),
        InstantSource.fixed(Instant.ofEpochMilli(NOW)));
  }

  private OtlpHttpReceiver http() {
    return new OtlpHttpReceiver(otlp(ReceiveLimits.DEFAULT));
  }

  private static NumberDataPoint.Builder at(long ms, double v) {
    return NumberDataPoint.newBuilder().setTimeUnixNano(ms * 1_000_000).setAsDouble(v);
  }

  private static Metric gauge(long ms, double v) {
    return Metric.newBuilder()
        .setName("g")
        .setGauge(Gauge.newBuilder().addDataPoints(at(ms, v)))
        .build();
  }

  private static final Metric DELTA =
      Metric.newBuilder()
          .setName("d")
          .setSum(
              Sum.newBuilder()
                  .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA)
                  .addDataPoints(at(1, 1)))
          .build();

  private static byte[] request(Metric... metrics) {
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .addScopeMetrics(ScopeMetrics.newBuilder().addAllMetrics(Arrays.asList(metrics))))
        .build()
        .toByteArray();
  }

  private static Exchange protobuf(byte[] b) {
    return Exchange.post(b).with("Content-Type", "application/x-protobuf");
  }

  private static byte[] gzip(byte[] b) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream g = new GZIPOutputStream(out)) {
      g.write(b);
    }
    return out.toByteArray();
  }

  @Test
  void storesProtobufAndGzip() throws IOException {
    Exchange e = protobuf(request(gauge(1, 2))).to(http());
    assertThat(e.status).isEqualTo(200);
    assertThat(e.answer.size()).isZero();
    assertThat(
            protobuf(gzip(request(gauge(2, 3)))).with("Content-Encoding", "gzip").to(http()).status)
        .isEqualTo(200);
    assertThat(store.dump()).containsExactly("g @1 2.0", "g @2 3.0");
  }

  @Test
  void jsonIsStored() throws IOException {
    String json =
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"g\",\"gauge\":"
            + "{\"dataPoints\":[{\"asInt\":\"7\",\"timeUnixNano\":\"5000000\"}]}}]}]}]}";
    Exchange e =
        Exchange.post(json.getBytes(StandardCharsets.UTF_8))
            .with("Content-Type", "application/json; charset=utf-8")
            .to(http());
    assertThat(e.summary()).isEqualTo("200 {}");
    assertThat(store.dump()).containsExactly("g @5 7.0");
  }

  @Test
  void rejectedPointsAreAPartialSuccess() throws IOException {
    Exchange e = protobuf(request(gauge(1, 2), DELTA)).to(http());
    assertThat(e.status).isEqualTo(200);
    ExportMetricsServiceResponse r = ExportMetricsServiceResponse.parseFrom(e.answer.toByteArray());
    assertThat(r.getPartialSuccess().getRejectedDataPoints()).isEqualTo(1);
    assertThat(r.getPartialSuccess().getErrorMessage())
        .isEqualTo("invalid temporality and type combination for metric \"d\"");
    assertThat(store.dump()).containsExactly("g @1 2.0");
  }

  @Test
  void rejectsRequestWithoutAcceptedPoints() throws IOException {
    assertThat(protobuf(request(DELTA)).to(http()).summary())
        .isEqualTo("400 invalid temporality and type combination for metric \"d\"");
    assertThat(protobuf(request(gauge(NOW + 600_001, 1))).to(http()).summary())
        .startsWith("400 out of bounds: timestamp is too far in the future");
  }

  @Test
  void rejectsMalformedRequests() throws IOException {
    assertThat(protobuf(new byte[] {1, 2, 3}).to(http()).status).isEqualTo(400);
    assertThat(Exchange.post(new byte[0]).with("Content-Type", "text/html").to(http()).summary())
        .isEqualTo(
            "400 unsupported content type: text/html. Supported: [application/json,"
                + " application/x-protobuf]");
    assertThat(protobuf(new byte[0]).with("Content-Encoding", "br").to(http()).summary())
        .isEqualTo("400 unsupported compression: br. Only \"gzip\" or no compression supported");
    assertThat(protobuf(new byte[] {1, 2}).with("Content-Encoding", "gzip").to(http()).summary())
        .startsWith("400 gzip: ");
  }

  @Test
  void rejectsGzipBomb() throws IOException {
    OtlpHttpReceiver small =
        new OtlpHttpReceiver(otlp(new ReceiveLimits(1 << 20, 1 << 20, 8 << 20)));
    Exchange e = protobuf(gzip(new byte[5 << 20])).with("Content-Encoding", "gzip").to(small);
    assertThat(e.summary())
        .isEqualTo("413 the decompressed body is larger than the limit of 1048576 bytes");
  }

  @Test
  void storeFailuresAreRetryable() throws IOException {
    store.failNextCommit(new StorageException(StorageException.Reason.UNAVAILABLE, "full"));
    Exchange e = protobuf(request(gauge(1, 2))).to(http());
    assertThat(e.summary()).isEqualTo("503 full");
    assertThat(e.headers).containsEntry("Retry-After", "1");
  }

  private static byte[] frame(int flag, byte[] message) {
    byte[] out = new byte[5 + message.length];
    out[0] = (byte) flag;
    out[1] = (byte) (message.length >>> 24);
    out[2] = (byte) (message.length >>> 16);
    out[3] = (byte) (message.length >>> 8);
    out[4] = (byte) message.length;
    System.arraycopy(message, 0, out, 5, message.length);
    return out;
  }

  private Exchange grpc(byte[] body) throws IOException {
    return Exchange.post(body)
        .with("Content-Type", "application/grpc+proto")
        .with("grpc-encoding", "gzip")
        .to(new OtlpGrpcReceiver(otlp(ReceiveLimits.DEFAULT)));
  }

  @Test
  void grpcExportsAndRespondsInAFrame() throws IOException {
    Exchange e = grpc(frame(0, request(gauge(1, 2))));
    assertThat(e.status).isEqualTo(200);
    assertThat(e.trailers).containsExactly(java.util.Map.entry("grpc-status", "0"));
    assertThat(e.answer.toByteArray()).isEqualTo(new byte[5]);
    Exchange partial = grpc(frame(1, gzip(request(gauge(2, 2), DELTA))));
    byte[] b = partial.answer.toByteArray();
    assertThat(
            ExportMetricsServiceResponse.parseFrom(Arrays.copyOfRange(b, 5, b.length))
                .getPartialSuccess()
                .getRejectedDataPoints())
        .isEqualTo(1);
    assertThat(store.dump()).containsExactly("g @1 2.0", "g @2 2.0");
  }

  @Test
  void grpcErrorsStandInHeaders() throws IOException {
    assertThat(grpc(frame(0, request(DELTA))).headers)
        .containsEntry("grpc-status", "3")
        .containsEntry("grpc-message", "invalid temporality and type combination for metric \"d\"");
    assertThat(grpc(new byte[3]).headers).containsEntry("grpc-status", "3");
    assertThat(grpc(new byte[] {0, 0, 0, 1, 0, 1}).headers).containsEntry("grpc-status", "3");
    store.failNextCommit(new StorageException(StorageException.Reason.UNAVAILABLE, "é%"));
    assertThat(grpc(frame(0, request(gauge(1, 2)))).headers)
        .containsEntry("grpc-status", "14")
        .containsEntry("grpc-message", "%C3%A9%25");
  }
}
