package dev.tethys.pipeline.destination.elastic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Encoder.Encoded;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Verdict;
import dev.tethys.pipeline.destination.rows.LineParcels;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameTemplate;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Documents of the mapping mode otel. What is expected follows the exporter's own tests: routes of
 * data_stream_router_test.go, documents of exporter_test.go and of package otelserializer.
 */
class OtelParcelsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final LineParcels LINES =
      new LineParcels(Compression.NONE, 0, 2, "application/x-ndjson", null);

  private Encoded encode(Signal signal, OtelMode mode, int most, Metadata metadata, String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    byte[] body = OtlpJson.toProtobuf(signal.otlp(), b, 0, b.length).toByteArray();
    Registry r = new Registry();
    BoundedNames names = OtelParcels.names(most, r, "x", signal);
    return new OtelParcels(mode, new DocumentParcels(names, LINES, 100, 1 << 20))
        .encode(new Batch(signal, Encoding.OTLP, body, 1, 0, metadata));
  }

  private static List<JsonNode> lines(Encoded e) {
    List<JsonNode> out = new ArrayList<>();
    e.parcels()
        .forEach(
            p -> {
              LineParcels.Opened o = LINES.open(p);
              for (int i = 0; i < o.index().rows(); i++) {
                for (String l : o.row(i).strip().split("\n", -1)) {
                  out.add(JSON.readTree(l));
                }
              }
            });
    return out;
  }

  private static final OtelMode ROUTED = new OtelMode(null, null);

  private static String logs(String resource, String scope, String record) {
    return """
    {"resourceLogs": [{"schemaUrl": "https://s", "resource": {"attributes": [RESOURCE]},
      "scopeLogs": [{"scope": {"name": "SCOPE"}, "logRecords": [{RECORD}]}]}]}
    """
        .replace("RESOURCE", resource)
        .replace("SCOPE", scope)
        .replace("RECORD", record);
  }

  private static String attribute(String key, String value) {
    return "{\"key\": \"" + key + "\", \"value\": {\"stringValue\": \"" + value + "\"}}";
  }

  private String index(String resource, String scope, String record) {
    return lines(encode(Signal.LOGS, ROUTED, 10, Metadata.NONE, logs(resource, scope, record)))
        .getFirst()
        .at("/create/_index")
        .asString();
  }

  @Test
  void aLogRecordIsAnOtelDocument() {
    List<JsonNode> out =
        lines(
            encode(
                Signal.LOGS,
                ROUTED,
                10,
                Metadata.NONE,
                logs(
                    attribute("service.name", "shop"),
                    "lib",
                    "\"timeUnixNano\": \"1581452773000000789\", \"severityNumber\": 9,"
                        + " \"severityText\": \"INFO\", \"body\": {\"stringValue\": \"hi\"},"
                        + " \"traceId\": \"08040201000000000000000000000000\", \"attributes\": ["
                        + attribute("event.name", "e")
                        + ", {\"key\": \"d\", \"value\": {\"doubleValue\": 1}},"
                        + " {\"key\": \"geo.location.lon\", \"value\": {\"doubleValue\": 2.5}},"
                        + " {\"key\": \"geo.location.lat\", \"value\": {\"doubleValue\": -3}},"
                        + attribute("data_stream.dataset", "a-b")
                        + "]")));
    assertThat(out.get(0).at("/create/_index").asString()).isEqualTo("logs-a_b.otel-default");
    assertThat(out.get(1))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"1581452773000.000789","observed_timestamp":"0.000000",
                "data_stream":{"type":"logs","dataset":"a_b.otel","namespace":"default"},
                "severity_text":"INFO","severity_number":9,
                "trace_id":"08040201000000000000000000000000",
                "attributes":{"event.name":"e","d":1.0,"geo.location":[2.5,-3.0]},
                "event_name":"e",
                "resource":{"schema_url":"https://s","attributes":{"service.name":"shop"}},
                "scope":{"name":"lib"},"body":{"text":"hi"}}
                """));
  }

  @Test
  void bodiesOfMapsAndListsAreObjects() {
    String list = "\"body\": {\"arrayValue\": {\"values\": [{\"intValue\": \"1\"}]}}";
    String map = "\"body\": {\"kvlistValue\": {\"values\": [" + attribute("k", "v") + "]}}";
    for (var expected :
        Map.of(list, "{\"structured\":{\"value\":[1]}}", map, "{\"structured\":{\"k\":\"v\"}}")
            .entrySet()) {
      JsonNode doc =
          lines(encode(Signal.LOGS, ROUTED, 10, Metadata.NONE, logs("", "", expected.getKey())))
              .get(1);
      assertThat(doc.get("body")).isEqualTo(JSON.readTree(expected.getValue()));
    }
  }

  @Test
  void attributesSayWhere() {
    assertThat(index("", "", "")).isEqualTo("logs-generic.otel-default");
    assertThat(
            index(
                attribute("data_stream.namespace", "Prod/EU"),
                "github.com/x/receiver/hostmetricsreceiver/internal",
                ""))
        .isEqualTo("logs-hostmetricsreceiver.otel-prod_eu");
    assertThat(
            index(
                attribute("data_stream.dataset", "resource"),
                "",
                "\"attributes\": [" + attribute("data_stream.dataset", "own") + "]"))
        .isEqualTo("logs-own.otel-default");
    assertThat(index(attribute("elasticsearch.index", "mine"), "", "")).isEqualTo("mine");
    assertThat(index(attribute("data_stream.dataset", "x".repeat(120)), "", ""))
        .isEqualTo("logs-" + "x".repeat(95) + ".otel-default");
  }

  @Test
  void anIndexThatIsConfiguredIsNoDataStream() {
    List<JsonNode> out =
        lines(
            encode(
                Signal.LOGS,
                new OtelMode(
                    NameTemplate.parse("mine-{service.name}", ElasticSettings.INDEX), null),
                10,
                Metadata.NONE,
                logs(attribute("service.name", "shop"), "", "")));
    assertThat(out.get(0).at("/create/_index").asString()).isEqualTo("mine-shop");
    assertThat(out.get(1).has("data_stream")).isFalse();
  }

  @Test
  void namesAreBounded() {
    String two =
        "{\"resourceLogs\": ["
            + "{\"resource\": {\"attributes\": [A]}, \"scopeLogs\": [{\"logRecords\": [{}]}]},"
                .replace("A", attribute("data_stream.dataset", "one"))
            + "{\"resource\": {\"attributes\": [A]}, \"scopeLogs\": [{\"logRecords\": [{}]}]}"
                .replace("A", attribute("data_stream.dataset", "two"))
            + "]}";
    List<JsonNode> out = lines(encode(Signal.LOGS, ROUTED, 1, Metadata.NONE, two));
    assertThat(out.get(0).at("/create/_index").asString()).isEqualTo("logs-one.otel-default");
    assertThat(out.get(2).at("/create/_index").asString()).isEqualTo("logs-other.otel-default");
  }

  @Test
  void aSpanAndItsEventsAreDocuments() {
    String spans =
        """
        {"resourceSpans": [{"scopeSpans": [{"spans": [
          {"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "1112131415161718",
           "name": "op", "kind": 2, "startTimeUnixNano": "1581452772000000321",
           "endTimeUnixNano": "1581452773000000789", "status": {"code": 2, "message": "no"},
           "events": [{"timeUnixNano": "1581452773000000123", "name": "exception",
             "attributes": [{"key": "k", "value": {"boolValue": true}}]}],
           "links": [{"traceId": "0102030405060708090a0b0c0d0e0f10",
             "spanId": "1112131415161719"}]}]}]}]}
        """;
    List<JsonNode> out = lines(encode(Signal.TRACES, ROUTED, 10, Metadata.NONE, spans));
    assertThat(out.get(0).at("/create/_index").asString()).isEqualTo("traces-generic.otel-default");
    assertThat(out.get(1))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"1581452772000.000321",
                "data_stream":{"type":"traces","dataset":"generic.otel","namespace":"default"},
                "trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"1112131415161718",
                "name":"op","kind":"Server","duration":1000000468,
                "links":[{"trace_id":"0102030405060708090a0b0c0d0e0f10",
                "span_id":"1112131415161719"}],
                "status":{"message":"no","code":"Error"},"resource":{},"scope":{}}
                """));
    assertThat(out.get(2).at("/create/_index").asString()).isEqualTo("logs-generic.otel-default");
    assertThat(out.get(3))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"1581452773000.000123",
                "data_stream":{"type":"logs","dataset":"generic.otel","namespace":"default"},
                "trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"1112131415161718",
                "event_name":"exception","attributes":{"k":true,"event.name":"exception"},
                "resource":{},"scope":{}}
                """));
  }

  @Test
  void aSpanIsOneItemHoweverManyEventsItHas() {
    String event = "{\"name\": \"e\"}";
    String three = "{\"name\": \"a\", \"events\": [E, E, E]}".replace("E", event);
    String spans =
        "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": [T, {\"name\": \"b\"}, T]}]}]}"
            .replace("T", three);
    List<Parcel> whole = encode(Signal.TRACES, ROUTED, 10, Metadata.NONE, spans).parcels();
    assertThat(whole).extracting(Parcel::items).containsExactly(3);
    LineParcels.Opened o = LINES.open(whole.getFirst());
    assertThat(o.index().rows()).isEqualTo(9);
    assertThat(o.index().item(3)).as("the last event of the first span").isZero();
    assertThat(o.index().item(4)).isEqualTo(1);

    BitSet again = new BitSet();
    again.set(6); // an event of the third span
    Verdict v =
        o.sorted(Map.of(4, "no"), again, new Verdict.Later(java.time.Duration.ZERO, false, ""));
    assertThat(v).isInstanceOf(Verdict.Sorted.class);
    Verdict.Sorted sorted = (Verdict.Sorted) v;
    assertThat(sorted.delivered()).isEqualTo(1);
    assertThat(sorted.refused().getFirst().parcel().items()).isEqualTo(1);
    Parcel third = java.util.Objects.requireNonNull(sorted.again());
    assertThat(third.items()).isEqualTo(1);
    assertThat(LINES.open(third).index().rows()).isEqualTo(4);
  }

  @Test
  void requestsAreCutBetweenSpans() {
    String two = "{\"events\": [{\"name\": \"e\"}, {\"name\": \"f\"}]}";
    String spans =
        "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": [S, S, S]}]}]}"
            .replace("S, S, S", String.join(",", two, two, two));
    byte[] b = spans.getBytes(StandardCharsets.UTF_8);
    byte[] body = OtlpJson.toProtobuf(Signal.TRACES.otlp(), b, 0, b.length).toByteArray();
    BoundedNames names = OtelParcels.names(10, new Registry(), "x", Signal.TRACES);
    List<Parcel> cut =
        new OtelParcels(ROUTED, new DocumentParcels(names, LINES, 4, 1 << 20))
            .encode(new Batch(Signal.TRACES, Encoding.OTLP, body, 3, 0))
            .parcels();
    assertThat(cut).extracting(Parcel::items).containsExactly(2, 1);
    assertThat(cut).extracting(p -> LINES.open(p).index().rows()).containsExactly(6, 3);
  }

  @Test
  void whoAsksForAnotherModeIsCounted() {
    Metadata ecs = new Metadata(Map.of("x-elastic-mapping-mode", List.of("ecs")));
    Encoded e = encode(Signal.LOGS, ROUTED, 10, ecs, logs("", "", ""));
    assertThat(e.parcels()).isEmpty();
    assertThat(e.drops()).isEqualTo(Map.of(OtelParcels.OTHER_MODE, 1));
  }
}
