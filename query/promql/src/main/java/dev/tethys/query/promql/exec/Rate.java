package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.histogram.HistogramAccumulator;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.exec.Annotations.HistogramOperation;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@code rate}, {@code increase} and {@code delta}: the difference between the first and the last
 * sample of the window, corrected for counter resets and extrapolated to the window's borders.
 *
 * <p>A border nearer to its sample than 1.1 average distances between samples is reached in full,
 * another by half a distance; a counter is not extrapolated below zero. A known start of the
 * counter inside the window replaces the estimate.
 *
 * <p>Resets are found once per series: windows then touch only their first and last sample and the
 * resets between, in the order in which sums must be taken.
 */
public final class Rate implements RangeFunction {
  private static final int[] NO_RESETS = {};

  private final boolean counter;
  private final boolean perSecond;

  public Rate(boolean counter, boolean perSecond) {
    this.counter = counter;
    this.perSecond = perSecond;
  }

  @Override
  public boolean expectsCounter() {
    return counter;
  }

  @Override
  public void floats(Windows w, double[] out) {
    if (w.extension != Extension.NONE) {
      for (int s = 0; s < out.length; s++) {
        if (w.from[s] < w.to[s]) {
          w.countSamples(w.to[s] - w.from[s]);
          ExtendedRate.floats(w, s, counter, perSecond, out);
        }
      }
      return;
    }
    if (counter && w.starts != null) {
      for (int s = 0; s < out.length; s++) {
        if (w.from[s] < w.to[s]) {
          w.countSamples(w.to[s] - w.from[s]);
          out[s] = withStarts(w, s, w.starts);
        }
      }
      return;
    }
    int[] resets = counter ? resets(w.values, w.from[0], w.to[out.length - 1]) : NO_RESETS;
    double divisor = perSecond ? seconds(w.range) : 1;
    if (resets.length == 0) {
      plain(w, out, counter, divisor);
    } else {
      withResets(w, out, resets, divisor);
    }
  }

  /** Returns a range in seconds, like Go's Duration.Seconds. */
  static double seconds(long millis) {
    return (double) (millis / 1000) + (double) (millis % 1000 * 1_000_000) / 1e9;
  }

  /** Indices of samples below the previous one them. */
  private static int[] resets(double[] v, int from, int to) {
    if (!mayFall(v, from, to)) {
      return NO_RESETS;
    }
    int[] out = NO_RESETS;
    int n = 0;
    for (int i = from + 1; i < to; i++) {
      if (v[i] < v[i - 1]) {
        if (n == out.length) {
          out = Arrays.copyOf(out, Math.max(8, n * 2));
        }
        out[n++] = i;
      }
    }
    return n == out.length ? out : Arrays.copyOf(out, n);
  }

  /**
   * Whether a sample may be below the previous one, for which a difference with the bit of the sign
   * is enough: nothing in a step waits for the previous step, and there is no branch.
   */
  private static boolean mayFall(double[] v, int from, int to) {
    long signs = 0;
    for (int i = from + 1; i < to; i++) {
      signs |= Double.doubleToRawLongBits(v[i] - v[i - 1]);
    }
    return signs < 0;
  }

  private static void plain(Windows w, double[] out, boolean counter, double divisor) {
    double[] v = w.values;
    int[] from = w.from;
    int[] to = w.to;
    double[] factors = factors(w, divisor);
    for (int s = 0; s < out.length; s++) {
      int f = from[s];
      int l = to[s] - 1;
      if (l > f) {
        double first = v[f];
        double difference = v[l] - first;
        out[s] =
            counter && mayReachZero(first, difference)
                ? extrapolated(w, s, f, l, difference, true, divisor)
                : difference * factors[s];
      }
    }
  }

  private static void withResets(Windows w, double[] out, int[] resets, double divisor) {
    double[] v = w.values;
    double[] factors = factors(w, divisor);
    int next = 0;
    for (int s = 0; s < out.length; s++) {
      int f = w.from[s];
      int l = w.to[s] - 1;
      if (l <= f) {
        continue;
      }
      while (next < resets.length && resets[next] <= f) {
        next++;
      }
      double first = v[f];
      double difference = v[l] - first;
      int r = next;
      for (; r < resets.length && resets[r] <= l; r++) {
        difference += v[resets[r] - 1];
      }
      w.countSamples(r - next);
      out[s] =
          mayReachZero(first, difference)
              ? extrapolated(w, s, f, l, difference, true, divisor)
              : difference * factors[s];
    }
  }

  /**
   * Whether a counter may have been zero nearer to its first sample than the border is taken to be.
   * Not when it was at least twice as high as it rose: then zero is two windows away, and the
   * border less than 1.1.
   */
  private static boolean mayReachZero(double first, double difference) {
    return difference > 0 && first >= 0 && !(first >= 2 * difference);
  }

  /**
   * Returns the extrapolation factors by step, which depend on timestamps only and are shared by
   * all series.
   */
  private static double[] factors(Windows w, double divisor) {
    double[] known = w.bounds.factors();
    if (known != null) {
      return known;
    }
    double[] out = new double[w.from.length];
    for (int s = 0; s < out.length; s++) {
      int f = w.from[s];
      int l = w.to[s] - 1;
      if (l > f) {
        out[s] = factor(w.times[f], w.times[l], l - f, 0, 0, w.start(s), w.end(s), false) / divisor;
      }
    }
    w.bounds.factors(out);
    return out;
  }

  private static double extrapolated(
      Windows w, int s, int f, int l, double difference, boolean counter, double divisor) {
    return extrapolated(
        w.times[f],
        w.times[l],
        l - f,
        w.values[f],
        difference,
        w.start(s),
        w.end(s),
        counter,
        divisor);
  }

  /** Extrapolates {@code difference} between samples {@code n} distances apart to the range. */
  static double extrapolated(
      long firstTime,
      long lastTime,
      int n,
      double first,
      double difference,
      long rangeStart,
      long rangeEnd,
      boolean counter,
      double divisor) {
    double factor =
        factor(firstTime, lastTime, n, first, difference, rangeStart, rangeEnd, counter);
    return difference * (factor / divisor);
  }

  private static double factor(
      long firstTime,
      long lastTime,
      int n,
      double first,
      double difference,
      long rangeStart,
      long rangeEnd,
      boolean counter) {
    double toStart = (double) (firstTime - rangeStart) / 1000;
    double toEnd = (double) (rangeEnd - lastTime) / 1000;
    double sampled = (double) (lastTime - firstTime) / 1000;
    double average = sampled / n;
    double threshold = average * 1.1;
    if (toStart >= threshold) {
      toStart = average / 2;
    }
    if (counter && difference > 0 && first >= 0) {
      double toZero = sampled * (first / difference);
      if (toZero < toStart) {
        toStart = toZero;
      }
    }
    if (toEnd >= threshold) {
      toEnd = average / 2;
    }
    return sampled == 0 ? 1 : (sampled + toStart + toEnd) / sampled;
  }

  /** Evaluates a counter whose start times are known, at least in part. */
  private double withStarts(Windows w, int s, long[] starts) {
    long[] t = w.times;
    double[] v = w.values;
    int f = w.from[s];
    int l = w.to[s] - 1;
    double difference = v[l] - v[f];
    boolean annotated = false;
    for (int i = f + 1; i <= l; i++) {
      if (!annotated && StartTimes.overlap(starts[i - 1], t[i - 1], starts[i])) {
        w.annotations.startOverlap(w.metricName(), w.span);
        annotated = true;
      }
      if (v[i] < v[i - 1] || StartTimes.reset(starts[i - 1], t[i - 1], starts[i], t[i])) {
        difference += v[i - 1];
      }
    }
    double divisor = perSecond ? seconds(w.range) : 1;
    long begin = starts[f];
    if (begin != 0 && begin > w.start(s) && begin < t[f]) {
      return (difference + v[f]) * fromStart(w, s, t[f], t[l], l - f, begin, divisor);
    }
    return l == f
        ? Column.ABSENT
        : extrapolated(t[f], t[l], l - f, v[f], difference, w.start(s), w.end(s), true, divisor);
  }

  /** Returns the factor of a window in which the counter is known to have started at zero. */
  private static double fromStart(
      Windows w, int s, long first, long last, int n, long begin, double divisor) {
    double toEnd = (double) (w.end(s) - last) / 1000;
    double average = n > 0 ? (double) (last - first) / 1000 / n : 0;
    double sampled = (double) (last - begin) / 1000;
    if (toEnd >= average * 1.1) {
      toEnd = average / 2;
    }
    double factor = sampled == 0 ? 1 : (sampled + 0 + toEnd) / sampled;
    return factor / divisor;
  }

  @Override
  public void mixed(Windows w, int s, SeriesTarget out) {
    boolean floats = w.from[s] < w.to[s];
    boolean histograms = w.histogramFrom[s] < w.histogramTo[s];
    if (floats && histograms) {
      w.annotations.mixedFloatsHistograms(w.metricName(), w.span);
    } else if (w.extension != Extension.NONE) {
      if (floats) {
        ExtendedRate.floats(w, s, counter, perSecond, out.values);
      } else {
        ExtendedRate.histograms(w, s, counter, perSecond, out);
      }
    } else if (floats) {
      oneFloat(w, s, out);
    } else {
      histograms(w, s, out);
    }
  }

  private void oneFloat(Windows w, int s, SeriesTarget out) {
    if (counter && w.starts != null) {
      out.values[s] = withStarts(w, s, w.starts);
      return;
    }
    int f = w.from[s];
    int l = w.to[s] - 1;
    if (l == f) {
      return;
    }
    double difference = w.values[l] - w.values[f];
    if (counter) {
      for (int i : resets(w.values, f, l + 1)) {
        difference += w.values[i - 1];
      }
    }
    out.values[s] =
        extrapolated(
            w.times[f],
            w.times[l],
            l - f,
            w.values[f],
            difference,
            w.start(s),
            w.end(s),
            counter,
            perSecond ? seconds(w.range) : 1);
  }

  private void histograms(Windows w, int s, SeriesTarget out) {
    int f = w.histogramFrom[s];
    int l = w.histogramTo[s] - 1;
    long[] t = w.histogramTimes;
    HistogramAccumulator sum = null;
    if (l > f) {
      sum = difference(w, f, l);
      if (sum == null) {
        return;
      }
    }
    long[] starts = counter ? w.histogramStarts : null;
    long begin = starts == null ? 0 : starts[f];
    double divisor = perSecond ? seconds(w.range) : 1;
    double factor;
    if (begin != 0 && begin > w.start(s) && begin < t[f]) {
      Histogram first = w.histograms[f];
      if (sum == null) {
        sum = new HistogramAccumulator(first);
      } else if (!added(w, sum, first)) {
        return;
      }
      factor = fromStart(w, s, t[f], t[l], l - f, begin, divisor);
    } else if (sum == null) {
      return;
    } else {
      double first = w.histograms[f].count();
      factor =
          factor(t[f], t[l], l - f, first, sum.count(), w.start(s), w.end(s), counter) / divisor;
    }
    out.set(s, sum.multiply(factor).toHistogram());
  }

  private static boolean added(Windows w, HistogramAccumulator sum, Histogram h) {
    int outcome = sum.add(h);
    if (outcome == HistogramAccumulator.INCOMPATIBLE) {
      w.annotations.mixedSchemas(w.metricName(), w.span);
      return false;
    }
    if ((outcome & HistogramAccumulator.BOUNDS_RECONCILED) != 0) {
      w.annotations.boundsReconciled(HistogramOperation.ADDITION, w.span);
    }
    return true;
  }

  /**
   * Returns last minus first, plus what resets hid; null if the window's histograms do not fit
   * together.
   */
  private @Nullable HistogramAccumulator difference(Windows w, int f, int l) {
    Histogram[] h = w.histograms;
    long[] t = w.histogramTimes;
    long[] starts = counter ? w.histogramStarts : null;
    Histogram previous = h[f];
    Histogram last = h[l];
    if (counter
        && (previous.resetHint() == ResetHint.GAUGE || last.resetHint() == ResetHint.GAUGE)) {
      w.annotations.notCounter(w.metricName(), w.span);
    }
    boolean custom = previous.hasCustomBuckets();
    if (counter && isReset(previous, h[f + 1], starts, t, f + 1)) {
      // the first sample is of another life of the counter: its layout does not matter
      previous = new HistogramAccumulator(h[f + 1]).setEmptyLike(h[f + 1]).toHistogram();
      custom = previous.hasCustomBuckets();
    }
    if (last.hasCustomBuckets() != custom) {
      w.annotations.mixedSchemas(w.metricName(), w.span);
      return null;
    }
    int schema = Math.min(last.schema(), previous.schema());
    for (int i = f + 1; counter && i < l; i++) {
      if (h[i].resetHint() == ResetHint.GAUGE) {
        w.annotations.notCounter(w.metricName(), w.span);
      }
      schema = Math.min(schema, h[i].schema());
      if (h[i].hasCustomBuckets() != custom) {
        w.annotations.mixedSchemas(w.metricName(), w.span);
        return null;
      }
    }
    HistogramAccumulator sum = new HistogramAccumulator(last);
    sum.reduceTo(schema);
    if ((sum.subtract(previous) & HistogramAccumulator.BOUNDS_RECONCILED) != 0) {
      w.annotations.boundsReconciled(HistogramOperation.SUBTRACTION, w.span);
    }
    if (counter) {
      addResets(w, f, l, sum, previous, starts);
    } else if (h[f].resetHint() != ResetHint.GAUGE || last.resetHint() != ResetHint.GAUGE) {
      w.annotations.notGauge(w.metricName(), w.span);
    }
    sum.resetHint(ResetHint.GAUGE);
    return sum;
  }

  private static boolean isReset(
      Histogram before, Histogram now, long @Nullable [] starts, long[] t, int i) {
    return starts != null && StartTimes.reset(starts[i - 1], t[i - 1], starts[i], t[i])
        || CounterReset.between(before, now);
  }

  private static void addResets(
      Windows w,
      int f,
      int l,
      HistogramAccumulator sum,
      Histogram first,
      long @Nullable [] starts) {
    long[] t = w.histogramTimes;
    Histogram previous = first;
    boolean annotated = false;
    for (int i = f + 1; i <= l; i++) {
      if (starts != null && !annotated && StartTimes.overlap(starts[i - 1], t[i - 1], starts[i])) {
        w.annotations.startOverlap(w.metricName(), w.span);
        annotated = true;
      }
      Histogram now = w.histograms[i];
      if (isReset(previous, now, starts, t, i)
          && (sum.add(previous) & HistogramAccumulator.BOUNDS_RECONCILED) != 0) {
        w.annotations.boundsReconciled(HistogramOperation.ADDITION, w.span);
      }
      previous = now;
    }
  }
}
