package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.processor.connector.OtlpJsonFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests of OTLP in the bodies of log records. */
class OtlpJsonConnectorTest {
  private static final String LOGS =
      "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
          + "{\"stringValue\":\"shop\"}}]},\"scopeLogs\":[{\"logRecords\":[{\"body\":"
          + "{\"stringValue\":\"one\"}},{\"body\":{\"stringValue\":\"two\"}}]}]}]}";
  private static final String SPANS =
      "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"op\",\"traceId\":"
          + "\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"0102030405060708\"}]}]}]}";

  private final Rig rig = new Rig();

  private static Batch records(String... bodies) {
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    for (String b : bodies) {
      LogRecord r = new LogRecord();
      r.setBody(b);
      scope.items().add(r);
    }
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    group.scopes().add(scope);
    LogsData d = new LogsData();
    d.resources().add(group);
    return Rig.batch(d);
  }

  private List<Batch> connect(Signal to, String... bodies) {
    rig.out.clear();
    Connector c = rig.connector(new OtlpJsonFactory(), Signal.LOGS, to, "{}", "logs/x");
    c.consume(records(bodies), _ -> {});
    return rig.out;
  }

  @Test
  void readsRequestsOfItsSignal() {
    String[] bodies = {LOGS, SPANS, "plain text", "{\"a\":1}", "{\"resourceLogs\":5}", LOGS};
    List<Batch> logs = connect(Signal.LOGS, bodies);
    assertThat(logs).hasSize(1);
    assertThat(logs.getFirst().items()).isEqualTo(4);
    LogsData d = (LogsData) logs.getFirst().takeTree();
    assertThat(d.resources()).hasSize(2);
    assertThat(d.resources().getFirst().resource().attributes().get("service.name"))
        .isEqualTo("shop");
    assertThat(d.resources().getFirst().scopes().getFirst().items())
        .extracting(LogRecord::body)
        .containsExactly("one", "two");
    List<Batch> traces = connect(Signal.TRACES, bodies);
    assertThat(((TracesData) traces.getFirst().takeTree()).itemCount()).isEqualTo(1);
    assertThat(connect(Signal.METRICS, bodies)).isEmpty();
  }
}
