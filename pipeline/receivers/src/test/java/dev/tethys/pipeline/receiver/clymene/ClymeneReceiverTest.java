package dev.tethys.pipeline.receiver.clymene;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tethys.codec.compression.Compression;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.GrpcJava;
import dev.tethys.pipeline.receiver.Protos;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClymeneReceiverTest {
  private static final String BOTH =
      "{grpc: {endpoint: '127.0.0.1:0'}, http: {endpoint: '127.0.0.1:0'}}";
  private static final byte[] METRICS =
      Protos.of(
              "WriteRequest",
              "timeseries",
              Protos.series(1, 1700000000000L, "__name__", "up", "job", "node"))
          .toByteArray();
  private static final String LINES =
      "{\"batch\":{\"streams\":{\"{app=\\\"shop\\\"}\":{\"labels\":\"{app=\\\"shop\\\"}\","
          + "\"entries\":[{\"ts\":\"2023-11-14T22:13:20.000000005Z\",\"line\":\"order taken\"}]}},"
          + "\"bytes\":11,\"createdAt\":\"2023-11-14T22:13:21Z\"},\"tenantID\":\"team-a\"}";

  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable PushReceiver receiver;

  @AfterEach
  void stop() {
    http.close();
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
  }

  private PushReceiver start(boolean everything) throws IOException {
    PushReceiver r =
        everything
            ? GatewayReceiverFactory.receiver(
                TestPipeline.read(new GatewayReceiverFactory().settings(), BOTH),
                pipeline.of(Signal.METRICS, Signal.LOGS, Signal.TRACES),
                null,
                null,
                Scheduler.system())
            : ClymeneReceiverFactory.receiver(
                TestPipeline.read(new ClymeneReceiverFactory().settings(), BOTH),
                pipeline.of(Signal.METRICS, Signal.LOGS),
                null,
                null,
                Scheduler.system());
    r.start();
    receiver = r;
    return r;
  }

  private HttpResponse<String> post(PushReceiver r, String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + r.httpPort() + path))
            .POST(BodyPublishers.ofByteArray(body))
            .setHeader("Content-Type", "application/x-protobuf");
    for (int i = 0; i < headers.length; i += 2) {
      b.setHeader(headers[i], headers[i + 1]);
    }
    return http.send(b.build(), BodyHandlers.ofString());
  }

  private static byte[] snappy(byte[] b) {
    return Compression.SNAPPY.compress(b, 0, b.length, -1);
  }

  private static byte[] transfer(String json) {
    return Protos.of("Batch", "batch", ByteString.copyFromUtf8(json)).toByteArray();
  }

  private void theSampleCame() {
    Batch b = pipeline.batches.getLast();
    assertThat(b.signal()).isEqualTo(Signal.METRICS);
    assertThat(b.encoding()).isEqualTo(Encoding.REMOTE_WRITE);
    assertThat(b.items()).isEqualTo(1);
    assertThat(b.body()).isEqualTo(METRICS);
  }

  private void theLineCame() throws IOException {
    Batch b = pipeline.batches.getLast();
    assertThat(b.signal()).isEqualTo(Signal.LOGS);
    assertThat(b.metadata().get("X-Scope-OrgID")).containsExactly("team-a");
    ResourceLogs r = ExportLogsServiceRequest.parseFrom(b.body()).getResourceLogs(0);
    assertThat(r.getResource().getAttributes(0).getValue().getStringValue()).isEqualTo("shop");
    assertThat(r.getScopeLogs(0).getLogRecords(0).getTimeUnixNano())
        .isEqualTo(1700000000000000005L);
  }

  @Test
  void receivesFromAgentsOverGrpc() throws Exception {
    PushReceiver r = start(false);
    try (GrpcJava c = new GrpcJava(r.grpcPort())) {
      assertThat(c.call("prometheus.ClymeneService/RequestMetrics", METRICS)).isEmpty();
      theSampleCame();
      assertThat(c.call("logproto.Gateway/TransferBatch", transfer(LINES))).isEmpty();
      theLineCame();
      pipeline.outcome = new Outcome.Unavailable("queue is full", Duration.ofSeconds(1));
      for (String m :
          new String[] {
            "prometheus.ClymeneService/RequestMetrics", "logproto.Gateway/TransferBatch"
          }) {
        assertThatThrownBy(() -> c.call(m, m.startsWith("p") ? METRICS : transfer(LINES)))
            .extracting(e -> ((StatusRuntimeException) e).getStatus().getCode())
            .as("Clymene's client sends it again")
            .isEqualTo(Status.Code.UNAVAILABLE);
        assertThatThrownBy(() -> c.call(m, new byte[] {10, 5, 1}))
            .extracting(e -> ((StatusRuntimeException) e).getStatus().getCode())
            .isEqualTo(Status.Code.INVALID_ARGUMENT);
      }
      assertThatThrownBy(() -> c.call("logproto.Pusher/Push", new byte[0]))
          .extracting(e -> ((StatusRuntimeException) e).getStatus().getCode())
          .isEqualTo(Status.Code.UNIMPLEMENTED);
    }
  }

  @Test
  void receivesFromAgentsOverHttp() throws Exception {
    PushReceiver r = start(false);
    assertThat(post(r, "/api/metrics", snappy(METRICS), "Content-Encoding", "snappy").statusCode())
        .isEqualTo(204);
    theSampleCame();
    assertThat(post(r, "/api/logs", LINES.getBytes(UTF_8)).statusCode()).isEqualTo(204);
    theLineCame();
    assertThat(post(r, "/api/metrics", "x".getBytes(UTF_8)).statusCode()).isEqualTo(400);
    assertThat(post(r, "/api/logs", "x".getBytes(UTF_8)).statusCode()).isEqualTo(400);
    pipeline.outcome = new Outcome.Unavailable("queue is full", Duration.ofSeconds(1));
    assertThat(post(r, "/api/logs", LINES.getBytes(UTF_8)).statusCode()).isEqualTo(503);
    assertThat(post(r, "/api/metrics", snappy(METRICS)).statusCode()).isEqualTo(503);
    assertThat(post(r, "/api/v1/write", snappy(METRICS)).statusCode()).isEqualTo(404);
  }

  @Test
  void gatewayReceivesEverything() throws Exception {
    PushReceiver r = start(true);
    for (String path : new String[] {"/api/metrics", "/api/v1/write", "/api/v1/push"}) {
      assertThat(post(r, path, snappy(METRICS)).statusCode()).as(path).isEqualTo(204);
      theSampleCame();
    }
    assertThat(post(r, "/api/logs", LINES.getBytes(UTF_8)).statusCode()).isEqualTo(204);
    theLineCame();
    byte[] push =
        Protos.of(
                "PushRequest",
                "streams",
                Protos.of(
                    "Stream",
                    "labels",
                    "{app=\"shop\"}",
                    "entries",
                    Protos.of("Entry", "line", "hello")))
            .toByteArray();
    assertThat(post(r, "/loki/api/v1/push", snappy(push)).statusCode()).isEqualTo(204);
    byte[] otlp = pipeline.batches.getLast().body();
    assertThat(post(r, "/v1/logs", otlp).statusCode()).isEqualTo(200);
    assertThat(pipeline.batches.getLast().body()).isEqualTo(otlp);
    try (GrpcJava c = new GrpcJava(r.grpcPort())) {
      c.call("prometheus.ClymeneService/RequestMetrics", METRICS);
      theSampleCame();
      c.call("logproto.Gateway/TransferBatch", transfer(LINES));
      theLineCame();
      c.call("logproto.Pusher/Push", push);
      c.call("opentelemetry.proto.collector.logs.v1.LogsService/Export", otlp);
    }
    assertThat(pipeline.batches.getLast().body()).isEqualTo(otlp);
    assertThat(pipeline.batches).hasSize(10);
  }

  @Test
  void rejectsInvalidSettings() {
    GatewaySettings s =
        TestPipeline.read(new ClymeneReceiverFactory().settings(), "{grpc: , http: }");
    assertThat(java.util.Objects.requireNonNull(s.grpc()).endpoint()).isEqualTo("localhost:15610");
    assertThat(java.util.Objects.requireNonNull(s.http()).endpoint()).isEqualTo("localhost:15611");
    assertThatThrownBy(() -> TestPipeline.read(new ClymeneReceiverFactory().settings(), "{}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("at least one of grpc and http");
  }
}
