package dev.tethys.pipeline.exporter.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.RpcStatus;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.GrpcException.Status;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against a server that reads with the official classes of OTLP. */
@Tag("slow")
class OtlpExportersTest {
  private static final System.Logger LOG = System.getLogger("test");

  private final List<ExportLogsServiceRequest> requests = new CopyOnWriteArrayList<>();
  private final Map<String, String> headers = new LinkedHashMap<>();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final List<AutoCloseable> open = new ArrayList<>();

  private volatile byte[] answer = {};
  private volatile @Nullable GrpcException failure;
  private volatile int status = 200;
  private volatile int largest = Integer.MAX_VALUE;
  private int port;

  @BeforeEach
  void listen() throws IOException {
    Routes routes =
        new Routes()
            .post(OtlpSignal.LOGS.grpcPath(), Grpc.unary(1 << 20, this::grpc))
            .post(
                "/v1/logs",
                (q, r) -> {
                  see(q);
                  byte[] b = q.bodyBytes(1 << 20);
                  Compression c =
                      Objects.requireNonNull(Compression.named(q.header("Content-Encoding")));
                  b = c.decompress(b, 0, b.length, 1 << 20);
                  boolean json = "application/json".equals(q.header("Content-Type"));
                  if (json) {
                    b = OtlpJson.toProtobuf(OtlpSignal.LOGS, b, 0, b.length).toByteArray();
                  }
                  int s = b.length > largest ? 413 : status;
                  if (s == 200) {
                    requests.add(ExportLogsServiceRequest.parseFrom(b));
                  } else {
                    r.header("Retry-After", "7");
                  }
                  r.status(s);
                  r.send(json ? "application/json" : "application/x-protobuf", answer);
                });
    HttpListener l = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    open.add(l);
    port = l.port();
  }

  private void see(HttpRequest q) {
    headers.clear();
    q.headerNames().forEach(n -> headers.put(n.toLowerCase(java.util.Locale.ROOT), q.header(n)));
  }

  private byte[] grpc(byte[] message, HttpRequest q) throws Exception {
    see(q);
    GrpcException f = failure;
    if (f != null) {
      throw f;
    }
    if (message.length > largest) {
      throw new GrpcException(
          Status.RESOURCE_EXHAUSTED, "grpc: received message larger than max (9 vs. 4)");
    }
    requests.add(ExportLogsServiceRequest.parseFrom(message));
    return answer;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
    clients.close();
  }

  private static <T> T read(Type<T> type, String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", null, yaml);
    T t = type.read(d.root());
    d.refuseNotBuilt();
    return t;
  }

  private record Pair(OtlpRequestEncoder encoder, dev.tethys.pipeline.delivery.Sender sender) {}

  private Pair grpc(String yaml, @Nullable ClientAuth auth) {
    OtlpGrpcSettings s =
        read(OtlpGrpcSettings.TYPE, "{endpoint: \"http://127.0.0.1:" + port + "\"" + yaml + "}");
    OtlpRequestEncoder p =
        new OtlpRequestEncoder(
            OtlpSignal.LOGS,
            "grpc-encoding",
            s.client().encoding(),
            s.client().compression(),
            Compression.DEFAULT_LEVEL,
            false,
            auth);
    OtlpGrpcSender sender = new OtlpGrpcSender(p, s.client(), auth, s.delivery().timeout(), LOG);
    open.add(sender);
    return new Pair(p, sender);
  }

  private Pair http(String yaml, @Nullable ClientAuth auth) {
    OtlpHttpSettings s =
        read(OtlpHttpSettings.TYPE, "{endpoint: \"http://127.0.0.1:" + port + "/\"" + yaml + "}");
    OtlpRequestEncoder p =
        new OtlpRequestEncoder(
            OtlpSignal.LOGS,
            "content-encoding",
            s.client().compression().word(),
            s.client().compression(),
            s.client().level(),
            s.json(),
            auth);
    return new Pair(
        p,
        new OtlpHttpSender(
            p,
            Objects.requireNonNull(s.url(OtlpSignal.LOGS)),
            s.client().headers(),
            auth,
            s.delivery().timeout(),
            clients,
            f -> f.client(s.client().client()),
            System::currentTimeMillis,
            LOG));
  }

  private static ExportLogsServiceRequest logs(int n) {
    ScopeLogs.Builder s = ScopeLogs.newBuilder();
    for (int i = 0; i < n; i++) {
      s.addLogRecords(LogRecord.newBuilder().setTimeUnixNano(i + 1).setSeverityText("INFO"));
    }
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(ResourceLogs.newBuilder().addScopeLogs(s))
        .build();
  }

  private static Batch batch(int n) {
    return new Batch(
        Signal.LOGS,
        Encoding.OTLP,
        logs(n).toByteArray(),
        n,
        0,
        new Metadata(Map.of("x-tenant", List.of("a"))));
  }

  private static SendResult send(Pair p, int n) throws Exception {
    List<EncodedRequest> requests = p.encoder.encode(batch(n)).requests();
    assertThat(requests).hasSize(1);
    return p.sender.send(requests.getFirst());
  }

  @Test
  void grpcDeliversWithEveryCompression() throws Exception {
    for (String c : List.of("gzip", "snappy", "zstd", "none")) {
      requests.clear();
      SendResult v = send(grpc(", compression: " + c + ", headers: {X-Key: secret}", null), 20);
      assertThat(v).as(c).isEqualTo(SendResult.DELIVERED);
      assertThat(requests).containsExactly(logs(20));
      assertThat(headers).containsEntry("x-key", "secret").containsEntry("user-agent", "Tethys");
    }
  }

  @Test
  void httpDeliversWithEveryCompressionAndEncoding() throws Exception {
    for (Compression c : Compression.values()) {
      for (String e : List.of("proto", "json")) {
        requests.clear();
        String word = c == Compression.NONE ? "none" : c.word();
        String yaml = ", compression: " + word + ", encoding: " + e;
        assertThat(send(http(yaml + ", headers: [{name: X-Key, value: secret}]", null), 20))
            .as(word + " " + e)
            .isEqualTo(SendResult.DELIVERED);
        assertThat(requests).containsExactly(logs(20));
        assertThat(headers).containsEntry("x-key", "secret");
      }
    }
  }

  @Test
  void countsRejectedItems() throws Exception {
    answer = new OtlpResponse(3, "too old").toProtobuf();
    assertThat(send(grpc("", null), 20)).isEqualTo(new SendResult.Partial(3, "too old"));
    assertThat(send(http("", null), 20)).isEqualTo(new SendResult.Partial(3, "too old"));
    answer = new OtlpResponse(99, "all of it").toProtobuf();
    assertThat(send(grpc("", null), 20)).isEqualTo(new SendResult.Partial(20, "all of it"));
    answer = new OtlpResponse(0, "just so you know").toProtobuf();
    assertThat(send(grpc("", null), 20)).isEqualTo(SendResult.DELIVERED);
    answer = new OtlpResponse(2, "x").toJson(OtlpSignal.LOGS);
    assertThat(send(http(", encoding: json", null), 20)).isEqualTo(new SendResult.Partial(2, "x"));
  }

  @Test
  void classifiesGrpcFailures() throws Exception {
    Pair p = grpc("", null);
    RpcStatus soon = new RpcStatus(14, "busy", Duration.ofSeconds(3));
    failure = new GrpcException(Status.UNAVAILABLE, "busy", soon.toProtobuf());
    assertThat(send(p, 1))
        .isEqualTo(new SendResult.Retryable(Duration.ofSeconds(3), true, "UNAVAILABLE: busy"));
    failure = new GrpcException(Status.UNAVAILABLE, "down");
    assertThat(send(p, 1))
        .isEqualTo(new SendResult.Retryable(Duration.ZERO, false, "UNAVAILABLE: down"));
    failure = new GrpcException(Status.RESOURCE_EXHAUSTED, "quota", soon.toProtobuf());
    assertThat(send(p, 1)).isInstanceOf(SendResult.Retryable.class);
    failure = new GrpcException(Status.RESOURCE_EXHAUSTED, "quota");
    assertThat(send(p, 1)).isEqualTo(new SendResult.Permanent("RESOURCE_EXHAUSTED: quota"));
    failure = new GrpcException(Status.INVALID_ARGUMENT, "bad");
    assertThat(send(p, 1)).isEqualTo(new SendResult.Permanent("INVALID_ARGUMENT: bad"));
    failure = new GrpcException(Status.INVALID_ARGUMENT, "bad line: no space left on device");
    assertThat(send(p, 1)).as("a line that is quoted").isInstanceOf(SendResult.Permanent.class);
    failure = new GrpcException(Status.INTERNAL, "write wal/7: no space left on device");
    assertThat(send(p, 1)).isInstanceOf(SendResult.Retryable.class);
    assertThat(
            send(
                new Pair(
                    new OtlpRequestEncoder(
                        OtlpSignal.TRACES, "grpc-encoding", "", Compression.NONE, -1, false, null),
                    new OtlpGrpcSender(
                        new OtlpRequestEncoder(
                            OtlpSignal.TRACES,
                            "grpc-encoding",
                            "",
                            Compression.NONE,
                            -1,
                            false,
                            null),
                        read(OtlpGrpcSettings.TYPE, "{endpoint: \"http://127.0.0.1:" + port + "\"}")
                            .client(),
                        null,
                        Duration.ofSeconds(5),
                        LOG)),
                1))
        .as("a method that is not there")
        .isInstanceOf(SendResult.Permanent.class);
  }

  @Test
  void classifiesHttpFailures() throws Exception {
    Pair p = http("", null);
    answer = new RpcStatus(14, "busy", null).toProtobuf();
    for (int s : new int[] {429, 502, 503, 504}) {
      status = s;
      assertThat(send(p, 1))
          .isEqualTo(
              new SendResult.Retryable(
                  Duration.ofSeconds(7), s == 429 || s == 503, "HTTP status " + s + ": busy"));
    }
    for (int s : new int[] {400, 401, 403, 404, 500, 501}) {
      status = s;
      assertThat(send(p, 1)).isEqualTo(new SendResult.Permanent("HTTP status " + s + ": busy"));
    }
  }

  @Test
  void evaluatesLongResponsesFullyAndShowsAPart() throws Exception {
    Pair p = http("", null);
    status = 500;
    answer = new RpcStatus(13, "x".repeat(5000) + ": no space left on device", null).toProtobuf();
    assertThat(send(p, 1))
        .isEqualTo(
            new SendResult.Retryable(Duration.ZERO, true, "HTTP status 500: " + "x".repeat(1024)));
    status = 400;
    assertThat(send(p, 1)).isInstanceOf(SendResult.Permanent.class);
  }

  @Test
  void halvesTooLargeRequestsUntilTheyFit() throws Exception {
    for (Pair p : List.of(grpc("", null), http("", null), http(", encoding: json", null))) {
      requests.clear();
      largest = logs(40).toByteArray().length / 3;
      List<EncodedRequest> left = new ArrayList<>(p.encoder.encode(batch(40)).requests());
      int rounds = 0;
      while (!left.isEmpty()) {
        assertThat(rounds++).isLessThan(50);
        EncodedRequest first = left.removeFirst();
        switch (p.sender.send(first)) {
          case SendResult.Split i -> {
            assertThat(i.requests().stream().mapToInt(EncodedRequest::items).sum())
                .isEqualTo(first.items());
            left.addAll(0, i.requests());
          }
          case SendResult v -> assertThat(v).isEqualTo(SendResult.DELIVERED);
        }
      }
      List<Long> times = new ArrayList<>();
      requests.forEach(
          r ->
              r.getResourceLogs(0)
                  .getScopeLogs(0)
                  .getLogRecordsList()
                  .forEach(l -> times.add(l.getTimeUnixNano())));
      assertThat(times).hasSize(40).isSorted();
      largest = 1;
      assertThat(send(p, 1)).isInstanceOf(SendResult.Permanent.class);
    }
  }

  @Test
  void requestsAuthenticationForEveryAttempt() throws Exception {
    List<String> tokens = new ArrayList<>(List.of("stale", "fresh", "stale", "fresh"));
    List<String> refused = new ArrayList<>();
    ClientAuth auth =
        new ClientAuth() {
          @Override
          public Map<String, String> headers() {
            return Map.of("Authorization", "Bearer " + tokens.getFirst());
          }

          @Override
          public Map<String, String> headers(Metadata metadata) {
            return Map.of("x-scope-orgid", metadata.get("x-tenant").getFirst());
          }

          @Override
          public void refused() {
            refused.add(tokens.removeFirst());
          }
        };
    Pair g = grpc("", auth);
    failure = new GrpcException(Status.UNAUTHENTICATED, "who?");
    assertThat(send(g, 1)).isInstanceOf(SendResult.Retryable.class);
    failure = null;
    assertThat(send(g, 1)).isEqualTo(SendResult.DELIVERED);
    assertThat(headers)
        .containsEntry("authorization", "Bearer fresh")
        .containsEntry("x-scope-orgid", "a");
    tokens.removeFirst();
    Pair h = http("", auth);
    status = 401;
    assertThat(send(h, 1)).isInstanceOf(SendResult.Retryable.class);
    status = 200;
    assertThat(send(h, 1)).isEqualTo(SendResult.DELIVERED);
    assertThat(headers)
        .containsEntry("authorization", "Bearer fresh")
        .containsEntry("x-scope-orgid", "a");
    assertThat(refused).containsExactly("stale", "stale");
  }

  @Test
  void sendsPrometheusSamplesAsMetrics() throws Exception {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "up", "job", "shop")).sample(1_700_000_000_000L, 1);
    byte[] request = w.endSeries().toByteArray();
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, request, 1, 7);
    EncodedRequest p = grpc(", compression: none", null).encoder.encode(b).requests().getFirst();
    assertThat(p.items()).isEqualTo(1);
    assertThat(p.lane()).isEqualTo(7);
    ExportMetricsServiceRequest m = ExportMetricsServiceRequest.parseFrom(p.body());
    assertThat(m.getResourceMetrics(0).getResource().getAttributes(0).getValue().getStringValue())
        .isEqualTo("shop");
    assertThat(m.getResourceMetrics(0).getScopeMetrics(0).getMetrics(0).getName()).isEqualTo("up");
    Batch noise = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, new byte[] {10, 9, 1}, 1, 0);
    assertThatThrownBy(() -> grpc("", null).encoder.encode(noise))
        .isInstanceOf(NotEncodableException.class);
  }

  @Test
  void rejectsInvalidSettings() {
    OtlpGrpcSettings g = read(OtlpGrpcSettings.TYPE, "{endpoint: \"dns:///far.example:4317\"}");
    assertThat(g.client().channel().host()).isEqualTo("far.example");
    assertThat(g.client().channel().port()).isEqualTo(4317);
    assertThat(g.client().channel().tls()).as("TLS is the default").isNotNull();
    assertThat(g.client().compression()).isEqualTo(Compression.GZIP);
    assertThat(g.delivery().timeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(
            read(OtlpGrpcSettings.TYPE, "{endpoint: \"a:1\", tls: {insecure: true}}")
                .client()
                .channel()
                .tls())
        .isNull();
    OtlpGrpcSettings asWritten =
        read(
            OtlpGrpcSettings.TYPE,
            "{endpoint: \"a:1\", user_agent: mine/1, wait_for_ready: true, read_buffer_size: 524288,"
                + " write_buffer_size: 524288, middlewares: []}");
    assertThat(asWritten.client().channel().userAgent()).isEqualTo("mine/1");
    OtlpHttpSettings h =
        read(
            OtlpHttpSettings.TYPE,
            "{endpoint: \"https://far.example:4318\", logs_endpoint: \"http://l.example/in\"}");
    assertThat(h.url(OtlpSignal.TRACES)).hasToString("https://far.example:4318/v1/traces");
    assertThat(h.url(OtlpSignal.LOGS)).hasToString("http://l.example/in");
    assertThat(h.delivery().timeout()).isEqualTo(Duration.ofSeconds(30));
    String[][] wrong = {
      {"g", "{}", "\"endpoint\" is required"},
      {"g", "{endpoint: far.example}", "endpoint must be host:port"},
      {"g", "{endpoint: \"a:1\", compression: br}", "unknown compression \"br\""},
      {"g", "{endpoint: \"a:1\", headers: {te: x}}", "cannot be set as a header"},
      {"g", "{endpoint: \"a:1\", user_agent: \"a\\nb\"}", "printable ASCII"},
      {"g", "{endpoint: \"a:1\", tls: {cert_file: a}}", "requires both a certificate and a key"},
      {"h", "{}", "at least one endpoint must be specified"},
      {"h", "{endpoint: far}", "endpoint must be a URL"},
      {"h", "{endpoint: \"http://a\", encoding: xml}", "unknown encoding"},
      {"h", "{endpoint: \"http://a\", compression_params: {level: 12}}", "level 12"},
      {"h", "{endpoint: \"http://a\", middlewares: [{id: x}]}", "middlewares"},
    };
    for (String[] w : wrong) {
      assertThatThrownBy(
              () -> {
                Type<?> type = w[0].equals("g") ? OtlpGrpcSettings.TYPE : OtlpHttpSettings.TYPE;
                read(type, w[1]);
              })
          .as(w[1])
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(w[2]);
    }
  }
}
