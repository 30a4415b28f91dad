package dev.tethys.pipeline.receiver.datadog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.AgentProcess;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.TracedProgram;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.TracesData;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With Datadog's tracer for Java, and payloads of each version. */
@Tag("slow")
class DatadogTracesTest {
  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClient http = HttpClient.newHttpClient();
  private final PushReceiver receiver =
      DatadogReceiverFactory.receiver(
          TestPipeline.read(
              new DatadogReceiverFactory(new HttpClientFactory("test")).settings(),
              "{endpoint: '127.0.0.1:0'}"),
          pipeline.of(Signal.TRACES),
          null,
          Scheduler.system(),
          path -> {},
          null);
  @TempDir private Path folder;

  @BeforeEach
  void open() throws IOException {
    receiver.start();
  }

  @AfterEach
  void close() {
    receiver.stop(Duration.ZERO);
    http.close();
  }

  private HttpResponse<String> send(String path, String type, byte[] body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + receiver.httpPort() + path))
            .header("Content-Type", type)
            .header("Datadog-Meta-Lang", "java")
            .header("Datadog-Meta-Tracer-Version", "1.0")
            .PUT(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static Map<String, String> attributes(List<KeyValue> all) {
    Map<String, String> m = new TreeMap<>();
    all.forEach(
        a ->
            m.put(
                a.getKey(),
                a.getValue().hasDoubleValue()
                    ? "" + a.getValue().getDoubleValue()
                    : a.getValue().getStringValue()));
    return m;
  }

  private static List<Span> spans(ResourceSpans r) {
    return r.getScopeSpans(0).getSpansList();
  }

  @Test
  void receivesFromTheJavaTracer() throws Exception {
    try (AgentProcess tracer =
        new AgentProcess(
            "datadog.trace.bootstrap.AgentBootstrap",
            TracedProgram.class,
            folder,
            Map.of(
                "DD_TRACE_AGENT_URL", "http://127.0.0.1:" + receiver.httpPort(),
                "DD_SERVICE", "shop",
                "DD_ENV", "test",
                "DD_VERSION", "1.2",
                "DD_TRACE_METHODS", TracedProgram.class.getName() + "[outer,inner]",
                "DD_INSTRUMENTATION_TELEMETRY_ENABLED", "false",
                "DD_REMOTE_CONFIGURATION_ENABLED", "false",
                "DD_JMXFETCH_ENABLED", "false",
                "DD_CRASHTRACKING_ENABLED", "false"))) {
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
      while (pipeline.batches.isEmpty()) {
        assertThat(System.nanoTime()).as(tracer.log()).isLessThan(until);
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
    ResourceSpans r = TracesData.parseFrom(pipeline.batches.getFirst().body()).getResourceSpans(0);
    assertThat(attributes(r.getResource().getAttributesList()))
        .containsEntry("service.name", "shop")
        .containsEntry("service.version", "1.2")
        .containsEntry("telemetry.sdk.language", "java")
        .containsEntry("telemetry.sdk.name", "Datadog");
    Span inner =
        spans(r).stream()
            .filter(
                s ->
                    "TracedProgram.inner"
                        .equals(attributes(s.getAttributesList()).get("dd.span.Resource")))
            .findFirst()
            .orElseThrow();
    assertThat(inner.getStatus().getCodeValue()).isEqualTo(2);
    assertThat(inner.getStatus().getMessage()).isEqualTo("out of stock");
    assertThat(inner.getEndTimeUnixNano() - inner.getStartTimeUnixNano()).isGreaterThan(500_000);
    Span outer =
        spans(r).stream()
            .filter(s -> s.getSpanId().equals(inner.getParentSpanId()))
            .findFirst()
            .orElseThrow();
    assertThat(outer.getTraceId()).as("of 128 bits both").isEqualTo(inner.getTraceId());
    assertThat(HexFormat.of().formatHex(outer.getTraceId().toByteArray(), 0, 4))
        .isNotEqualTo("00000000");
    assertThat(attributes(outer.getAttributesList()))
        .containsEntry("deployment.environment", "test");
  }

  private void check(String version) throws Exception {
    assertThat(pipeline.batches).as(version).hasSize(1);
    ResourceSpans r =
        TracesData.parseFrom(pipeline.batches.removeFirst().body()).getResourceSpans(0);
    assertThat(attributes(r.getResource().getAttributesList()))
        .containsEntry("service.name", "shop");
    Span s = spans(r).getFirst();
    assertThat(s.getName()).isEqualTo("web.request");
    assertThat(HexFormat.of().formatHex(s.getTraceId().toByteArray()))
        .isEqualTo("640cfd8d00000000000000000000000b");
    assertThat(HexFormat.of().formatHex(s.getSpanId().toByteArray())).isEqualTo("000000000000000c");
    assertThat(s.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
    assertThat(s.getStartTimeUnixNano()).isEqualTo(1000);
    assertThat(s.getEndTimeUnixNano()).isEqualTo(1500);
    assertThat(attributes(s.getAttributesList()))
        .containsEntry("dd.span.Resource", "GET /")
        .containsEntry("deployment.environment", "dev")
        .containsEntry("datadog.trace.id", "11")
        .containsEntry("_sampling_priority_v1", "1.0")
        .containsEntry("sampling.priority", "1.000000");
  }

  static byte[] msgpack(Object v) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    pack(v, out);
    return out.toByteArray();
  }

  private static void pack(Object v, java.io.ByteArrayOutputStream out) {
    switch (v) {
      case String s -> {
        out.write(0xd9);
        out.write(s.length());
        out.writeBytes(s.getBytes(UTF_8));
      }
      case Integer i -> {
        out.write(0xcf);
        out.writeBytes(java.nio.ByteBuffer.allocate(8).putLong(i).array());
      }
      case Long l -> {
        out.write(0xcf);
        out.writeBytes(java.nio.ByteBuffer.allocate(8).putLong(l).array());
      }
      case byte[] b -> {
        out.write(0xc5);
        out.write(b.length >> 8);
        out.write(b.length);
        out.writeBytes(b);
      }
      case Double d -> {
        out.write(0xcb);
        out.writeBytes(java.nio.ByteBuffer.allocate(8).putDouble(d).array());
      }
      case List<?> l -> {
        out.write(0xdc);
        out.write(0);
        out.write(l.size());
        l.forEach(x -> pack(x, out));
      }
      case Map<?, ?> m -> {
        out.write(0x80 | m.size());
        m.forEach(
            (k, x) -> {
              pack(k, out);
              pack(x, out);
            });
      }
      default -> throw new IllegalArgumentException();
    }
  }

  private static final Map<String, Object> SPAN =
      Map.ofEntries(
          Map.entry("service", "shop"),
          Map.entry("name", "web.request"),
          Map.entry("resource", "GET /"),
          Map.entry("trace_id", 11),
          Map.entry("span_id", 12),
          Map.entry("parent_id", 0),
          Map.entry("start", 1000),
          Map.entry("duration", 500),
          Map.entry("error", 0),
          Map.entry("type", "web"),
          Map.entry("meta", Map.of("env", "dev", "_dd.p.tid", "640cfd8d00000000")),
          Map.entry("metrics", Map.of("_sampling_priority_v1", 1.0)));

  @Test
  void readsEveryVersion() throws Exception {
    String type = "application/msgpack";
    HttpResponse<String> a = send("/v0.4/traces", type, msgpack(List.of(List.of(SPAN))));
    assertThat(a.statusCode()).isEqualTo(200);
    assertThat(a.body()).isEqualTo("{\"rate_by_service\":{\"service:,env:\":1}}");
    check("0.4");
    String json =
        "[[{\"service\":\"shop\",\"name\":\"web.request\",\"resource\":\"GET /\",\"trace_id\":11,"
            + "\"span_id\":12,\"start\":1000,\"duration\":500,\"type\":\"web\",\"meta\":{\"env\":"
            + "\"dev\",\"_dd.p.tid\":\"640cfd8d00000000\"},\"metrics\":{\"_sampling_priority_v1\":1}}]]";
    assertThat(send("/v0.3/traces", "application/json", json.getBytes(UTF_8)).statusCode())
        .isEqualTo(200);
    check("0.3");
    List<Object> table =
        List.of(
            "",
            "shop",
            "web.request",
            "GET /",
            "web",
            "env",
            "dev",
            "_dd.p.tid",
            "640cfd8d00000000",
            "_sampling_priority_v1");
    List<Object> span =
        List.of(1, 2, 3, 11, 12, 0, 1000, 500, 0, Map.of(5, 6, 7, 8), Map.of(9, 1.0), 4);
    assertThat(
            send("/v0.5/traces", type, msgpack(List.of(table, List.of(List.of(span)))))
                .statusCode())
        .isEqualTo(200);
    check("0.5");
    assertThat(
            send(
                    "/v0.7/traces",
                    type,
                    msgpack(Map.of("chunks", List.of(Map.of("spans", List.of(SPAN))))))
                .statusCode())
        .isEqualTo(200);
    check("0.7");
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + receiver.httpPort() + "/api/v0.2/traces"))
                .POST(BodyPublishers.ofByteArray(agentPayload()))
                .build(),
            BodyHandlers.ofString());
    assertThat(r.statusCode()).isEqualTo(200);
    check("agent");
  }

  private static byte[] agentPayload() {
    ProtoWriter w = new ProtoWriter();
    w.string(1, "host-1");
    int payload = w.begin(5);
    int chunk = w.begin(6);
    int s = w.begin(3);
    w.string(1, "shop").string(2, "web.request").string(3, "GET /").int64(4, 11).int64(5, 12);
    w.int64(7, 1000).int64(8, 500).string(12, "web");
    for (String[] m : new String[][] {{"env", "dev"}, {"_dd.p.tid", "640cfd8d00000000"}}) {
      int e = w.begin(10);
      w.string(1, m[0]).string(2, m[1]);
      w.end(e);
    }
    int e = w.begin(11);
    w.string(1, "_sampling_priority_v1").float64(2, 1);
    w.end(e);
    w.end(s);
    w.end(chunk);
    w.end(payload);
    return w.toByteArray();
  }

  @Test
  void cachesTheUpperHalfOfAnId() throws Exception {
    Map<String, Object> later = new TreeMap<>(SPAN);
    later.put("span_id", 13);
    later.put(
        "meta",
        Map.of(
            "_dd.span_links",
            "[{\"trace_id\":\"640cfd8d0000000000000000000000ff\",\"span_id\":\"00000000000000aa\","
                + "\"flags\":1,\"tracestate\":\"a=b\",\"attributes\":{\"why\":\"queued\"}}]"));
    String type = "application/msgpack";
    assertThat(send("/v0.4/traces", type, msgpack(List.of(List.of(SPAN)))).statusCode())
        .isEqualTo(200);
    check("first");
    assertThat(send("/v0.4/traces", type, msgpack(List.of(List.of(later)))).statusCode())
        .isEqualTo(200);
    Span s =
        spans(TracesData.parseFrom(pipeline.batches.removeFirst().body()).getResourceSpans(0))
            .getFirst();
    assertThat(HexFormat.of().formatHex(s.getTraceId().toByteArray()))
        .isEqualTo("640cfd8d00000000000000000000000b");
    assertThat(s.getLinksList()).hasSize(1);
    Span.Link l = s.getLinks(0);
    assertThat(HexFormat.of().formatHex(l.getTraceId().toByteArray()))
        .isEqualTo("640cfd8d0000000000000000000000ff");
    assertThat(HexFormat.of().formatHex(l.getSpanId().toByteArray())).isEqualTo("00000000000000aa");
    assertThat(l.getTraceState()).isEqualTo("a=b");
    assertThat(attributes(l.getAttributesList())).isEqualTo(Map.of("why", "queued"));
    assertThat(attributes(s.getAttributesList())).doesNotContainKey("_dd.span_links");
  }

  @Test
  void reportsMalformedAndEarlyRequests() throws Exception {
    assertThat(
            send("/v0.4/traces", "application/msgpack", new byte[] {(byte) 0x92, 1}).statusCode())
        .isEqualTo(400);
    assertThat(send("/v0.5/traces", "application/msgpack", msgpack(List.of(1))).body())
        .contains("a list of two, not of 1");
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofSeconds(3));
    HttpResponse<String> a =
        send("/v0.4/traces", "application/msgpack", msgpack(List.of(List.of(SPAN))));
    assertThat(a.statusCode()).isEqualTo(503);
    assertThat(a.headers().firstValue("Retry-After")).contains("3");
    assertThat(send("/v0.6/stats", "application/msgpack", new byte[] {(byte) 0x80}).statusCode())
        .isEqualTo(200);
  }

  private static String span(String trace, String more) {
    return "{\"service\":\"shop\",\"name\":\"n\",\"trace_id\":"
        + trace
        + ",\"span_id\":18446744073709551615,\"start\":1,\"duration\":1"
        + more
        + "}";
  }

  private static Map<String, Double> refused(Registry registry) {
    Map<String, Double> out = new TreeMap<>();
    registry.gather().stream()
        .filter(f -> f.name().equals("tethys_receiver_refused_items_total"))
        .flatMap(f -> f.metrics().stream())
        .forEach(m -> out.put(m.labels().get("reason"), ((MetricFamily.Value) m.point()).value()));
    return out;
  }

  @Test
  void oneInvalidSpanAffectsNoOther() throws Exception {
    Registry registry = new Registry();
    receiver.countRefused(new PointTally("datadog", registry, System::nanoTime));
    String body =
        "[["
            + span("9223372036854775809", "")
            + "],["
            + span("3", ",\"meta\":{\"_dd.p.tid\":\"not hex\"}")
            + ","
            + span("3", ",\"meta\":{\"_dd.p.tid\":\"00000000000000ff\"}")
            + ","
            + span("18446744073709551616", "")
            + ","
            + span("1.5", "")
            + ","
            + span("5", ",\"error\":\"yes\"")
            + "],7,[8,null]]";
    HttpResponse<String> r = send("/v0.4/traces", "application/json", body.getBytes(UTF_8));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    List<Span> all =
        spans(TracesData.parseFrom(pipeline.batches.getFirst().body()).getResourceSpans(0));
    assertThat(all)
        .extracting(s -> HexFormat.of().formatHex(s.getTraceId().toByteArray()))
        .containsExactly("00000000000000008000000000000001", "00000000000000ff0000000000000003");
    assertThat(HexFormat.of().formatHex(all.getFirst().getSpanId().toByteArray()))
        .isEqualTo("ffffffffffffffff");
    assertThat(refused(registry))
        .containsEntry("meta._dd.p.tid is …; it must be … hexadecimal digits", 1.0)
        .containsEntry("trace_id is …; it must be an integer from … to …", 2.0)
        .containsEntry("error is …; it must be an integer from … to …", 1.0)
        .containsEntry("a trace must be a list of spans", 1.0);
    assertThat(refused(registry).values().stream().mapToDouble(d -> d).sum()).isEqualTo(7);
  }

  @Test
  void rejectsRequestsWithoutReadableSpans() throws Exception {
    HttpResponse<String> r =
        send("/v0.4/traces", "application/json", ("[[" + span("-", "") + "]]").getBytes(UTF_8));
    assertThat(r.statusCode()).isEqualTo(400);
    r = send("/v0.4/traces", "application/json", ("[[" + span("1.5", "") + "]]").getBytes(UTF_8));
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("span 1 (shop/n): trace_id is 1.5; it must be an integer from 0");
    assertThat(pipeline.batches).isEmpty();
  }
}
