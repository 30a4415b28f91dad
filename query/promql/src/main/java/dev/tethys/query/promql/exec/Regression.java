package dev.tethys.query.promql.exec;

import dev.tethys.query.promql.exec.Bounds.TimeSums;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@code deriv}, {@code predict_linear}: least squares with carries.
 *
 * <p>Sums of timestamps are the same for all series with the same timestamps and are computed once;
 * constant values need no sums. The remaining sums follow the order of the samples, which
 * determines their last bits.
 */
public final class Regression extends FloatOverTime {
  private final boolean predict;

  public Regression(boolean predict) {
    super(2);
    this.predict = predict;
  }

  @Override
  public double costPerSample() {
    return 0.15;
  }

  private long origin(Windows w, int s, int from) {
    return predict ? w.grid.time(s) : w.times[from];
  }

  @Override
  public void floats(Windows w, double[] out) {
    int steps = out.length;
    int low = w.from[0];
    int high = w.to[steps - 1];
    if (high - low < 2) {
      return;
    }
    double[] v = w.values;
    int[] changes = changes(v, low, high);
    boolean isConstant = changes[high - 1 - low] == 0;
    Rows rows = isConstant ? null : rows(w);
    GrowingProducts growing = isConstant || !predict ? null : GrowingProducts.of(w);
    TimeSums ofTimes = null;
    double[] sums = new double[4];
    GrowingWindow window = new GrowingWindow();
    for (int s = 0; s < steps; s++) {
      int from = w.from[s];
      int to = w.to[s];
      if (to - from < 2) {
        continue;
      }
      if (changes[to - 1 - low] == changes[from - low]) {
        out[s] = constant(w, s, v[from]);
        continue;
      }
      if (ofTimes == null) {
        ofTimes = sumsOfTimes(w);
      }
      if (rows != null && rows.has(s)) {
        rows.get(s, sums);
        window.leave();
      } else if (growing != null && growing.has(s)) {
        growing.get(s, sums);
      } else {
        int begin = begin(window, from, to, sums);
        w.countSamples(to - begin);
        sums(w.times, v, begin, to, origin(w, s, from), sums);
      }
      if (Double.isFinite(sums[0]) && Double.isFinite(sums[2])) {
        double sy = sums[0] + sums[1];
        double sxy = sums[2] + sums[3];
        out[s] = line(w, s, to - from, ofTimes.x()[s], sy, sxy, ofTimes.xx()[s]);
      } else {
        w.countSamples(to - from);
        out[s] = of(w, s, from, to);
      }
    }
  }

  /**
   * Returns the index from which the sums of a window continue: its first sample if they restart,
   * as they do at each step whose times are relative to the step.
   */
  private int begin(GrowingWindow window, int from, int to, double[] sums) {
    int begin = predict ? from : window.reach(from, to);
    if (begin == from) {
      Arrays.fill(sums, 0);
    }
    return begin;
  }

  /**
   * Returns, for each sample, the number of samples up to it that differ from their predecessor.
   */
  private static int[] changes(double[] v, int low, int high) {
    int[] out = new int[high - low];
    int n = 0;
    for (int i = low + 1; i < high; i++) {
      n += v[i] != v[i - 1] ? 1 : 0;
      out[i - low] = n;
    }
    return out;
  }

  /** Sums of times and of their squares by step. */
  private TimeSums sumsOfTimes(Windows w) {
    TimeSums known = w.bounds.timeSums();
    if (known != null) {
      return known;
    }
    int steps = w.from.length;
    TimeSums out = new TimeSums(new double[steps], new double[steps]);
    double[] sums = new double[4];
    GrowingWindow window = new GrowingWindow();
    for (int s = 0; s < steps; s++) {
      int from = w.from[s];
      int to = w.to[s];
      if (to > from) {
        int begin = begin(window, from, to, sums);
        w.countSamples(to - begin);
        ofTimes(w.times, begin, to, origin(w, s, from), sums);
        out.x()[s] = sums[0] + sums[1];
        out.xx()[s] = sums[2] + sums[3];
      }
    }
    w.bounds.timeSums(out);
    return out;
  }

  /** Adds times and their squares to sums, each with its carry. */
  private static void ofTimes(long[] t, int from, int to, long origin, double[] out) {
    double sx = out[0];
    double cx = out[1];
    double sxx = out[2];
    double cxx = out[3];
    for (int i = from; i < to; i++) {
      double x = (double) (t[i] - origin) / 1e3;
      double sum = sx + x;
      cx = Kernels.carry(sx, x, sum, cx);
      sx = sum;
      double p = x * x;
      sum = sxx + p;
      cxx = Kernels.carry(sxx, p, sum, cxx);
      sxx = sum;
    }
    out[0] = sx;
    out[1] = cx;
    out[2] = sxx;
    out[3] = cxx;
  }

  /**
   * Adds values and their products with times to sums, each with its carry. Right if they are
   * finite: a sum that was infinite between, where its carry must be dropped, is not finite at the
   * end.
   */
  private static void sums(long[] t, double[] v, int from, int to, long origin, double[] out) {
    double sy = out[0];
    double cy = out[1];
    double sxy = out[2];
    double cxy = out[3];
    for (int i = from; i < to; i++) {
      double y = v[i];
      double x = (double) (t[i] - origin) / 1e3;
      double sum = sy + y;
      double part = sum - sy;
      cy += (sy - (sum - part)) + (y - part);
      sy = sum;
      double p = x * y;
      sum = sxy + p;
      part = sum - sxy;
      cxy += (sxy - (sum - part)) + (p - part);
      sxy = sum;
    }
    out[0] = sy;
    out[1] = cy;
    out[2] = sxy;
    out[3] = cxy;
  }

  /** Sums of adjacent windows, computed row by row with one timestamp per row. */
  private static final class Rows {
    private final WindowRows values;
    private final double[] products;
    private final double[] carries;

    Rows(Windows w, WindowRows values, long origin) {
      this.values = values;
      WindowRows.Run run = values.run;
      int n = run.steps();
      products = w.workspace.zeros(4, n);
      carries = w.workspace.zeros(5, n);
      int from = w.from[run.first()];
      for (int i = 0; i < run.length(); i++) {
        double[] row = values.row(i);
        WindowRows.add(row, values.sums, values.carries, n);
        WindowRows.multiply(row, (double) (w.times[from + i] - origin) / 1e3, n);
        WindowRows.add(row, products, carries, n);
      }
    }

    boolean has(int step) {
      return values.run.has(step);
    }

    void get(int step, double[] out) {
      int k = step - values.run.first();
      out[0] = values.sums[k];
      out[1] = values.carries[k];
      out[2] = products[k];
      out[3] = carries[k];
    }
  }

  private @Nullable Rows rows(Windows w) {
    WindowRows.Run run = w.bounds.run();
    if (!w.bounds.isRegular(w.times, w.grid.interval())) {
      return null;
    }
    return new Rows(w, new WindowRows(w, run), origin(w, run.first(), w.from[run.first()]));
  }

  private double constant(Windows w, int s, double value) {
    boolean infinite = Double.isInfinite(value);
    return result(w, s, infinite ? Double.NaN : 0, infinite ? Double.NaN : value);
  }

  private double line(Windows w, int s, double n, double sx, double sy, double sxy, double sxx) {
    double cov = sxy - sx * sy / n;
    double var = sxx - sx * sx / n;
    double slope = cov / var;
    return result(w, s, slope, sy / n - slope * sx / n);
  }

  private double result(Windows w, int s, double slope, double intercept) {
    return predict ? slope * w.arguments[0][s] + intercept : slope;
  }

  @Override
  double of(Windows w, int s, int from, int to) {
    long[] t = w.times;
    double[] v = w.values;
    long origin = origin(w, s, from);
    double sx = 0;
    double cx = 0;
    double sy = 0;
    double cy = 0;
    double sxy = 0;
    double cxy = 0;
    double sxx = 0;
    double cxx = 0;
    boolean constant = true;
    for (int i = from; i < to; i++) {
      double y = v[i];
      if (constant && i > from && y != v[from]) {
        constant = false;
      }
      double x = (double) (t[i] - origin) / 1e3;
      double sum = sx + x;
      cx = Kernels.carry(sx, x, sum, cx);
      sx = sum;
      sum = sy + y;
      cy = Kernels.carry(sy, y, sum, cy);
      sy = sum;
      double p = x * y;
      sum = sxy + p;
      cxy = Kernels.carry(sxy, p, sum, cxy);
      sxy = sum;
      p = x * x;
      sum = sxx + p;
      cxx = Kernels.carry(sxx, p, sum, cxx);
      sxx = sum;
    }
    return constant
        ? constant(w, s, v[from])
        : line(w, s, to - from, sx + cx, sy + cy, sxy + cxy, sxx + cxx);
  }
}
