package dev.tethys.pipeline.receiver.zipkin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import zipkin2.Endpoint;
import zipkin2.codec.SpanBytesEncoder;

class ZipkinReceiverTest {
  private static final List<zipkin2.Span> SPANS =
      List.of(
          zipkin2.Span.newBuilder()
              .traceId("463ac35c9f6413ad48485a3953bb6124")
              .id("a2fb4a1d1a96d312")
              .parentId("1")
              .name("get /x")
              .kind(zipkin2.Span.Kind.CLIENT)
              .timestamp(1_472_470_996_199_000L)
              .duration(207_000L)
              .localEndpoint(
                  Endpoint.newBuilder().serviceName("front").ip("10.0.0.1").port(80).build())
              .remoteEndpoint(
                  Endpoint.newBuilder().serviceName("back").ip("2001:db8::1").port(9000).build())
              .addAnnotation(1_472_470_996_238_000L, "half way")
              .putTag("http.path", "/x")
              .putTag("size", "17")
              .putTag("error", "timed out")
              .build(),
          zipkin2.Span.newBuilder()
              .traceId("48485a3953bb6124")
              .id("2")
              .name("serve")
              .kind(zipkin2.Span.Kind.SERVER)
              .timestamp(1_472_470_996_200_000L)
              .duration(100L)
              .localEndpoint(Endpoint.newBuilder().serviceName("back").build())
              .build());

  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private @Nullable PushReceiver receiver;

  @AfterEach
  void stop() {
    http.close();
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
  }

  private int start(String yaml) throws IOException {
    PushReceiver r =
        ZipkinReceiverFactory.receiver(
            TestPipeline.read(new ZipkinReceiverFactory().settings(), yaml),
            pipeline.of(Signal.TRACES),
            null,
            Scheduler.system());
    r.start();
    receiver = r;
    return r.httpPort();
  }

  /** The form of the Collector's testdata/config.yaml; the other keys are deprecated. */
  @Test
  void acceptsServerSettingsUnderProtocols() {
    String under =
        "protocols: {http: {endpoint: 'localhost:8765', include_metadata: true}}\n"
            + "endpoint: 'localhost:1'\n"
            + "parse_string_tags: true\n";
    ZipkinReceiverFactory.Settings s =
        TestPipeline.read(new ZipkinReceiverFactory().settings(), under);
    assertThat(s.http().endpoint()).isEqualTo("localhost:8765");
    assertThat(s.http().includeMetadata()).isTrue();
    assertThat(s.typedTags()).isTrue();
    assertThat(
            TestPipeline.read(new ZipkinReceiverFactory().settings(), "protocols: {http: }")
                .http()
                .endpoint())
        .isEqualTo("localhost:9411");
  }

  private HttpResponse<String> post(int port, String path, String type, byte[] body)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Content-Type", type)
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  private TracesData taken(int index) {
    Batch b = pipeline.batches.get(index);
    return new OtlpReader().traces(b.body(), 0, b.body().length);
  }

  private static void isRight(TracesData t, boolean typed) {
    assertThat(t.itemCount()).isEqualTo(2);
    assertThat(t.resources().get(0).resource().attributes().toString())
        .isEqualTo("{service.name=front}");
    assertThat(t.resources().get(1).resource().attributes().toString())
        .isEqualTo("{service.name=back}");
    Span s = t.resources().get(0).scopes().getFirst().items().getFirst();
    assertThat(s.name()).isEqualTo("get /x");
    assertThat(s.traceIdHigh()).isEqualTo(0x463ac35c9f6413adL);
    assertThat(s.traceIdLow()).isEqualTo(0x48485a3953bb6124L);
    assertThat(s.spanId()).isEqualTo(0xa2fb4a1d1a96d312L);
    assertThat(s.parentSpanId()).isEqualTo(1);
    assertThat(s.kind()).isEqualTo(3);
    assertThat(s.startTimeUnixNano()).isEqualTo(1_472_470_996_199_000_000L);
    assertThat(s.endTimeUnixNano()).isEqualTo(1_472_470_996_406_000_000L);
    assertThat(s.statusCode()).isEqualTo(2);
    assertThat(s.statusMessage()).isEqualTo("timed out");
    assertThat(s.events()).hasSize(1);
    assertThat(s.events().getFirst().name()).isEqualTo("half way");
    assertThat(s.attributes().get("http.path")).isEqualTo("/x");
    assertThat(s.attributes().get("size")).isEqualTo(typed ? (Object) 17L : "17");
    assertThat(s.attributes().get("net.host.ip")).isEqualTo("10.0.0.1");
    assertThat(s.attributes().get("net.host.port")).isEqualTo(80L);
    assertThat(s.attributes().get("peer.service")).isEqualTo("back");
    assertThat(s.attributes().getString("net.peer.ip")).startsWith("2001:db8:");
    Span server = t.resources().get(1).scopes().getFirst().items().getFirst();
    assertThat(server.kind()).isEqualTo(2);
    assertThat(server.endTimeUnixNano() - server.startTimeUnixNano()).isEqualTo(100_000);
  }

  @Test
  void readsZipkinsOwnEncodings() throws Exception {
    int port = start("{endpoint: '127.0.0.1:0', parse_string_tags: true}");
    String json = "application/json";
    assertThat(
            post(port, "/api/v2/spans", json, SpanBytesEncoder.JSON_V2.encodeList(SPANS))
                .statusCode())
        .isEqualTo(202);
    isRight(taken(0), true);
    assertThat(
            post(
                    port,
                    "/api/v2/spans",
                    "application/x-protobuf",
                    SpanBytesEncoder.PROTO3.encodeList(SPANS))
                .statusCode())
        .isEqualTo(202);
    isRight(taken(1), true);
    assertThat(
            post(port, "/api/v1/spans", json, SpanBytesEncoder.JSON_V1.encodeList(SPANS))
                .statusCode())
        .isEqualTo(202);
    isRight(taken(2), true);
    assertThat(
            post(
                    port,
                    "/api/v1/spans",
                    "application/x-thrift",
                    SpanBytesEncoder.THRIFT.encodeList(SPANS))
                .statusCode())
        .isEqualTo(202);
    isRight(taken(3), true);
    assertThat(
            post(
                    port,
                    "/api/v2/spans",
                    "application/x-thrift",
                    SpanBytesEncoder.THRIFT.encodeList(SPANS))
                .statusCode())
        .isEqualTo(415);
    assertThat(
            post(port, "/api/v1/spans", "application/x-thrift", new byte[] {12, 0, 0, 0, 9, 1})
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void rejectsOnlyTheInvalidSpan() throws Exception {
    int port = start("{endpoint: '127.0.0.1:0'}");
    String json = "application/json";
    HttpResponse<String> r =
        post(
            port,
            "/api/v2/spans",
            json,
            "[{\"traceId\":\"1\",\"id\":\"2\",\"name\":\"a\"},{\"traceId\":\"x\",\"id\":\"2\"},{\"traceId\":\"1\"}]"
                .getBytes(UTF_8));
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body())
        .contains("2 spans refused")
        .contains("span 2 \"\": traceId \"x\" is not hexadecimal")
        .contains("span 3 \"\": id is missing or zero");
    assertThat(taken(0).itemCount()).isEqualTo(1);
    for (String bad : new String[] {"", "{}", "[1]", "[{\"tags\":{}", "[{\"annotations\":[7]}]"}) {
      assertThat(post(port, "/api/v2/spans", json, bad.getBytes(UTF_8)).statusCode())
          .as(bad)
          .isEqualTo(400);
    }
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofSeconds(1));
    assertThat(
            post(port, "/api/v2/spans", json, SpanBytesEncoder.JSON_V2.encodeList(SPANS))
                .statusCode())
        .isEqualTo(503);
  }
}
