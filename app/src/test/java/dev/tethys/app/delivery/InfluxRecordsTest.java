package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Log records and spans are in a real InfluxDB 1 as the documentation of the destination says. */
class InfluxRecordsTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private static Batch batch(Signal signal, OtlpSignal of, int items, String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    return new Batch(
        signal, Encoding.OTLP, OtlpJson.toProtobuf(of, b, 0, b.length).toByteArray(), items, 0);
  }

  /** Rows of a measurement, by time, without what is null. */
  static List<Map<String, String>> rows(InfluxPeer peer, String measurement) throws Exception {
    String url =
        "http://127.0.0.1:"
            + peer.port()
            + "/query?db=far&epoch=ns&q="
            + URLEncoder.encode("SELECT * FROM \"" + measurement + "\"", StandardCharsets.UTF_8);
    JsonNode series;
    try (HttpClient http = HttpClient.newHttpClient()) {
      series =
          JSON.readTree(
                  http.send(
                          HttpRequest.newBuilder(URI.create(url)).build(),
                          HttpResponse.BodyHandlers.ofString())
                      .body())
              .at("/results/0/series/0");
    }
    List<Map<String, String>> out = new ArrayList<>();
    for (JsonNode row : series.path("values")) {
      Map<String, String> m = new TreeMap<>();
      for (int i = 0; i < row.size(); i++) {
        if (!row.get(i).isNull()) {
          m.put(series.path("columns").get(i).asString(), row.get(i).asString());
        }
      }
      out.add(m);
    }
    return out;
  }

  private static void send(InfluxPeer peer, Batch b, String more, int dropped) throws Exception {
    try (TestPipeline p =
        new TestPipeline(b.signal(), "influxdb", peer.exporterKeys(peer.port()) + more)) {
      p.send(b);
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).as(p.balance().toString()).isEqualTo(b.items() - dropped);
      assertThat(p.balance().allDropped()).isEqualTo(dropped);
    }
  }

  private static final String RESOURCE =
      "\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"web,1"
          + " =x\"}},{\"key\":\"n\",\"value\":{\"intValue\":\"1\"}}]}";

  @Test
  void writesEveryLogRecordAsAPoint() throws Exception {
    String body = "line one\\n\\tsays \\\"two\\\" \\\\";
    String record =
        """
        {"timeUnixNano":"1700000000000000001","severityNumber":9,"severityText":"INFO",
         "traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708",
         "body":{"stringValue":"%s"},"attributes":[{"key":"n","value":{"intValue":"%d"}}]}
        """;
    try (InfluxPeer peer = new InfluxPeer(folder)) {
      send(
          peer,
          batch(
              Signal.LOGS,
              OtlpSignal.LOGS,
              3,
              """
              {"resourceLogs":[{%s,"scopeLogs":[{"scope":{"name":"s"},"logRecords":[%s,%s,
              {"observedTimeUnixNano":"1700000000000000009","body":{"intValue":"5"}}]}]}]}
              """
                  .formatted(RESOURCE, record.formatted(body, 1), record.formatted("x", 2))),
          ", default_tags: {zone: a}",
          0);
      List<Map<String, String>> rows = rows(peer, "logs");
      assertThat(rows).hasSize(3);
      assertThat(rows.get(0))
          .containsEntry("time", "1700000000000000001")
          .containsEntry("body", "line one\n\tsays \"two\" \\")
          .containsEntry("severity_number", "9")
          .containsEntry("severity_text", "INFO")
          .containsEntry("trace_id", "0102030405060708090a0b0c0d0e0f10")
          .containsEntry("span_id", "0102030405060708")
          .containsEntry("service.name", "web,1 =x")
          .containsEntry("zone", "a")
          .containsEntry("attributes", "{\"n\":1,\"otel.scope.name\":\"s\"}")
          .doesNotContainKey("time_unix_nano");
      // The same tags and time: InfluxDB would keep one of the two.
      assertThat(rows.get(1))
          .containsEntry("time", "1700000000000000002")
          .containsEntry("time_unix_nano", "1700000000000000001")
          .containsEntry("body", "x")
          .containsEntry("attributes", "{\"n\":2,\"otel.scope.name\":\"s\",\"resource.n\":1}");
      assertThat(rows.get(2))
          .containsEntry("time", "1700000000000000009")
          .containsEntry("body", "5")
          .containsEntry("observed_time_unix_nano", "1700000000000000009");
    }
  }

  @Test
  void writesSpansEventsAndLinksAsPoints() throws Exception {
    try (InfluxPeer peer = new InfluxPeer(folder)) {
      send(
          peer,
          batch(
              Signal.TRACES,
              OtlpSignal.TRACES,
              2,
              """
              {"resourceSpans":[{%s,"scopeSpans":[{"spans":[
              {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"GET /",
               "parentSpanId":"1112131415161718","kind":2,"traceState":"a=b",
               "startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000001500",
               "status":{"code":2,"message":"bad"},
               "attributes":[{"key":"http.method","value":{"stringValue":"GET"}}],
               "events":[{"name":"e","timeUnixNano":"1700000000000000017",
                          "attributes":[{"key":"k","value":{"boolValue":true}}]}],
               "links":[{"traceId":"f102030405060708090a0b0c0d0e0f10","spanId":"f102030405060708"}]},
              {"name":"nobody's","startTimeUnixNano":"1700000000000000000"}]}]}]}
              """
                  .formatted(RESOURCE)),
          ", span_dimensions: [service.name, http.method]",
          1);
      assertThat(rows(peer, "spans"))
          .containsExactly(
              new TreeMap<>(
                  Map.ofEntries(
                      Map.entry("time", "1700000000000000000"),
                      Map.entry("trace_id", "0102030405060708090a0b0c0d0e0f10"),
                      Map.entry("span_id", "0102030405060708"),
                      Map.entry("parent_span_id", "1112131415161718"),
                      Map.entry("span.name", "GET /"),
                      Map.entry("span.kind", "Server"),
                      Map.entry("trace_state", "a=b"),
                      Map.entry("service.name", "web,1 =x"),
                      Map.entry("http.method", "GET"),
                      Map.entry("end_time_unix_nano", "1700000000000001500"),
                      Map.entry("duration_nano", "1500"),
                      Map.entry("otel.status_code", "Error"),
                      Map.entry("otel.status_description", "bad"),
                      Map.entry("attributes", "{\"n\":1}"))));
      assertThat(rows(peer, "logs"))
          .containsExactly(
              new TreeMap<>(
                  Map.of(
                      "time", "1700000000000000017",
                      "trace_id", "0102030405060708090a0b0c0d0e0f10",
                      "span_id", "0102030405060708",
                      "event.name", "e",
                      "attributes", "{\"k\":true}")));
      assertThat(rows(peer, "span-links"))
          .containsExactly(
              new TreeMap<>(
                  Map.of(
                      "time", "1700000000000000000",
                      "trace_id", "0102030405060708090a0b0c0d0e0f10",
                      "span_id", "0102030405060708",
                      "linked_trace_id", "f102030405060708090a0b0c0d0e0f10",
                      "linked_span_id", "f102030405060708",
                      "flags", "0")));
    }
  }
}
