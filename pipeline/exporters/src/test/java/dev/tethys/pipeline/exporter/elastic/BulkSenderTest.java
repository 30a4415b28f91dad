package dev.tethys.pipeline.exporter.elastic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class BulkSenderTest {
  private static final System.Logger LOG = System.getLogger("elastic test");

  private static final ObjectMapper JSON = new ObjectMapper();

  private HttpDouble elastic;
  private HttpClientFactory http;
  private long now = 7;

  @BeforeEach
  void start() throws IOException {
    elastic = new HttpDouble();
    elastic.otherwise(200, "{\"errors\":false}");
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    elastic.close();
    http.close();
  }

  private ElasticSettings settings(String keys, boolean openSearch) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{endpoint: '" + elastic.url() + "'" + keys + "}");
    ElasticSettings s = new ElasticSettings.Keys("x", openSearch).type.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static LineRequestEncoder lines(ElasticSettings s) {
    return new LineRequestEncoder(s.client().compression(), -1, 2, "application/x-ndjson", null);
  }

  private List<EncodedRequest> encodedRequests(ElasticSettings s) {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "up", "job", "A b")).sample(1000, 1).endSeries();
    w.beginSeries(Labels.of("__name__", "up")).sample(2000, Double.NaN).endSeries();
    w.beginSeries(Labels.of("__name__", "up", "value", "x")).sample(3000, 0.5).endSeries();
    return new RowRequestEncoder(
            s.rows(),
            false,
            () -> new SampleWriter(s.metricsIndex()::of, s.clymene(), s.timeSeries()),
            lines(s),
            new UnsupportedItemCounter(new Registry(), "x"))
        .encode(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 3, 0))
        .requests();
  }

  private HttpEndpoint endpoint(ElasticSettings s) {
    return new HttpEndpoint(
        s.client(), null, s.credentials(), s.delivery().timeout(), http, () -> 0);
  }

  private Servers servers(ElasticSettings s) {
    return new Servers(s, endpoint(s), () -> now, System.getLogger("elastic test"));
  }

  private BulkSender sender(ElasticSettings s, Signal signal) {
    Servers e = servers(s);
    System.Logger log = System.getLogger("elastic test");
    return new BulkSender(
        s,
        e,
        lines(s),
        new IndexSetup(s, signal, e, log),
        new BulkLog(s.bulk().logged(), log, () -> now));
  }

  private ElasticSettings of(String... servers) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{endpoints: ['" + String.join("', '", servers) + "']}");
    return new ElasticSettings.Keys("elasticsearch", false).type.read(d.root());
  }

  private static List<String> methods(HttpDouble server) {
    return server.requests().stream().map(HttpDouble.Got::method).toList();
  }

  @Test
  void skipsAFailedServerForAWhile() throws Exception {
    HttpDouble gone = new HttpDouble();
    gone.close();
    try (HttpDouble third = new HttpDouble()) {
      third.otherwise(200, "{\"errors\":false}");
      ElasticSettings s = of(gone.url(), elastic.url(), third.url());
      BulkSender sender = sender(s, Signal.METRICS);
      EncodedRequest p = encodedRequests(s).getFirst();
      for (int i = 0; i < 6; i++) {
        assertThat(sender.send(p)).isEqualTo(SendResult.DELIVERED);
      }
      assertThat(methods(elastic)).contains("PUT");
      assertThat(elastic.requests().size() + third.requests().size())
          .as("a template and six bulks")
          .isEqualTo(7);
      assertThat(methods(third)).contains("POST");

      third.otherwise(503, "{\"error\":\"no master\"}");
      int asked = third.requests().size();
      for (int i = 0; i < 6; i++) {
        assertThat(sender.send(p)).isEqualTo(SendResult.DELIVERED);
      }
      assertThat(third.requests()).hasSize(asked + 1);
      third.otherwise(200, "{\"errors\":false}");
      now += 30_000_000_000L;
      for (int i = 0; i < 3; i++) {
        assertThat(sender.send(p)).isEqualTo(SendResult.DELIVERED);
      }
      assertThat(third.requests()).as("it has turns again").hasSizeGreaterThan(asked + 1);
    }
    elastic.otherwise(503, "{}");
    ElasticSettings s = of(gone.url(), elastic.url());
    assertThat(sender(s, Signal.METRICS).send(encodedRequests(s).getFirst()))
        .as("nobody takes it")
        .isInstanceOf(SendResult.Retryable.class);
  }

  @Test
  void probeContactsEachServerAndNamesFailures() throws Exception {
    HttpDouble gone = new HttpDouble();
    gone.close();
    elastic.otherwise(200, "{\"cluster_name\":\"c\",\"status\":\"green\"}");
    ElasticSettings s = of(gone.url(), elastic.url());
    assertThat(new ElasticProbe(s, Signal.METRICS, endpoint(s), servers(s), null).connect())
        .startsWith("Elasticsearch, cluster c is green; " + gone.url() + " does not answer");
    ElasticSettings none = of(gone.url());
    ElasticProbe nobody =
        new ElasticProbe(none, Signal.METRICS, endpoint(none), servers(none), null);
    assertThatThrownBy(nobody::connect).isInstanceOf(IOException.class);
  }

  @Test
  void installsATemplateBeforeDocuments() throws Exception {
    ElasticSettings s =
        settings(", api_key: k, metrics_index: 'metrics-{job}-x', retention: 30d", false);
    EncodedRequest p = encodedRequests(s).getFirst();
    assertThat(sender(s, Signal.METRICS).send(p)).isEqualTo(SendResult.DELIVERED);
    HttpDouble.Got template = elastic.requests().get(0);
    assertThat(template.path()).isEqualTo("/_index_template/tethys-metrics-all-x");
    assertThat(template.header("Authorization")).isEqualTo("ApiKey k");
    assertThat(template.text())
        .contains("\"data_retention\":\"30d\"")
        .contains("\"index_patterns\":[\"metrics-*-x\"]")
        .contains("flattened");
    assertThat(elastic.requests().get(1).text().replaceAll("[-_A-Za-z0-9]{20}", "ID"))
        .isEqualTo(
            """
            {"create":{"_index":"metrics-a_b-x","_id":"ID-rs"}}
            {"@timestamp":1000,"series":"ID","metric":"up","labels":{"job":"A b"},"value":1}
            {"create":{"_index":"metrics-none-x","_id":"ID-1jk"}}
            {"@timestamp":2000,"series":"ID","metric":"up","labels":{},"value_text":"NaN"}
            {"create":{"_index":"metrics-none-x","_id":"ID-2bc"}}
            {"@timestamp":3000,"series":"ID","metric":"up","labels":{"value":"x"},"value":0.5}
            """);
  }

  private static final String TIME_SERIES =
      ", metrics_index: 'tsds-{job}', retention: 90d, time_series: {look_back_time: 7d,"
          + " counter_suffixes: [p], late_index: 'late-{job}', downsampling: [{after: 1d,"
          + " fixed_interval: 10m}, {after: 7d, fixed_interval: 1h}]}";

  @Test
  void createsTimeSeriesDataStreamsWithDimensionsAndTypes() throws Exception {
    ElasticSettings s = settings(TIME_SERIES, false);
    assertThat(sender(s, Signal.METRICS).send(encodedRequests(s).getFirst()))
        .isEqualTo(SendResult.DELIVERED);
    List<HttpDouble.Got> got = elastic.requests();
    assertThat(got.get(0).path()).isEqualTo("/_index_template/tethys-tsds-all");
    assertThat(got.get(0).text())
        .contains(
            "\"index.mode\":\"time_series\"",
            "\"index.routing_path\":[\"series\"]",
            "\"index.look_back_time\":\"7d\"",
            "\"lifecycle\":{\"data_retention\":\"90d\",\"downsampling\":[{\"after\":\"1d\","
                + "\"fixed_interval\":\"10m\"},{\"after\":\"7d\",\"fixed_interval\":\"1h\"}]}",
            "\"time_series_dimension\":true",
            "\"time_series_metric\":\"counter\"");
    assertThat(got.get(1).path()).isEqualTo("/_index_template/tethys-late-all");
    assertThat(got.get(1).text())
        .contains("\"index_patterns\":[\"late-*\"]", "\"data_retention\":\"90d\"")
        .doesNotContain("time_series");
    assertThat(got.get(2).text().replaceAll("[-_A-Za-z0-9]{20}", "ID"))
        .isEqualTo(
            """
            {"create":{"_index":"tsds-a_b"}}
            {"@timestamp":1000,"series":"ID","metric":"up","labels":{"job":"A b"},"counter":1}
            {"create":{"_index":"tsds-none"}}
            {"@timestamp":2000,"series":"ID","metric":"up","labels":{},"value_text":"NaN"}
            {"create":{"_index":"tsds-none"}}
            {"@timestamp":3000,"series":"ID","metric":"up","labels":{"value":"x"},"counter":0.5}
            """);
  }

  @Test
  void sendsLateSamplesToTheirOwnIndex() throws Exception {
    ElasticSettings s = settings(TIME_SERIES, false);
    String late =
        "{\"create\":{\"status\":400,\"error\":{\"type\":\"timestamp_error\",\"reason\":\"the"
            + " document timestamp [1970-01-01T00:00:01.000Z] is outside of ranges of currently"
            + " writable indices []\"}}}";
    elastic.when(
        g -> g.text().contains("_index\":\"tsds"),
        200,
        "{\"errors\":true,\"items\":["
            + late
            + ",{\"create\":{\"status\":201}},"
            + "{\"create\":{\"status\":429,\"error\":{\"type\":\"busy\"}}}]}");
    SendResult v = sender(s, Signal.METRICS).send(encodedRequests(s).getFirst());
    assertThat(v).isInstanceOf(SendResult.PerItem.class);
    SendResult.PerItem sorted = (SendResult.PerItem) v;
    assertThat(sorted.delivered()).isEqualTo(1);
    assertThat(sorted.refused()).isEmpty();
    EncodedRequest again = java.util.Objects.requireNonNull(sorted.again());
    assertThat(again.items()).isEqualTo(2);
    assertThat(
            new String(lines(s).open(again).text(), java.nio.charset.StandardCharsets.UTF_8)
                .replaceAll("[-_A-Za-z0-9]{20}", "ID"))
        .isEqualTo(
            """
            {"create":{"_index":"late-a_b","_id":"ID-rs"}}
            {"@timestamp":1000,"series":"ID","metric":"up","labels":{"job":"A b"},"value":1}
            {"create":{"_index":"tsds-none"}}
            {"@timestamp":3000,"series":"ID","metric":"up","labels":{"value":"x"},"counter":0.5}
            """);
  }

  @Test
  void validatesTimeSeriesKeys() {
    assertThatThrownBy(
            () -> settings(", time_series: {late_index: 'metrics-tethys-default'}", false))
        .hasMessageContaining("late_index");
    assertThatThrownBy(
            () ->
                settings(", time_series: {downsampling: [{after: 1d, fixed_interval: x}]}", false))
        .hasMessageContaining("fixed_interval");
    assertThatThrownBy(() -> settings(", time_series: {}", true))
        .hasMessageContaining("time_series");
  }

  @Test
  void signsRequestsForOpenSearch() throws Exception {
    ElasticSettings s =
        settings(", sigv4: {region: eu-west-1, access_key: AK, secret_key: SK}", true);
    assertThat(sender(s, Signal.METRICS).send(encodedRequests(s).getFirst()))
        .isEqualTo(SendResult.DELIVERED);
    HttpDouble.Got bulk = elastic.requests().getLast();
    assertThat(bulk.header("Authorization"))
        .startsWith("AWS4-HMAC-SHA256 Credential=AK/")
        .contains("/eu-west-1/es/aws4_request");
    assertThat(bulk.header("X-Amz-Content-Sha256")).hasSize(64);
    s =
        settings(
            ", sigv4: {region: eu-west-1, access_key: AK, secret_key: SK, service: aoss}", true);
    assertThat(sender(s, Signal.METRICS).send(encodedRequests(s).getFirst()))
        .isEqualTo(SendResult.DELIVERED);
    assertThat(elastic.requests().getLast().header("Authorization"))
        .contains("/eu-west-1/aoss/aws4_request");
    assertThatThrownBy(() -> settings(", user: x, sigv4: {region: r}", true))
        .hasMessageContaining("one of sigv4, auth and user");
  }

  @Test
  void writesClymenesDocuments() throws Exception {
    ElasticSettings s =
        settings(", metrics_schema: clymene, metrics_index: clymene-metrics", false);
    EncodedRequest p = encodedRequests(s).getFirst();
    assertThat(p.items()).isEqualTo(2);
    assertThat(sender(s, Signal.METRICS).send(p)).isEqualTo(SendResult.DELIVERED);
    assertThat(elastic.requests().getLast().text())
        .contains(
            "{\"__name__\":\"up\",\"job\":\"A"
                + " b\",\"value\":1.0,\"timestamp\":\"1970-01-01T00:00:01Z\"}")
        .contains(
            "{\"__name__\":\"up\",\"exported_value\":\"x\",\"value\":0.5,"
                + "\"timestamp\":\"1970-01-01T00:00:03Z\"}");
  }

  /** Without a mapping the first integer makes the field a long. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "404 | {} | PUT /clymene-metrics | ",
        "200 | {\"clymene-metrics\":{\"mappings\":{}}} | PUT /clymene-metrics/_mapping | ",
        "200 | {\"i\":{\"mappings\":{\"value\":{\"mapping\":{\"value\":{\"type\":\"float\"}}}}}} |"
            + " |",
        "200 | {\"i\":{\"mappings\":{\"value\":{\"mapping\":{\"value\":{\"type\":\"long\"}}}}}} | |"
            + " POST _reindex",
        "403 | no | | Mapping of the field"
      })
  void mapsValuesOfClymenesIndexAsDouble(
      int status, String mapping, @Nullable String put, @Nullable String warning) throws Exception {
    List<String> said = new CopyOnWriteArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(java.util.logging.LogRecord r) {
            said.add(r.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("elastic test");
    logger.addHandler(handler);
    try {
      ElasticSettings s =
          settings(", metrics_schema: clymene, metrics_index: clymene-metrics", false);
      elastic.answer(status, mapping);
      assertThat(sender(s, Signal.METRICS).send(encodedRequests(s).getFirst()))
          .isEqualTo(SendResult.DELIVERED);
      List<String> asked =
          elastic.requests().stream()
              .map(r -> r.method() + " " + r.path().replaceFirst("[?].*", ""))
              .toList();
      List<String> wanted = new ArrayList<>(List.of("GET /clymene-metrics/_mapping/field/value"));
      if (put != null) {
        wanted.add(put);
        assertThat(elastic.requests().get(1).text())
            .contains("{\"properties\":{\"value\":{\"type\":\"double\"}}}");
      }
      wanted.add("POST /_bulk");
      assertThat(asked).isEqualTo(wanted);
      if (warning == null) {
        assertThat(said).isEmpty();
      } else {
        assertThat(said).hasSize(1).first().asString().contains(warning);
      }
    } finally {
      logger.removeHandler(handler);
    }
  }

  @Test
  void evaluatesEachDocument() throws Exception {
    ElasticSettings s = settings(", create_template: false", true);
    elastic.answer(
        200,
        "{\"errors\":true,\"items\":[{\"create\":{\"status\":409,\"error\":{\"type\":\"version_conflict\"}}},"
            + "{\"create\":{\"status\":400,\"error\":{\"type\":\"mapper_parsing_exception\",\"reason\":\"no\"}}},"
            + "{\"create\":{\"status\":429,\"error\":{\"type\":\"rejected\",\"reason\":\"busy\"}}}]}");
    SendResult.PerItem v =
        (SendResult.PerItem) sender(s, Signal.METRICS).send(encodedRequests(s).getFirst());
    assertThat(v.delivered()).isEqualTo(1);
    assertThat(v.overload()).isTrue();
    assertThat(v.refused().getFirst().reason()).isEqualTo("400 mapper_parsing_exception: no");
    assertThat(lines(s).open(v.refused().getFirst().request()).row(0)).contains("value_text");
    EncodedRequest again = java.util.Objects.requireNonNull(v.again());
    assertThat(lines(s).open(again).row(0)).contains("0.5");
  }

  @Test
  void retriesOnlyConfiguredStatuses() throws Exception {
    ElasticSettings s =
        settings(", create_template: false, retry: {retry_on_status: [429, 400]}", false);
    BulkSender sender = sender(s, Signal.METRICS);
    elastic.answer(
        200,
        "{\"errors\":true,\"items\":[{\"create\":{\"status\":500,\"error\":{\"type\":\"a\"}}},"
            + "{\"create\":{\"status\":400,\"error\":{\"type\":\"b\"}}},"
            + "{\"create\":{\"status\":201}}]}");
    SendResult.PerItem v = (SendResult.PerItem) sender.send(encodedRequests(s).getFirst());
    assertThat(v.delivered()).isEqualTo(1);
    assertThat(v.refused().getFirst().reason()).startsWith("500 a");
    assertThat(java.util.Objects.requireNonNull(v.again()).items()).isEqualTo(1);
    elastic.answer(503, "");
    assertThat(sender.send(encodedRequests(s).getFirst())).isInstanceOf(SendResult.Permanent.class);
    elastic.answer(429, "");
    assertThat(sender.send(encodedRequests(s).getFirst())).isInstanceOf(SendResult.Retryable.class);
  }

  @Test
  void retriesRejectedTemplates() throws Exception {
    ElasticSettings s = settings("", false);
    elastic.answer(403, "{\"error\":\"no\"}");
    BulkSender sender = sender(s, Signal.METRICS);
    assertThat(sender.send(encodedRequests(s).getFirst())).isInstanceOf(SendResult.Retryable.class);
    assertThat(sender.send(encodedRequests(s).getFirst())).isEqualTo(SendResult.DELIVERED);
    elastic.answer(413, "");
    assertThat(sender.send(encodedRequests(s).getFirst())).isInstanceOf(SendResult.Split.class);
  }

  private DocumentRequestEncoder documents(ElasticSettings s, Signal signal) {
    return new DocumentRequestEncoder(
        new BoundedNames(s.index(signal), s.maxNames(), new Registry(), "x", signal),
        lines(s),
        100,
        1 << 20);
  }

  @Test
  void writesSpans() throws Exception {
    ElasticSettings s =
        settings(", mapping: {mode: tethys}, traces_index: 'traces-{service.name}-x'", true);
    byte[] id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    byte[] body =
        ExportTraceServiceRequest.newBuilder()
            .addResourceSpans(
                ResourceSpans.newBuilder()
                    .setResource(
                        Resource.newBuilder()
                            .addAttributes(
                                KeyValue.newBuilder()
                                    .setKey("service.name")
                                    .setValue(AnyValue.newBuilder().setStringValue("web"))))
                    .addScopeSpans(
                        ScopeSpans.newBuilder()
                            .addSpans(
                                Span.newBuilder()
                                    .setTraceId(ByteString.copyFrom(id))
                                    .setSpanId(ByteString.copyFrom(id, 0, 8))
                                    .setName("GET /\"a\"")
                                    .setKind(Span.SpanKind.SPAN_KIND_SERVER)
                                    .setStartTimeUnixNano(1_000_000_005L)
                                    .setEndTimeUnixNano(1_000_000_105L)
                                    .setStatus(
                                        Status.newBuilder()
                                            .setCode(Status.StatusCode.STATUS_CODE_ERROR)
                                            .setMessage("no"))
                                    .addEvents(
                                        Span.Event.newBuilder().setName("e").setTimeUnixNano(7)))))
            .build()
            .toByteArray();
    EncodedRequest p =
        new SpanRequestEncoder(documents(s, Signal.TRACES))
            .encode(new Batch(Signal.TRACES, Encoding.OTLP, body, 1, 0))
            .requests()
            .getFirst();
    assertThat(sender(s, Signal.TRACES).send(p)).isEqualTo(SendResult.DELIVERED);
    JsonNode template = JSON.readTree(elastic.requests().getFirst().text());
    assertThat(template.path("index_patterns").get(0).asString()).isEqualTo("traces-*-x");
    assertThat(template.at("/template/mappings/properties/trace_id/type").asString())
        .isEqualTo("keyword");
    String[] lines = elastic.requests().getLast().text().split("\n", -1);
    assertThat(JSON.readTree(lines[0]).at("/create/_index").asString()).isEqualTo("traces-web-x");
    assertThat(JSON.readTree(lines[1]))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"1970-01-01T00:00:01.000000005Z",
                "trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"0102030405060708",
                "parent_span_id":"","service":"web","name":"GET /\\"a\\"","kind":"server",
                "duration_nanos":100,"status":"error","status_message":"no","trace_state":"",
                "scope":"","scope_version":"","resource":{"service.name":"web"},"attributes":{},
                "events":[{"time_unix_nano":7,"name":"e","attributes":{}}],"links":[]}
                """));
  }

  @Test
  void writesLogRecords() throws Exception {
    ElasticSettings s = settings(", mapping: {mode: tethys}, user: u, password: p", true);
    byte[] body =
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(
                ResourceLogs.newBuilder()
                    .setResource(
                        Resource.newBuilder()
                            .addAttributes(
                                KeyValue.newBuilder()
                                    .setKey("service.name")
                                    .setValue(AnyValue.newBuilder().setStringValue("web"))))
                    .addScopeLogs(
                        ScopeLogs.newBuilder()
                            .addLogRecords(
                                LogRecord.newBuilder()
                                    .setTimeUnixNano(1_000_000_005L)
                                    .setSeverityText("WARN")
                                    .setBody(AnyValue.newBuilder().setStringValue("a \"line\"")))))
            .build()
            .toByteArray();
    EncodedRequest p =
        new LogRequestEncoder(documents(s, Signal.LOGS), s.clymeneLogs(), () -> 0)
            .encode(new Batch(Signal.LOGS, Encoding.OTLP, body, 1, 0))
            .requests()
            .getFirst();
    assertThat(sender(s, Signal.LOGS).send(p)).isEqualTo(SendResult.DELIVERED);
    assertThat(elastic.requests().get(1).header("Authorization")).isEqualTo("Basic dTpw");
    assertThat(elastic.requests().get(1).text())
        .endsWith(
            "{\"@timestamp\":\"1970-01-01T00:00:01.000000005Z\",\"message\":\"a \\\"line\\\"\","
                + "\"severity_text\":\"WARN\",\"resource\":{\"service.name\":\"web\"},"
                + "\"attributes\":{}}\n");
  }

  /** As Clymene 2.2.7 converts a line with its labels and tenant. */
  @Test
  void writesClymenesLines() throws Exception {
    ElasticSettings s = settings(", logs_schema: clymene, logs_index: clymene-logs", false);
    Resource.Builder labels = Resource.newBuilder();
    for (String[] l :
        new String[][] {{"job", "a"}, {"hash", "label"}, {"app.kubernetes.io", "b"}}) {
      labels.addAttributes(
          KeyValue.newBuilder().setKey(l[0]).setValue(AnyValue.newBuilder().setStringValue(l[1])));
    }
    byte[] body =
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(
                ResourceLogs.newBuilder()
                    .setResource(labels)
                    .addScopeLogs(
                        ScopeLogs.newBuilder()
                            .addLogRecords(
                                LogRecord.newBuilder()
                                    .setTimeUnixNano(1_000_000_005L)
                                    .setBody(AnyValue.newBuilder().setStringValue("a line")))))
            .build()
            .toByteArray();
    Metadata tenant = new Metadata(Map.of("x-scope-orgid", List.of("team-a")));
    EncodedRequest p =
        new LogRequestEncoder(documents(s, Signal.LOGS), s.clymeneLogs(), () -> 0)
            .encode(new Batch(Signal.LOGS, Encoding.OTLP, body, 1, 0, tenant))
            .requests()
            .getFirst();
    assertThat(sender(s, Signal.LOGS).send(p)).isEqualTo(SendResult.DELIVERED);
    assertThat(elastic.requests().getLast().text())
        .contains("\"_index\":\"clymene-logs\"")
        .endsWith(
            "{\"app.kubernetes.io\":\"b\",\"exported_hash\":\"label\",\"job\":\"a\",\"hash\":\"0\","
                + "\"entries.ts\":\"1970-01-01T00:00:01.000000005Z\","
                + "\"entries.line\":\"a line\",\"tenant\":\"team-a\"}\n");
  }

  @Test
  void createsLifecyclePolicies() throws Exception {
    String keys =
        ", metrics_index: 'm-{job}', policy: {rollover_after: 1d, rollover_size: 50gb,"
            + " delete_after: 30d}";
    ElasticSettings s = settings(keys, false);
    assertThat(new IndexSetup(s, Signal.METRICS, servers(s), LOG).make()).isNull();
    HttpDouble.Got policy = elastic.requests().getFirst();
    assertThat(policy.path()).isEqualTo("/_ilm/policy/tethys-m-all");
    assertThat(policy.text())
        .isEqualTo(
            "{\"policy\":{\"phases\":{\"hot\":{\"actions\":{\"rollover\":{\"max_age\":\"1d\","
                + "\"max_primary_shard_size\":\"50gb\"}}},"
                + "\"delete\":{\"min_age\":\"30d\",\"actions\":{\"delete\":{}}}}}}");
    assertThat(elastic.requests().getLast().text())
        .contains("\"template\":{\"settings\":{\"index.lifecycle.name\":\"tethys-m-all\"},");

    ElasticSettings o = settings(keys, true);
    elastic.answer(409, "{\"error\":{\"type\":\"version_conflict_engine_exception\"}}");
    assertThat(new IndexSetup(o, Signal.METRICS, servers(o), LOG).make())
        .as("a policy that is there stays")
        .isNull();
    List<HttpDouble.Got> got = elastic.requests();
    assertThat(got.get(2).path()).isEqualTo("/_plugins/_ism/policies/tethys-m-all");
    assertThat(got.get(2).text())
        .isEqualTo(
            "{\"policy\":{\"description\":\"made by tethys\",\"default_state\":\"hot\",\"states\":"
                + "[{\"name\":\"hot\",\"actions\":[{\"rollover\":{\"min_index_age\":\"1d\","
                + "\"min_primary_shard_size\":\"50gb\"}}],\"transitions\":[{\"state_name\":\"delete\","
                + "\"conditions\":{\"min_index_age\":\"30d\"}}]},{\"name\":\"delete\",\"actions\":"
                + "[{\"delete\":{}}],\"transitions\":[]}],\"ism_template\":[{\"index_patterns\":"
                + "[\"m-*\"],\"priority\":300}]}}");
    assertThat(got.getLast().path()).isEqualTo("/_index_template/tethys-m-all");
  }

  @Test
  void rejectsImpossibleSettings() {
    assertThatThrownBy(() -> settings(", retention: 30d", true)).hasMessageContaining("ISM");
    assertThatThrownBy(() -> settings(", metrics_index: Upper", true))
        .hasMessageContaining("around its {labels}");
    for (String wrong :
        List.of(
            "policy: {}",
            "policy: {delete_after: soon}",
            "policy: {rollover_size: 5}",
            "policy: {rollover_after: 1d}, data_stream: false",
            "policy: {delete_after: 1d}, create_template: false",
            "policy: {delete_after: 1d}, retention: 1d")) {
      assertThatThrownBy(() -> settings(", " + wrong, false))
          .as(wrong)
          .isInstanceOf(ConfigException.class);
    }
    assertThatThrownBy(() -> settings(", mapping: {mode: ecs}", true))
        .hasMessageContaining("allowed: tethys, ss4o");
  }

  /** Remembers the log lines. */
  private static final class Told implements System.Logger {
    final List<String> lines = new java.util.ArrayList<>();

    @Override
    public String getName() {
      return "told";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(Level level, java.util.ResourceBundle b, String message, Throwable t) {
      lines.add(level + " " + message);
    }

    @Override
    public void log(Level level, java.util.ResourceBundle b, String format, Object... with) {
      lines.add(level + " " + java.text.MessageFormat.format(format, with));
    }
  }

  @Test
  void logsAsConfiguredInTelemetry() throws Exception {
    ElasticSettings s =
        settings(
            ", create_template: false, telemetry: {log_request_body: true,"
                + " log_response_body: true, log_failed_docs_input: true}",
            false);
    Told told = new Told();
    Servers e = servers(s);
    BulkSender sender =
        new BulkSender(
            s,
            e,
            lines(s),
            new IndexSetup(s, Signal.METRICS, e, LOG),
            new BulkLog(s.bulk().logged(), told, () -> now));
    String bad = "{\"create\":{\"status\":400,\"error\":{\"type\":\"t\",\"reason\":\"r\"}}}";
    elastic.otherwise(
        200, "{\"errors\":true,\"items\":[" + bad + "," + bad + ",{\"create\":{\"status\":201}}]}");
    sender.send(encodedRequests(s).getFirst());
    assertThat(told.lines.get(0)).startsWith("WARNING telemetry:");
    assertThat(told.lines.get(1)).startsWith("DEBUG request: {\"create\"").contains("\"A b\"");
    assertThat(told.lines.get(2)).startsWith("DEBUG answer 200: {\"errors\":true");
    assertThat(told.lines.get(3))
        .startsWith("DEBUG refused, 400 t: r: {\"create\"")
        .contains("\"A b\"");
    assertThat(told.lines).as("one refused document in a second").hasSize(4);
    now += 1_000_000_000L;
    sender.send(encodedRequests(s).getFirst());
    assertThat(told.lines.subList(4, told.lines.size()))
        .filteredOn(l -> l.contains("refused,"))
        .hasSize(1);
  }
}
