package dev.tethys.web.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.OtlpSender;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a receiver that decodes with OpenTelemetry's own classes. */
@Timeout(60)
@Tag("slow")
class TracingTest {
  private static final String PATH = "/v1/traces";
  private static final String METHOD =
      "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
  private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final Registry registry = new Registry();
  private final Tracing tracing = new Tracing("prometheus", "9.9", clients, registry);
  private final List<ExportTraceServiceRequest> received = new CopyOnWriteArrayList<>();
  private final List<String> headers = new CopyOnWriteArrayList<>();
  private final List<String> passedOn = new CopyOnWriteArrayList<>();
  private volatile long rejected;
  private volatile int refusal;

  @AfterEach
  void stop() {
    tracing.close();
    clients.close();
  }

  private HttpListener receiver() throws IOException {
    return HttpListener.start(
        HttpListenerOptions.on("127.0.0.1:0"),
        new Routes()
            .post(
                PATH,
                (q, r) -> {
                  byte[] body = q.bodyBytes(1 << 20);
                  if (refusal != 0) {
                    r.status(refusal).send("no\n");
                    return;
                  }
                  if ("gzip".equals(q.header("Content-Encoding"))) {
                    body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
                  }
                  byte[] answer = take(body, q);
                  r.header("Content-Type", "application/x-protobuf").send(answer);
                })
            .post(
                METHOD,
                Grpc.unary(
                    1 << 20,
                    (m, q) -> {
                      if (refusal != 0) {
                        throw new GrpcException(GrpcException.Status.INVALID_ARGUMENT, "no");
                      }
                      return take(m, q);
                    })),
        null);
  }

  private byte[] take(byte[] message, HttpRequest q) throws IOException {
    headers.add(q.header("x-tenant") + " " + q.header("grpc-encoding") + q.header("user-agent"));
    received.add(ExportTraceServiceRequest.parseFrom(message));
    return ExportTraceServiceResponse.newBuilder()
        .setPartialSuccess(ExportTracePartialSuccess.newBuilder().setRejectedSpans(rejected))
        .build()
        .toByteArray();
  }

  private static TracingConfig config(String yaml) {
    return read(TracingConfig.OF_PROMETHEUS, yaml);
  }

  private static TracingConfig read(Type<TracingConfig> type, String yaml) {
    return type.read(YamlDocument.parse("t.yml", null, yaml).root());
  }

  private static String text(ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  private static Map<String, String> attributes(List<KeyValue> all) {
    return all.stream()
        .collect(
            Collectors.toMap(
                KeyValue::getKey,
                k ->
                    k.getValue().hasIntValue()
                        ? Long.toString(k.getValue().getIntValue())
                        : k.getValue().getStringValue()));
  }

  private double count(String outcome) {
    MetricFamily f =
        registry.gather().stream()
            .filter(x -> x.name().equals("tethys_tracing_spans_total"))
            .findFirst()
            .orElseThrow();
    return f.metrics().stream()
        .filter(m -> outcome.equals(m.labels().get("outcome")))
        .mapToDouble(m -> ((MetricFamily.Value) m.point()).value())
        .sum();
  }

  private Map<String, Span> spans() {
    return received.stream()
        .flatMap(r -> r.getResourceSpansList().stream())
        .flatMap(r -> r.getScopeSpansList().stream())
        .flatMap(s -> s.getSpansList().stream())
        .collect(Collectors.toMap(Span::getName, s -> s));
  }

  @ParameterizedTest
  @CsvSource({"grpc,gzip", "grpc,''", "http,gzip", "http,''"})
  void requestsAndCallsBecomeSpansOfOneTrace(String client, String compression) throws Exception {
    try (HttpListener receiver = receiver()) {
      tracing.apply(
          config(
              """
              {client_type: %s, endpoint: '127.0.0.1:%d', insecure: true, compression: '%s',
               sampling_fraction: 0, headers: {X-Tenant: me}, timeout: 20s}
              """
                  .formatted(client, receiver.port(), compression)));
      try (HttpListener behind =
              HttpListener.start(
                  HttpListenerOptions.on("127.0.0.1:0"),
                  new Routes()
                      .get(
                          "/secret/{token}",
                          (q, r) -> {
                            passedOn.add(q.header("traceparent") + " " + q.header("tracestate"));
                            r.status(503).send("busy");
                          }),
                  null);
          HttpListener front =
              HttpListener.start(
                  HttpListenerOptions.on("127.0.0.1:0").withTracing(tracing.recorder()),
                  new Routes()
                      .get(
                          "/ask/{what}",
                          (q, r) -> {
                            URI to =
                                URI.create("http://127.0.0.1:" + behind.port() + "/secret/t0ken");
                            try (ActiveSpan s = ActiveSpan.current().child("work");
                                ClientResponse a =
                                    s.during(
                                        () ->
                                            clients
                                                .client(HttpClientConfig.DEFAULT)
                                                .send(ClientRequest.get(to)))) {
                              r.send("got " + a.status());
                            }
                          }),
                  null)) {
        ask(front.port(), PARENT);
        ask(front.port(), null); // a trace that begins here, and is not chosen
        front.close(); // its spans have ended
        tracing.close();
        assertThat(passedOn).hasSize(2);
        assertThat(passedOn.get(1)).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00 null");
      }
      Map<String, Span> spans = spans();
      assertThat(spans).containsOnlyKeys("GET /ask/it", "work", "HTTP GET");
      Span server = Objects.requireNonNull(spans.get("GET /ask/it"));
      Span work = Objects.requireNonNull(spans.get("work"));
      Span call = Objects.requireNonNull(spans.get("HTTP GET"));
      assertThat(text(server.getTraceId())).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
      assertThat(text(server.getParentSpanId())).isEqualTo("00f067aa0ba902b7");
      assertThat(server.getTraceState()).isEqualTo("vendor=1");
      assertThat(server.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
      assertThat(attributes(server.getAttributesList()))
          .containsEntry("http.request.method", "GET")
          .containsEntry("url.path", "/ask/it")
          .containsEntry("http.route", "/ask/{what}")
          .containsEntry("http.response.status_code", "200")
          .containsEntry("client.address", "127.0.0.1");
      assertThat(work.getParentSpanId()).isEqualTo(server.getSpanId());
      assertThat(work.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_INTERNAL);
      assertThat(call.getParentSpanId()).isEqualTo(work.getSpanId());
      assertThat(call.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
      assertThat(call.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
      assertThat(attributes(call.getAttributesList()))
          .containsEntry("http.response.status_code", "503");
      assertThat(call.toString()).doesNotContain("t0ken");
      assertThat(call.getStartTimeUnixNano())
          .isBetween(server.getStartTimeUnixNano(), call.getEndTimeUnixNano());
      assertThat(passedOn.getFirst())
          .isEqualTo(
              "00-4bf92f3577b34da6a3ce929d0e0e4736-" + text(call.getSpanId()) + "-01 vendor=1");
      assertThat(
              attributes(received.getFirst().getResourceSpans(0).getResource().getAttributesList()))
          .containsEntry("service.name", "prometheus")
          .containsEntry("service.version", "9.9")
          .containsEntry("telemetry.sdk.language", "java");
      assertThat(headers).allMatch(h -> h.startsWith("me "));
      assertThat(headers.stream().anyMatch(h -> h.contains("gzip")))
          .isEqualTo(client.equals("grpc") && !compression.isEmpty());
    }
    assertThat(count("sent")).isEqualTo(3);
    assertThat(count("dropped") + count("failed")).isZero();
  }

  private void ask(int port, @Nullable String parent) throws Exception {
    ClientRequest c = ClientRequest.get(URI.create("http://127.0.0.1:" + port + "/ask/it"));
    if (parent != null) {
      c = c.withHeader("traceparent", parent).withHeader("tracestate", "vendor=1");
    }
    try (ClientResponse a = clients.client(HttpClientConfig.DEFAULT).send(c)) {
      assertThat(new String(a.bytes(100), StandardCharsets.UTF_8)).isEqualTo("got 503");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http"})
  void countsRejectedSpans(String client) throws Exception {
    try (HttpListener receiver = receiver()) {
      String yaml =
          "{client_type: %s, endpoint: '127.0.0.1:%d', insecure: true, sampling_fraction: 1}"
              .formatted(client, receiver.port());
      rejected = 1;
      tracing.apply(config(yaml));
      tracing.recorder().begin("a", ActiveSpan.Kind.INTERNAL).close();
      tracing.recorder().begin("b", ActiveSpan.Kind.INTERNAL).close();
      tracing.apply(null);
      assertThat(count("sent")).isEqualTo(1);
      assertThat(count("failed")).isEqualTo(1);
      assertThat(tracing.recorder().begin("off", ActiveSpan.Kind.INTERNAL))
          .isSameAs(ActiveSpan.NONE);
      refusal = 400;
      tracing.apply(config(yaml));
      tracing.recorder().begin("c", ActiveSpan.Kind.INTERNAL).close();
      tracing.close();
      assertThat(count("failed")).isEqualTo(2);
    }
  }

  @Test
  void countsSpansLostToAnUnreachableReceiver() throws Exception {
    HttpListener gone = receiver();
    int port = gone.port();
    gone.close();
    tracing.apply(
        config("{endpoint: '127.0.0.1:%d', insecure: true, sampling_fraction: 1}".formatted(port)));
    tracing.recorder().begin("a", ActiveSpan.Kind.INTERNAL).close();
    tracing.close();
    assertThat(count("failed")).isEqualTo(1);
    assertThat(count("sent") + count("dropped")).isZero();
  }

  @Test
  void dropsSpansWithoutWaitingWhenTheQueueIsFull() throws Exception {
    CountDownLatch sending = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Tracing.Counts counts = new Tracing.Counts();
    OtlpSender slow =
        new OtlpSender() {
          @Override
          public Outcome send(byte[] body, Duration timeout) {
            throw new IllegalStateException("spans go in the sender's own time");
          }

          @Override
          public Outcome send(byte[] body) throws InterruptedException {
            sending.countDown();
            assertThat(go.await(50, TimeUnit.SECONDS)).isTrue();
            return new Outcome.Accepted(0, "");
          }

          @Override
          public void close() {}
        };
    SpanExporter e = new SpanExporter(slow, new Resource(), counts);
    for (int i = 0; i < SpanExporter.BATCH; i++) {
      e.add(new dev.tethys.model.telemetry.Span());
    }
    assertThat(sending.await(50, TimeUnit.SECONDS)).isTrue();
    for (int i = 0; i < SpanExporter.CAPACITY + 7; i++) {
      e.add(new dev.tethys.model.telemetry.Span());
    }
    assertThat(counts.dropped.sum()).isEqualTo(7);
    go.countDown();
    e.close();
    assertThat(counts.sent.sum()).isEqualTo(SpanExporter.BATCH + SpanExporter.CAPACITY);
    e.add(new dev.tethys.model.telemetry.Span());
    assertThat(counts.dropped.sum()).isEqualTo(8);
  }

  @Test
  void headersOfAlertmanagerHaveValuesAndSecrets() {
    TracingConfig c =
        read(
            TracingConfig.OF_ALERTMANAGER,
            """
            endpoint: collector.example
            client_type: http
            headers: {A: {values: [one, two]}, B: {secrets: [three]}}
            http_headers: {C: {values: [four]}}
            """);
    assertThat(c.headers()).hasSize(3);
    assertThat(Objects.requireNonNull(c.headers().get("A")).value()).isEqualTo("one");
    assertThat(c.address()).isEqualTo(new TracingConfig.Address("collector.example", 443));
    assertThat(c.requestTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThatThrownBy(
            () -> read(TracingConfig.OF_ALERTMANAGER, "{endpoint: x, headers: {A: {files: [f]}}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("header files are not supported for tracing configuration: A");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{sampling_fraction: 1} | tracing endpoint must be set",
        "{endpoint: 'x:1', compression: foo} | invalid compression type foo provided",
        "{endpoint: 'x:1', client_type: thrift} | client_type",
        "{endpoint: 'http://x:1'} | host:port, without a scheme or a path",
        "{endpoint: 'x:99999'} | number from 1 to 65535",
        "{endpoint: 'a b:4317'} | is not a valid host",
        "{endpoint: 'me@h:4317', client_type: http} | is not a valid host",
        "{endpoint: 'h?x'} | is not a valid host",
        "{endpoint: 'x:1', headers: {Authorization: foo}} | not yet supported",
        "{endpoint: 'x:1', headers: {content-type: foo}} | content-type is a reserved header",
        "{endpoint: 'x:1', http_headers: {}} | http_headers"
      })
  void reportsInvalidSettings(String yaml, String problem) {
    assertThatThrownBy(() -> config(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("t.yml:1:")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource({
    "'{endpoint: ''[::1]:4317''}',::1,4317",
    "'{endpoint: ''dns:///host:4317''}',host,4317",
    "'{endpoint: host}',host,443",
    "'{endpoint: host, client_type: http, insecure: true}',host,80"
  })
  void endpointsAreHostsAndPorts(String yaml, String host, int port) {
    assertThat(config(yaml).address()).isEqualTo(new TracingConfig.Address(host, port));
  }
}
