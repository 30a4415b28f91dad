package dev.tethys.pipeline.receiver.loki;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.Batch;
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
import io.opentelemetry.proto.logs.v1.LogRecord;
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

class LokiReceiverTest {
  private static final String BOTH =
      """
      protocols:
        grpc: {endpoint: "127.0.0.1:0", include_metadata: true}
        http: {endpoint: "127.0.0.1:0", max_request_body_size: 100000, include_metadata: true}
      use_incoming_timestamp: true
      """;
  private static final byte[] PUSH =
      Protos.of(
              "PushRequest",
              "streams",
              Protos.of(
                  "Stream",
                  "labels",
                  "{app=\"shop\", env=\"prod\"}",
                  "entries",
                  Protos.of(
                      "Entry",
                      "timestamp",
                      Protos.of("Timestamp", "seconds", 1700000000L, "nanos", 5),
                      "line",
                      "order taken",
                      "structured_metadata",
                      Protos.label("trace_id", "abc"))))
          .toByteArray();
  private static final String JSON =
      "{\"streams\":[{\"stream\":{\"app\":\"shop\",\"env\":\"prod\"},"
          + "\"values\":[[\"1700000000000000005\",\"order taken\",{\"trace_id\":\"abc\"}]]}]}";

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

  private PushReceiver start(String yaml) throws IOException {
    PushReceiver r =
        LokiReceiverFactory.receiver(
            TestPipeline.read(new LokiReceiverFactory().settings(), yaml),
            pipeline.of(Signal.LOGS),
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
            .POST(BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.length; i += 2) {
      b.setHeader(headers[i], headers[i + 1]);
    }
    return http.send(b.build(), BodyHandlers.ofString());
  }

  private static byte[] snappy(byte[] b) {
    return Compression.SNAPPY.compress(b, 0, b.length, -1);
  }

  private void theLineCame() throws IOException {
    Batch b = pipeline.batches.getLast();
    assertThat(b.items()).isEqualTo(1);
    ResourceLogs r = ExportLogsServiceRequest.parseFrom(b.body()).getResourceLogs(0);
    assertThat(r.getResource().getAttributesList())
        .extracting(a -> a.getKey() + "=" + a.getValue().getStringValue())
        .containsExactly("app=shop", "env=prod");
    LogRecord l = r.getScopeLogs(0).getLogRecords(0);
    assertThat(l.getBody().getStringValue()).isEqualTo("order taken");
    assertThat(l.getTimeUnixNano()).isEqualTo(1700000000000000005L);
    assertThat(l.getObservedTimeUnixNano()).isGreaterThan(l.getTimeUnixNano());
    assertThat(l.getAttributes(0).getKey()).isEqualTo("trace_id");
  }

  @Test
  void receivesPushesFromGrpcJava() throws Exception {
    PushReceiver r = start(BOTH);
    try (GrpcJava c = new GrpcJava(r.grpcPort())) {
      assertThat(c.call("logproto.Pusher/Push", PUSH, "x-scope-orgid", "a")).isEmpty();
      theLineCame();
      assertThat(pipeline.batches.getFirst().metadata().get("X-Scope-OrgID")).containsExactly("a");
      pipeline.outcome = new Outcome.Unavailable("queue is full", Duration.ofSeconds(1));
      assertThatThrownBy(() -> c.call("logproto.Pusher/Push", PUSH))
          .isInstanceOf(StatusRuntimeException.class)
          .extracting(e -> ((StatusRuntimeException) e).getStatus().getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
      pipeline.outcome = new Outcome.Rejected("entry too far behind", 1);
      assertThatThrownBy(() -> c.call("logproto.Pusher/Push", PUSH))
          .hasMessage("INVALID_ARGUMENT: entry too far behind");
      assertThatThrownBy(() -> c.call("logproto.Pusher/Push", new byte[] {10, 5, 1}))
          .hasMessageStartingWith("INVALID_ARGUMENT");
    }
  }

  @Test
  void acceptsEveryHttpEncoding() throws Exception {
    PushReceiver r = start(BOTH);
    String[] protobuf = {"Content-Type", "application/x-protobuf"};
    assertThat(post(r, LokiProtocol.PATH, snappy(PUSH), protobuf).statusCode()).isEqualTo(204);
    theLineCame();
    assertThat(post(r, LokiProtocol.PATH, snappy(PUSH), "Content-Encoding", "snappy").statusCode())
        .as("without a type")
        .isEqualTo(204);
    for (Compression c :
        new Compression[] {Compression.GZIP, Compression.DEFLATE, Compression.ZSTD}) {
      byte[] s = snappy(PUSH);
      assertThat(
              post(
                      r,
                      LokiProtocol.PATH,
                      c.compress(s, 0, s.length, -1),
                      "Content-Encoding",
                      c.word())
                  .statusCode())
          .isEqualTo(204);
      theLineCame();
      byte[] j = JSON.getBytes(UTF_8);
      assertThat(
              post(
                      r,
                      LokiProtocol.PATH,
                      c.compress(j, 0, j.length, -1),
                      "Content-Type",
                      "application/json; charset=utf-8",
                      "Content-Encoding",
                      c.word())
                  .statusCode())
          .isEqualTo(204);
      theLineCame();
    }
    String[] json = {"Content-Type", "application/json", "X-Scope-OrgID", "b"};
    assertThat(post(r, LokiProtocol.PATH, JSON.getBytes(UTF_8), json).statusCode()).isEqualTo(204);
    theLineCame();
    assertThat(pipeline.batches.getLast().metadata().get("x-scope-orgid")).containsExactly("b");
    assertThat(pipeline.batches).hasSize(9);
  }

  @Test
  void supportsTheFirstApiOfLoki() throws Exception {
    PushReceiver r = start(BOTH);
    String old =
        "{\"streams\":[{\"labels\":\"{app=\\\"shop\\\"}\",\"entries\":"
            + "[{\"ts\":\"2023-11-14T22:13:20.5+00:00\",\"line\":\"hello\"}]}]}";
    assertThat(
            post(
                    r,
                    LokiProtocol.FIRST_PATH,
                    old.getBytes(UTF_8),
                    "Content-Type",
                    "application/json")
                .statusCode())
        .isEqualTo(204);
    LogRecord l =
        ExportLogsServiceRequest.parseFrom(pipeline.batches.getFirst().body())
            .getResourceLogs(0)
            .getScopeLogs(0)
            .getLogRecords(0);
    assertThat(l.getTimeUnixNano()).isEqualTo(1700000000500000000L);
    assertThat(l.getBody().getStringValue()).isEqualTo("hello");
  }

  @Test
  void reportsRejectedRequests() throws Exception {
    PushReceiver r = start(BOTH);
    String[] json = {"Content-Type", "application/json"};
    HttpResponse<String> bad = post(r, LokiProtocol.PATH, "{\"streams\":1}".getBytes(UTF_8), json);
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.body()).contains("a list of streams expected");
    assertThat(
            post(
                    r,
                    LokiProtocol.PATH,
                    snappy(
                        Protos.of(
                                "PushRequest",
                                "streams",
                                Protos.of("Stream", "labels", "app=\"shop\""))
                            .toByteArray()))
                .statusCode())
        .isEqualTo(400);
    assertThat(post(r, LokiProtocol.PATH, snappy(new byte[100_001])).statusCode()).isEqualTo(413);
    assertThat(post(r, LokiProtocol.PATH, snappy(PUSH), "Content-Type", "text/plain").statusCode())
        .isEqualTo(415);
    assertThat(post(r, LokiProtocol.PATH, "{\"streams\":[]}".getBytes(UTF_8), json).statusCode())
        .isEqualTo(204);
    assertThat(pipeline.batches).isEmpty();
    pipeline.outcome = new Outcome.Unavailable("queue is full", Duration.ofSeconds(2));
    HttpResponse<String> busy = post(r, LokiProtocol.PATH, JSON.getBytes(UTF_8), json);
    assertThat(busy.statusCode()).isEqualTo(503);
    assertThat(busy.headers().firstValue("Retry-After")).hasValue("2");
  }

  @Test
  void usesArrivalTimesUnlessConfigured() throws Exception {
    PushReceiver r = start("protocols: {http: {endpoint: '127.0.0.1:0'}}");
    assertThat(r.grpcPort()).isEqualTo(-1);
    post(r, LokiProtocol.PATH, snappy(PUSH));
    Batch b = pipeline.batches.getFirst();
    assertThat(b.metadata().isEmpty()).isTrue();
    LogRecord l =
        ExportLogsServiceRequest.parseFrom(b.body())
            .getResourceLogs(0)
            .getScopeLogs(0)
            .getLogRecords(0);
    assertThat(l.getTimeUnixNano())
        .isEqualTo(l.getObservedTimeUnixNano())
        .isGreaterThan(1700000000000000005L);
  }

  @Test
  void rejectsInvalidSettings() {
    assertThatThrownBy(
            () -> TestPipeline.read(new LokiReceiverFactory().settings(), "protocols: {}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("at least one protocol");
    LokiReceiverFactory.Settings s =
        TestPipeline.read(new LokiReceiverFactory().settings(), "protocols: {grpc: , http: }");
    assertThat(java.util.Objects.requireNonNull(s.grpc()).endpoint()).isEqualTo("localhost:3600");
    assertThat(java.util.Objects.requireNonNull(s.http()).endpoint()).isEqualTo("localhost:3500");
  }
}
