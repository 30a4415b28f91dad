package dev.tethys.query.promql.exec;

import dev.tethys.model.GoFloat;
import dev.tethys.query.promql.QueryException;

/**
 * Functions that reduce the floats of a window to one and skip histograms, saying so when a window
 * has both.
 */
public abstract class FloatOverTime implements RangeFunction {
  private final int least;

  /** Creates a function that needs {@code least} floats. */
  FloatOverTime(int least) {
    this.least = least;
  }

  /** Returns the result for samples {@code [from, to)}, which are sufficient. */
  abstract double of(Windows w, int step, int from, int to);

  /** Called first at each step with samples of either kind. */
  void refuse(Windows w, int step) {}

  /** Called at each step with floats before they are read. */
  void check(Windows w, int step) {}

  @Override
  public void floats(Windows w, double[] out) {
    int[] from = w.from;
    int[] to = w.to;
    for (int s = 0; s < out.length; s++) {
      if (to[s] > from[s]) {
        w.countSamples(to[s] - from[s]);
        refuse(w, s);
        check(w, s);
        if (to[s] - from[s] >= least) {
          out[s] = of(w, s, from[s], to[s]);
        }
      }
    }
  }

  @Override
  public final void mixed(Windows w, int s, SeriesTarget out) {
    refuse(w, s);
    int n = w.to[s] - w.from[s];
    if (n == 0) {
      return;
    }
    check(w, s);
    if (w.histogramFrom[s] < w.histogramTo[s]) {
      w.annotations.histogramIgnoredInRange(w.metricName(), w.span);
    }
    if (n >= least) {
      out.values[s] = of(w, s, w.from[s], w.to[s]);
    }
  }

  /** {@code min_over_time}, {@code max_over_time}: NaN only if all values are NaN. */
  public static final class Extreme extends FloatOverTime {
    /** Number of times that all samples may be read again before a queue pays off. */
    private static final int LOOKS = 2;

    private final boolean max;

    public Extreme(boolean max) {
      super(1);
      this.max = max;
    }

    /**
     * Slides the window: while its extreme stays inside, only new samples are read. Where values
     * fall (or rise) for long the extreme is always the one that leaves; then candidates are kept
     * in a queue, so that no sample is read more than a few times.
     */
    @Override
    public void floats(Windows w, double[] out) {
      double[] v = w.values;
      int at = -1;
      int seen = 0;
      long again = 0;
      for (int s = 0; s < out.length; s++) {
        int from = w.from[s];
        int to = w.to[s];
        if (from >= to) {
          continue;
        }
        if (at < from || to < seen) {
          again += Math.max(0, seen - from);
          if (again > LOOKS * (long) w.size && to >= seen) {
            queue(w, s, out);
            return;
          }
          at = from;
          seen = from;
        }
        at = max ? max(v, at, seen, to) : min(v, at, seen, to);
        seen = to;
        out[s] = v[at];
      }
    }

    /**
     * Evaluates the windows starting at a step, which only move forward. The queue holds the places
     * of samples that no later one beats, so that its first is the first of the largest; NaN is
     * never in it.
     */
    private void queue(Windows w, int step, double[] out) {
      double[] v = w.values;
      int[] queue = new int[w.size];
      int head = 0;
      int tail = 0;
      int seen = w.from[step];
      for (int s = step; s < out.length; s++) {
        int from = w.from[s];
        int to = w.to[s];
        if (from >= to) {
          continue;
        }
        for (int i = Math.max(seen, from); i < to; i++) {
          if (Double.isNaN(v[i])) {
            continue;
          }
          while (tail > head && (max ? v[queue[tail - 1]] < v[i] : v[queue[tail - 1]] > v[i])) {
            tail--;
          }
          queue[tail++] = i;
        }
        seen = Math.max(seen, to);
        while (head < tail && queue[head] < from) {
          head++;
        }
        out[s] = v[head < tail ? queue[head] : to - 1]; // the last of those that are all NaN
      }
    }

    @Override
    double of(Windows w, int s, int from, int to) {
      double[] v = w.values;
      return v[max ? max(v, from, from, to) : min(v, from, from, to)];
    }

    /**
     * Returns the first of the largest values among the one at {@code m} and {@code [from, to)}.
     */
    private static int max(double[] v, int m, int from, int to) {
      double best = v[m];
      for (int i = from; i < to; i++) {
        double x = v[i];
        if (x > best || Double.isNaN(best)) {
          best = x;
          m = i;
        }
      }
      return m;
    }

    private static int min(double[] v, int m, int from, int to) {
      double best = v[m];
      for (int i = from; i < to; i++) {
        double x = v[i];
        if (x < best || Double.isNaN(best)) {
          best = x;
          m = i;
        }
      }
      return m;
    }
  }

  /** {@code ts_of_max_over_time}, {@code ts_of_min_over_time}: time of the last such sample. */
  public static final class TimeOfExtreme extends FloatOverTime {
    private final boolean max;

    public TimeOfExtreme(boolean max) {
      super(1);
      this.max = max;
    }

    @Override
    double of(Windows w, int s, int from, int to) {
      double[] v = w.values;
      int at = from;
      for (int i = from; i < to; i++) {
        if ((max ? v[i] >= v[at] : v[i] <= v[at]) || Double.isNaN(v[at])) {
          at = i;
        }
      }
      return (double) w.times[at] / 1000;
    }
  }

  /** {@code quantile_over_time}. */
  public static final class Quantile extends FloatOverTime {
    public Quantile() {
      super(1);
    }

    @Override
    public double costPerSample() {
      return 0.3;
    }

    @Override
    void check(Windows w, int s) {
      double q = w.arguments[0][s];
      if (!(q >= 0 && q <= 1)) {
        w.annotations.invalidQuantile(q, w.span);
      }
    }

    @Override
    double of(Windows w, int s, int from, int to) {
      double[] copy = w.workspace.scratch(0, to - from);
      System.arraycopy(w.values, from, copy, 0, to - from);
      return Kernels.quantile(w.arguments[0][s], copy, to - from);
    }
  }

  /** {@code mad_over_time}: the median distance from the median. */
  public static final class Mad extends FloatOverTime {
    public Mad() {
      super(1);
    }

    @Override
    public double costPerSample() {
      return 0.6;
    }

    @Override
    double of(Windows w, int s, int from, int to) {
      int n = to - from;
      double[] copy = w.workspace.scratch(0, n);
      for (int i = 0; i < n; i++) {
        copy[i] = w.values[from + i];
        if (Double.isNaN(copy[i])) {
          return Double.NaN;
        }
      }
      double median = Kernels.quantile(0.5, copy, n);
      for (int i = 0; i < n; i++) {
        copy[i] = Math.abs(copy[i] - median);
      }
      return Kernels.quantile(0.5, copy, n);
    }
  }

  /** {@code double_exponential_smoothing}. */
  public static final class Smoothing extends FloatOverTime {
    public Smoothing() {
      super(2);
    }

    @Override
    public double costPerSample() {
      return 0.3;
    }

    @Override
    void refuse(Windows w, int s) {
      factor("smoothing", "sf", w.arguments[0][s]);
      factor("trend", "tf", w.arguments[1][s]);
    }

    private static void factor(String what, String symbol, double f) {
      if (f <= 0 || f >= 1) {
        throw QueryException.execution(
            "invalid "
                + what
                + " factor. Expected: 0 < "
                + symbol
                + " < 1, got: "
                + GoFloat.format(f, 'f', 6));
      }
    }

    @Override
    double of(Windows w, int s, int from, int to) {
      double sf = w.arguments[0][s];
      double tf = w.arguments[1][s];
      double[] v = w.values;
      double before = 0;
      double now = v[from];
      double trend = v[from + 1] - v[from];
      for (int i = 1; i < to - from; i++) {
        double x = sf * v[from + i];
        if (i > 1) {
          trend = tf * (now - before) + (1 - tf) * trend;
        }
        double y = (1 - sf) * (now + trend);
        before = now;
        now = x + y;
      }
      return now;
    }
  }
}
