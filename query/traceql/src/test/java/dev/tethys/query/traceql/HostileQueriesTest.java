package dev.tethys.query.traceql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.telemetry.Span;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Queries and traces that are made to take memory, stack or time. */
final class HostileQueriesTest {
  private static void refused(String query, String message) {
    assertThatThrownBy(() -> TraceQuery.parse(query))
        .isInstanceOf(TraceqlParseException.class)
        .hasMessageContaining(message);
  }

  @Test
  void rejectsDeepNestingAndGiantQueries() {
    for (String open : new String[] {"(", "{ (", "{ !", "{ -", "{ .a + (", "({} >> "}) {
      refused(open.repeat(50_000), "");
    }
    refused("{ " + "(".repeat(200) + "true" + ")".repeat(200) + " }", "nested more than 100 deep");
    refused("{ true" + " && true".repeat(5000) + " }", "more than 2000 operators");
    refused("{ }" + " >> { }".repeat(5000), "more than 1000 operators between spansets");
    refused("{ }" + " || { }".repeat(1999), "more than 1000 operators between spansets");
    refused("{ }" + " | { }".repeat(5000), "more than 2000 operators");
    refused("{ } | select(" + ".a, ".repeat(5000) + ".a)", "more than 2000 operators");
    refused("{ } | rate()" + " > 1".repeat(5000), "more than 2000 operators");
    refused("{ .a = `" + "x".repeat(200_000) + "` }", "more than the limit of 131072");
  }

  @Test
  void longestChainsRun() {
    Spans s = new Spans();
    s.add(Map.of(".a", Map.of("int", 5L)), 1);
    TraceQueries q = s.queries();
    String or = "{ .a = 0" + " || .a = 5".repeat(900) + " }";
    assertThat(Spans.search(q, or)).hasSize(1);
    String mixed = "{ .a = 0" + " || .a = 5 && .b = nil".repeat(300) + " }";
    assertThat(Spans.search(q, mixed)).hasSize(1);
    assertThat(Spans.search(q, "{ }" + " && { }".repeat(900))).hasSize(1);
    assertThat(Spans.search(q, "{ }" + " >> { }".repeat(900))).isEmpty();
    String sum = "{ 0" + " + .a".repeat(400) + " = 2000 }";
    assertThat(Spans.search(q, sum)).hasSize(1);
    assertThat(TraceQuery.parse(or).toString()).startsWith("{ ((((");
  }

  @Test
  void evaluatesLargeTracesWithCycles() {
    Spans s = new Spans();
    int n = 20_000;
    for (int i = 1; i <= n; i++) {
      Span span = s.add(Map.of(), 1);
      span.setParentSpanId(i == 1 ? n : i - 1); // one cycle
      span.setName("n" + i % 2);
    }
    TraceQueries q = s.queries();
    List<FoundTrace> found = Spans.search(q, "{ name = `n0` } >> { name = `n1` }");
    assertThat(found.getFirst().spansets().getFirst().matched()).isEqualTo(n / 2 - 1);
    assertThat(found.getFirst().rootName()).isNull();
  }

  @Test
  void memoryIsLimited() {
    Spans s = new Spans();
    for (int i = 0; i < 2000; i++) {
      s.add(Map.of(".a", Map.of("int", (long) i)), i);
    }
    TraceQueries q =
        new TraceQueries(
            s.queries().store(), Runnable::run, 1, new TraceLimits(20_000, 100, 50, 10_000, 1000));
    for (String query : new String[] {"{ } >> { }", "{ } | count() > 2"}) {
      assertThatThrownBy(
              () -> q.search(Scope.of("t"), TraceQuery.parse(query), 0, Long.MAX_VALUE, 5000, 3))
          .isInstanceOf(TraceQueryException.class)
          .hasMessageContaining("more than its limit of 20000");
    }
    assertThatThrownBy(
            () -> q.instant(Scope.of("t"), TraceQuery.parse("{ } | rate() by (.a)"), 0, 5000))
        .isInstanceOf(TraceQueryException.class)
        .hasMessageContaining("limit");
    assertThatThrownBy(
            () -> q.range(Scope.of("t"), TraceQuery.parse("{ } | rate()"), 0, 1000, 1, 0))
        .hasMessageContaining("1001 steps, more than the limit of 50");
    assertThatThrownBy(
            () -> q.range(Scope.of("t"), TraceQuery.parse("{ } | rate()"), 0, 1000, 0, 0))
        .hasMessageContaining("step is 0 ns");
    assertThatThrownBy(
            () -> q.search(Scope.of("t"), TraceQuery.parse("{ } | rate()"), 0, 1000, 0, 0))
        .hasMessageContaining("returns series");
  }

  /** Spans of a result stay, while the frames that they are from are released. */
  @Test
  void limitsMemoryOfResults() {
    Spans s = new Spans();
    for (int i = 0; i < 400; i++) {
      s.add(Map.of(".a", Map.of("string", i + "x".repeat(1000))), 1);
    }
    String wide = "{ } | select(.a)";
    assertThat(
            limited(s, 1_000_000)
                .search(Scope.of("t"), TraceQuery.parse(wide), 0, 5000, 10, 9)
                .traces())
        .hasSize(1);
    for (String query : new String[] {wide, "{ .a != nil }"}) {
      assertThatThrownBy(
              () ->
                  limited(s, 500_000)
                      .search(Scope.of("t"), TraceQuery.parse(query), 0, 5000, 10, 10_000))
          .isInstanceOf(TraceQueryException.class)
          .hasMessageContaining("more than its limit of 500000");
    }
    Spans many = new Spans();
    for (int i = 0; i < 10_000; i++) {
      many.add(Map.of(), 1 + i % 3000);
    }
    TraceQuery all = TraceQuery.parse("{ } | count() > 0");
    assertThat(limited(many, 1_500_000).search(Scope.of("t"), all, 0, 5000, 10, 1).traces())
        .hasSize(10);
    assertThatThrownBy(
            () -> limited(many, 1_500_000).search(Scope.of("t"), all, 0, 5000, 9000, 9000))
        .hasMessageContaining("more than its limit of 1500000");
  }

  private static TraceQueries limited(Spans s, long bytes) {
    TraceLimits limits = new TraceLimits(bytes, 100, 50, 10_000, 1000);
    return new TraceQueries(s.queries().store(), Runnable::run, 1, limits);
  }

  @Test
  void cancellationStopsAQuery() {
    Spans s = new Spans();
    s.add(Map.of(), 1);
    TraceQueries q = s.queries();
    for (String query : new String[] {"{ }", "{ } >> { }", "{ } | count() > 0"}) {
      assertThatThrownBy(
              () ->
                  Cancellation.within(
                      () -> {
                        throw new IllegalStateException("not wanted any more");
                      },
                      () -> Spans.search(q, query)))
          .hasMessage("not wanted any more");
    }
  }
}
