package dev.tethys.pipeline.exporter.zipkin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.zipkin.ZipkinReader;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.PostSender;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zipkin2.Endpoint;
import zipkin2.codec.SpanBytesDecoder;

/** Output is read with Zipkin's own library. */
class ZipkinExporterTest {
  private static final long START = 1_472_470_996_199_000_123L;
  private static final String TRACE = "463ac35c9f6413ad48485a3953bb6124";

  private HttpDouble zipkin;
  private HttpClientFactory http;

  @BeforeEach
  void start() throws IOException {
    zipkin = new HttpDouble();
    zipkin.otherwise(202, "");
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    zipkin.close();
    http.close();
  }

  private ZipkinSettings settings(String more) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{endpoint: '" + zipkin.url() + "'" + more + "}");
    ZipkinSettings s = ZipkinSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private PostSender sender(ZipkinSettings s, LineRequestEncoder lists) {
    return new PostSender(
        s.url(),
        new HttpEndpoint(s.client(), null, Map.of(), s.delivery().timeout(), http, () -> 0),
        lists);
  }

  private static ByteString id(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }

  private static KeyValue text(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static KeyValue number(String key, long value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setIntValue(value))
        .build();
  }

  private static Span call() {
    return Span.newBuilder()
        .setTraceId(id(TRACE))
        .setSpanId(id("a2fb4a1d1a96d312"))
        .setParentSpanId(id("0000000000000001"))
        .setName("get /x\n\"quoted\"")
        .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
        .setStartTimeUnixNano(START)
        .setEndTimeUnixNano(START + 207_000_000)
        .setTraceState("v=1")
        .addAttributes(text("net.host.ip", "10.0.0.1"))
        .addAttributes(number("net.host.port", 80))
        .addAttributes(text("peer.service", "back"))
        .addAttributes(text("net.peer.ip", "2001:db8::1"))
        .addAttributes(number("net.peer.port", 9000))
        .addAttributes(text("zone", "b"))
        .addAttributes(number("size", 17))
        .addAttributes(
            KeyValue.newBuilder()
                .setKey("list")
                .setValue(
                    AnyValue.newBuilder()
                        .setArrayValue(
                            ArrayValue.newBuilder()
                                .addValues(AnyValue.newBuilder().setStringValue("a,\n"))
                                .addValues(AnyValue.newBuilder().setIntValue(2)))))
        .addEvents(Span.Event.newBuilder().setTimeUnixNano(START + 1_000_000).setName("half way"))
        .addEvents(
            Span.Event.newBuilder()
                .setTimeUnixNano(START + 2_000_000)
                .setName("retry")
                .addAttributes(number("n", 2)))
        .addLinks(Span.Link.newBuilder().setTraceId(id(TRACE)).setSpanId(id("0000000000000007")))
        .setStatus(
            Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR).setMessage("late"))
        .build();
  }

  private static Span inner(int number) {
    return Span.newBuilder()
        .setTraceId(id("000000000000000048485a3953bb6124"))
        .setSpanId(id(String.format("%016x", number)))
        .setName("inner")
        .setKind(Span.SpanKind.SPAN_KIND_INTERNAL)
        .setStartTimeUnixNano(START)
        .setEndTimeUnixNano(START + 10)
        .build();
  }

  private static Batch batch(List<Span> spans) {
    byte[] body =
        ExportTraceServiceRequest.newBuilder()
            .addResourceSpans(
                ResourceSpans.newBuilder()
                    .setResource(
                        Resource.newBuilder()
                            .addAttributes(text("service.name", "front"))
                            .addAttributes(text("zone", "a")))
                    .addScopeSpans(
                        ScopeSpans.newBuilder()
                            .setScope(
                                InstrumentationScope.newBuilder().setName("lib").setVersion("1"))
                            .addAllSpans(spans)))
            .build()
            .toByteArray();
    return new Batch(Signal.TRACES, Encoding.OTLP, body, spans.size(), 0);
  }

  private List<zipkin2.Span> received(boolean json) {
    List<zipkin2.Span> out = new ArrayList<>();
    for (HttpDouble.Got g : zipkin.requests()) {
      assertThat(g.path()).isEqualTo("/api/v2/spans");
      assertThat(g.header("Content-Type"))
          .isEqualTo(json ? "application/json" : "application/x-protobuf");
      SpanBytesDecoder d = json ? SpanBytesDecoder.JSON_V2 : SpanBytesDecoder.PROTO3;
      d.decodeList(g.body(), out);
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "proto"})
  void zipkinsLibraryReadsTheOutput(String format) throws Exception {
    ZipkinSettings s = settings(", format: " + format);
    LineRequestEncoder lists = ZipkinExporterFactory.lists(s, null);
    Encoder.Encoded e = new ZipkinSpans(s, lists).encode(batch(List.of(call(), inner(9))));
    assertThat(e.drops()).isEmpty();
    for (EncodedRequest p : e.requests()) {
      assertThat(sender(s, lists).send(p)).isEqualTo(SendResult.DELIVERED);
    }
    List<zipkin2.Span> got = received(format.equals("json"));
    zipkin2.Span want =
        zipkin2.Span.newBuilder()
            .traceId(TRACE)
            .id("a2fb4a1d1a96d312")
            .parentId("1")
            .name("get /x\n\"quoted\"")
            .kind(zipkin2.Span.Kind.CLIENT)
            .timestamp(START / 1000)
            .duration(207_000L)
            .localEndpoint(
                Endpoint.newBuilder().serviceName("front").ip("10.0.0.1").port(80).build())
            .remoteEndpoint(
                Endpoint.newBuilder().serviceName("back").ip("2001:db8::1").port(9000).build())
            .addAnnotation(START / 1000 + 1000, "half way")
            .addAnnotation(START / 1000 + 2000, "{\"retry\":{\"n\":2}}")
            .putTag("zone", "b")
            .putTag("resource.zone", "a")
            .putTag("size", "17")
            .putTag("list", "[\"a,\\n\",2]")
            .putTag("otel.scope.name", "lib")
            .putTag("otel.scope.version", "1")
            .putTag("otel.status_code", "ERROR")
            .putTag("otel.status_description", "late")
            .putTag("error", "late")
            .putTag("w3c.tracestate", "v=1")
            .putTag("otlp.link.0", TRACE + "|0000000000000007||{}|0")
            .build();
    assertThat(got.getFirst()).isEqualTo(want);
    assertThat(got.get(1).traceId()).isEqualTo("48485a3953bb6124");
    assertThat(got.get(1).durationAsLong()).isEqualTo(1);
    assertThat(got.get(1).tags()).containsEntry("span.kind", "internal");
  }

  @Test
  void ownReaderReadsTheOutput() throws Exception {
    ZipkinSettings s = settings("");
    LineRequestEncoder lists = ZipkinExporterFactory.lists(s, null);
    EncodedRequest p =
        new ZipkinSpans(s, lists).encode(batch(List.of(call()))).requests().getFirst();
    assertThat(sender(s, lists).send(p)).isEqualTo(SendResult.DELIVERED);
    byte[] sent = zipkin.requests().getFirst().body();
    TracesData back = ZipkinReader.json(sent, 0, sent.length, 2, false, 0).traces();
    byte[] was = batch(List.of(call())).body();
    dev.tethys.model.telemetry.Span before =
        new OtlpReader()
            .traces(was, 0, was.length)
            .resources()
            .getFirst()
            .scopes()
            .getFirst()
            .items()
            .getFirst();
    dev.tethys.model.telemetry.Span after =
        back.resources().getFirst().scopes().getFirst().items().getFirst();
    assertThat(after.name()).isEqualTo(before.name());
    assertThat(after.kind()).isEqualTo(before.kind());
    assertThat(after.statusCode()).isEqualTo(before.statusCode());
    assertThat(after.statusMessage()).isEqualTo("late");
    assertThat(after.attributes().getString("net.peer.ip")).isEqualTo("2001:db8::1");
    assertThat(after.attributes().get("net.host.port")).isEqualTo(80L);
    assertThat(after.attributes().contains("error")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "proto"})
  void splitsARejectedRequestToTheInvalidSpan(String format) throws Exception {
    ZipkinSettings s = settings(", format: " + format);
    LineRequestEncoder lists = ZipkinExporterFactory.lists(s, null);
    PostSender sender = sender(s, lists);
    Encoder.Encoded e =
        new ZipkinSpans(s, lists).encode(batch(List.of(inner(1), inner(2), inner(3), inner(4))));
    zipkin.answer(400, "no");
    SendResult.Split halves = (SendResult.Split) sender.send(e.requests().getFirst());
    assertThat(halves.requests()).extracting(EncodedRequest::items).containsExactly(2, 2);
    zipkin.answer(413, "");
    SendResult.Split quarters = (SendResult.Split) sender.send(halves.requests().get(1));
    zipkin.answer(400, "no");
    assertThat(sender.send(quarters.requests().get(1))).isInstanceOf(SendResult.Permanent.class);
    assertThat(sender.send(quarters.requests().getFirst())).isEqualTo(SendResult.DELIVERED);
    List<zipkin2.Span> got = received(format.equals("json"));
    assertThat(got.getLast().id()).isEqualTo("0000000000000003");
    for (int status : new int[] {401, 429, 503}) {
      zipkin.answer(status, "");
      assertThat(sender.send(quarters.requests().getFirst()))
          .isInstanceOf(SendResult.Retryable.class);
    }
  }

  @Test
  void countsSpansWithoutAnIdAndBoundsRequests() {
    ZipkinSettings s = settings(", max_spans_per_send: 2, default_service_name: nobody");
    LineRequestEncoder lists = ZipkinExporterFactory.lists(s, null);
    Span nameless = inner(1).toBuilder().setSpanId(ByteString.EMPTY).build();
    Encoder.Encoded e =
        new ZipkinSpans(s, lists).encode(batch(List.of(inner(1), nameless, inner(2), inner(3))));
    assertThat(e.drops()).isEqualTo(Map.of("no_id", 1));
    assertThat(e.requests()).extracting(EncodedRequest::items).containsExactly(2, 1);
  }

  @Test
  void probesZipkin() throws Exception {
    ZipkinSettings s = settings("");
    ZipkinProbe probe =
        new ZipkinProbe(
            s, new HttpEndpoint(s.client(), null, Map.of(), s.delivery().timeout(), http, () -> 0));
    zipkin.when(g -> g.path().equals("/health"), 200, "{\"status\":\"UP\",\"zipkin\":{}}");
    zipkin.when(
        g -> g.path().startsWith("/api/v2/trace/"), 200, "[[{\"tags\":{\"value\":\"42.5\"}}]]");
    assertThat(probe.connect()).contains("Zipkin");
    assertThat(probe.write(1_700_000_000, 42.5)).endsWith("value=42.5 and read it back");
    zipkin.answer(403, "who are you");
    assertThatThrownBy(probe::connect).hasMessageContaining("who are you");
  }

  @Test
  void rejectsInvalidSettings() {
    YamlDocument d = YamlDocument.parse("c.yaml", null, "{format: thrift}");
    assertThatThrownBy(() -> ZipkinSettings.TYPE.read(d.root()))
        .isInstanceOf(ConfigException.class);
    YamlDocument none = YamlDocument.parse("c.yaml", null, "{format: json}");
    assertThatThrownBy(() -> ZipkinSettings.TYPE.read(none.root()))
        .hasMessageContaining("http://host:9411/api/v2/spans");
  }
}
