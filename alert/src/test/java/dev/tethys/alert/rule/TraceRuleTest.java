package dev.tethys.alert.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import dev.tethys.query.traceql.TraceLimits;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import dev.tethys.testkit.MemoryTraceStore;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceRuleTest {
  private static final long MINUTE = 60_000;

  private final MemoryTraceStore store = new MemoryTraceStore();
  private final RuleSource queries =
      TraceRuleQueries.of(
          () -> new TraceQueries(store, Runnable::run, 1, TraceLimits.DEFAULT),
          Duration.ofMinutes(1));

  private static String group(String keys, String expr) {
    return "groups:\n  - name: g\n    "
        + keys
        + "\n    rules:\n      - record: a:b\n        expr: '"
        + expr
        + "'\n";
  }

  private void span(String service, long startMillis, boolean error) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", service);
    ScopeGroup<Span> s = new ScopeGroup<>();
    Span span = new Span();
    span.setTraceId(1, startMillis + 1);
    span.setSpanId(startMillis + 1);
    span.setStartTimeUnixNano(startMillis * 1_000_000);
    span.setEndTimeUnixNano(startMillis * 1_000_000 + 500_000_000);
    span.setStatusCode(error ? 2 : 0);
    s.items().add(span);
    r.scopes().add(s);
    TracesData data = new TracesData();
    data.resources().add(r);
    store.append(Scope.of("t"), SpanBatch.of(data));
  }

  @Test
  void traceGroupUsesTraceql() {
    GroupSpec g =
        RuleFixture.groups(group("type: traces", "{status=error}|rate()by(resource.service.name)"))
            .getFirst();
    assertThat(g.type()).isEqualTo(RuleType.TRACES);
    assertThat(g.tenant()).isEqualTo("fake");
    assertThat(g.rules().getFirst().query())
        .isEqualTo("{ status = error } | rate()by(resource.service.name)");
    g =
        RuleFixture.groups(group("type: traces\n    tenant: t", "{} | rate() with (range=5m)"))
            .getFirst();
    assertThat(g.tenant()).isEqualTo("t");
    assertThat(g.rules().getFirst().query()).contains("range=5m");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{ status = error }; 6:15: group \"g\", rule 1, \"a:b\": could not parse expression",
        "{ status = error }; query finds traces; a rule needs a metrics query",
        "{ status = } | rate(); parse error at line 1, col 12",
        "up; parse error at line 1",
        "{ } | rate() with (range=5); hint range is 5; it must be a duration above 0",
        "{ } | rate() with (range=0s); hint range is 0s",
        "{ duration = \"x\" } | rate(); invalid TraceQL query",
      })
  void rejectsInvalidQueries(String expr, String message) {
    assertThatThrownBy(() -> RuleFixture.groups(group("type: traces", expr)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void queriesReadRangeBeforeTheirTime() {
    span("a", 0, true);
    span("a", 5 * MINUTE - 1, true);
    span("b", 4 * MINUTE, true);
    span("a", 5 * MINUTE, true); // the end of the range is not part of it
    span("a", 5 * MINUTE - 2, false);
    RuleQuery q = queries.of(Scope.of("t"), Duration.ofMinutes(1));
    String count = "{ status = error } | count_over_time() by (resource.service.name)";
    assertThat(q.query(count, null, 5 * MINUTE))
        .containsExactlyInAnyOrder(sample("a", 1), sample("b", 1));
    assertThat(q.prepare(count + " with (range=5m)", null).at(5 * MINUTE))
        .containsExactlyInAnyOrder(sample("a", 2), sample("b", 1));
    assertThat(q.query(count, 60 * MINUTE)).isEmpty();
    assertThat(queries.of(Scope.of("other"), Duration.ofHours(1)).query(count, 5 * MINUTE))
        .isEmpty();
    assertThat(q.query("{ } | max_over_time(duration)", 5 * MINUTE))
        .containsExactly(new Value.Sample(Labels.EMPTY, 0.5, null));
    assertThatThrownBy(() -> q.query("{ }", 1)).isInstanceOf(TraceqlParseException.class);
  }

  private static Value.Sample sample(String service, double value) {
    return new Value.Sample(Labels.of("resource_service_name", service), value, null);
  }

  @Test
  void labelsMatchPrometheus() {
    assertThat(
            TraceRuleQueries.labels(
                Map.of(
                    "span.\"a b\"", "1", ".user", "2", "__bucket", "3", "__name__", "x", "p", "")))
        .isEqualTo(Labels.of("span_a_b", "1", "user", "2", "bucket", "3"));
    assertThatThrownBy(() -> TraceRuleQueries.labels(Map.of("span.a.b", "1", "span.a_b", "2")))
        .isInstanceOf(QueryException.class)
        .hasMessageContaining("become the label span_a_b");
  }

  @Test
  void missingStoreIsNamed() {
    RuleQuery q = RuleSource.missing(RuleType.TRACES).of(Scope.of("t"), Duration.ofMinutes(1));
    assertThatThrownBy(() -> q.query("{ } | rate()", 1))
        .hasMessageContaining("--traces.enabled=true");
  }
}
