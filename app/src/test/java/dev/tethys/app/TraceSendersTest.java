package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * OpenTelemetry's SDKs send spans to a server, and Tempo's API responds with all that each SDK says
 * of the spans that it sent.
 */
@Tag("slow")
class TraceSendersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path dir;
  private TethysProcess server;

  @BeforeEach
  void start() {
    server = TethysProcess.server(dir, "");
    server.await("ready", SOON, () -> server.get("/-/ready").statusCode() == 200);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "gzip", "grpc"})
  void java(String protocol) {
    SpanExporter exporter =
        protocol.equals("grpc")
            ? OtlpGrpcSpanExporter.builder().setEndpoint(server.uri("").toString()).build()
            : OtlpHttpSpanExporter.builder()
                .setEndpoint(server.uri("/v1/traces").toString())
                .setCompression(protocol.equals("gzip") ? "gzip" : "none")
                .build();
    Noting noting = new Noting(exporter);
    try (SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setResource(
                Resource.create(
                    Attributes.builder()
                        .put("service.name", "java-shop")
                        .put("shards", 1, 2)
                        .build()))
            .addSpanProcessor(SimpleSpanProcessor.create(noting))
            .build()) {
      spans(provider.tracerBuilder("shop").setInstrumentationVersion("0.3").build());
    }
    isReadBack(noting.sent, 4);
  }

  private static void spans(Tracer tracer) {
    TraceState state = TraceState.builder().put("other", "b2").put("vendor", "a1").build();
    SpanContext remote =
        SpanContext.createFromRemoteParent(
            "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7", TraceFlags.getSampled(), state);
    Span root =
        tracer
            .spanBuilder("GET /cart")
            .setSpanKind(SpanKind.SERVER)
            .setParent(Context.root().with(Span.wrap(remote)))
            .setAttribute("text", "käse \"quoted\"\n")
            .setAttribute("whole", Long.MIN_VALUE)
            .setAttribute("part", 0.1)
            .setAttribute("two", 2.0)
            .setAttribute("yes", true)
            .setAttribute("empty", "")
            .setAttribute(AttributeKey.stringArrayKey("texts"), List.of("a", ""))
            .setAttribute(AttributeKey.doubleArrayKey("numbers"), List.of(1.5, -2.0))
            .addLink(remote, Attributes.of(AttributeKey.stringKey("why"), "batch"))
            .startSpan();
    root.addEvent(
        "retry",
        Attributes.of(AttributeKey.longKey("attempt"), 2L, AttributeKey.booleanKey("last"), false));
    Span client =
        tracer
            .spanBuilder("SELECT")
            .setSpanKind(SpanKind.CLIENT)
            .setParent(Context.root().with(root))
            .startSpan();
    client.recordException(new IllegalStateException("no rows"));
    client.setStatus(StatusCode.ERROR, "no rows");
    client.end();
    root.setStatus(StatusCode.OK);
    root.end();
    tracer.spanBuilder("alone").setNoParent().startSpan().end();
    tracer
        .spanBuilder("queue")
        .setSpanKind(SpanKind.PRODUCER)
        .setNoParent()
        .setStartTimestamp(1_700_000_000_000_000_001L, TimeUnit.NANOSECONDS)
        .startSpan()
        .end(1_700_000_000_000_000_003L, TimeUnit.NANOSECONDS);
  }

  @Test
  void node() throws Exception {
    String[] packages = {
      "@opentelemetry/api@1",
      "@opentelemetry/sdk-trace-base@2",
      "@opentelemetry/resources@2",
      "@opentelemetry/exporter-trace-otlp-proto@0"
    };
    List<String> install =
        new ArrayList<>(
            List.of("npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"));
    install.addAll(List.of(packages));
    assumeTrue(succeeds(install), "npm cannot install " + String.join(", ", packages));
    isReadBack(sentBy("otel-spans.mjs", "node"), 3);
  }

  @Test
  void python() throws Exception {
    String python = dir.resolve("venv/bin/python3").toString();
    assumeTrue(
        succeeds(List.of("python3", "-m", "venv", "venv"))
            && succeeds(
                List.of(
                    python,
                    "-m",
                    "pip",
                    "install",
                    "-q",
                    "--retries=1", // five, with pauses, take half a minute without a network
                    "opentelemetry-sdk",
                    "opentelemetry-exporter-otlp-proto-http")),
        "pip cannot install opentelemetry-sdk");
    isReadBack(sentBy("otel_spans.py", python), 3);
  }

  private boolean succeeds(List<String> command) throws InterruptedException {
    try {
      Process p = program(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      if (!p.waitFor(120, TimeUnit.SECONDS)) {
        p.destroyForcibly();
        return false;
      }
      return p.exitValue() == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }

  private ProcessBuilder program(List<String> command) {
    return new ProcessBuilder(command).directory(dir.toFile()).redirectErrorStream(true);
  }

  /** Runs a sender; what its SDK says of the spans. */
  private List<JsonNode> sentBy(String file, String interpreter) throws Exception {
    Path script = dir.resolve(file);
    try (InputStream in = getClass().getResourceAsStream("/senders/" + file)) {
      Files.copy(Objects.requireNonNull(in), script);
    }
    Path log = dir.resolve(file + ".log");
    ProcessBuilder b = program(List.of(interpreter, file)).redirectOutput(log.toFile());
    b.environment().put("TETHYS", server.uri("").toString());
    b.environment().put("SENT", dir.resolve("sent").toString());
    Process p = b.start();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).as(Files.readString(log)).isZero();
    return Files.readAllLines(dir.resolve("sent")).stream().map(JSON::readTree).toList();
  }

  private void isReadBack(List<JsonNode> sent, int spans) {
    assertThat(sent).hasSize(spans);
    TreeSet<String> traces = new TreeSet<>();
    sent.forEach(s -> traces.add(s.get("trace").asString()));
    List<JsonNode> read = new ArrayList<>();
    for (String t : traces) {
      JsonNode answer = JSON.readTree(server.get("/tempo/api/v2/traces/" + t).body());
      for (JsonNode r : answer.get("trace").get("resourceSpans")) {
        for (JsonNode c : r.get("scopeSpans")) {
          c.get("spans").forEach(s -> read.add(fields(r, c, s)));
        }
      }
    }
    assertThat(read).containsExactlyInAnyOrderElementsOf(sent);
  }

  // ---- what Tempo's API says of a span, in the fields of the senders

  private static JsonNode fields(JsonNode resource, JsonNode scope, JsonNode s) {
    ObjectNode out = JSON.createObjectNode();
    out.put("trace", text(s, "traceId")).put("id", text(s, "spanId"));
    out.put("parent", text(s, "parentSpanId")).put("state", text(s, "traceState"));
    out.put("name", text(s, "name")).put("kind", s.path("kind").asInt(0));
    out.put("start", text(s, "startTimeUnixNano")).put("end", text(s, "endTimeUnixNano"));
    out.put("status", s.path("status").path("code").asInt(0));
    out.put("message", text(s.path("status"), "message"));
    out.set("attributes", attributes(s));
    var events = out.putArray("events");
    for (JsonNode e : s.path("events")) {
      ObjectNode event = events.addObject();
      event.put("time", text(e, "timeUnixNano")).put("name", text(e, "name"));
      event.set("attributes", attributes(e));
    }
    var links = out.putArray("links");
    for (JsonNode l : s.path("links")) {
      ObjectNode link = links.addObject();
      link.put("trace", text(l, "traceId")).put("id", text(l, "spanId"));
      link.put("state", text(l, "traceState")).set("attributes", attributes(l));
    }
    JsonNode of = scope.path("scope");
    out.put("scope", text(of, "name") + " " + text(of, "version"));
    out.set("resource", attributes(resource.path("resource")));
    return JSON.readTree(out.toString()); // numbers of the same types as those that were read
  }

  private static String text(JsonNode of, String field) {
    return of.path(field).asString("");
  }

  private static JsonNode attributes(JsonNode of) {
    ObjectNode out = JSON.createObjectNode();
    for (JsonNode a : of.path("attributes")) {
      out.set(text(a, "key"), value(a.path("value")));
    }
    return out;
  }

  private static JsonNode value(JsonNode v) {
    if (v.isEmpty()) {
      return JSON.getNodeFactory()
          .stringNode(""); // the SDK for Java sends an empty text as nothing
    }
    Map.Entry<String, JsonNode> typed = v.properties().iterator().next();
    JsonNode of = typed.getValue();
    return switch (typed.getKey()) {
      case "intValue" -> JSON.getNodeFactory().numberNode(Long.parseLong(of.asString()));
      case "doubleValue" -> JSON.getNodeFactory().numberNode(of.asDouble());
      case "arrayValue" -> {
        var out = JSON.createArrayNode();
        of.path("values").forEach(x -> out.add(value(x)));
        yield out;
      }
      default -> of;
    };
  }

  // ---- what the SDK for Java says of a span

  /** Passes spans on and writes them down. */
  private static final class Noting implements SpanExporter {
    final List<JsonNode> sent = new ArrayList<>();
    private final SpanExporter next;

    Noting(SpanExporter next) {
      this.next = next;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      spans.forEach(s -> sent.add(JSON.valueToTree(fields(s))));
      return next.export(spans);
    }

    @Override
    public CompletableResultCode flush() {
      return next.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return next.shutdown();
    }

    private static Map<String, Object> fields(SpanData s) {
      Map<String, Object> out = new TreeMap<>();
      out.put("trace", s.getTraceId());
      out.put("id", s.getSpanId());
      out.put("parent", s.getParentSpanContext().isValid() ? s.getParentSpanId() : "");
      out.put("state", state(s.getSpanContext()));
      out.put("name", s.getName());
      out.put("kind", s.getKind().ordinal() + 1);
      out.put("start", Long.toString(s.getStartEpochNanos()));
      out.put("end", Long.toString(s.getEndEpochNanos()));
      out.put("status", s.getStatus().getStatusCode().ordinal());
      out.put("message", s.getStatus().getDescription());
      out.put("attributes", attributes(s.getAttributes()));
      List<Object> events = new ArrayList<>();
      for (EventData e : s.getEvents()) {
        events.add(
            Map.of(
                "time",
                Long.toString(e.getEpochNanos()),
                "name",
                e.getName(),
                "attributes",
                attributes(e.getAttributes())));
      }
      out.put("events", events);
      List<Object> links = new ArrayList<>();
      for (LinkData l : s.getLinks()) {
        SpanContext c = l.getSpanContext();
        links.add(
            Map.of(
                "trace",
                c.getTraceId(),
                "id",
                c.getSpanId(),
                "state",
                state(c),
                "attributes",
                attributes(l.getAttributes())));
      }
      out.put("links", links);
      out.put(
          "scope",
          s.getInstrumentationScopeInfo().getName()
              + " "
              + s.getInstrumentationScopeInfo().getVersion());
      out.put("resource", attributes(s.getResource().getAttributes()));
      // through text, so that numbers have the same types as those that are read
      return JSON.readValue(JSON.writeValueAsString(out), Map.class);
    }

    private static String state(SpanContext c) {
      List<String> out = new ArrayList<>();
      c.getTraceState().forEach((k, v) -> out.add(k + "=" + v));
      return String.join(",", out);
    }

    private static Map<String, Object> attributes(Attributes of) {
      Map<String, Object> out = new TreeMap<>();
      of.forEach((k, v) -> out.put(k.getKey(), v));
      return out;
    }
  }
}
