package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.histogram.HistogramAccumulator;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.exec.Annotations.HistogramOperation;
import org.jspecify.annotations.Nullable;

/**
 * Rates over {@code anchored} and {@code smoothed} ranges: the difference between the values at the
 * two borders, without extrapolation. Anchored uses the newest sample at or before a boundary;
 * smoothed interpolates between the samples around it.
 */
final class ExtendedRate {
  private ExtendedRate() {}

  /**
   * Returns the first index in {@code [from, last)} whose time is after (or, with equal, at) a
   * given one.
   */
  private static int search(long[] t, int from, int last, long moment, boolean equal) {
    int i = from;
    while (i < last && (equal ? t[i] < moment : t[i] <= moment)) {
      i++;
    }
    return i;
  }

  static void floats(Windows w, int s, boolean counter, boolean perSecond, double[] out) {
    long[] t = w.times;
    double[] v = w.values;
    boolean smoothed = w.extension == Extension.SMOOTHED;
    long start = w.start(s);
    long end = w.end(s);
    int last = w.to[s] - 1;
    int first = Math.max(w.from[s], search(t, w.from[s], last, start, false) - 1);
    if (smoothed) {
      last = search(t, w.from[s], last, end, true);
    }
    if (t[last] <= start || smoothed && t[first] > end) {
      return;
    }
    double left = smoothed && t[first] < start ? between(t, v, first, start, counter) : v[first];
    double right =
        smoothed && last > w.from[s] && t[last] > end
            ? between(t, v, last - 1, end, counter)
            : v[last];
    double difference = right - left;
    if (counter) {
      if (t[first] <= start) {
        first++;
      }
      if (t[last] >= end) {
        last--;
      }
      double hidden = 0;
      double previous = left;
      for (int i = first; i <= last; i++) {
        if (v[i] < previous) {
          hidden += previous;
        }
        previous = v[i];
      }
      if (right < previous) {
        hidden += previous;
      }
      difference += hidden;
    }
    out[s] = perSecond ? difference / Rate.seconds(w.range) : difference;
  }

  /** Returns the value at a given time between a sample and the next one. */
  static double between(long[] t, double[] v, int i, long moment, boolean counter) {
    double y1 = counter && v[i + 1] < v[i] ? 0 : v[i];
    double y2 = v[i + 1];
    return y1 + (y2 - y1) * (double) (moment - t[i]) / (double) (t[i + 1] - t[i]);
  }

  static void histograms(Windows w, int s, boolean counter, boolean perSecond, SeriesTarget out) {
    long[] t = w.histogramTimes;
    Histogram[] h = w.histograms;
    boolean smoothed = w.extension == Extension.SMOOTHED;
    long start = w.start(s);
    long end = w.end(s);
    int from = w.histogramFrom[s];
    int last = w.histogramTo[s] - 1;
    int first = Math.max(from, search(t, from, last, start, false) - 1);
    if (smoothed) {
      last = search(t, from, last, end, true);
    }
    if (t[last] <= start || smoothed && t[first] > end || !areCompatible(w, first, last, counter)) {
      return;
    }
    Histogram left =
        smoothed && t[first] < start
            ? between(h[first], t[first], h[first + 1], t[first + 1], start, counter, w)
            : h[first];
    Histogram right =
        left != null && smoothed && last > from && t[last] > end
            ? between(h[last - 1], t[last - 1], h[last], t[last], end, counter, w)
            : h[last];
    if (left == null || right == null) {
      w.annotations.mixedSchemas(w.metricName(), w.span);
      return;
    }
    if (!counter && (left.resetHint() != ResetHint.GAUGE || right.resetHint() != ResetHint.GAUGE)) {
      w.annotations.notGauge(w.metricName(), w.span);
    }
    HistogramAccumulator sum = new HistogramAccumulator(right);
    if (!noted(w, sum.subtract(left), HistogramOperation.SUBTRACTION)) {
      return;
    }
    if (counter) {
      boolean leftSpannedReset =
          smoothed && t[first] < start && CounterReset.between(h[first], h[first + 1]);
      HistogramAccumulator hidden = new HistogramAccumulator(left);
      int n = hidden(w, first, last, left, right, leftSpannedReset, hidden);
      if (n < 0
          || n > 0 && !noted(w, sum.add(hidden.withEmptyBuckets()), HistogramOperation.ADDITION)) {
        return;
      }
    }
    if (perSecond) {
      sum.divide(Rate.seconds(w.range));
    }
    sum.resetHint(ResetHint.GAUGE);
    out.set(s, sum.toHistogram());
  }

  private static boolean areCompatible(Windows w, int first, int last, boolean counter) {
    boolean custom = w.histograms[first].hasCustomBuckets();
    for (int i = first; i <= last; i++) {
      if (w.histograms[i].hasCustomBuckets() != custom) {
        w.annotations.mixedSchemas(w.metricName(), w.span);
        return false;
      }
      if (counter && w.histograms[i].resetHint() == ResetHint.GAUGE) {
        w.annotations.notCounter(w.metricName(), w.span);
      }
    }
    return true;
  }

  private static boolean noted(Windows w, int outcome, HistogramOperation op) {
    if (outcome == HistogramAccumulator.INCOMPATIBLE) {
      w.annotations.mixedSchemas(w.metricName(), w.span);
      return false;
    }
    if ((outcome & HistogramAccumulator.BOUNDS_RECONCILED) != 0) {
      w.annotations.boundsReconciled(op, w.span);
    }
    return true;
  }

  /**
   * Adds the values hidden by counter resets between the borders; returns the number of resets, -1
   * for incompatible histograms.
   */
  private static int hidden(
      Windows w,
      int firstSample,
      int lastSample,
      Histogram left,
      Histogram right,
      boolean leftSpannedReset,
      HistogramAccumulator sum) {
    int first = firstSample + 1;
    Histogram previous = left;
    if (leftSpannedReset) {
      previous = w.histograms[first];
      first++;
    }
    int last = lastSample - 1; // the last sample is in the right border
    if (first > last + 1) {
      return 0;
    }
    int n = 0;
    for (int i = first; i <= last + 1; i++) {
      Histogram now = i <= last ? w.histograms[i] : right;
      if (CounterReset.between(previous, now)) {
        if (n++ == 0) {
          sum.set(previous);
        } else if (!noted(w, sum.add(previous), HistogramOperation.ADDITION)) {
          return -1;
        }
      }
      previous = now;
    }
    return n;
  }

  private static @Nullable Histogram between(
      Histogram h1, long t1, Histogram h2, long t2, long moment, boolean counter, Windows w) {
    return between(h1, t1, h2, t2, moment, counter, w.annotations, w.span);
  }

  /**
   * Returns the histogram at a given time between two samples; null if they do not fit together.
   */
  static @Nullable Histogram between(
      Histogram h1,
      long t1,
      Histogram h2,
      long t2,
      long moment,
      boolean counter,
      Annotations annotations,
      Span span) {
    if (moment == t1) {
      return h1;
    }
    if (moment == t2) {
      return h2;
    }
    double fraction = (double) (moment - t1) / (double) (t2 - t1);
    if (counter && CounterReset.between(h1, h2)) {
      return new HistogramAccumulator(h2).multiply(fraction).withEmptyBuckets();
    }
    HistogramAccumulator sum = new HistogramAccumulator(h2);
    int outcome = sum.subtract(h1);
    if (outcome == HistogramAccumulator.INCOMPATIBLE) {
      return null;
    }
    if ((outcome & HistogramAccumulator.BOUNDS_RECONCILED) != 0) {
      annotations.boundsReconciled(HistogramOperation.SUBTRACTION, span);
    }
    outcome = sum.multiply(fraction).add(h1);
    if ((outcome & HistogramAccumulator.BOUNDS_RECONCILED) != 0) {
      annotations.boundsReconciled(HistogramOperation.ADDITION, span);
    }
    return sum.withEmptyBuckets();
  }
}
