package dev.tethys.query.traceql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Metric;
import dev.tethys.query.traceql.ast.Root;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.store.traces.TraceDatabase;
import dev.tethys.store.traces.block.SpanCopier;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** Planner and columnar execution against the evaluation by definition. */
@Tag("slow")
final class EngineAgainstNaiveTest {
  @Property(tries = 1000)
  void searches(@ForAll long seed) {
    RandomTraces random = new RandomTraces(seed);
    TracesData data = random.data();
    searches(random, data, Spans.queries(data), 5);
  }

  /** Spans of a trace are in one part, in several parts, or in memory. */
  @Property(tries = 300)
  void searchesParts(@ForAll long seed) throws IOException {
    RandomTraces random = new RandomTraces(seed);
    TracesData data = random.data();
    try (TraceDatabase db = Spans.database(seed)) {
      SpanBatch all = SpanBatch.of(data);
      SpanBatch some = new SpanBatch();
      SpanCopier copier = new SpanCopier(all, some, new SpanCopier.Groups(some));
      int piece = 1 + random.below(all.spans);
      for (int s = 0; s < all.spans; s++) {
        copier.copy(s);
        if (some.spans == piece || s == all.spans - 1) {
          db.append(Scope.of("t"), some);
          if (random.below(3) > 0) {
            db.flush();
          }
          some = new SpanBatch();
          copier = new SpanCopier(all, some, new SpanCopier.Groups(some));
        }
      }
      searches(random, data, new TraceQueries(db, Runnable::run, 2, TraceLimits.DEFAULT), 20);
    }
  }

  private static void searches(
      RandomTraces random, TracesData data, TraceQueries queries, int count) {
    TreeMap<Long, Naive> traces = Naive.traces(data);
    for (int i = 0; i < count; i++) {
      String text = random.pipeline();
      TraceQuery query = TraceQuery.parse(text);
      Root.Search search = (Root.Search) query.root();
      long from = 990 + random.below(40);
      TreeMap<Long, List<String>> want = new TreeMap<>();
      traces.forEach(
          (id, t) -> {
            List<String> sets = new ArrayList<>();
            for (Naive.Set s : t.evaluate(search.pipeline(), from, 2000)) {
              sets.add(
                  ids(s.rows().stream().map(r -> r.span().spanId()).toList()) + s.attributes());
            }
            if (!sets.isEmpty()) {
              sets.sort(null);
              want.put(id, sets);
            }
          });
      TreeMap<Long, List<String>> got = new TreeMap<>();
      for (FoundTrace t : queries.search(Scope.of("t"), query, from, 2000, 1000, 0).traces()) {
        List<String> sets = new ArrayList<>();
        for (FoundTrace.Spanset s : t.spansets()) {
          assertThat(s.matched()).isEqualTo(s.spans().size());
          sets.add(
              ids(s.spans().stream().map(FoundTrace.FoundSpan::spanId).toList())
                  + attributes(s.attributes()));
        }
        sets.sort(null);
        got.put(t.traceLow(), sets);
        assertThat(whole(t)).as(text).isEqualTo(whole(data, t.traceLow()));
      }
      assertThat(got).as(text).isEqualTo(want);
      int limit = 1 + random.below(4);
      List<Long> some =
          queries.search(Scope.of("t"), query, from, 2000, limit, 1).traces().stream()
              .map(FoundTrace::traceLow)
              .toList();
      assertThat(want.keySet()).as(text).containsAll(some);
      assertThat(some).as(text).doesNotHaveDuplicates().hasSize(Math.min(limit, want.size()));
    }
  }

  private static String whole(FoundTrace t) {
    return t.rootService()
        + " "
        + t.rootName()
        + " "
        + t.start()
        + " "
        + t.duration()
        + " "
        + t.services();
  }

  /** Root, time and services of a trace by definition. */
  private static String whole(TracesData data, long trace) {
    record Row(String service, Span span) {}
    List<Row> rows = new ArrayList<>();
    data.resources()
        .forEach(
            r ->
                r.scopes()
                    .forEach(
                        s ->
                            s.items()
                                .forEach(
                                    i -> {
                                      Object name = r.resource().attributes().get("service.name");
                                      if (i.traceIdLow() == trace) {
                                        rows.add(new Row(String.valueOf(name), i));
                                      }
                                    })));
    rows.sort(
        Comparator.<Row>comparingLong(r -> r.span.startTimeUnixNano())
            .thenComparingLong(r -> r.span.spanId())
            .thenComparingLong(r -> duration(r.span))
            .thenComparing(r -> r.span.name())
            .thenComparing(r -> r.service));
    long start = rows.getFirst().span.startTimeUnixNano();
    long end = start;
    TreeMap<String, FoundTrace.ServiceStats> services = new TreeMap<>();
    for (Row r : rows) {
      end = Math.max(end, r.span.startTimeUnixNano() + duration(r.span));
      services.merge(
          r.service,
          new FoundTrace.ServiceStats(1, r.span.statusCode() == 2 ? 1 : 0),
          (x, y) -> new FoundTrace.ServiceStats(x.spans() + y.spans(), x.errors() + y.errors()));
    }
    Row root = rows.stream().filter(r -> r.span.parentSpanId() == 0).findFirst().orElse(null);
    return (root == null ? "null null" : root.service + " " + root.span.name())
        + " "
        + start
        + " "
        + (end - start)
        + " "
        + services;
  }

  private static long duration(Span s) {
    return Math.max(0, s.endTimeUnixNano() - s.startTimeUnixNano());
  }

  private static String ids(List<Long> spanIds) {
    return spanIds.stream().sorted().toList().toString();
  }

  private static List<String> attributes(List<NamedValue> values) {
    return values.stream()
        .map(
            v ->
                v.name()
                    + "="
                    + (v.value() instanceof TraceValue.Duration d ? d.nanos() : v.value().text()))
        .toList();
  }

  @Property(tries = 600)
  void counts(@ForAll long seed) {
    RandomTraces random = new RandomTraces(seed);
    TracesData data = random.data();
    TraceQueries queries = Spans.queries(data);
    for (int i = 0; i < 5; i++) {
      String text = random.pipeline() + " | count_over_time()" + random.group();
      TraceQuery query = TraceQuery.parse(text);
      Metric.Query metric = (Metric.Query) ((Root.Metrics) query.root()).metric();
      long step = 1 + random.below(20);
      TreeMap<String, double[]> want = new TreeMap<>();
      TreeMap<String, List<String>> spans = new TreeMap<>(); // that may be exemplars
      TraceSeriesResult result = queries.range(Scope.of("t"), query, 1000, 1045, step, 50);
      long base = result.times()[0] - step;
      int steps = result.times().length;
      for (Naive t : Naive.traces(data).values()) {
        List<Naive.Row> rows = new ArrayList<>();
        for (Naive.Set s : t.evaluate(metric.pipeline(), base + 1, base + steps * step + 1)) {
          s.rows().stream().filter(r -> rows.stream().noneMatch(x -> x == r)).forEach(rows::add);
        }
        for (Naive.Row r : rows) {
          Span span = r.span();
          spans
              .computeIfAbsent(labels(t, metric, r), k -> new ArrayList<>())
              .add(
                  span.startTimeUnixNano()
                      + " %016x%016x %016x"
                          .formatted(span.traceIdHigh(), span.traceIdLow(), span.spanId()));
          want.computeIfAbsent(labels(t, metric, r), k -> new double[steps])[
              (int) ((span.startTimeUnixNano() - base - 1) / step)]++;
        }
      }
      TreeMap<String, double[]> got = new TreeMap<>();
      for (TraceSeriesResult.Series s : result.series()) {
        String labels =
            String.valueOf(s.labels().stream().map(l -> l.name() + "=" + l.value()).toList());
        got.put(labels, s.values());
        assertThat(spans.getOrDefault(labels, List.of()))
            .as("exemplars of " + text)
            .containsAll(
                s.exemplars().stream()
                    .map(e -> e.time() + " " + e.traceId() + " " + e.spanId())
                    .toList());
      }
      assertThat(text(got)).as(text).isEqualTo(text(want));
    }
  }

  private static String labels(Naive t, Metric.Query metric, Naive.Row r) {
    List<String> out = new ArrayList<>();
    for (FieldExpr f : metric.by()) {
      List<TraceValue> v = t.values(f, r);
      if (!v.isEmpty() && v.getFirst().type() != ValueType.NIL) {
        out.add(f.text() + "=" + v.getFirst());
      }
    }
    if (metric.by().isEmpty()) {
      out.add("__name__=" + new TraceValue.Text("count_over_time"));
    } else if (out.isEmpty()) {
      out.add(metric.by().getFirst().text() + "=" + TraceValue.NIL);
    }
    return out.toString();
  }

  private static String text(TreeMap<String, double[]> series) {
    TreeMap<String, String> out = new TreeMap<>();
    series.forEach((k, v) -> out.put(k, Arrays.toString(v)));
    return out.toString();
  }
}
