package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.testkit.Ports;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code service.telemetry.traces}, read with OpenTelemetry's own messages. */
class PushedTracesTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "00-" + TRACE + "-b7ad6b7169203331-";

  @TempDir private Path folder;
  private final BlockingQueue<Span> spans = new LinkedBlockingQueue<>();
  private final List<Span> seen = new ArrayList<>();
  private final BlockingQueue<String> parents = new LinkedBlockingQueue<>();
  private final int port = Ports.free();
  private HttpListener server;

  @BeforeEach
  void start() throws Exception {
    server =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    "/v1/traces",
                    (q, r) -> {
                      for (ResourceSpans s :
                          ExportTraceServiceRequest.parseFrom(q.bodyBytes(1 << 20))
                              .getResourceSpansList()) {
                        assertThat(s.getResource().getAttributesList())
                            .extracting(KeyValue::getKey)
                            .contains("service.name", "site");
                        s.getScopeSpansList().forEach(g -> spans.addAll(g.getSpansList()));
                      }
                    })
                .post(
                    "/v1/logs",
                    (q, r) -> {
                      q.bodyBytes(1 << 20);
                      parents.add(String.valueOf(q.header("traceparent")));
                    }),
            null);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private CollectorRole role(String traces) throws IOException {
    Path c = folder.resolve("c.yaml");
    Files.writeString(
        c,
        """
        receivers: {otlp/in: {protocols: {http: {endpoint: "127.0.0.1:%d"}}}}
        exporters:
          otlp_http/out: {endpoint: "http://127.0.0.1:%d", compression: none}
        service:
          pipelines: {logs: {receivers: [otlp/in], exporters: [otlp_http/out]}}
          telemetry:
            resource: {site: north}
            metrics: {level: none}
            traces: {processors: [{batch: {schedule_delay: 20, exporter: {otlp: {
              protocol: http/protobuf, endpoint: "http://127.0.0.1:%d"}}}}], %s}
        """
            .formatted(port, server.port(), server.port(), traces));
    CollectorRole role =
        new CollectorRole(
            new ConfigSources(List.of(c.toString()), List.of(), n -> null),
            BuiltIn.components(),
            true,
            false);
    role.start();
    return role;
  }

  /** Sends two log records to the receiver. */
  private void send(String parent) throws Exception {
    HttpRequest.Builder q =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/logs"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    """
                    {"resourceLogs":[{"scopeLogs":[{"logRecords":[
                      {"body":{"stringValue":"a"}},{"body":{"stringValue":"b"}}]}]}]}"""));
    if (!parent.isEmpty()) {
      q.header("traceparent", parent);
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      assertThat(client.send(q.build(), HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
    }
  }

  private Span span(Predicate<Span> wanted) throws InterruptedException {
    for (Span s : seen) {
      if (wanted.test(s)) {
        return s;
      }
    }
    while (true) {
      Span s = Objects.requireNonNull(spans.poll(30, TimeUnit.SECONDS), "no span received");
      seen.add(s);
      if (wanted.test(s)) {
        return s;
      }
    }
  }

  private static Map<String, String> attributes(Span s) {
    return s.getAttributesList().stream()
        .collect(
            Collectors.toMap(
                KeyValue::getKey,
                a ->
                    a.getValue().hasIntValue()
                        ? String.valueOf(a.getValue().getIntValue())
                        : a.getValue().getStringValue()));
  }

  private static ByteString hex(String s) {
    return ByteString.copyFrom(HexFormat.of().parseHex(s));
  }

  @Test
  void recordsBatchesAndRequests() throws Exception {
    try (CollectorRole _ = role("level: basic")) {
      send(PARENT + "01");
      Span received = span(s -> s.getName().equals("receiver/otlp/in/LogsReceived"));
      assertThat(attributes(received))
          .containsEntry("accepted_log_records", "2")
          .containsEntry("refused_log_records", "0");
      assertThat(received.getTraceId()).isNotEqualTo(hex(TRACE)); // no propagators
    }
    Span sent = span(s -> s.getName().equals("exporter/otlp_http/out/logs"));
    assertThat(attributes(sent))
        .containsEntry("exporter", "otlp_http/out")
        .containsEntry("data_type", "logs")
        .containsEntry("items.sent", "2")
        .containsEntry("items.failed", "0");
    assertThat(parents.poll(30, TimeUnit.SECONDS)).isEqualTo("null");
  }

  @Test
  void continuesTracesOfClientsAndServers() throws Exception {
    try (CollectorRole _ =
        role(
            "propagators: [tracecontext], limits: {attribute_value_length_limit: 4},"
                + " sampler: {parent_based: {root: {always_on: }}}")) {
      send(PARENT + "00"); // not recorded by its client, so not recorded here
      send(PARENT + "01");
      Span received = span(s -> s.getName().startsWith("receiver/"));
      assertThat(received.getTraceId()).isEqualTo(hex(TRACE));
      assertThat(received.getParentSpanId()).isEqualTo(hex("b7ad6b7169203331"));
      assertThat(attributes(received)).containsEntry("receiver", "otlp");
      assertThat(parents.poll(30, TimeUnit.SECONDS)).startsWith("00-");
    }
    assertThat(spans).noneMatch(s -> s.getName().startsWith("receiver/"));
  }

  @Test
  void samplesByTraceId() throws Exception {
    try (CollectorRole _ = role("sampler: {trace_id_ratio_based: {ratio: 0}}")) {
      send("");
      assertThat(parents.poll(30, TimeUnit.SECONDS)).isEqualTo("null");
    }
    assertThat(spans).isEmpty();
  }

  @Test
  void rejectsUnsupportedSamplersAndPropagators() {
    assertThatThrownBy(() -> role("sampler: {jaeger_remote: {}}").close())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("sampler jaeger_remote is not supported");
    assertThatThrownBy(() -> role("propagators: [tracecontext, b3]").close())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("propagator b3 is not supported");
    assertThatThrownBy(() -> role("sampler: {trace_id_ratio_based: {ratio: 2}}").close())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("ratio is 2.0; it must be from 0 to 1");
  }
}
