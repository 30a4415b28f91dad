package dev.tethys.pipeline.receiver.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.RpcStatus;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.AgentProcess;
import dev.tethys.pipeline.receiver.GrpcJava;
import dev.tethys.pipeline.receiver.TracedProgram;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.web.ConnectionTimes;
import dev.tethys.web.Http2Limits;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class OtlpReceiverTest {
  private static final String BOTH =
      """
      protocols:
        grpc: {endpoint: "127.0.0.1:0", max_recv_msg_size_mib: 1, include_metadata: true}
        http: {endpoint: "127.0.0.1:0", max_request_body_size: 100000,
               cors: {allowed_origins: ["https://*.shop.example"], max_age: 60}}
      """;

  private final List<Batch> batches = new CopyOnWriteArrayList<>();
  private volatile Outcome outcome = Outcome.ACCEPTED;
  private @Nullable PushReceiver receiver;
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
    http.close();
  }

  private static OtlpReceiverSettings settings(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", null, yaml);
    OtlpReceiverSettings s = OtlpReceiverSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private PushReceiver start(String yaml, Signal... signals) throws IOException {
    return start(yaml, null, signals);
  }

  private PushReceiver start(String yaml, @Nullable ServerAuth auth, Signal... signals)
      throws IOException {
    Consumer c =
        (batch, ack) -> {
          batches.add(batch);
          Outcome o = outcome;
          // Settled by another thread, as a destination does.
          Thread.ofVirtual().start(() -> ack.complete(o));
        };
    Map<Signal, Consumer> outputs = new HashMap<>();
    for (Signal s : signals) {
      outputs.put(s, c);
    }
    PushReceiver r =
        OtlpReceiverFactory.receiver(settings(yaml), outputs, auth, auth, Scheduler.system());
    r.start();
    receiver = r;
    return r;
  }

  private PushReceiver start() throws IOException {
    return start(BOTH, Signal.TRACES, Signal.METRICS, Signal.LOGS);
  }

  private static void span(SpanExporter to) {
    try (SdkTracerProvider p =
        SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(to)).build()) {
      Span s = p.get("shop").spanBuilder("checkout").startSpan();
      s.addEvent("paid");
      s.end();
      assertThat(p.forceFlush().join(10, TimeUnit.SECONDS).isSuccess()).isTrue();
    }
  }

  private static void log(LogRecordExporter to) {
    try (SdkLoggerProvider p =
        SdkLoggerProvider.builder()
            .addLogRecordProcessor(SimpleLogRecordProcessor.create(to))
            .build()) {
      p.get("shop")
          .logRecordBuilder()
          .setBody("order taken")
          .setAttribute(AttributeKey.longKey("order"), 17L)
          .emit();
      assertThat(p.forceFlush().join(10, TimeUnit.SECONDS).isSuccess()).isTrue();
    }
  }

  private static void metric(MetricExporter to) {
    try (SdkMeterProvider p =
        SdkMeterProvider.builder()
            .registerMetricReader(
                PeriodicMetricReader.builder(to).setInterval(Duration.ofHours(1)).build())
            .build()) {
      p.get("shop").counterBuilder("orders").build().add(3);
      assertThat(p.forceFlush().join(10, TimeUnit.SECONDS).isSuccess()).isTrue();
    }
  }

  private void threeSignalsCame() throws IOException {
    Map<Signal, Batch> bySignal = new HashMap<>();
    batches.forEach(b -> bySignal.put(b.signal(), b));
    assertThat(bySignal.keySet())
        .containsExactlyInAnyOrder(Signal.TRACES, Signal.METRICS, Signal.LOGS);
    Batch traces = java.util.Objects.requireNonNull(bySignal.get(Signal.TRACES));
    assertThat(traces.items()).isEqualTo(1);
    var span =
        ExportTraceServiceRequest.parseFrom(traces.body())
            .getResourceSpans(0)
            .getScopeSpans(0)
            .getSpans(0);
    assertThat(span.getName()).isEqualTo("checkout");
    assertThat(span.getEvents(0).getName()).isEqualTo("paid");
    Batch logs = java.util.Objects.requireNonNull(bySignal.get(Signal.LOGS));
    LogRecord record =
        ExportLogsServiceRequest.parseFrom(logs.body())
            .getResourceLogs(0)
            .getScopeLogs(0)
            .getLogRecords(0);
    assertThat(record.getBody().getStringValue()).isEqualTo("order taken");
    assertThat(record.getAttributes(0).getValue().getIntValue()).isEqualTo(17);
    Batch metrics = java.util.Objects.requireNonNull(bySignal.get(Signal.METRICS));
    assertThat(metrics.lane()).as("points keep their order").isNotZero();
    assertThat(
            ExportMetricsServiceRequest.parseFrom(metrics.body())
                .getResourceMetrics(0)
                .getScopeMetrics(0)
                .getMetrics(0)
                .getName())
        .isEqualTo("orders");
  }

  @Test
  void receivesFromTheSdkOverGrpc() throws IOException {
    String to = "http://127.0.0.1:" + start().grpcPort();
    span(OtlpGrpcSpanExporter.builder().setEndpoint(to).setCompression("gzip").build());
    log(OtlpGrpcLogRecordExporter.builder().setEndpoint(to).addHeader("x-tenant", "a").build());
    metric(OtlpGrpcMetricExporter.builder().setEndpoint(to).build());
    threeSignalsCame();
    assertThat(
            batches.stream()
                .filter(b -> b.signal() == Signal.LOGS)
                .findFirst()
                .orElseThrow()
                .metadata()
                .get("X-Tenant"))
        .containsExactly("a");
  }

  @Test
  void receivesFromTheSdkOverHttp() throws IOException {
    String to = "http://127.0.0.1:" + start().httpPort();
    span(OtlpHttpSpanExporter.builder().setEndpoint(to + "/v1/traces").build());
    log(
        OtlpHttpLogRecordExporter.builder()
            .setEndpoint(to + "/v1/logs")
            .setCompression("gzip")
            .build());
    metric(OtlpHttpMetricExporter.builder().setEndpoint(to + "/v1/metrics").build());
    threeSignalsCame();
    assertThat(batches).allMatch(b -> b.metadata().isEmpty());
  }

  private static byte[] logs(int n) {
    ScopeLogs.Builder s = ScopeLogs.newBuilder();
    for (int i = 0; i < n; i++) {
      s.addLogRecords(LogRecord.newBuilder().setTimeUnixNano(i + 1));
    }
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(ResourceLogs.newBuilder().addScopeLogs(s))
        .build()
        .toByteArray();
  }

  private HttpResponse<byte[]> post(String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    PushReceiver r = java.util.Objects.requireNonNull(receiver);
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + r.httpPort() + path))
            .POST(BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.length; i += 2) {
      b.setHeader(headers[i], headers[i + 1]);
    }
    return http.send(b.build(), BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> protobuf(byte[] body) throws IOException, InterruptedException {
    return post("/v1/logs", body, "Content-Type", "application/x-protobuf");
  }

  private GrpcReply call(byte[] body) throws IOException, InterruptedException {
    PushReceiver r = java.util.Objects.requireNonNull(receiver);
    try (GrpcChannel c =
        new GrpcChannel(
            new GrpcChannel.Options(
                "127.0.0.1",
                r.grpcPort(),
                null,
                null,
                "",
                true,
                Duration.ZERO,
                Duration.ZERO,
                false,
                "test"))) {
      return c.call(OtlpSignal.LOGS.grpcPath(), Map.of(), body, "", Duration.ofSeconds(20));
    }
  }

  @Test
  void respondsToJsonWithJson() throws Exception {
    start();
    byte[] b = logs(2);
    byte[] json = OtlpJsonWriter.toJson(OtlpSignal.LOGS, b, 0, b.length);
    HttpResponse<byte[]> a =
        post("/v1/logs", json, "Content-Type", "application/json; charset=utf-8");
    assertThat(a.statusCode()).isEqualTo(200);
    assertThat(a.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(new String(a.body(), UTF_8)).isEqualTo("{\"partialSuccess\":{}}");
    assertThat(batches.getFirst().body()).isEqualTo(b);
    outcome = new Outcome.Rejected("too old", 1);
    assertThat(new String(post("/v1/logs", json, "Content-Type", "application/json").body(), UTF_8))
        .isEqualTo(
            "{\"partialSuccess\":{\"rejectedLogRecords\":\"1\",\"errorMessage\":\"too old\"}}");
    HttpResponse<byte[]> bad =
        post("/v1/logs", "{".getBytes(UTF_8), "Content-Type", "application/json");
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(new String(bad.body(), UTF_8)).startsWith("{\"code\":3,\"message\":\"OTLP JSON: ");
  }

  @Test
  void reportsRejectedItems() throws Exception {
    start();
    outcome = new Outcome.Rejected("too old", 2);
    assertThat(OtlpResponse.fromProtobuf(protobuf(logs(3)).body()))
        .isEqualTo(new OtlpResponse(2, "too old"));
    GrpcReply partial = call(logs(3));
    assertThat(partial.status()).isEqualTo(GrpcReply.OK);
    assertThat(OtlpResponse.fromProtobuf(partial.body())).isEqualTo(new OtlpResponse(2, "too old"));
    HttpResponse<byte[]> all = protobuf(logs(2));
    assertThat(all.statusCode()).isEqualTo(400);
    assertThat(RpcStatus.fromProtobuf(all.body()).message()).isEqualTo("too old");
    assertThat(call(logs(2)).statusName()).isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void reportsOverloadedSendersWhenToRetry() throws Exception {
    start();
    outcome = new Outcome.Unavailable("queue is full", Duration.ofMillis(2500));
    HttpResponse<byte[]> h = protobuf(logs(1));
    assertThat(h.statusCode()).isEqualTo(503);
    assertThat(h.headers().firstValue("Retry-After")).hasValue("3");
    assertThat(RpcStatus.fromProtobuf(h.body()).message()).isEqualTo("queue is full");
    GrpcReply g = call(logs(1));
    assertThat(g.status()).isEqualTo(GrpcReply.UNAVAILABLE);
    assertThat(g.message()).isEqualTo("queue is full");
    byte[] details = java.util.Objects.requireNonNull(g.details());
    assertThat(RpcStatus.fromProtobuf(details).retryDelay()).isEqualTo(Duration.ofMillis(2500));
  }

  @Test
  void rejectsMalformedAndTooLargeRequests() throws Exception {
    start();
    assertThat(protobuf(new byte[] {10, 5, 1}).statusCode()).isEqualTo(400);
    assertThat(call(new byte[] {10, 5, 1}).statusName()).isEqualTo("INVALID_ARGUMENT");
    assertThat(protobuf(new byte[100_001]).statusCode()).isEqualTo(413);
    assertThat(call(new byte[(1 << 20) + 1]).status()).isEqualTo(GrpcReply.RESOURCE_EXHAUSTED);
    byte[] bomb = Compression.GZIP.compress(new byte[200_000], 0, 200_000, -1);
    assertThat(
            post(
                    "/v1/logs",
                    bomb,
                    "Content-Type",
                    "application/x-protobuf",
                    "Content-Encoding",
                    "gzip")
                .statusCode())
        .isEqualTo(413);
    assertThat(post("/v1/logs", logs(1), "Content-Type", "text/plain").statusCode()).isEqualTo(415);
    assertThat(
            post(
                    "/v1/logs",
                    logs(1),
                    "Content-Type",
                    "application/x-protobuf",
                    "Content-Encoding",
                    "br")
                .statusCode())
        .isEqualTo(400);
    assertThat(batches).isEmpty();
    assertThat(protobuf(new byte[0]).statusCode()).as("nothing is fine").isEqualTo(200);
    assertThat(call(new byte[0]).status()).isEqualTo(GrpcReply.OK);
  }

  @Test
  void acceptsEveryCompression() throws Exception {
    start();
    byte[] b = logs(50);
    for (Compression c : Compression.values()) {
      if (c == Compression.NONE || c == Compression.SNAPPY_FRAMED) {
        continue;
      }
      assertThat(
              post(
                      "/v1/logs",
                      c.compress(b, 0, b.length, -1),
                      "Content-Type",
                      "application/x-protobuf",
                      "Content-Encoding",
                      c.word())
                  .statusCode())
          .as(c.word())
          .isEqualTo(200);
      assertThat(batches.getLast().body()).isEqualTo(b);
    }
  }

  @Test
  void doesNotServeUnusedSignals() throws Exception {
    start(BOTH, Signal.TRACES);
    assertThat(protobuf(logs(1)).statusCode()).isEqualTo(404);
    assertThat(call(logs(1)).status()).isEqualTo(GrpcReply.UNIMPLEMENTED);
  }

  @Test
  void authenticatesWithAnExtension() throws Exception {
    start(BOTH, headers -> headers.apply("x-key").contains("secret"), Signal.LOGS);
    assertThat(protobuf(logs(1)).statusCode()).isEqualTo(401);
    assertThat(call(logs(1)).status()).isEqualTo(GrpcReply.UNAUTHENTICATED);
    assertThat(batches).isEmpty();
    assertThat(
            post("/v1/logs", logs(1), "Content-Type", "application/x-protobuf", "X-Key", "secret")
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void appliesCorsRules() throws Exception {
    PushReceiver r = start();
    HttpRequest ask =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + r.httpPort() + "/v1/logs"))
            .method("OPTIONS", BodyPublishers.noBody())
            .header("Origin", "https://www.shop.example")
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "content-type")
            .build();
    HttpResponse<byte[]> a = http.send(ask, BodyHandlers.ofByteArray());
    assertThat(a.statusCode()).isEqualTo(204);
    assertThat(a.headers().firstValue("Access-Control-Allow-Origin"))
        .hasValue("https://www.shop.example");
    assertThat(a.headers().firstValue("Access-Control-Allow-Credentials")).hasValue("true");
    assertThat(a.headers().firstValue("Access-Control-Max-Age")).hasValue("60");
    HttpResponse<byte[]> other =
        post(
            "/v1/logs",
            logs(1),
            "Content-Type",
            "application/x-protobuf",
            "Origin",
            "https://evil.example");
    assertThat(other.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
  }

  @Test
  void rejectsInvalidSettings() {
    OtlpReceiverSettings s = settings("protocols: {grpc: , http: }");
    settings(
        "protocols: {grpc: {read_buffer_size: 524288, write_buffer_size: 0, middlewares: [], tls:"
            + " {cert_file: a, key_file: b, ca_file: c, include_insecure_cipher_suites: false}}}");
    assertThat(java.util.Objects.requireNonNull(s.grpc()).endpoint()).isEqualTo("localhost:4317");
    assertThat(s.grpc().maxMessageBytes()).isEqualTo(4 << 20);
    assertThat(java.util.Objects.requireNonNull(s.http()).server().endpoint())
        .isEqualTo("localhost:4318");
    assertThat(settings("protocols: {http: {logs_url_path: in/logs}}").grpc()).isNull();
    List<String[]> wrong = new ArrayList<>();
    wrong.add(new String[] {"protocols: {}", "at least one protocol"});
    wrong.add(new String[] {"protocols: {grpc: {endpont: a}}", "did you mean \"endpoint\""});
    wrong.add(new String[] {"protocols: {grpc: {max_recv_msg_size_mib: 0}}", "must be 1 to 1023"});
    wrong.add(
        new String[] {"protocols: {grpc: {transport: unix}}", "requires the path of a socket"});
    wrong.add(new String[] {"protocols: {http: {transport: pipe}}", "pipe"});
    wrong.add(new String[] {"protocols: {grpc: {endpoint: 'h:431x'}}", "a number from 0 to 65535"});
    wrong.add(new String[] {"protocols: {http: {endpoint: h}}", "\"h\" must be host:port"});
    wrong.add(new String[] {"protocols: {grpc: {transport: tcp6}}", "is not supported"});
    wrong.add(
        new String[] {"protocols: {grpc: {max_concurrent_streams: -1}}", "must be 0 to 1000000"});
    wrong.add(new String[] {"protocols: {grpc: {read_buffer_size: -1}}", "number of bytes"});
    wrong.add(new String[] {"protocols: {grpc: {middlewares: [{id: x}]}}", "middlewares"});
    wrong.add(
        new String[] {
          "protocols: {http: {response_headers: [{name: a, value: b}, {name: a, value: c}]}}",
          "\"a\" is listed twice"
        });
    wrong.add(
        new String[] {
          "protocols: {grpc: {keepalive: {server_parameters: {tim: 1s}}}}", "did you mean"
        });
    wrong.add(new String[] {"protocols: {http: {idle_timeout: -1s}}", "negative"});
    wrong.add(new String[] {"protocols: {http: {tls: {cert_file: a}}}", "exactly one of key_file"});
    wrong.add(
        new String[] {
          "protocols: {grpc: {tls: {cert_file: a, key_file: b, cipher_suites: [X]}}}",
          "is not a secure cipher suite"
        });
    wrong.add(
        new String[] {"protocols: {http: {compression_algorithms: [br]}}", "unknown compression"});
    for (String[] w : wrong) {
      assertThatThrownBy(() -> settings(w[0]))
          .as(w[0])
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(w[1]);
    }
  }

  @Test
  void readsConnectionTimesInTheCollectorsFormat() {
    GrpcServerSettings g =
        java.util.Objects.requireNonNull(
            settings(
                    """
                    protocols:
                      grpc:
                        max_concurrent_streams: 16
                        keepalive:
                          server_parameters: {max_connection_idle: 11s, max_connection_age: 12s,
                                              max_connection_age_grace: 13s, time: 30s}
                          enforcement_policy: {permit_without_stream: true}
                    """)
                .grpc());
    assertThat(g.connections())
        .isEqualTo(
            ConnectionTimes.ofConnections(
                Duration.ofSeconds(11),
                Duration.ofSeconds(12),
                Duration.ofSeconds(13),
                Duration.ofSeconds(30),
                Duration.ofSeconds(20)));
    assertThat(g.http2()).isEqualTo(Http2Limits.of(16, Duration.ofMinutes(5), true));
    HttpServerSettings h =
        java.util.Objects.requireNonNull(
                settings(
                        """
                        protocols:
                          http: {read_header_timeout: 1s, write_timeout: 2s, idle_timeout: 3s,
                                 keep_alives_enabled: false}
                        """)
                    .http())
            .server();
    assertThat(h.connections())
        .isEqualTo(
            ConnectionTimes.ofRequests(
                Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3), false));
  }

  @Test
  void closesConnectionsAsConfigured() throws Exception {
    start("protocols: {http: {endpoint: '127.0.0.1:0', keep_alives_enabled: false}}", Signal.LOGS);
    assertThat(protobuf(logs(1)).headers().firstValue("Connection")).hasValue("close");
  }

  @Test
  void callSurvivesTheMaximumAgeOfItsConnection() throws Exception {
    start(
        """
        protocols:
          grpc: {endpoint: "127.0.0.1:0",
                 keepalive: {server_parameters: {max_connection_age: 50ms}}}
        """,
        Signal.LOGS);
    PushReceiver r = java.util.Objects.requireNonNull(receiver);
    try (GrpcJava c = new GrpcJava(r.grpcPort())) {
      for (int i = 0; i < 40; i++) {
        // It throws when a connection ends under a call.
        c.call(OtlpSignal.LOGS.grpcPath().substring(1), logs(1));
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
    assertThat(batches).hasSize(40);
  }

  @Test
  void listensOnUnixSockets(@TempDir Path dir) throws Exception {
    Path grpc = dir.resolve("g");
    Path http = dir.resolve("h");
    start(
        "protocols: {grpc: {endpoint: %s, transport: unix}, http: {endpoint: %s, transport: unix}}"
            .formatted(grpc, http),
        Signal.LOGS);
    try (GrpcChannel c =
        new GrpcChannel(
            new GrpcChannel.Options(
                "", 0, grpc, null, "", true, Duration.ZERO, Duration.ZERO, false, "test"))) {
      assertThat(
              c.call(OtlpSignal.LOGS.grpcPath(), Map.of(), logs(1), "", Duration.ofSeconds(20))
                  .status())
          .isEqualTo(GrpcReply.OK);
    }
    try (SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      c.connect(UnixDomainSocketAddress.of(http));
      byte[] body = logs(2);
      String head =
          "POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
              + "Connection: close\r\nContent-Length: "
              + body.length
              + "\r\n\r\n";
      c.write(ByteBuffer.wrap(head.getBytes(UTF_8)));
      c.write(ByteBuffer.wrap(body));
      assertThat(new String(Channels.newInputStream(c).readAllBytes(), UTF_8))
          .startsWith("HTTP/1.1 200");
    }
    assertThat(batches).hasSize(2);
  }

  @Test
  void acceptsUrlParametersInsteadOfHeaders() throws Exception {
    start(
        """
        protocols:
          http: {endpoint: "127.0.0.1:0", auth: {authenticator: x, request_params: [X-Key]}}
        """,
        headers -> headers.apply("x-key").equals(List.of("secret")),
        Signal.LOGS);
    String type = "application/x-protobuf";
    byte[] b = logs(1);
    assertThat(post("/v1/logs?X-Key=secret", b, "Content-Type", type).statusCode()).isEqualTo(200);
    assertThat(post("/v1/logs?X-Other=secret", b, "Content-Type", type).statusCode())
        .isEqualTo(401);
    assertThat(post("/v1/logs?X-Key=no", b, "Content-Type", type, "X-Key", "secret").statusCode())
        .as("the URL comes before headers")
        .isEqualTo(401);
    assertThat(post("/v1/logs", b, "Content-Type", type, "X-Key", "secret").statusCode())
        .isEqualTo(200);
  }

  @Test
  void receivesFromTheJavaAgent(@TempDir Path dir) throws Exception {
    PushReceiver r = start(BOTH, Signal.TRACES, Signal.METRICS, Signal.LOGS);
    boolean spans = false;
    boolean metrics = false;
    try (AgentProcess agent =
        new AgentProcess(
            "io.opentelemetry.javaagent.OpenTelemetryAgent",
            TracedProgram.class,
            dir,
            Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:" + r.httpPort(),
                "OTEL_EXPORTER_OTLP_PROTOCOL",
                "http/protobuf",
                "OTEL_EXPORTER_OTLP_COMPRESSION",
                "gzip",
                "OTEL_SERVICE_NAME",
                "shop",
                "OTEL_INSTRUMENTATION_METHODS_INCLUDE",
                TracedProgram.class.getName() + "[outer,inner]",
                "OTEL_BSP_SCHEDULE_DELAY",
                "100",
                "OTEL_METRIC_EXPORT_INTERVAL",
                "300"))) {
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
      while (!spans || !metrics) {
        assertThat(System.nanoTime()).as(agent.log()).isLessThan(until);
        TimeUnit.MILLISECONDS.sleep(20);
        for (Batch b : batches) {
          spans |= b.signal() == Signal.TRACES;
          metrics |=
              b.signal() == Signal.METRICS
                  && new String(b.body(), UTF_8).contains("jvm.memory.used");
        }
      }
    }
    Batch traces =
        batches.stream().filter(b -> b.signal() == Signal.TRACES).findFirst().orElseThrow();
    ExportTraceServiceRequest got = ExportTraceServiceRequest.parseFrom(traces.body());
    assertThat(got.getResourceSpans(0).getResource().getAttributesList())
        .anyMatch(
            a -> a.getKey().equals("service.name") && a.getValue().getStringValue().equals("shop"));
    assertThat(got.getResourceSpans(0).getScopeSpans(0).getSpansList())
        .extracting(io.opentelemetry.proto.trace.v1.Span::getName)
        .contains("TracedProgram.inner");
  }
}
