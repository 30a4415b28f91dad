package dev.tethys.pipeline.exporter.elastic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Documents and keys of the Collector's exporter to OpenSearch, as its encoder and README say. */
class ObservabilityTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final LineRequestEncoder LINES =
      new LineRequestEncoder(Compression.NONE, -1, 2, "x", null);

  private static ElasticSettings settings(String yaml) {
    YamlDocument d = YamlDocument.parse("c.yaml", null, yaml);
    ElasticSettings s = new ElasticSettings.Keys("opensearch", true).type.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static List<JsonNode> lines(ElasticSettings s, Signal signal, String body) {
    Observability schema = Objects.requireNonNull(s.schema());
    DocumentRequestEncoder documents =
        new DocumentRequestEncoder(
            CollectorRequestEncoder.names(2, new Registry(), "opensearch", signal),
            LINES,
            100,
            1 << 20,
            schema.action());
    List<JsonNode> out = new ArrayList<>();
    for (EncodedRequest p :
        new ObservabilityRequestEncoder(schema, documents, () -> 1_700_000_000_000L)
            .encode(new Batch(signal, Encoding.OTLP, wire(signal, body), 1, 0))
            .requests()) {
      new String(LINES.open(p).text(), StandardCharsets.UTF_8)
          .lines()
          .forEach(l -> out.add(JSON.readTree(l)));
    }
    return out;
  }

  private static byte[] wire(Signal signal, String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    return OtlpJson.toProtobuf(signal.otlp(), b, 0, b.length).toByteArray();
  }

  private static String log(String record) {
    return """
            {"resourceLogs": [{"resource": {"attributes": [
                {"key": "service.name", "value": {"stringValue": "Shop"}},
                {"key": "n", "value": {"intValue": "3"}}]},
              "scopeLogs": [{"schemaUrl": "https://s", "scope": {"name": "lib", "version": "1"},
                "logRecords": [RECORD]}]}]}
            """
        .replace("RECORD", record);
  }

  @Test
  void writesLogRecordsInTheSchema() throws Exception {
    ElasticSettings s =
        settings(
            "{http: {endpoint: 'https://o:9200', timeout: 7s}, dataset: shop, namespace: eu,"
                + " mapping: {mode: ss4o}}");
    assertThat(s.bases()).containsExactly(URI.create("https://o:9200"));
    assertThat(s.delivery().timeout()).isEqualTo(Duration.ofSeconds(7));
    List<JsonNode> out =
        lines(
            s,
            Signal.LOGS,
            log(
                """
                {"timeUnixNano": "1581452773000000789", "severityNumber": 9,
                 "severityText": "Info", "body": {"stringValue": "hi"},
                 "spanId": "0102030405060708", "attributes": [
                 {"key": "a", "value": {"boolValue": true}},
                 {"key": "data_stream", "value": {"stringValue": "mine"}}]}
                """));
    assertThat(out.get(0).at("/create/_index").asString()).isEqualTo("ss4o_logs-shop-eu");
    assertThat(out.get(1))
        .isEqualTo(
            JSON.readTree(
                """
                {"attributes":{"a":true,
                  "data_stream":{"dataset":"shop","namespace":"eu","type":"record"}},
                "body":"hi",
                "instrumentationScope":{"attributes":{},"name":"lib","schemaUrl":"https://s",
                  "version":"1"},
                "observedTimestamp":"2023-11-14T22:13:20Z",
                "resource":{"service.name":"Shop","n":"3"},
                "schemaUrl":"https://s",
                "severity":{"text":"Info","number":9},
                "@timestamp":"2020-02-11T20:26:13.000000789Z",
                "spanId":"0102030405060708"}
                """));
  }

  @Test
  void writesSpansInTheSchema() throws Exception {
    String span =
        """
            {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "op",
              "kind": 2, "traceId": "0102030405060708090a0b0c0d0e0f10",
              "spanId": "0102030405060708", "startTimeUnixNano": "1700000000000000000",
              "endTimeUnixNano": "1700000001000000000", "traceState": "x=1",
              "droppedLinksCount": 2, "status": {"code": 2, "message": "m"},
              "events": [{"name": "e", "timeUnixNano": "1700000000500000000"}],
              "links": [{"spanId": "0102030405060708"}]}]}]}]}
            """;
    List<JsonNode> out =
        lines(
            settings(
                "{endpoint: 'http://o:1', mapping: {mode: ss4o}, bulk_action: index,"
                    + " traces_index_time_format: yyyy.MM.dd}"),
            Signal.TRACES,
            span);
    assertThat(out.get(0).at("/index/_index").asString())
        .matches("ss4o_traces-default-namespace-2023[.]11[.]1[45]"); // by the machine's zone
    assertThat(out.get(1))
        .isEqualTo(
            JSON.readTree(
                """
                {"attributes":{
                  "data_stream":{"dataset":"default","namespace":"namespace","type":"span"}},
                "droppedAttributesCount":0,"droppedEventsCount":0,"droppedLinksCount":2,
                "endTime":"2023-11-14T22:13:21Z",
                "events":[{"attributes":{},"droppedAttributesCount":0,"name":"e",
                  "@timestamp":"2023-11-14T22:13:20.500Z"}],
                "instrumentationScope":{"attributes":{},"name":"","schemaUrl":"","version":"",
                  "droppedAttributesCount":0},
                "kind":"Server",
                "links":[{"attributes":{},"spanId":"0102030405060708","droppedAttributesCount":0}],
                "name":"op","parentSpanId":"","resource":{},"spanId":"0102030405060708",
                "startTime":"2023-11-14T22:13:20Z","status":{"code":"Error","message":"m"},
                "@timestamp":"2023-11-14T22:13:20Z",
                "traceId":"0102030405060708090a0b0c0d0e0f10","traceState":"x=1"}
                """));
  }

  /** opentelemetry-demo writes its logs so. */
  @Test
  void writesSs4oWithoutAMode() throws Exception {
    for (String mapping : List.of("", ", mapping: {}", ", mapping: {mode: }")) {
      ElasticSettings s =
          settings(
              "{http: {endpoint: 'http://opensearch:9200', tls: {insecure: true}}, logs_index:"
                  + " otel-logs, logs_index_time_format: yyyy-MM-dd, sending_queue: {batch: }"
                  + mapping
                  + "}");
      List<JsonNode> out = lines(s, Signal.LOGS, log("{\"body\": {\"stringValue\": \"hi\"}}"));
      assertThat(out.get(0).at("/create/_index").asString())
          .matches("otel-logs-2023-11-1[45]"); // by the machine's zone
      assertThat(out.get(1).path("body").asString()).isEqualTo("hi");
      assertThat(out.get(1).at("/attributes/data_stream/type").asString()).isEqualTo("record");
      assertThat(s.schema(Signal.TRACES)).isNotNull();
      assertThat(s.schema(Signal.METRICS)).as("the Collector's has no metrics").isNull();
    }
  }

  @Test
  void writesOwnDocumentsIfOnlyTheirKeysAreSet() {
    for (String own :
        List.of("mapping: {mode: tethys}", "data_stream: false", "logs_schema: clymene")) {
      ElasticSettings s = settings("{endpoint: 'http://o:1', " + own + "}");
      assertThat(s.schema(Signal.LOGS)).as(own).isNull();
      assertThat(s.logsIndex().pattern()).isEqualTo("logs-tethys-default");
    }
    assertThat(settings("{endpoint: 'http://o:1', metrics_index: m}").schema(Signal.LOGS))
        .isNotNull();
  }

  @Test
  void boundsIndexNamesFromAttributes() throws Exception {
    ElasticSettings s =
        settings(
            "{endpoint: 'http://o:1', mapping: {mode: ss4o}, logs_index: 'logs-%{service.name}-%{k}',"
                + " logs_index_fallback: nobody}");
    String of = "{\"attributes\": [{\"key\": \"k\", \"value\": {\"stringValue\": \"V\"}}]}";
    List<JsonNode> out =
        lines(s, Signal.LOGS, log("{}, " + of + ", " + of.replace("\"V\"", "\"W\"")));
    assertThat(out.stream().map(n -> n.at("/create/_index").asString()).filter(t -> !t.isEmpty()))
        .containsExactly("logs-shop-nobody", "logs-shop-v", "logs-other-other");
  }

  @Test
  void rejectsConflictingKeys() {
    String at = "endpoint: 'http://o:1', ";
    for (String[] wrong :
        new String[][] {
          {"{http: {endpoint: 'http://o:1'}, compression: none}", "write it in http"},
          {"{" + at + "dataset: x, mapping: {mode: tethys}}", "dataset requires mapping"},
          {"{" + at + "dataset: x, data_stream: false}", "dataset requires mapping"},
          {"{" + at + "mapping: {mode: ss4o}, retention: 3d}", "retention"},
          {"{" + at + "mapping: {mode: ss4o}, metrics_index: x}", "Tethys's own documents"},
          {"{" + at + "mapping: {mode: otel-v1}}", "mapping mode"},
          {"{" + at + "mapping: {mode: ss4o, dedot: true}}", "dedot"},
          {"{" + at + "mapping: {mode: ss4o}, logs_index_time_format: Y}", "invalid tokens"},
          {"{" + at + "mapping: {mode: ss4o}, dataset: A}", "lower case"},
        }) {
      assertThatThrownBy(() -> settings(wrong[0])).as(wrong[0]).hasMessageContaining(wrong[1]);
    }
  }
}
