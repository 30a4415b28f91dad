package dev.tethys.pipeline.exporter.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.loki.PushReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.logs.v1.SeverityNumber;
import io.opentelemetry.proto.resource.v1.Resource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class LokiExporterTest {
  private LokiDouble loki;
  private HttpClientFactory http;

  @BeforeEach
  void start() throws IOException {
    loki = new LokiDouble();
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    loki.close();
    http.close();
  }

  private LokiExporterSettings settings(String keys) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{endpoint: '" + loki.url() + "'" + keys + "}");
    LokiExporterSettings s = LokiExporterSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private LokiRequestEncoder encodedRequests(String keys) {
    return new LokiRequestEncoder(settings(keys), null, () -> 1000);
  }

  private LokiSender sender() {
    return new LokiSender(
        settings("").url(),
        Map::of,
        Duration.ofSeconds(10),
        false,
        () -> http.client(settings("").client().client()),
        () -> 0,
        LokiSender.Listener.NONE);
  }

  private static KeyValue attribute(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static Batch batch() {
    LogRecord.Builder rich =
        LogRecord.newBuilder()
            .setTimeUnixNano(5)
            .setBody(AnyValue.newBuilder().setStringValue("a line"))
            .setSeverityText("WARN")
            .addAttributes(attribute("http.method", "GET"))
            .addAttributes(attribute("user", "u"));
    LogRecord.Builder bare = LogRecord.newBuilder().setObservedTimeUnixNano(7);
    ResourceLogs.Builder first =
        ResourceLogs.newBuilder()
            .setResource(
                Resource.newBuilder()
                    .addAttributes(attribute("service.name", "web"))
                    .addAttributes(attribute("host.name", "h1")))
            .addScopeLogs(ScopeLogs.newBuilder().addLogRecords(rich).addLogRecords(bare));
    ResourceLogs.Builder tenant =
        ResourceLogs.newBuilder()
            .setResource(Resource.newBuilder().addAttributes(attribute("__tenant_id__", "t")))
            .addScopeLogs(ScopeLogs.newBuilder().addLogRecords(LogRecord.newBuilder()));
    byte[] body =
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(first)
            .addResourceLogs(tenant)
            .build()
            .toByteArray();
    return new Batch(Signal.LOGS, Encoding.OTLP, body, 3, 9);
  }

  @Test
  void encodesRecordsAsEntries() throws Exception {
    List<EncodedRequest> all = encodedRequests(", tenant_id: common").encode(batch()).requests();
    for (EncodedRequest p : all) {
      assertThat(p.lane()).isEqualTo(9);
      assertThat(sender().send(p)).isEqualTo(SendResult.DELIVERED);
    }
    String labels = "{host_name=\"h1\", service_name=\"web\"}";
    assertThat(loki.entries)
        .containsExactly(
            new LokiDouble.Got(
                "common", labels, 5, "a line", "http_method=GET;severity_text=WARN;user=u;"),
            new LokiDouble.Got("common", labels, 7, "", ""),
            new LokiDouble.Got("t", "{service_name=\"unknown_service\"}", 1_000_000_000L, "", ""));
  }

  @Test
  void selectsLabels() throws Exception {
    EncodedRequest p =
        encodedRequests(", resource_labels: [service.name], record_labels: [http.method]")
            .encode(batch())
            .requests()
            .getFirst();
    sender().send(p);
    assertThat(loki.entries.getFirst())
        .isEqualTo(
            new LokiDouble.Got(
                "",
                "{http_method=\"GET\", service_name=\"web\"}",
                5,
                "a line",
                "host_name=h1;severity_text=WARN;user=u;"));
  }

  @Test
  void addsLabelsOfTheCollectorIfConfigured() throws Exception {
    byte[] b =
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(
                ResourceLogs.newBuilder()
                    .setResource(
                        Resource.newBuilder()
                            .addAttributes(attribute("service.name", "web"))
                            .addAttributes(attribute("service.namespace", "shop"))
                            .addAttributes(attribute("service.instance.id", "web-1")))
                    .addScopeLogs(
                        ScopeLogs.newBuilder()
                            .addLogRecords(
                                LogRecord.newBuilder()
                                    .setTimeUnixNano(5)
                                    .setSeverityNumber(SeverityNumber.SEVERITY_NUMBER_WARN2)
                                    .setBody(AnyValue.newBuilder().setStringValue("a line")))))
            .build()
            .toByteArray();
    Batch batch = new Batch(Signal.LOGS, Encoding.OTLP, b, 1, 0);
    sender()
        .send(
            encodedRequests(", resource_labels: [x], default_labels_enabled: {instance: false}")
                .encode(batch)
                .requests()
                .getFirst());
    assertThat(loki.entries.getFirst().toString())
        .contains("{exporter=\"OTLP\", job=\"shop/web\", level=\"WARN2\"}");
    sender()
        .send(
            encodedRequests(", resource_labels: [x], default_labels_enabled: {}")
                .encode(batch)
                .requests()
                .getFirst());
    assertThat(loki.entries.getLast().toString()).contains("instance=\"web-1\"");
  }

  @Test
  void supportsJsonRequests() {
    EncodedRequest p =
        encodedRequests(", encoding: json, compression: gzip")
            .encode(batch())
            .requests()
            .getFirst();
    assertThat(p.headers())
        .containsEntry("Content-Type", "application/json")
        .containsEntry("Content-Encoding", "gzip");
    byte[] b = Compression.GZIP.decompress(p.body(), 0, p.body().length, 1 << 20);
    assertThat(new String(b, StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"streams\":[{\"stream\":{\"host_name\":\"h1\",\"service_name\":\"web\"},\"values\":"
                + "[[\"5\",\"a line\",{\"http_method\":\"GET\",\"severity_text\":\"WARN\",\"user\":\"u\"}],"
                + "[\"7\",\"\"]]}]}");
  }

  @Test
  void passesPushRequestsUnchanged() throws Exception {
    String json =
        "{\"streams\":[{\"stream\":{\"app\":\"a\"},\"values\":[[\"5\",\"x\",{\"k\":\"v\"}],[\"6\",\"y\"]]}]}";
    byte[] in = json.getBytes(StandardCharsets.UTF_8);
    LogsData logs = PushReader.json(in, 0, in.length);
    byte[] body = new OtlpWriter().write(logs);
    EncodedRequest p =
        encodedRequests("")
            .encode(new Batch(Signal.LOGS, Encoding.OTLP, body, 2, 0))
            .requests()
            .getFirst();
    sender().send(p);
    assertThat(loki.entries)
        .containsExactly(
            new LokiDouble.Got("", "{app=\"a\"}", 5, "x", "k=v;"),
            new LokiDouble.Got("", "{app=\"a\"}", 6, "y", ""));
  }

  @Test
  void evaluatesResponses() throws Exception {
    EncodedRequest p = encodedRequests("").encode(batch()).requests().getFirst();
    loki.answers.add(new LokiDouble.Answer(429, "slow down"));
    assertThat(sender().send(p)).isInstanceOf(SendResult.Retryable.class);
    loki.answers.add(new LokiDouble.Answer(400, "too old"));
    assertThat(sender().send(p)).isEqualTo(new SendResult.Permanent("HTTP status 400: too old"));
    loki.answers.add(new LokiDouble.Answer(413, "too large"));
    assertThat(sender().send(p)).isInstanceOf(SendResult.Split.class);
  }

  @Test
  void halvesJsonRequests() throws Exception {
    EncodedRequest whole =
        encodedRequests(", encoding: json, compression: gzip, tenant_id: t")
            .encode(batch())
            .requests()
            .getFirst();
    assertThat(whole.items()).isEqualTo(3);
    loki.answers.add(new LokiDouble.Answer(413, "too large"));
    List<EncodedRequest> halves = ((SendResult.Split) sender().send(whole)).requests();
    assertThat(halves).extracting(EncodedRequest::items).containsExactly(1, 2);
    List<String> parts = new ArrayList<>();
    for (EncodedRequest p : halves) {
      assertThat(p.headers()).isEqualTo(whole.headers());
      parts.addAll(lines(p));
    }
    assertThat(parts).isEqualTo(lines(whole)).hasSize(3);
  }

  /** Each line of a gzipped request of JSON with its stream. */
  private static List<String> lines(EncodedRequest p) throws IOException {
    List<String> out = new ArrayList<>();
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(p.body()))) {
      for (JsonNode stream : new ObjectMapper().readTree(in.readAllBytes()).path("streams")) {
        stream.path("values").forEach(v -> out.add(stream.path("stream") + " " + v));
      }
    }
    return out;
  }

  @Test
  void rejectsInvalidSettings() {
    assertThatThrownBy(() -> settings(", compression: gzip"))
        .hasMessageContaining("compressed by snappy");
    assertThatThrownBy(() -> settings(", default_labels_enabled: {colour: false}"))
        .hasMessageContaining("colour");
    assertThatThrownBy(
            () ->
                encodedRequests("")
                    .encode(new Batch(Signal.LOGS, Encoding.OTLP, new byte[] {1, 2, 3}, 1, 0)))
        .isInstanceOf(NotEncodableException.class);
  }
}
