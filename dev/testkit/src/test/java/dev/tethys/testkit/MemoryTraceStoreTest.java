package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanFilter.Operator;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceIds;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class MemoryTraceStoreTest {
  private static final String T = "tenant";

  private final MemoryTraceStore store = new MemoryTraceStore(2, 3);

  @BeforeEach
  void fill() {
    TracesData data = new TracesData();
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", "cart");
    r.resource().attributes().put("a", "of resource");
    ScopeGroup<Span> s = new ScopeGroup<>();
    s.scope().setName("lib");
    for (int i = 0; i < 10; i++) {
      Span span = new Span();
      span.setTraceId(7, i / 5);
      span.setSpanId(i + 1);
      span.setParentSpanId(i % 5 == 0 ? 0 : i);
      span.setName("op" + i % 2);
      span.setStartTimeUnixNano(1000 + i);
      span.setEndTimeUnixNano(i == 9 ? 0 : 1000 + 2L * i);
      if (i == 3) {
        span.attributes().put("a", 5L);
        span.attributes().put("list", ArrayValue.of("x", 2.5, ArrayValue.of(1L)));
      }
      if (i == 4) {
        SpanEvent e = new SpanEvent();
        e.setName("exception");
        e.attributes().put("message", "no");
        span.events().add(e);
        span.events().add(e.copy());
      }
      s.items().add(span);
    }
    r.scopes().add(s);
    data.resources().add(r);
    store.append(Scope.of(T), SpanBatch.of(data));
  }

  private TreeSet<Long> ids(SpanFilter filter) {
    TreeSet<Long> out = new TreeSet<>();
    try (SpanSelection s = store.select(Scope.of(T), 0, Long.MAX_VALUE)) {
      s.segments()
          .forEach(
              g ->
                  g.scan(
                      filter,
                      new SpanNeeds(true, true, false, false, List.of()),
                      rows -> {
                        assertThat(rows.count).isBetween(1, 3);
                        for (int i = 0; i < rows.count; i++) {
                          out.add(rows.spanId[i]);
                        }
                      }));
    }
    return out;
  }

  private static SpanField any(String name) {
    return new SpanField(SpanField.Scope.ANY_ATTRIBUTE, name);
  }

  @Test
  void testsFiltersByTheirDefinitions() {
    assertThat(ids(SpanFilter.ALL)).hasSize(10);
    assertThat(ids(compare(any("a"), Operator.EQUAL, new SpanValue.Real(5)))).containsExactly(4L);
    assertThat(ids(compare(any("a"), Operator.EQUAL, new SpanValue.Text("of resource"))))
        .hasSize(9);
    assertThat(ids(compare(any("a"), Operator.NOT_EQUAL, new SpanValue.Int(6))))
        .containsExactly(4L);
    assertThat(
            ids(
                new SpanFilter.Not(
                    compare(SpanField.span("a"), Operator.EQUAL, new SpanValue.Int(5)))))
        .hasSize(9);
    assertThat(ids(compare(SpanField.span("list"), Operator.EQUAL, new SpanValue.Text("x"))))
        .containsExactly(4L);
    assertThat(ids(new SpanFilter.Present(SpanField.intrinsic(SpanField.Scope.PARENT_ID))))
        .hasSize(8);
    assertThat(ids(new SpanFilter.Matches(SpanField.intrinsic(SpanField.Scope.NAME), "o.1")))
        .hasSize(5);
    assertThat(
            ids(
                compare(
                    SpanField.intrinsic(SpanField.Scope.DURATION),
                    Operator.GREATER,
                    new SpanValue.Int(6))))
        .containsExactly(8L, 9L);
    TraceIds traces = new TraceIds();
    traces.add(7, 1);
    assertThat(ids(new SpanFilter.OfTraces(traces))).containsExactly(6L, 7L, 8L, 9L, 10L);
  }

  private static SpanFilter compare(SpanField field, Operator op, SpanValue value) {
    return new SpanFilter.Compare(field, op, value);
  }

  @Test
  void readsColumnsOfSeveralValues() {
    List<String> seen = new ArrayList<>();
    SpanField events = SpanField.intrinsic(SpanField.Scope.EVENT_NAME);
    try (SpanSelection s = store.select(Scope.of(T), 1004, 1005)) {
      s.segments()
          .getFirst()
          .scan(
              SpanFilter.ALL,
              new SpanNeeds(false, false, true, false, List.of(events, any("a"))),
              rows -> {
                SpanColumn c = rows.columns[0];
                assertThat(c.offsets).startsWith(0, 2);
                seen.add(c.strings[(int) c.bits[0]] + c.strings[(int) c.bits[1]]);
                seen.add(rows.columns[1].strings[(int) rows.columns[1].bits[0]]);
              });
    }
    assertThat(seen).containsExactly("exceptionexception", "of resource");
  }

  @Test
  void hidesDeletedSpansUntilTheDeletionIsCancelled() {
    var d =
        store.delete(
            Scope.of(T),
            "{ span:id = \"0000000000000001\" }",
            compare(
                SpanField.intrinsic(SpanField.Scope.SPAN_ID),
                Operator.EQUAL,
                new SpanValue.Text("0000000000000001")),
            0,
            Long.MAX_VALUE);
    assertThat(ids(SpanFilter.ALL)).hasSize(9);
    assertThat(store.deletions(Scope.of(T))).containsExactly(d);
    assertThat(store.cancelDeletion(Scope.of(T), d.id())).isTrue();
    assertThat(store.cancelDeletion(Scope.of(T), d.id())).isFalse();
    assertThat(ids(SpanFilter.ALL)).hasSize(10);
  }

  @Test
  void listsAttributesValuesAndTraces() {
    assertThat(store.attributes(Scope.of(T), 0, 2000))
        .contains(
            SpanField.SERVICE,
            SpanField.span("list"),
            new SpanField(SpanField.Scope.EVENT_ATTRIBUTE, "message"));
    assertThat(store.values(Scope.of(T), SpanField.SERVICE, SpanFilter.ALL, 0, 2000, 10))
        .containsExactly(new SpanValue.Text("cart"));
    TracesData trace = store.trace(Scope.of(T), 7, 1, Long.MIN_VALUE, Long.MAX_VALUE);
    assertThat(trace.itemCount()).isEqualTo(5);
    assertThat(trace.resources().getFirst().scopes().getFirst().scope().name()).isEqualTo("lib");
    assertThat(store.trace(Scope.of(T), 8, 1, 0, 1).itemCount()).isZero();
    assertThat(store.tenants()).containsExactly(T);
  }
}
