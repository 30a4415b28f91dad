package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.histogram.HistogramArithmetic;
import dev.tethys.query.promql.ast.Expr.Extension;

/** Functions of windows in which floats and histograms count alike. */
public abstract class AnyOverTime implements RangeFunction {
  /** {@code count_over_time}. */
  public static final class Count extends AnyOverTime {
    @Override
    public boolean remarks() {
      return false;
    }

    @Override
    public void floats(Windows w, double[] out) {
      for (int s = 0; s < out.length; s++) {
        if (w.to[s] > w.from[s]) {
          out[s] = w.to[s] - w.from[s];
        }
      }
    }

    @Override
    public void mixed(Windows w, int s, SeriesTarget out) {
      out.values[s] = w.to[s] - w.from[s] + w.histogramTo[s] - w.histogramFrom[s];
    }
  }

  /** {@code present_over_time}, and the inside {@code absent_over_time}. */
  public static final class Present extends AnyOverTime {
    @Override
    public boolean remarks() {
      return false;
    }

    @Override
    public void floats(Windows w, double[] out) {
      for (int s = 0; s < out.length; s++) {
        if (w.to[s] > w.from[s]) {
          out[s] = 1;
        }
      }
    }

    @Override
    public void mixed(Windows w, int s, SeriesTarget out) {
      out.values[s] = 1;
    }
  }

  /** {@code first_over_time}, {@code last_over_time}. */
  public static final class End extends AnyOverTime {
    private final boolean last;

    public End(boolean last) {
      this.last = last;
    }

    @Override
    public boolean remarks() {
      return false;
    }

    @Override
    public boolean keepsName() {
      return true;
    }

    @Override
    public void floats(Windows w, double[] out) {
      for (int s = 0; s < out.length; s++) {
        if (w.to[s] > w.from[s]) {
          out[s] = w.values[last ? w.to[s] - 1 : w.from[s]];
        }
      }
    }

    @Override
    public void mixed(Windows w, int s, SeriesTarget out) {
      int f = last ? w.to[s] - 1 : w.from[s];
      int h = last ? w.histogramTo[s] - 1 : w.histogramFrom[s];
      boolean noFloat = w.to[s] == w.from[s];
      boolean noHistogram = w.histogramTo[s] == w.histogramFrom[s];
      boolean floatWins =
          noHistogram
              || !noFloat
                  && (last ? w.histogramTimes[h] < w.times[f] : w.times[f] < w.histogramTimes[h]);
      if (floatWins) {
        out.values[s] = w.values[f];
      } else {
        out.set(s, w.histograms[h]);
      }
    }
  }

  /** {@code ts_of_first_over_time}, {@code ts_of_last_over_time}. */
  public static final class TimeOfEnd extends AnyOverTime {
    private final boolean last;

    public TimeOfEnd(boolean last) {
      this.last = last;
    }

    @Override
    public boolean remarks() {
      return false;
    }

    @Override
    public void floats(Windows w, double[] out) {
      for (int s = 0; s < out.length; s++) {
        if (w.to[s] > w.from[s]) {
          out[s] = (double) w.times[last ? w.to[s] - 1 : w.from[s]] / 1000;
        }
      }
    }

    @Override
    public void mixed(Windows w, int s, SeriesTarget out) {
      long t = last ? 0 : Long.MAX_VALUE;
      if (w.to[s] > w.from[s]) {
        t = w.times[last ? w.to[s] - 1 : w.from[s]];
      }
      if (w.histogramTo[s] > w.histogramFrom[s]) {
        long h = w.histogramTimes[last ? w.histogramTo[s] - 1 : w.histogramFrom[s]];
        t = last ? Math.max(t, h) : Math.min(t, h);
      }
      out.values[s] = (double) t / 1000;
    }
  }

  /**
   * {@code changes}, {@code resets}: number of samples that differ from (or are a reset after) the
   * previous one. A float after a histogram, or the other way round, is both. Over an anchored
   * range the newest sample at or before its start comes first.
   */
  public static final class Transitions extends AnyOverTime {
    private final boolean resets;

    public Transitions(boolean resets) {
      this.resets = resets;
    }

    @Override
    public void floats(Windows w, double[] out) {
      int steps = out.length;
      int low = w.from[0];
      int high = w.to[steps - 1];
      if (high <= low) {
        return;
      }
      // a prefix count turns each window into one subtraction
      int[] before = new int[high - low + 1];
      double[] v = w.values;
      for (int i = low + 1; i < high; i++) {
        before[i - low + 1] = before[i - low] + (differs(w, i - 1, i, v) ? 1 : 0);
      }
      for (int s = 0; s < steps; s++) {
        int f = w.from[s];
        int l = w.to[s] - 1;
        if (f > l) {
          continue;
        }
        if (w.extension == Extension.ANCHORED) {
          w.countSamples(l - f);
          f = anchor(w.times, f, w.to[s], w.start(s));
          if (w.times[l] <= w.start(s)) {
            continue;
          }
          f = Math.max(f, w.from[s]);
        }
        out[s] = before[l - low + 1] - before[f - low + 1];
      }
    }

    private boolean differs(Windows w, int a, int b, double[] v) {
      if (resets) {
        return v[b] < v[a]
            || w.starts != null
                && StartTimes.reset(w.starts[a], w.times[a], w.starts[b], w.times[b]);
      }
      return v[a] != v[b] && !(Double.isNaN(v[a]) && Double.isNaN(v[b]));
    }

    /** Returns the last index at or before a moment, or one before {@code from}. */
    private static int anchor(long[] t, int from, int to, long moment) {
      int i = from;
      while (i < to && t[i] <= moment) {
        i++;
      }
      return i - 1;
    }

    @Override
    public void mixed(Windows w, int s, SeriesTarget out) {
      int f = w.from[s];
      int h = w.histogramFrom[s];
      if (w.extension == Extension.ANCHORED) {
        int lastFloat = anchor(w.times, f, w.to[s], w.start(s));
        int lastHistogram = anchor(w.histogramTimes, h, w.histogramTo[s], w.start(s));
        if (lastFloat + 1 >= w.to[s] && lastHistogram + 1 >= w.histogramTo[s]) {
          return;
        }
        boolean floatBefore = lastFloat >= f;
        boolean histogramBefore = lastHistogram >= h;
        if (floatBefore
            && (!histogramBefore || w.times[lastFloat] >= w.histogramTimes[lastHistogram])) {
          f = lastFloat;
          h = lastHistogram + 1;
        } else if (histogramBefore) {
          f = lastFloat + 1;
          h = lastHistogram;
        }
      }
      int count = 0;
      int previousFloat = -1;
      int previousHistogram = -1;
      while (f < w.to[s] || h < w.histogramTo[s]) {
        boolean isFloat = h >= w.histogramTo[s] || f < w.to[s] && w.times[f] < w.histogramTimes[h];
        if (isFloat) {
          if (previousHistogram >= 0
              || previousFloat >= 0 && differs(w, previousFloat, f, w.values)) {
            count++;
          }
          previousFloat = f++;
          previousHistogram = -1;
        } else {
          if (previousFloat >= 0 || previousHistogram >= 0 && differs(w, previousHistogram, h)) {
            count++;
          }
          previousHistogram = h++;
          previousFloat = -1;
        }
      }
      out.values[s] = count;
    }

    private boolean differs(Windows w, int a, int b) {
      Histogram before = w.histograms[a];
      Histogram now = w.histograms[b];
      if (!resets) {
        return !HistogramArithmetic.sameObservations(now, before);
      }
      long[] starts = w.histogramStarts;
      return starts != null
              && StartTimes.reset(starts[a], w.histogramTimes[a], starts[b], w.histogramTimes[b])
          || CounterReset.between(before, now);
    }
  }

  /** {@code avg_over_time}, {@code sum_over_time}: floats or histograms, but not both. */
  public static final class Sum extends AnyOverTime {
    private final boolean mean;

    public Sum(boolean mean) {
      this.mean = mean;
    }

    @Override
    public double costPerSample() {
      return 0.05;
    }

    @Override
    public void floats(Windows w, double[] out) {
      IntegerSums whole = IntegerSums.of(w);
      if (whole != null) {
        whole(w, whole, out);
        return;
      }
      WindowRows rows = WindowRows.of(w);
      if (rows != null) {
        rows.sum();
      }
      GrowingSum growing = new GrowingSum(w);
      for (int s = 0; s < out.length; s++) {
        int f = w.from[s];
        int t = w.to[s];
        if (f >= t) {
          continue;
        }
        double sum;
        double carry;
        if (rows != null && rows.run.has(s)) {
          int k = s - rows.run.first();
          sum = rows.sums[k];
          carry = rows.carries[k];
        } else {
          growing.reach(f, t);
          sum = growing.sum;
          carry = growing.carry;
        }
        if (Double.isFinite(sum)) {
          double n = t - f;
          out[s] = mean ? sum / n + carry / n : sum + carry;
        } else {
          w.countSamples(t - f);
          out[s] = mean ? Kernels.mean(w.values, f, t) : Kernels.sum(w.values, f, t);
        }
      }
    }

    /** A sum with its carry from window to window. May be incorrect if it is not finite. */
    private static final class GrowingSum {
      private final Windows w;
      private final GrowingWindow window = new GrowingWindow();
      double sum;
      double carry;

      GrowingSum(Windows w) {
        this.w = w;
      }

      void reach(int from, int to) {
        int begin = window.reach(from, to);
        if (begin == from) {
          sum = 0;
          carry = 0;
        }
        w.countSamples(to - begin);
        double[] v = w.values;
        double total = sum;
        double c = carry;
        for (int i = begin; i < to; i++) {
          double x = v[i];
          double next = total + x;
          double part = next - total;
          c += (total - (next - part)) + (x - part);
          total = next;
        }
        sum = total;
        carry = c;
      }
    }

    private void whole(Windows w, IntegerSums sums, double[] out) {
      for (int s = 0; s < out.length; s++) {
        int n = w.to[s] - w.from[s];
        if (n > 0) {
          double sum = sums.of(w.from[s], w.to[s]);
          out[s] = mean ? sum / n : sum;
        }
      }
    }

    @Override
    public void mixed(Windows w, int s, SeriesTarget out) {
      boolean floats = w.from[s] < w.to[s];
      if (floats && w.histogramFrom[s] < w.histogramTo[s]) {
        w.annotations.mixedFloatsHistograms(w.metricName(), w.span);
      } else if (floats) {
        out.values[s] =
            mean
                ? Kernels.mean(w.values, w.from[s], w.to[s])
                : Kernels.sum(w.values, w.from[s], w.to[s]);
      } else {
        HistogramMean sum = new HistogramMean(mean);
        for (int i = w.histogramFrom[s]; i < w.histogramTo[s]; i++) {
          sum.add(w.histograms[i]);
        }
        sum.finish(w, s, out);
      }
    }
  }
}
