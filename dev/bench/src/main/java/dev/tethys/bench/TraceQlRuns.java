package dev.tethys.bench;

import dev.tethys.model.access.Scope;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.TraceLimits;
import dev.tethys.query.traceql.TraceQuery;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.store.traces.TraceDatabase;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** TraceQL over the spans of {@link TraceStoreRuns} in one thread, by kinds of queries. */
final class TraceQlRuns {
  private static final int LIMIT = 4000;
  private static final long STEP = 60_000_000_000L;

  private TraceQlRuns() {}

  static void run(TraceDatabase db, Scope scope, int rounds) {
    List<SpanValue> names =
        db.values(scope, SpanField.SERVICE, SpanFilter.ALL, Long.MIN_VALUE, Long.MAX_VALUE, 99);
    String[] s = names.stream().map(v -> ((SpanValue.Text) v).value()).toArray(String[]::new);
    String a = is(s[s.length - 1]);
    String b = is(s[s.length / 2]);
    Map<String, String> searches = new LinkedHashMap<>();
    searches.put("service and duration", "{ " + a + " && duration > 400ms }");
    searches.put("newest of a service", "{ " + a + " } with (most_recent=true)");
    searches.put("descendant", "{ " + a + " } >> { " + b + " && status = error }");
    searches.put("child", "{ " + a + " && kind = server } > { kind = client && duration > 15ms }");
    searches.put("child of anything", "{ kind = server } > { kind = client }");
    searches.put("both in a trace", "{ " + a + " && status = error } && { " + b + " }");
    searches.put("count", "{ " + b + " } | count() > 6");
    searches.put("average", "{ " + b + " } | avg(duration) > 100ms");
    searches.put("slow roots", "{ nestedSetParent < 0 && duration > 700ms }");
    searches.put("whole trace", "{ traceDuration > 2s }");
    Map<String, String> metrics = new LinkedHashMap<>();
    metrics.put("rate", "{ } | rate()");
    metrics.put("rate by service", "{ } | rate() by (resource.service.name)");
    metrics.put("errors by service", "{ status = error } | rate() by (resource.service.name)");
    metrics.put(
        "p99 by service",
        "{ kind = server } | quantile_over_time(duration, .99) by (resource.service.name)");
    metrics.put("rate of children", "{ " + a + " } > { } | rate() by (name)");
    metrics.put("compare errors", "{ } | compare({ status = error })");
    TraceQueries queries = new TraceQueries(db, Runnable::run, 1, TraceLimits.DEFAULT);
    long[] range = range(db, scope);
    double product = 0;
    for (Map.Entry<String, String> q : searches.entrySet()) {
      TraceQuery query = TraceQuery.parse(q.getValue());
      int limit = q.getKey().startsWith("newest") ? 20 : LIMIT;
      product +=
          measure(
              q.getKey(),
              rounds,
              () -> queries.search(scope, query, range[0], range[1], limit, 3).traces().size());
    }
    for (Map.Entry<String, String> q : metrics.entrySet()) {
      TraceQuery query = TraceQuery.parse(q.getValue());
      product +=
          measure(
              q.getKey(),
              rounds,
              () -> queries.range(scope, query, range[0], range[1], STEP, 0).series().size());
    }
    System.out.printf(
        Locale.ROOT,
        "geometric mean of TraceQL: %.2f ms of CPU, one thread%n",
        Math.exp(product / (searches.size() + metrics.size())));
  }

  private static String is(String service) {
    return "resource.service.name = \"" + service + "\"";
  }

  private static long[] range(TraceStore db, Scope scope) {
    long[] out = {Long.MAX_VALUE, Long.MIN_VALUE};
    try (var s = db.select(scope, Long.MIN_VALUE, Long.MAX_VALUE)) {
      for (var g : s.segments()) {
        out[0] = Math.min(out[0], g.firstTime());
        out[1] = Math.max(out[1], g.lastTime() + 1);
      }
    }
    return out;
  }

  /** Work whose result has a size. */
  private interface Counted {
    int run();
  }

  private static double measure(String name, int rounds, Counted work) {
    double[] times = new double[rounds];
    double used = 0;
    int found = 0;
    for (int i = -3; i < rounds; i++) { // the first rounds compile
      long t = System.nanoTime();
      used = i == 0 ? TraceStoreRuns.threadCpu() : used;
      found = work.run();
      if (i >= 0) {
        times[i] = (System.nanoTime() - t) / 1e6;
      }
    }
    Arrays.sort(times);
    double each = (TraceStoreRuns.threadCpu() - used) * 1e3 / rounds;
    System.out.printf(
        Locale.ROOT,
        "%-24s median %8.2f ms, %8.2f ms of CPU, %d found%n",
        name,
        times[rounds / 2],
        each,
        found);
    return Math.log(each);
  }
}
