package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.histogram.HistogramAccumulator;
import dev.tethys.query.promql.exec.Annotations.HistogramOperation;

/** {@code irate} and {@code idelta}: the difference of the last two samples of the window. */
public final class InstantRate implements RangeFunction {
  private final boolean counter;

  public InstantRate(boolean counter) {
    this.counter = counter;
  }

  @Override
  public void floats(Windows w, double[] out) {
    for (int s = 0; s < out.length; s++) {
      if (w.to[s] - w.from[s] >= 2) {
        out[s] = ofFloats(w, w.to[s] - 1);
      }
    }
  }

  private double ofFloats(Windows w, int last) {
    long[] t = w.times;
    double[] v = w.values;
    long distance = t[last] - t[last - 1];
    if (distance == 0) {
      return Column.ABSENT;
    }
    boolean reset =
        counter
            && (v[last] < v[last - 1]
                || w.starts != null
                    && StartTimes.reset(w.starts[last - 1], t[last - 1], w.starts[last], t[last]));
    double d = reset ? v[last] : v[last] - v[last - 1];
    return counter ? d / ((double) distance / 1000) : d;
  }

  @Override
  public void mixed(Windows w, int s, SeriesTarget out) {
    int floats = w.to[s] - w.from[s];
    int histograms = w.histogramTo[s] - w.histogramFrom[s];
    if (floats + histograms < 2) {
      return;
    }
    int f = w.to[s] - 1;
    int h = w.histogramTo[s] - 1;
    boolean lastIsFloat = histograms == 0 || floats > 0 && w.times[f] > w.histogramTimes[h];
    if (lastIsFloat) {
      boolean both = histograms == 0 || floats > 1 && w.times[f - 1] > w.histogramTimes[h];
      if (both) {
        out.values[s] = ofFloats(w, f);
        return;
      }
    } else if (floats == 0 || histograms > 1 && w.histogramTimes[h - 1] > w.times[f]) {
      ofHistograms(w, s, h, out);
      return;
    }
    w.annotations.mixedFloatsHistograms(w.metricName(), w.span);
  }

  private void ofHistograms(Windows w, int s, int last, SeriesTarget out) {
    Histogram before = w.histograms[last - 1];
    Histogram now = w.histograms[last];
    long distance = w.histogramTimes[last] - w.histogramTimes[last - 1];
    boolean gauges = before.resetHint() == ResetHint.GAUGE && now.resetHint() == ResetHint.GAUGE;
    boolean anyGauge = before.resetHint() == ResetHint.GAUGE || now.resetHint() == ResetHint.GAUGE;
    if (counter && anyGauge) {
      w.annotations.notCounter(w.metricName(), w.span);
    }
    if (!counter && !gauges) {
      w.annotations.notGauge(w.metricName(), w.span);
    }
    HistogramAccumulator sum = new HistogramAccumulator(now);
    boolean reset =
        counter
            && (w.histogramStarts != null
                    && StartTimes.reset(
                        w.histogramStarts[last - 1],
                        w.histogramTimes[last - 1],
                        w.histogramStarts[last],
                        w.histogramTimes[last])
                || CounterReset.between(before, now));
    if (!reset) {
      int outcome = sum.subtract(before);
      if (outcome == HistogramAccumulator.INCOMPATIBLE) {
        w.annotations.mixedSchemas(w.metricName(), w.span);
        return;
      }
      if ((outcome & HistogramAccumulator.BOUNDS_RECONCILED) != 0) {
        w.annotations.boundsReconciled(HistogramOperation.SUBTRACTION, w.span);
      }
    }
    sum.resetHint(ResetHint.GAUGE);
    if (counter) {
      sum.divide((double) distance / 1000);
    }
    out.set(s, sum.toHistogram());
  }
}
