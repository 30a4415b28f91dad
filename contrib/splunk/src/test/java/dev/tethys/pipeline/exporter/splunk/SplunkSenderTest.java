package dev.tethys.pipeline.exporter.splunk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
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
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SplunkSenderTest {
  private HttpDouble splunk;
  private HttpClientFactory http;
  private SplunkSettings settings;
  private LineRequestEncoder lines;
  private SplunkSender sender;

  @BeforeEach
  void start() throws IOException {
    splunk = new HttpDouble();
    splunk.otherwise(200, "{\"text\":\"Success\",\"code\":0}");
    http = new HttpClientFactory("tethys/test");
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml", null, "{endpoint: '" + splunk.url() + "', token: t, index: m, source: s}");
    settings = SplunkSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    lines =
        new LineRequestEncoder(settings.client().compression(), -1, 1, "application/json", null);
    sender =
        new SplunkSender(
            settings.url(),
            new HttpEndpoint(
                settings.client(),
                null,
                Map.of("authorization", "Splunk t"),
                settings.delivery().timeout(),
                http,
                () -> 0),
            lines,
            null,
            0);
  }

  @AfterEach
  void stop() {
    splunk.close();
    http.close();
  }

  private Encoder.Encoded metrics() {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "up", "instance", "h:1", "q", "a\"b"))
        .sample(1005, 1)
        .sample(2050, Double.NaN)
        .endSeries();
    w.beginSeries(Labels.of("__name__", "x", "metric_type", "c")).sample(1, 1).endSeries();
    w.beginSeries(Labels.of("__name__", "y")).sample(3500, 0.5).endSeries();
    return new RowRequestEncoder(
            settings.rows(),
            false,
            () -> new SplunkEvents(settings, indices(settings)),
            lines,
            new UnsupportedItemCounter(new Registry(), "splunk_hec"))
        .encode(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 4, 0));
  }

  private static BoundedNames indices(SplunkSettings s) {
    return new BoundedNames(s.index(), s.maxNames(), new Registry(), "splunk_hec", Signal.METRICS);
  }

  @Test
  void sendsSamplesAsEventsAndCountsUnsupportedData() throws Exception {
    Encoder.Encoded e = metrics();
    assertThat(e.drops()).isEqualTo(Map.of("not_finite", 1, "reserved_field", 1));
    assertThat(sender.send(e.requests().getFirst())).isEqualTo(SendResult.DELIVERED);
    HttpDouble.Got got = splunk.requests().getFirst();
    assertThat(got.path()).isEqualTo("/services/collector");
    assertThat(got.header("Authorization")).isEqualTo("Splunk t");
    assertThat(got.text())
        .isEqualTo(
            """
            {"time":1.005,"source":"s","index":"m","host":"h:1","event":"metric",\
            "fields":{"metric_name:up":1,"instance":"h:1","q":"a\\"b"}}
            {"time":3.500,"source":"s","index":"m","event":"metric","fields":{"metric_name:y":0.5}}
            """);
  }

  private SplunkSender joining(long maxEvent) {
    return new SplunkSender(
        settings.url(),
        new HttpEndpoint(
            settings.client(), null, Map.of(), settings.delivery().timeout(), http, () -> 0),
        lines,
        null,
        maxEvent);
  }

  private EncodedRequest several() {
    WriteRequestWriter w = new WriteRequestWriter();
    for (String name : new String[] {"a", "b\",\"fields\":{", "a"}) {
      w.beginSeries(Labels.of("__name__", name, "q", "\",\"fields\":{\"metric_name:x"))
          .sample(1000, 1.5)
          .endSeries();
    }
    w.beginSeries(Labels.of("__name__", "b", "q", "other")).sample(1000, 2).endSeries();
    w.beginSeries(Labels.of("__name__", "c", "q", "other")).sample(2000, 3).endSeries();
    w.beginSeries(Labels.of("__name__", "d", "q", "other")).sample(1000, 4).endSeries();
    return new RowRequestEncoder(
            settings.rows(),
            false,
            () -> new SplunkEvents(settings, indices(settings)),
            lines,
            new UnsupportedItemCounter(new Registry(), "splunk_hec"))
        .encode(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 6, 0))
        .requests()
        .getFirst();
  }

  @Test
  void joinsSamplesThatDifferOnlyInTheMetricName() throws Exception {
    assertThat(joining(5 << 20).send(several())).isEqualTo(SendResult.DELIVERED);
    List<String> events = splunk.requests().getFirst().text().lines().toList();
    assertThat(events).hasSize(4);
    assertThat(events.getFirst())
        .contains("{\"metric_name:a\":1.5,\"metric_name:b\\\",\\\"fields\\\":{\":1.5,\"q\":");
    assertThat(events.get(1))
        .as("a name is once in an event")
        .contains("metric_name:a\":1.5,\"q\"");
    assertThat(events.get(2))
        .endsWith("{\"metric_name:b\":2,\"metric_name:d\":4,\"q\":\"other\"}}");
    assertThat(events.get(3)).startsWith("{\"time\":2.000").contains("metric_name:c\":3,");
    assertThat(joining(10).send(several())).isEqualTo(SendResult.DELIVERED);
    assertThat(splunk.requests().getLast().text().lines()).as("size of an event").hasSize(6);
  }

  @Test
  void returnsRowsOfAJoinedEventThatIsNamed() throws Exception {
    splunk.answer(400, "{\"text\":\"Invalid data format\",\"code\":6,\"invalid-event-number\":2}");
    SendResult.PerItem v = (SendResult.PerItem) joining(5 << 20).send(several());
    LineRequestEncoder.Opened refused = lines.open(v.refused().getFirst().request());
    assertThat(refused.row(0)).contains("metric_name:b\":2");
    assertThat(refused.row(1)).contains("metric_name:d\":4");
    assertThat(Objects.requireNonNull(v.again()).items()).isEqualTo(4);
  }

  @Test
  void sendsANamedEventToDeadLetters() throws Exception {
    splunk.answer(400, "{\"text\":\"Invalid data format\",\"code\":6,\"invalid-event-number\":1}");
    SendResult.PerItem v = (SendResult.PerItem) sender.send(metrics().requests().getFirst());
    assertThat(lines.open(v.refused().getFirst().request()).row(0)).contains("metric_name:y");
    assertThat(lines.open(Objects.requireNonNull(v.again())).row(0)).contains("metric_name:up");
    assertThat(v.delivered()).isZero();
  }

  @Test
  void retriesOnOverloadAndMissingToken() throws Exception {
    EncodedRequest p = metrics().requests().getFirst();
    for (int status : new int[] {401, 403, 429, 500, 503}) {
      splunk.answer(status, "{\"code\":9}");
      assertThat(sender.send(p)).isInstanceOf(SendResult.Retryable.class);
    }
    splunk.answer(413, "");
    assertThat(sender.send(p)).isInstanceOf(SendResult.Split.class);
  }

  /** Token settings must be fixed by the operator: no item becomes a dead letter for them. */
  @Test
  void retriesIfTheTokenRequiresAChannel() throws Exception {
    EncodedRequest p = metrics().requests().getFirst();
    splunk.answer(400, "{\"text\":\"Data channel is missing\",\"code\":10}");
    assertThat(sender.send(p))
        .isInstanceOfSatisfying(
            SendResult.Retryable.class,
            v -> assertThat(v.reason()).contains("write acknowledgement"));
    splunk.answer(400, "{\"text\":\"Query string authorization is not enabled\",\"code\":16}");
    assertThat(sender.send(p)).isInstanceOf(SendResult.Retryable.class);
  }

  @Test
  void sendsSpansAsEvents() throws Exception {
    byte[] id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    byte[] body =
        ExportTraceServiceRequest.newBuilder()
            .addResourceSpans(
                ResourceSpans.newBuilder()
                    .addScopeSpans(
                        ScopeSpans.newBuilder()
                            .addSpans(
                                Span.newBuilder()
                                    .setTraceId(ByteString.copyFrom(id))
                                    .setSpanId(ByteString.copyFrom(id, 0, 8))
                                    .setName("GET")
                                    .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
                                    .setStartTimeUnixNano(1_500_000_000L)
                                    .setEndTimeUnixNano(1_500_000_009L))))
            .build()
            .toByteArray();
    EncodedRequest p =
        new SplunkRecords(settings, indices(settings), lines, () -> 0)
            .encode(new Batch(Signal.TRACES, Encoding.OTLP, body, 1, 0))
            .requests()
            .getFirst();
    assertThat(sender.send(p)).isEqualTo(SendResult.DELIVERED);
    assertThat(splunk.requests().getFirst().text())
        .isEqualTo(
            "{\"time\":1.500,\"source\":\"s\",\"index\":\"m\",\"event\":{"
                + "\"trace_id\":\"0102030405060708090a0b0c0d0e0f10\",\"span_id\":\"0102030405060708\","
                + "\"parent_span_id\":\"\",\"name\":\"GET\",\"kind\":\"SPAN_KIND_CLIENT\","
                + "\"start_time\":1500000000,\"end_time\":1500000009,"
                + "\"status\":{\"code\":\"STATUS_CODE_UNSET\",\"message\":\"\"},"
                + "\"trace_state\":\"\",\"attributes\":{},\"events\":[],\"links\":[]},\"fields\":{}}\n");
  }

  @Test
  void sendsLogRecordsAsEvents() throws Exception {
    KeyValue.Builder host =
        KeyValue.newBuilder()
            .setKey("host.name")
            .setValue(AnyValue.newBuilder().setStringValue("h1"));
    byte[] body =
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(
                ResourceLogs.newBuilder()
                    .setResource(Resource.newBuilder().addAttributes(host))
                    .addScopeLogs(
                        ScopeLogs.newBuilder()
                            .addLogRecords(
                                LogRecord.newBuilder()
                                    .setTimeUnixNano(1_500_000_000L)
                                    .setSeverityText("WARN")
                                    .setBody(AnyValue.newBuilder().setStringValue("a line")))))
            .build()
            .toByteArray();
    EncodedRequest p =
        new SplunkRecords(settings, indices(settings), lines, () -> 0)
            .encode(new Batch(Signal.LOGS, Encoding.OTLP, body, 1, 0))
            .requests()
            .getFirst();
    assertThat(sender.send(p)).isEqualTo(SendResult.DELIVERED);
    assertThat(splunk.requests().getFirst().text())
        .isEqualTo(
            "{\"time\":1.500,\"source\":\"s\",\"index\":\"m\",\"host\":\"h1\",\"event\":\"a line\","
                + "\"fields\":{\"otel.log.severity.text\":\"WARN\"}}\n");
  }
}
