package dev.tethys.codec.loki;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OtlpLogsTest {
  private static LogsData logs(LogRecord record, Object... resource) {
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    scope.scope().setName("lib");
    scope.items().add(record);
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    for (int i = 0; i < resource.length; i += 2) {
      group.resource().attributes().put((String) resource[i], resource[i + 1]);
    }
    group.scopes().add(scope);
    LogsData data = new LogsData();
    data.resources().add(group);
    return data;
  }

  private static String row(boolean plain, LogsData data) {
    LogBatch b = new LogBatch();
    new OtlpLogs(plain ? OtlpMapping.DEFAULT.withPlainNames() : OtlpMapping.DEFAULT)
        .add(data, 99, b);
    return PushBatchReaderTest.rows(b).getFirst();
  }

  @Test
  void identifyingResourceAttributesBecomeLabelsAndOthersMetadata() {
    LogRecord r = new LogRecord();
    r.setBody("error: no");
    r.setTimeUnixNano(5);
    r.setObservedTimeUnixNano(6);
    r.setSeverityNumber(9);
    r.setSeverityText("Info");
    r.setTraceId(1, 2);
    r.setSpanId(3);
    Attributes nested = new Attributes();
    nested.put("b.c", 7L);
    r.attributes().put("a", nested);
    r.attributes().put("http.status", 200L);
    assertThat(
            row(false, logs(r, "service.name", "shop", "k8s.pod.name", "p-1", "process.pid", 42L)))
        .isEqualTo(
            "{k8s_pod_name=\"p-1\", service_name=\"shop\"} 5 error: no {a_b_c=7,"
                + " detected_level=info, http_status=200, observed_timestamp=6, process_pid=42,"
                + " scope_name=lib, severity_number=9, severity_text=Info,"
                + " span_id=0000000000000003,"
                + " trace_id=00000000000000010000000000000002}");
  }

  @Test
  void recordWithoutATimeGetsItsObservedOrArrivalTime() {
    LogRecord r = new LogRecord();
    r.setBody("warn");
    assertThat(row(false, logs(r)))
        .isEqualTo(
            "{service_name=\"unknown_service\"} 99 warn {detected_level=warn, scope_name=lib}");
    r.setObservedTimeUnixNano(6);
    assertThat(row(false, logs(r))).contains("} 6 warn {");
  }

  @Test
  void promtailLabelsStayLabels() {
    LogRecord r = new LogRecord();
    r.setBody("x");
    r.setTimeUnixNano(1);
    LogsData data = logs(r, "job", "varlogs", "os.type", "linux");
    assertThat(row(true, data))
        .isEqualTo(
            "{job=\"varlogs\", service_name=\"varlogs\"} 1 x {detected_level=unknown,"
                + " os_type=linux, scope_name=lib}");
    assertThat(row(false, data)).startsWith("{service_name=\"unknown_service\"} 1 x {");
  }

  private static OtlpMapping.Rule rule(OtlpMapping.Action action, String... names) {
    return new OtlpMapping.Rule(action, Set.of(names), null);
  }

  @Test
  void rulesMapAttributesToLabelsOrMetadataOrDropThem() {
    OtlpMapping mapping =
        OtlpMapping.of(
            List.of(
                new OtlpMapping.Rule(
                    OtlpMapping.Action.INDEX_LABEL, Set.of(), Regex.whole("cloud\\..*")),
                rule(OtlpMapping.Action.DROP, "process.pid")),
            false,
            List.of(rule(OtlpMapping.Action.DROP, "telemetry.noise")),
            List.of(
                rule(OtlpMapping.Action.INDEX_LABEL, "team"),
                rule(OtlpMapping.Action.DROP, "secret")),
            true);
    LogRecord r = new LogRecord();
    r.setBody("x");
    r.setTimeUnixNano(1);
    r.setSeverityText("ERROR");
    r.attributes().put("team", "a");
    r.attributes().put("secret", "s");
    r.attributes().put("kept", "k");
    LogsData data =
        logs(r, "service.name", "shop", "cloud.zone", "z1", "process.pid", 1L, "host.id", "h");
    data.resources().getFirst().scopes().getFirst().scope().attributes().put("telemetry.noise", 1L);
    LogRecord other = new LogRecord();
    other.setBody("y");
    other.setTimeUnixNano(2);
    data.resources().getFirst().scopes().getFirst().items().add(other);
    LogBatch b = new LogBatch();
    new OtlpLogs(mapping.withDefaultLabels(Labels.of("env", "test", "team", "none")))
        .add(data, 99, b);
    assertThat(PushBatchReaderTest.rows(b))
        .containsExactly(
            "{cloud_zone=\"z1\", env=\"test\", service_name=\"shop\", severity_text=\"ERROR\","
                + " team=\"a\"} 1 x {detected_level=error, host_id=h, kept=k,"
                + " scope_name=lib}",
            "{cloud_zone=\"z1\", env=\"test\", service_name=\"shop\", team=\"none\"} 2 y"
                + " {detected_level=unknown, host_id=h, scope_name=lib}");
  }

  @Test
  void defaultsCanBeIgnored() {
    LogRecord r = new LogRecord();
    r.setBody("x");
    r.setTimeUnixNano(1);
    LogBatch b = new LogBatch();
    OtlpMapping mapping =
        OtlpMapping.of(
            List.of(rule(OtlpMapping.Action.INDEX_LABEL, "host.name")),
            true,
            List.of(),
            List.of(),
            false);
    new OtlpLogs(mapping).add(logs(r, "service.name", "shop", "host.name", "h"), 99, b);
    assertThat(PushBatchReaderTest.rows(b))
        .containsExactly(
            "{host_name=\"h\", service_name=\"unknown_service\"} 1 x"
                + " {detected_level=unknown, scope_name=lib, service_name=shop}");
  }
}
