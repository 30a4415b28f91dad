package dev.tethys.pipeline.exporter.splunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Keys of the Collector's exporter, as its config.go and README have them. */
class ContribKeysTest {
  private static SplunkSettings settings(String keys) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{endpoint: 'http://s:1', token: t" + keys + "}");
    SplunkSettings s = SplunkSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static final String LOGS =
      """
      {"resourceLogs": [{"resource": {"attributes": [
          {"key": "host.name", "value": {"stringValue": "h"}},
          {"key": "com.splunk.source", "value": {"stringValue": "of the resource"}},
          {"key": "com.splunk.hec.access_token", "value": {"stringValue": "secret"}}]},
        "scopeLogs": [
          {"logRecords": [{"timeUnixNano": "1500000000", "severityText": "WARN",
            "severityNumber": 13, "body": {"stringValue": "line"}, "attributes": [
            {"key": "com.splunk.index", "value": {"stringValue": "own"}}]}]},
          {"scope": {"name": "otel.profiling"}, "logRecords": [
            {"timeUnixNano": "1500000000", "body": {"stringValue": "profile"}}]}]}]}
      """;

  private static Encoder.Encoded logs(SplunkSettings s) {
    byte[] json = LOGS.getBytes(StandardCharsets.UTF_8);
    byte[] body = OtlpJson.toProtobuf(Signal.LOGS.otlp(), json, 0, json.length).toByteArray();
    BoundedNames indices =
        new BoundedNames(s.index(), s.maxNames(), new Registry(), "splunk_hec", Signal.LOGS);
    LineRequestEncoder lines =
        new LineRequestEncoder(Compression.NONE, -1, 1, "application/json", null);
    return new SplunkRecords(s, indices, lines, () -> 0)
        .encode(new Batch(Signal.LOGS, Encoding.OTLP, body, 2, 0));
  }

  private static String text(Encoder.Encoded e) {
    StringBuilder sb = new StringBuilder();
    e.requests().forEach(p -> sb.append(new String(p.body(), StandardCharsets.UTF_8)));
    return sb.toString();
  }

  @Test
  void takesEventMetadataFromAttributes() {
    assertThat(text(logs(settings(", source: s, sourcetype: y, index: i"))))
        .isEqualTo(
            """
            {"time":1.500,"source":"of the resource","sourcetype":"y","index":"own","host":"h",\
            "event":"line","fields":{"otel.log.severity.number":"13",\
            "otel.log.severity.text":"WARN"}}
            {"time":1.500,"source":"of the resource","sourcetype":"y","index":"i","host":"h",\
            "event":"profile","fields":{"otel.scope.name":"otel.profiling"}}
            """);
    assertThat(
            text(
                logs(
                    settings(
                        ", otel_attrs_to_hec_metadata: {source: x, host: com.splunk.source},"
                            + " otel_to_hec_fields: {severity_text: sev, severity_number: n}"))))
        .contains("\"host\":\"of the resource\"", "\"n\":\"13\",\"sev\":\"WARN\"")
        .doesNotContain("secret");
  }

  @Test
  void sendsBodiesOnlyToRawEndpoints() {
    SplunkSettings s = settings(", export_raw: true");
    assertThat(text(logs(s))).isEqualTo("line\nprofile\n");
    assertThat(s.url(Signal.LOGS).getPath()).isEqualTo("/services/collector/raw");
    assertThat(s.url(Signal.METRICS).getPath()).isEqualTo("/services/collector");
  }

  @Test
  void disablesProfilerRecordsAndOthers() {
    Encoder.Encoded e = logs(settings(", log_data_enabled: false"));
    assertThat(text(e)).contains("profile").doesNotContain("line");
    assertThat(e.drops()).isEqualTo(Map.of("log_data_disabled", 1));
    assertThat(text(logs(settings(", profiling_data_enabled: false"))))
        .contains("line")
        .doesNotContain("profile");
    assertThatThrownBy(() -> settings(", log_data_enabled: false, profiling_data_enabled: false"))
        .hasMessageContaining("has to be true");
  }

  @Test
  void appliesEventAndRequestSizes() {
    Encoder.Encoded e = logs(settings(", max_event_size: 130"));
    assertThat(e.drops()).isEqualTo(Map.of("event_too_large", 1));
    assertThat(text(e)).contains("profile").doesNotContain("line");
    assertThat(logs(settings(", max_content_length_logs: 10")).requests()).hasSize(2);
    assertThat(logs(settings(", max_content_length_traces: 10")).requests()).hasSize(1);
    SplunkSettings s = settings(", max_event_size: 130");
    SplunkEvents events =
        new SplunkEvents(
            s, new BoundedNames(s.index(), 1, new Registry(), "splunk_hec", Signal.METRICS));
    assertThat(events.series(Labels.of("__name__", "up", "l", "x".repeat(100))))
        .isEqualTo("event_too_large");
    assertThat(events.series(Labels.of("__name__", "up"))).isNull();
    assertThatThrownBy(() -> settings(", max_event_size: 838860801"))
        .hasMessageContaining("838860800");
  }

  @Test
  void setsHeadersAndDisablesCompression() {
    SplunkSettings s =
        settings(", splunk_app_name: app, splunk_app_version: v1, disable_compression: true");
    assertThat(s.contrib().headers())
        .isEqualTo(Map.of("__splunk_app_name", "app", "__splunk_app_version", "v1"));
    assertThat(s.client().compression()).isEqualTo(Compression.NONE);
    assertThatThrownBy(() -> settings(", heartbeat: {interval: 1s}"))
        .hasMessageContaining("heartbeat");
    assertThatThrownBy(() -> settings(", max_connections: 20"))
        .hasMessageContaining("write max_idle_conns or max_conns_per_host");
  }
}
