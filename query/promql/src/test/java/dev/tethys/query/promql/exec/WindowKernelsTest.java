package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Kernels that carry something on from window to window, against a plain loop over each window. */
@Tag("slow")
class WindowKernelsTest {
  private static final int ROUNDS = 3000;
  private final SplittableRandom random = new SplittableRandom(11);
  private int whole = 40;

  private double value(int kind, double before) {
    return switch (kind) {
      case 0 -> random.nextInt(3);
      case 1 -> random.nextDouble(-1e6, 1e6);
      case 2 -> random.nextInt(5) == 0 ? random.nextInt(1000) / 10.0 : before;
      case 3 -> random.nextBoolean() ? 0.0 : -0.0;
      case 4 -> random.nextDouble() * 1e308 * (random.nextBoolean() ? 1 : -1);
      case 5 -> random.nextLong(-(1L << whole), 1L << whole);
      case 6 -> random.nextInt(9) == 0 ? Long.MIN_VALUE : random.nextInt(-3, 3);
      default ->
          switch (random.nextInt(8)) {
            case 0 -> Double.NaN;
            case 1 -> Double.POSITIVE_INFINITY;
            case 2 -> Double.NEGATIVE_INFINITY;
            case 3 -> Double.MIN_VALUE;
            default -> random.nextInt(100);
          };
    };
  }

  private Windows windows() {
    boolean regular = random.nextBoolean();
    int n = random.nextInt(regular ? 400 : 120);
    int kind = random.nextInt(8);
    whole = 40 + random.nextInt(23); // around what sums of whole numbers are exact up to
    long[] times = new long[n];
    double[] values = new double[n];
    long t = 1_700_000_000_000L;
    for (int i = 0; i < n; i++) {
      t += !regular && random.nextInt(6) == 0 ? 1 + random.nextInt(400_000) : 15_000;
      times[i] = t;
      values[i] = value(kind, i == 0 ? 0 : values[i - 1]);
    }
    long step = regular ? 15_000L * (1 + random.nextInt(4)) : 1 + random.nextInt(100_000);
    Grid grid = new Grid(1_700_000_000_000L, step, 1 + random.nextInt(100));
    long[] ends = new long[grid.steps()];
    double[] argument = new double[grid.steps()];
    for (int s = 0; s < ends.length; s++) {
      ends[s] = grid.time(s);
      argument[s] = 3600;
    }
    // Every third reaches back before the first sample, so that windows grow.
    long range = 1 + random.nextInt(random.nextInt(3) == 0 ? 10_000_000 : 600_000);
    Bounds b = Bounds.find(times, n, ends, range, 0);
    Windows w =
        new Windows(
            new Annotations(),
            () -> {},
            grid,
            new Workspace(),
            range,
            ends,
            Extension.NONE,
            new Span(0, 0),
            new double[][] {argument});
    w.times = times;
    w.values = values;
    w.size = n;
    w.bounds = b;
    w.from = b.from();
    w.to = b.to();
    return w;
  }

  private void check(RangeFunction f, int least, BiFunction<Windows, Integer, Double> plain) {
    for (int round = 0; round < ROUNDS; round++) {
      Windows w = windows();
      double[] out = Column.absent(w.from.length);
      f.floats(w, out);
      for (int s = 0; s < out.length; s++) {
        double expected = w.to[s] - w.from[s] >= least ? plain.apply(w, s) : Column.ABSENT;
        assertThat(Double.doubleToLongBits(out[s]))
            .as("round %s step %s: %s, not %s", round, s, out[s], expected)
            .isEqualTo(Double.doubleToLongBits(expected));
        assertThat(Column.isAbsent(out[s])).isEqualTo(Column.isAbsent(expected));
      }
    }
  }

  @Test
  void extremesMatchEachWindow() {
    check(
        new FloatOverTime.Extreme(true),
        1,
        (w, s) -> {
          double m = w.values[w.from[s]];
          for (int i = w.from[s]; i < w.to[s]; i++) {
            m = w.values[i] > m || Double.isNaN(m) ? w.values[i] : m;
          }
          return m;
        });
    check(
        new FloatOverTime.Extreme(false),
        1,
        (w, s) -> {
          double m = w.values[w.from[s]];
          for (int i = w.from[s]; i < w.to[s]; i++) {
            m = w.values[i] < m || Double.isNaN(m) ? w.values[i] : m;
          }
          return m;
        });
  }

  /**
   * Values that fall or rise for a long time, so that the extreme is always the one that leaves.
   */
  @Test
  void slopeExtremesMatchEachWindow() {
    for (int round = 0; round < 200; round++) {
      boolean max = random.nextBoolean();
      int n = 200 + random.nextInt(200);
      long[] times = new long[n];
      double[] values = new double[n];
      for (int i = 0; i < n; i++) {
        times[i] = (i + 1) * 1000L;
        double slope = Math.floor(i / 3.0) * (max ? -1 : 1);
        values[i] =
            switch (random.nextInt(12)) {
              case 0 -> Double.NaN;
              case 1 -> slope + random.nextInt(20);
              case 2 -> random.nextBoolean() ? 0.0 : -0.0;
              default -> slope;
            };
        if (round % 4 == 0 && i % 50 > 10) {
          values[i] = Double.NaN;
        }
      }
      Grid grid = new Grid(1 + random.nextInt(5000), 1 + random.nextInt(1500), 350);
      long[] ends = new long[grid.steps()];
      for (int s = 0; s < ends.length; s++) {
        ends[s] = grid.time(s);
      }
      long range = 1 + random.nextInt(60_000);
      Bounds b = Bounds.find(times, n, ends, range, 0);
      Windows w =
          new Windows(
              new Annotations(),
              () -> {},
              grid,
              new Workspace(),
              range,
              ends,
              Extension.NONE,
              new Span(0, 0),
              new double[0][]);
      w.times = times;
      w.values = values;
      w.size = n;
      w.bounds = b;
      w.from = b.from();
      w.to = b.to();
      double[] out = Column.absent(ends.length);
      FloatOverTime.Extreme f = new FloatOverTime.Extreme(max);
      f.floats(w, out);
      for (int s = 0; s < out.length; s++) {
        double want = w.to[s] > w.from[s] ? f.of(w, s, w.from[s], w.to[s]) : Column.ABSENT;
        assertThat(Double.doubleToRawLongBits(out[s]))
            .as("round %s step %s", round, s)
            .isEqualTo(Double.doubleToRawLongBits(want));
      }
    }
  }

  @Test
  void linesMatchEachWindow() {
    Regression deriv = new Regression(false);
    check(deriv, 2, (w, s) -> deriv.of(w, s, w.from[s], w.to[s]));
    Regression predict = new Regression(true);
    check(predict, 2, (w, s) -> predict.of(w, s, w.from[s], w.to[s]));
  }

  @Test
  void computesGrowingWindowsInParallel() {
    Regression predict = new Regression(true);
    int used = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Windows w = windows();
      GrowingProducts growing = w.size == 0 ? null : GrowingProducts.of(w);
      if (growing == null) {
        continue;
      }
      used++;
      int has = 0;
      for (int s = 0; s < w.from.length; s++) {
        has += growing.has(s) ? 1 : 0;
      }
      assertThat(has).isGreaterThanOrEqualTo(8);
    }
    assertThat(used).isGreaterThan(ROUNDS / 50);
    check(predict, 2, (w, s) -> predict.of(w, s, w.from[s], w.to[s]));
  }

  @Test
  void sumsMatchThoseCheckedAtEachStep() {
    check(
        new AnyOverTime.Sum(false),
        1,
        (w, s) -> {
          double sum = 0;
          double carry = 0;
          for (int i = w.from[s]; i < w.to[s]; i++) {
            double t = sum + w.values[i];
            carry = Kernels.carry(sum, w.values[i], t, carry);
            sum = t;
          }
          return Double.isInfinite(sum) ? sum : sum + carry;
        });
  }

  @Test
  void usesDifferencesOnlyForExactIntegerSums() {
    int used = 0;
    int rounding = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Windows w = windows();
      IntegerSums sums = IntegerSums.of(w);
      boolean worth = w.size > 0 && w.bounds.total() > 8L * w.size + 8;
      boolean all = true;
      for (int i = 0; i < w.size; i++) {
        all &= w.values[i] == Math.rint(w.values[i]) && Math.abs(w.values[i]) < 1e18;
      }
      used += sums == null ? 0 : 1;
      rounding += sums == null && worth && all ? 1 : 0;
    }
    assertThat(used).isGreaterThan(ROUNDS / 20);
    assertThat(rounding).isGreaterThan(ROUNDS / 100);
  }

  @Test
  void meansMatchEachWindow() {
    check(new AnyOverTime.Sum(true), 1, (w, s) -> Kernels.mean(w.values, w.from[s], w.to[s]));
  }

  @Test
  void variancesMatchEachWindow() {
    Variance variance = new Variance(false);
    check(variance, 1, (w, s) -> variance.of(w, s, w.from[s], w.to[s]));
    Variance deviation = new Variance(true);
    check(deviation, 1, (w, s) -> Math.sqrt(variance.of(w, s, w.from[s], w.to[s])));
  }

  @Test
  void computesRegularWindowsInParallel() {
    int runs = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Windows w = windows();
      WindowRows rows = WindowRows.of(w);
      if (rows == null) {
        continue;
      }
      runs++;
      WindowRows.Run run = rows.run;
      for (int i = 0; i < run.length(); i++) {
        double[] row = rows.row(i);
        for (int s = run.first(); s < run.end(); s++) {
          assertThat(w.to[s] - w.from[s]).isEqualTo(run.length());
          assertThat(Double.doubleToRawLongBits(row[s - run.first()]))
              .isEqualTo(Double.doubleToRawLongBits(w.values[w.from[s] + i]));
        }
      }
    }
    assertThat(runs).isGreaterThan(ROUNDS / 10);
  }

  /** Extrapolation as Prometheus writes it, window by window. */
  private static double rate(Windows w, int s, boolean counter, boolean perSecond) {
    double[] v = w.values;
    int f = w.from[s];
    int l = w.to[s] - 1;
    double result = v[l] - v[f];
    for (int i = f + 1; counter && i <= l; i++) {
      if (v[i] < v[i - 1]) {
        result += v[i - 1];
      }
    }
    double toStart = (w.times[f] - w.start(s)) / 1000.0;
    double toEnd = (w.end(s) - w.times[l]) / 1000.0;
    double sampled = (w.times[l] - w.times[f]) / 1000.0;
    double average = sampled / (l - f);
    double threshold = average * 1.1;
    if (toStart >= threshold) {
      toStart = average / 2;
    }
    if (counter && result > 0 && v[f] >= 0) {
      double toZero = sampled * (v[f] / result);
      if (toZero < toStart) {
        toStart = toZero;
      }
    }
    if (toEnd >= threshold) {
      toEnd = average / 2;
    }
    double factor = (sampled + toStart + toEnd) / sampled;
    return result * (perSecond ? factor / Rate.seconds(w.range) : factor);
  }

  @Test
  void ratesMatchEachWindow() {
    check(new Rate(true, true), 2, (w, s) -> rate(w, s, true, true));
    check(new Rate(true, false), 2, (w, s) -> rate(w, s, true, false));
    check(new Rate(false, false), 2, (w, s) -> rate(w, s, false, false));
  }
}
