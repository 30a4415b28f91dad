package dev.tethys.pipeline.exporter.elastic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder.Encoded;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameTemplate;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Documents of the Collector's mapping modes. Expected values follow the exporter's own tests:
 * routes of data_stream_router_test.go, documents of exporter_test.go and model_test.go, and of
 * package otelserializer.
 */
class CollectorRequestEncoderTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final LineRequestEncoder LINES =
      new LineRequestEncoder(Compression.NONE, 0, 2, "application/x-ndjson", null);

  private Encoded encode(
      Signal signal, CollectorMode mode, int most, Metadata metadata, String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    byte[] body = OtlpJson.toProtobuf(signal.otlp(), b, 0, b.length).toByteArray();
    Registry r = new Registry();
    BoundedNames names = CollectorRequestEncoder.names(most, r, "x", signal);
    return new CollectorRequestEncoder(
            mode, new DocumentRequestEncoder(names, LINES, 100, 1 << 20), () -> 1_704_067_200_000L)
        .encode(new Batch(signal, Encoding.OTLP, body, 1, 0, metadata));
  }

  private static List<JsonNode> lines(Encoded e) {
    List<JsonNode> out = new ArrayList<>();
    e.requests()
        .forEach(
            p -> {
              LineRequestEncoder.Opened o = LINES.open(p);
              for (int i = 0; i < o.index().rows(); i++) {
                for (String l : o.row(i).strip().split("\n", -1)) {
                  out.add(JSON.readTree(l));
                }
              }
            });
    return out;
  }

  private static final CollectorMode ROUTED = mode(Mapping.OTEL, null, false);

  private static CollectorMode mode(Mapping m, @Nullable NameTemplate logs, boolean attributes) {
    return new CollectorMode(
        m,
        EnumSet.complementOf(EnumSet.of(Mapping.TETHYS, Mapping.RAW)),
        logs,
        null,
        null,
        attributes,
        attributes,
        attributes,
        null);
  }

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
  void writesLogRecordsAsOtelDocuments() {
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
  void writesMapAndListBodiesAsObjects() {
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
  void routesByAttributes() {
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
  void treatsAConfiguredIndexAsNoDataStream() {
    List<JsonNode> out =
        lines(
            encode(
                Signal.LOGS,
                mode(
                    Mapping.OTEL,
                    NameTemplate.parse("mine-{service.name}", ElasticSettings.INDEX),
                    false),
                10,
                Metadata.NONE,
                logs(attribute("service.name", "shop"), "", "")));
    assertThat(out.get(0).at("/create/_index").asString()).isEqualTo("mine-shop");
    assertThat(out.get(1).has("data_stream")).isFalse();
  }

  @Test
  void boundsIndexNames() {
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
  void writesSpansAndTheirEventsAsDocuments() {
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
  void countsASpanWithItsEventsAsOneItem() {
    String event = "{\"name\": \"e\"}";
    String three = "{\"name\": \"a\", \"events\": [E, E, E]}".replace("E", event);
    String spans =
        "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": [T, {\"name\": \"b\"}, T]}]}]}"
            .replace("T", three);
    List<EncodedRequest> whole = encode(Signal.TRACES, ROUTED, 10, Metadata.NONE, spans).requests();
    assertThat(whole).extracting(EncodedRequest::items).containsExactly(3);
    LineRequestEncoder.Opened o = LINES.open(whole.getFirst());
    assertThat(o.index().rows()).isEqualTo(9);
    assertThat(o.index().item(3)).as("the last event of the first span").isZero();
    assertThat(o.index().item(4)).isEqualTo(1);

    BitSet again = new BitSet();
    again.set(6); // an event of the third span
    SendResult v =
        o.sorted(
            Map.of(4, "no"), again, new SendResult.Retryable(java.time.Duration.ZERO, false, ""));
    assertThat(v).isInstanceOf(SendResult.PerItem.class);
    SendResult.PerItem sorted = (SendResult.PerItem) v;
    assertThat(sorted.delivered()).isEqualTo(1);
    assertThat(sorted.refused().getFirst().request().items()).isEqualTo(1);
    EncodedRequest third = java.util.Objects.requireNonNull(sorted.again());
    assertThat(third.items()).isEqualTo(1);
    assertThat(LINES.open(third).index().rows()).isEqualTo(4);
  }

  @Test
  void splitsRequestsBetweenSpans() {
    String two = "{\"events\": [{\"name\": \"e\"}, {\"name\": \"f\"}]}";
    String spans =
        "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": [S, S, S]}]}]}"
            .replace("S, S, S", String.join(",", two, two, two));
    byte[] b = spans.getBytes(StandardCharsets.UTF_8);
    byte[] body = OtlpJson.toProtobuf(Signal.TRACES.otlp(), b, 0, b.length).toByteArray();
    BoundedNames names = CollectorRequestEncoder.names(10, new Registry(), "x", Signal.TRACES);
    List<EncodedRequest> cut =
        new CollectorRequestEncoder(
                ROUTED, new DocumentRequestEncoder(names, LINES, 4, 1 << 20), () -> 0)
            .encode(new Batch(Signal.TRACES, Encoding.OTLP, body, 3, 0))
            .requests();
    assertThat(cut).extracting(EncodedRequest::items).containsExactly(2, 1);
    assertThat(cut).extracting(p -> LINES.open(p).index().rows()).containsExactly(6, 3);
  }

  @Test
  void countsRequestsForOtherModes() {
    for (String word : List.of("raw", "jaeger", "tethys")) {
      Metadata other = new Metadata(Map.of("x-elastic-mapping-mode", List.of(word)));
      Encoded e = encode(Signal.LOGS, ROUTED, 10, other, logs("", "", ""));
      assertThat(e.requests()).as(word).isEmpty();
      assertThat(e.drops()).isEqualTo(Map.of(CollectorRequestEncoder.OTHER_MODE, 1));
    }
    Metadata ecs = new Metadata(Map.of("x-elastic-mapping-mode", List.of("ECS")));
    assertThat(lines(encode(Signal.LOGS, ROUTED, 10, ecs, logs("", "", ""))).get(1).has("agent"))
        .isTrue();
  }

  private JsonNode document(Signal signal, Mapping m, String json) {
    CollectorMode all =
        new CollectorMode(
            m, EnumSet.allOf(Mapping.class), null, null, null, false, false, false, null);
    return lines(encode(signal, all, 10, Metadata.NONE, json)).get(1);
  }

  private static final String RECORD =
      "\"timeUnixNano\": \"1581452773000000789\", \"severityNumber\": 9, \"severityText\":"
          + " \"INFO\", \"body\": {\"stringValue\": \"hi\"}, \"attributes\": ["
          + attribute("a", "value")
          + ","
          + attribute("a.b", "inner")
          + ","
          + attribute("event.name", "e")
          + "]";

  @Test
  void keepsDottedNamesOfTheDataModel() {
    String json = logs(attribute("service.name", "shop"), "lib", RECORD);
    assertThat(document(Signal.LOGS, Mapping.NONE, json))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"2020-02-11T20:26:13.000000789Z","Attributes.a.b":"inner",
                "Attributes.a.value":"value","Attributes.data_stream.dataset":"generic",
                "Attributes.data_stream.namespace":"default","Attributes.data_stream.type":"logs",
                "Attributes.event.name":"e","Body":"hi","Resource.service.name":"shop",
                "Scope.name":"lib","SeverityNumber":9,"SeverityText":"INFO","TraceFlags":0}
                """));
    JsonNode raw = document(Signal.LOGS, Mapping.RAW, json);
    assertThat(raw.path("a.b").asString()).isEqualTo("inner");
    assertThat(raw.path("a.value").asString()).isEqualTo("value");
    assertThat(raw.path("data_stream.type").asString()).isEqualTo("logs");
  }

  @Test
  void mapsNamesToTheElasticCommonSchema() {
    String json =
        logs(
            attribute("k8s.pod.name", "p-1")
                + ","
                + attribute("host.name", "h")
                + ","
                + attribute("os.type", "darwin")
                + ","
                + attribute("telemetry.sdk.language", "go"),
            "lib",
            RECORD);
    assertThat(document(Signal.LOGS, Mapping.ECS, json))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"2020-02-11T20:26:13.000000789Z","a":{"b":"inner","value":"value"},
                "agent":{"name":"otlp/go"},"data_stream":{"dataset":"generic",
                "namespace":"default","type":"logs"},"event":{"action":"e","severity":9},
                "host":{"hostname":"h","name":"h","os":{"platform":"darwin","type":"macos"}},
                "kubernetes":{"pod":{"name":"p-1"}},"log":{"level":"INFO"},"message":"hi"}
                """));
  }

  private static final String SPAN =
      """
      {"resourceSpans": [{"scopeSpans": [{"spans": [
        {"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "1112131415161718",
         "name": "op", "kind": 3, "startTimeUnixNano": "1581452772000000000",
         "endTimeUnixNano": "1581452772500000000", "status": {"code": 2, "message": "no"},
         "attributes": [{"key": "db.system", "value": {"stringValue": "mysql"}}],
         "events": [{"timeUnixNano": "1581452772000000123", "name": "ex",
           "attributes": [{"key": "k", "value": {"boolValue": true}}]}],
         "links": [{"traceId": "0102030405060708090a0b0c0d0e0f10",
           "spanId": "1112131415161719"}]}]}]}]}
      """;

  @Test
  void embedsEventsInSpansOutsideOtel() {
    assertThat(document(Signal.TRACES, Mapping.NONE, SPAN))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"2020-02-11T20:26:12.000000000Z","Attributes.db.system":"mysql",
                "Attributes.data_stream.dataset":"generic",
                "Attributes.data_stream.namespace":"default",
                "Attributes.data_stream.type":"traces","Duration":500000,
                "EndTimestamp":"2020-02-11T20:26:12.500000000Z","Events.ex.k":true,
                "Events.ex.time":"2020-02-11T20:26:12.000000123Z","Kind":"SPAN_KIND_CLIENT",
                "Link":"[{\\"attribute\\":{},\\"spanID\\":\\"1112131415161719\\",\\"traceID\\":\\"0102030405060708090a0b0c0d0e0f10\\"}]",
                "Name":"op","SpanId":"1112131415161718",
                "TraceId":"0102030405060708090a0b0c0d0e0f10","TraceStatus":2,
                "TraceStatusDescription":"no"}
                """));
    assertThat(document(Signal.TRACES, Mapping.ECS, SPAN))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"2020-02-11T20:26:12.000000000Z","data_stream":{"dataset":"generic",
                "namespace":"default","type":"traces"},"event":{"outcome":"failure"},
                "span":{"db":{"type":"mysql"},"id":"1112131415161718","kind":"CLIENT",
                "links":[{"span":{"id":"1112131415161719"},
                "trace":{"id":"0102030405060708090a0b0c0d0e0f10"}}],"name":"op"},
                "trace":{"id":"0102030405060708090a0b0c0d0e0f10"}}
                """));
  }

  @Test
  void usesMapBodiesAsDocuments() {
    String map =
        "\"body\": {\"kvlistValue\": {\"values\": ["
            + attribute("k.l", "v")
            + "]}}, \"attributes\": [";
    String metrics = logs("", "", map + attribute("data_stream.type", "metrics") + "]");
    CollectorMode body = mode(Mapping.BODYMAP, null, false);
    List<JsonNode> out = lines(encode(Signal.LOGS, body, 10, Metadata.NONE, metrics));
    assertThat(out.get(0).at("/create/_index").asString()).isEqualTo("metrics-generic-default");
    assertThat(out.get(1)).isEqualTo(JSON.readTree("{\"k.l\":\"v\"}"));
    String traces = logs("", "", map + attribute("data_stream.type", "traces") + "]");
    assertThat(encode(Signal.LOGS, body, 10, Metadata.NONE, traces).drops())
        .isEqualTo(Map.of("data_stream_type", 1));
    assertThat(encode(Signal.LOGS, body, 10, Metadata.NONE, logs("", "", RECORD)).drops())
        .isEqualTo(Map.of("body_no_map", 1));
  }

  @Test
  void readsIdsAndPipelinesFromAttributes() {
    String json =
        logs(
            "",
            "",
            "\"attributes\": ["
                + attribute("elasticsearch.document_id", "abc")
                + ","
                + attribute("elasticsearch.ingest_pipeline", "geo")
                + "]");
    JsonNode said =
        lines(encode(Signal.LOGS, mode(Mapping.OTEL, null, true), 10, Metadata.NONE, json))
            .getFirst();
    assertThat(said.at("/create/_id").asString()).isEqualTo("abc");
    assertThat(said.at("/create/pipeline").asString()).isEqualTo("geo");
    JsonNode drawn = lines(encode(Signal.LOGS, ROUTED, 10, Metadata.NONE, json)).getFirst();
    assertThat(drawn.at("/create/_id").asString()).endsWith("-0");
    assertThat(drawn.at("/create").has("pipeline")).isFalse();
  }

  @Test
  void appendsLogstashDatesToNames() {
    CollectorMode dated =
        new CollectorMode(
            Mapping.OTEL,
            EnumSet.of(Mapping.OTEL),
            null,
            null,
            null,
            false,
            false,
            false,
            DatedIndices.of("_", "%Y.%m.%d"));
    List<JsonNode> out = lines(encode(Signal.LOGS, dated, 10, Metadata.NONE, logs("", "", RECORD)));
    assertThat(out.get(0).at("/create/_index").asString())
        .startsWith("logs-generic.otel-default_2024.01.01");
    assertThat(out.get(1).has("data_stream")).isFalse();
  }

  private static String metric(String kind, String point) {
    return "{\"resourceMetrics\": [{\"resource\": {\"attributes\": ["
        + attribute("service.name", "shop")
        + "]}, \"scopeMetrics\": [{\"scope\": {\"name\": \"lib\"}, \"metrics\": [{\"name\":"
        + " \"m.x\", \"unit\": \"s\", \""
        + kind.replace("DP", point)
        + "}]}]}]}";
  }

  @Test
  void writesDataPointsAsTimeSeriesDocuments() {
    String sum =
        "sum\": {\"aggregationTemporality\": 2, \"isMonotonic\": true, \"dataPoints\":"
            + " [{\"timeUnixNano\": \"1581452773000000789\", \"startTimeUnixNano\": \"1000000\","
            + " \"attributes\": ["
            + attribute("k", "v")
            + ", {\"key\": \"list\", \"value\": {\"arrayValue\": {\"values\": [{\"intValue\":"
            + " \"1\"}]}}}], DP}]}";
    List<JsonNode> out =
        lines(encode(Signal.METRICS, ROUTED, 10, Metadata.NONE, metric(sum, "\"asInt\": \"7\"")));
    assertThat(out.get(0))
        .isEqualTo(
            JSON.readTree(
                """
                {"create":{"_index":"metrics-generic.otel-default",
                "dynamic_templates":{"metrics.m.x":"counter_long"}}}
                """));
    assertThat(out.get(1))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"1581452773000.000789","start_timestamp":"1.000000","unit":"s",
                "data_stream":{"type":"metrics","dataset":"generic.otel","namespace":"default"},
                "attributes":{"k":"v","list":"[1]"},
                "resource":{"attributes":{"service.name":"shop"}},"scope":{"name":"lib"},
                "metrics":{"m.x":7},"_metric_names_hash":"%s"}
                """
                    .formatted("d639f4ee")));
    assertThat(
            encode(Signal.METRICS, ROUTED, 10, Metadata.NONE, metric(sum, "\"asDouble\": \"NaN\""))
                .drops())
        .isEqualTo(Map.of("not_finite", 1));
  }

  @Test
  void writesBucketsAsMidpoints() {
    String explicit =
        "histogram\": {\"aggregationTemporality\": T, \"dataPoints\": [{\"count\": \"6\", \"sum\":"
            + " 9, DP}]}";
    String buckets =
        "\"bucketCounts\": [\"1\", \"2\", \"0\", \"3\"], \"explicitBounds\": [1, 2, 4]";
    assertThat(value(explicit.replace("T,", "1,"), buckets))
        .isEqualTo(JSON.readTree("{\"counts\":[1,2,3],\"values\":[0.5,1.5,4.0]}"));
    assertThat(value(explicit.replace("T,", "1,"), "\"flags\": 0"))
        .isEqualTo(JSON.readTree("{\"counts\":[6],\"values\":[1.5]}"));
    String hint =
        ", \"attributes\": [{\"key\": \"elasticsearch.mapping.hints\", \"value\": {\"arrayValue\":"
            + " {\"values\": [{\"stringValue\": \"aggregate_metric_double\"}]}}}]";
    assertThat(value(explicit.replace("T,", "1,"), buckets + hint))
        .isEqualTo(JSON.readTree("{\"sum\":9.0,\"value_count\":6}"));
    assertThat(
            encode(
                    Signal.METRICS,
                    ROUTED,
                    10,
                    Metadata.NONE,
                    metric(explicit.replace("T,", "2,"), buckets))
                .drops())
        .isEqualTo(Map.of("cumulative_histogram", 1));
    String exponential =
        "exponentialHistogram\": {\"aggregationTemporality\": 1, \"dataPoints\": [{\"scale\": 0,"
            + " \"zeroCount\": \"1\", \"positive\": {\"offset\": 0, \"bucketCounts\": [\"1\","
            + " \"2\"]}, \"negative\": {\"offset\": 1, \"bucketCounts\": [\"4\"]}, DP}]}";
    assertThat(value(exponential, "\"flags\": 0"))
        .isEqualTo(JSON.readTree("{\"counts\":[4,1,1,2],\"values\":[-3.0,0.0,1.5,3.0]}"));
  }

  private JsonNode value(String kind, String point) {
    return lines(encode(Signal.METRICS, ROUTED, 10, Metadata.NONE, metric(kind, point)))
        .get(1)
        .path("metrics")
        .path("m.x");
  }
}
