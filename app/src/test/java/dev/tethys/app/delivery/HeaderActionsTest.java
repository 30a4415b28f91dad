package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Actions of headers_setter on requests of exporters that go through a queue. */
@Tag("contrib")
class HeaderActionsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "otlp_http |",
        "loki | /loki/api/v1/push",
        "splunk_hec |",
      })
  void changeHeadersOfRequests(String exporter, String path) throws Exception {
    List<Map<String, String>> seen = new CopyOnWriteArrayList<>();
    try (LoopbackHttp http =
            new LoopbackHttp(
                x -> {
                  Map<String, String> h = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
                  x.getRequestHeaders().forEach((k, v) -> h.put(k, String.join(",", v)));
                  seen.add(h);
                  x.getRequestBody().readAllBytes();
                  x.sendResponseHeaders(200, -1);
                  x.close();
                });
        TestPipeline p =
            new TestPipeline(
                Signal.LOGS,
                exporter,
                "endpoint: 'http://127.0.0.1:"
                    + http.port()
                    + (path == null ? "" : path)
                    + "', headers: {X-Own: exporter, X-Gone: a}, auth: {authenticator:"
                    + " headers_setter}"
                    + (exporter.equals("splunk_hec") ? ", token: t" : ""),
                "headers_setter",
                "headers: [{action: insert, key: X-Own, value: b}, {action: delete, key: X-Gone},"
                    + " {action: insert, key: X-Tenant, from_context: tenant}, {action: update,"
                    + " key: X-Absent, from_context: tenant}, {action: update, key: X-Tenant,"
                    + " value: changed}, {action: upsert, key: X-Up, from_context: tenant}]")) {
      LogRecord r = new LogRecord();
      r.setTimeUnixNano(1_700_000_000_000_000_000L);
      r.setBody("hello");
      ScopeGroup<LogRecord> s = new ScopeGroup<>();
      s.items().add(r);
      ResourceGroup<LogRecord> g = new ResourceGroup<>();
      g.resource().attributes().put("service.name", "cart");
      g.scopes().add(s);
      LogsData logs = new LogsData();
      logs.resources().add(g);
      p.send(Batch.of(Signal.LOGS, logs, 0, new Metadata(Map.of("tenant", List.of("me")))));
      p.drain(ExporterContract.TIME_LIMIT);
      assertThat(p.balance().out()).as(p.refusal()).isEqualTo(1);
    }
    Map<String, String> last = seen.getLast();
    assertThat(last)
        .containsEntry("X-Own", "exporter")
        .containsEntry("X-Tenant", "changed")
        .containsEntry("X-Up", "me")
        .doesNotContainKeys("X-Gone", "X-Absent");
    assertThat(last.keySet()).noneMatch(k -> k.startsWith("context"));
  }
}
