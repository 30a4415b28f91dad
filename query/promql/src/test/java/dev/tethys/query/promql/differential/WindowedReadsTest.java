package dev.tethys.query.promql.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StepWindows;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.ResultText;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.PromqlFunction;
import dev.tethys.query.promql.function.FunctionDefinition;
import dev.tethys.query.promql.function.PromqlFunctions;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Queries whose steps read little of the time give the same result, bit for bit, from a store that
 * returns only that.
 */
@Tag("slow")
class WindowedReadsTest {
  private static final DemoData DATA = new DemoData();
  private static final long MINUTE = 60_000;

  /** Returns no float outside the requested windows. */
  private static final class Sparing implements MetricSource {
    final MemoryMetricStore all = new MemoryMetricStore();
    int leftOut;

    @Override
    public Selection select(SelectHints hints, List<Matcher> matchers) {
      Selection s = all.select(hints, matchers);
      StepWindows w = hints.windows();
      return w == null ? s : new Windowed(s, w);
    }

    private final class Windowed implements Selection {
      private final Selection all;
      private final StepWindows windows;
      private final SampleBuffer whole = new SampleBuffer();

      Windowed(Selection all, StepWindows windows) {
        this.all = all;
        this.windows = windows;
      }

      @Override
      public int size() {
        return all.size();
      }

      @Override
      public Labels labels(int i) {
        return all.labels(i);
      }

      @Override
      public void read(int i, SampleBuffer into) {
        all.read(i, whole);
        into.clear();
        into.mayBeStale = whole.mayBeStale;
        for (int k = 0; k < whole.size; k++) {
          boolean histogram = whole.histograms != null && whole.histograms[k] != null;
          if (histogram || lies(whole.timestamps[k])) {
            into.add(whole, k);
          } else {
            leftOut++;
          }
        }
      }

      /** Looked for step by step, unlike in a store. */
      private boolean lies(long time) {
        for (long m = windows.first(); m - windows.before() <= time; m += windows.interval()) {
          if (time <= m + windows.after()) {
            return true;
          }
        }
        return false;
      }

      @Override
      public void close() {
        all.close();
      }
    }

    @Override
    public LabelResult labelNames(long a, long b, List<Matcher> m, int limit) {
      return all.labelNames(a, b, m, limit);
    }

    @Override
    public LabelResult labelValues(String n, long a, long b, List<Matcher> m, int limit) {
      return all.labelValues(n, a, b, m, limit);
    }

    @Override
    public List<Labels> series(long a, long b, List<List<Matcher>> m, int limit) {
      return all.series(a, b, m, limit);
    }

    @Override
    public List<SeriesExemplars> exemplars(long a, long b, List<List<Matcher>> m) {
      return all.exemplars(a, b, m);
    }
  }

  private final Sparing sparing = new Sparing();
  private final PromqlEngine engine =
      new PromqlEngine(
          EngineOptions.builder()
              .threads(1)
              .lookbackMillis(90_000)
              .parser(ParserOptions.ALL)
              .subqueryStep(range -> 20_000)
              .build());

  private String answer(MetricSource from, String text, long start, long end, long step) {
    try {
      return ResultText.of(
          engine.range(from, text, start, end, step, QueryOptions.DEFAULT).execute());
    } catch (QueryException | PromqlParseException x) {
      return String.valueOf(x.getMessage());
    }
  }

  private void same(String text, Random r) {
    long step = (3 + r.nextInt(20)) * MINUTE + r.nextInt(3) * 7_001L;
    long end = DemoData.end() + (r.nextInt(20) - 10) * MINUTE;
    long start = end - step * (1 + r.nextInt(20)) - r.nextInt(9_000);
    assertThat(answer(sparing, text, start, end, step))
        .as("%s from %s to %s by %s", text, start, end, step)
        .isEqualTo(answer(sparing.all, text, start, end, step));
  }

  /** Every function of a range, with scalars where it requires some. */
  private static List<String> rangeFunctions() {
    List<String> out = new ArrayList<>();
    for (FunctionDefinition d : PromqlFunctions.all()) {
      PromqlFunction f = d.signature();
      if (f.argumentTypes().contains(ValueType.MATRIX)) {
        List<String> args = new ArrayList<>();
        for (ValueType t : f.argumentTypes()) {
          args.add(t == ValueType.MATRIX ? "%s" : t == ValueType.STRING ? "\"a\"" : "0.3");
        }
        out.add(f.name() + "(" + String.join(", ", args) + ")");
      }
    }
    return out;
  }

  @Test
  void annotatesRangesEqually() {
    DATA.load(sparing.all);
    Random r = new Random(3);
    List<String> of =
        List.of(
            "demo_weird[1m]",
            "demo_cpu_usage_seconds_total[2m] offset 3m",
            "demo_cpu_usage_seconds_total[50s] offset -1m",
            "demo_intermittent_metric[45s]",
            "demo_latency_seconds[1m]",
            "{__name__=~\"demo_(small|latency_seconds)\"}[1m]",
            "demo_cpu_usage_seconds_total[1m] anchored",
            "demo_cpu_usage_seconds_total[1m] smoothed",
            "demo_small[1m] @ end()",
            "demo_small[20m:7m]");
    List<String> functions = rangeFunctions();
    assertThat(functions).hasSizeGreaterThan(25);
    for (String function : functions) {
      for (String range : of) {
        for (int i = 0; i < 3; i++) {
          same(function.replace("%s", range), r);
        }
      }
    }
    assertThat(sparing.leftOut).isPositive();
  }

  @Test
  void annotatesInstantSelectorsEqually() {
    DATA.load(sparing.all);
    Random r = new Random(4);
    for (String text :
        List.of(
            "demo_weird",
            "demo_small offset 5m",
            "demo_intermittent_metric offset -2m",
            "demo_intermittent_metric smoothed",
            "timestamp(demo_weird)",
            "timestamp(demo_small offset 1m)",
            "count({__name__=~\".+\"})",
            "group by (__name__) ({__name__=~\".+\"})",
            "absent(demo_intermittent_metric)",
            "demo_latency_seconds",
            "histogram_count(demo_latency_seconds)",
            "demo_small @ start() + demo_small",
            "max_over_time(demo_weird[19m:6m])")) {
      for (int i = 0; i < 10; i++) {
        same(text, r);
      }
    }
    assertThat(sparing.leftOut).isPositive();
  }

  @Test
  void annotatesRandomQueriesEqually() {
    DATA.load(sparing.all);
    for (int seed = 1; seed <= 400; seed++) {
      same(new ExpressionGenerator(seed).query(), new Random(seed));
    }
    assertThat(sparing.leftOut).isPositive();
  }

  /** A float between two histograms hides the first from the second when resets are looked for. */
  @Test
  void findsResetsInSamplesBeforeTheWindow() {
    Appender app = sparing.all.appender();
    long a = app.series(Labels.of("__name__", "m", "host", "a"));
    app.append(a, 0, MINUTE, count(13));
    app.append(a, 0, 15 * MINUTE, 1.0);
    app.append(a, 0, 30 * MINUTE, count(5));
    long b = app.series(Labels.of("__name__", "m", "host", "b"));
    app.append(b, 0, MINUTE, count(13));
    app.append(b, 0, 30 * MINUTE, count(23));
    app.commit();
    String query = "histogram_count(sum(m))";
    String told = answer(sparing, query, 0, 30 * MINUTE, 30 * MINUTE);
    assertThat(told).isEqualTo(answer(sparing.all, query, 0, 30 * MINUTE, 30 * MINUTE));
    assertThat(told).contains("28");
  }

  private static Histogram count(int n) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        0,
        0.001,
        0,
        n,
        n,
        new int[] {0, 1},
        new double[] {n},
        new int[0],
        new double[0],
        null);
  }
}
