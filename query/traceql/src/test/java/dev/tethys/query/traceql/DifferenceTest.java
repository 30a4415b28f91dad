package dev.tethys.query.traceql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.exec.TraceQueries;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the spans of a selection share, by the ranking and by {@code compare}. */
final class DifferenceTest {
  /** Errors happen in version 2 on node b, and in calls with large carts. */
  private static TraceQueries shop() {
    Spans s = new Spans();
    Random random = new Random(5);
    for (int i = 0; i < 4000; i++) {
      boolean second = random.nextInt(4) == 0;
      boolean b = random.nextInt(3) == 0;
      long items = random.nextInt(1000);
      Span span =
          s.add(
              Map.of(
                  "resource.service.name", Map.of("string", random.nextBoolean() ? "cart" : "ad"),
                  "resource.version", Map.of("string", second ? "2" : "1"),
                  "resource.node", Map.of("string", b ? "b" : "a"),
                  "span.items", Map.of("int", items),
                  "span.order", Map.of("string", "order-" + i)),
              i);
      boolean failed = second && b || items >= 900 && random.nextInt(3) > 0;
      span.setStatusCode(failed ? 2 : 0);
      span.setStartTimeUnixNano(1000 + i);
    }
    return s.queries();
  }

  private static SelectionDifference difference(String all, String selected) {
    return shop()
        .difference(
            Scope.of("t"),
            new SelectionDifference.Request(
                TraceQuery.parse(all), TraceQuery.parse(selected), 0, 10_000, 0, 10_000, 20));
  }

  @Test
  void ranksValuesRangesAndPairs() {
    SelectionDifference d = difference("{ }", "{ status = error }");
    assertThat(d.inside() + d.outside()).isEqualTo(4000);
    SelectionDifference.Ranked first = d.conditions().getFirst();
    assertThat(first.fields()).containsExactlyInAnyOrder("resource.node", "resource.version");
    assertThat(first.filter())
        .isIn(
            "(resource.node = `b`) && (resource.version = `2`)",
            "(resource.version = `2`) && (resource.node = `b`)");
    assertThat(first.outside()).isZero();
    assertThat(d.conditions())
        .anySatisfy(
            c -> {
              assertThat(c.fields()).containsExactly("span.items");
              assertThat(c.filter()).matches("span.items >= (89|9[0-2])\\d");
              assertThat(c.insideShare()).isGreaterThan(3 * c.outsideShare());
            });
    assertThat(d.conditions()).noneMatch(c -> c.fields().contains("status"));
    assertThat(d.conditions()).noneMatch(c -> c.fields().contains("span.order"));
    assertThat(d.conditions()).noneMatch(c -> c.fields().equals(List.of("resource.service.name")));
  }

  @Test
  void conditionCountsMatchTheirFilters() {
    TraceQueries q = shop();
    SelectionDifference d =
        q.difference(
            Scope.of("t"),
            new SelectionDifference.Request(
                TraceQuery.parse("{ resource.service.name = `cart` }"),
                TraceQuery.parse("{ status = error }"),
                0,
                10_000,
                1500,
                4000,
                20));
    for (SelectionDifference.Ranked c : d.conditions()) {
      String inside =
          "{ resource.service.name = `cart` && status = error && (" + c.filter() + ") }";
      TraceSeriesResult r =
          q.instant(Scope.of("t"), TraceQuery.parse(inside + " | count_over_time()"), 1500, 4000);
      assertThat(r.series().getFirst().values()[0]).as(c.filter()).isEqualTo(c.inside());
    }
  }

  @Test
  void compareReturnsValuesTotalsAndTruncationMarks() {
    TraceSeriesResult r =
        shop()
            .instant(
                Scope.of("t"), TraceQuery.parse("{ } | compare({ status = error }, 3)"), 0, 10_000);
    double errors =
        shop()
            .instant(
                Scope.of("t"),
                TraceQuery.parse("{ status = error } | count_over_time()"),
                0,
                10_000)
            .series()
            .getFirst()
            .values()[0];
    assertThat(value(r, "selection_total", "resource.version", TraceValue.NIL)).isEqualTo(errors);
    assertThat(value(r, "baseline_total", "resource.version", TraceValue.NIL))
        .isEqualTo(4000 - errors);
    assertThat(
            value(r, "selection", "resource.version", new TraceValue.Text("1"))
                + value(r, "selection", "resource.version", new TraceValue.Text("2")))
        .isEqualTo(errors);
    assertThat(
            r.series().stream()
                .filter(s -> s.label("__meta_error").text().equals("__too_many_values__"))
                .map(s -> s.labels().getLast().name()))
        .contains("span.order", "span.items")
        .doesNotContain("resource.version");
  }

  @Test
  void compareAcceptsTraceLevelConditions() {
    Spans s = new Spans();
    for (int i = 0; i < 50; i++) {
      Span root =
          s.add(Map.of("resource.service.name", Map.of("string", i % 2 == 0 ? "web" : "cli")), i);
      root.setEndTimeUnixNano(root.startTimeUnixNano() + i);
      Span child = s.add(Map.of("resource.service.name", Map.of("string", "db")), i);
      child.setParentSpanId(root.spanId());
      child.setStatusCode(i % 5 == 0 ? 2 : 0);
      root.setStatusCode(i % 10 == 0 ? 2 : 0);
    }
    TraceQueries q = s.queries();
    for (String[] c :
        new String[][] {
          {"nestedSetParent < 0", "status = error"},
          {"nestedSetParent < 0", "rootServiceName = `web`"},
          {"rootServiceName = `web`", "status = error"},
          {"traceDuration >= 20ns && resource.service.name = `db`", "status = error"},
          {"status = error", "nestedSetParent < 0 && traceDuration > 10ns"},
        }) {
      TraceSeriesResult r =
          q.instant(
              Scope.of("t"),
              TraceQuery.parse("{ " + c[0] + " } | compare({ " + c[1] + " })"),
              0,
              10_000);
      double all = count(q, c[0]);
      double inside = count(q, "(" + c[0] + ") && (" + c[1] + ")");
      assertThat(inside).isPositive();
      String service = "resource.service.name";
      assertThat(value(r, "selection_total", service, TraceValue.NIL)).as(c[0]).isEqualTo(inside);
      if (all > inside) {
        assertThat(value(r, "baseline_total", service, TraceValue.NIL))
            .as(c[0])
            .isEqualTo(all - inside);
      }
    }
  }

  private static double count(TraceQueries q, String filter) {
    return q.instant(
            Scope.of("t"), TraceQuery.parse("{ " + filter + " } | count_over_time()"), 0, 10_000)
        .series()
        .getFirst()
        .values()[0];
  }

  private static double value(TraceSeriesResult r, String type, String field, TraceValue v) {
    return r.series().stream()
        .filter(
            s ->
                s.label("__meta_type").text().equals(type)
                    && s.labels().getLast().equals(new NamedValue(field, v)))
        .findFirst()
        .orElseThrow()
        .values()[0];
  }
}
