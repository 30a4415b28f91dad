package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection;

/**
 * A {@code smoothed} instant selector: the value at a step interpolated between the samples around
 * it, the last value if none follows within the lookback.
 */
public final class SmoothedSelect extends Operator {
  private final Selector selector;

  public SmoothedSelect(Selector selector) {
    this.selector = selector;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description("SmoothedSelect").reads(selector.reads(grid, lookback, 0, 0, "values"));
  }

  @Override
  SeriesStream open(Execution x, Grid grid) {
    Selection selection = selector.open(x, grid, 0);
    long[] moments = new long[grid.steps()];
    for (int s = 0; s < moments.length; s++) {
      moments[s] = selector.moment(grid.time(s));
    }
    return new SeriesStream() {
      @Override
      public int size() {
        return selection.size();
      }

      @Override
      public Labels labels(int i) {
        return selection.labels(i);
      }

      @Override
      public boolean dropName(int i) {
        return false;
      }

      @Override
      public void evaluate(int i, Workspace w, SeriesTarget target) {
        selection.read(i, w.buffer);
        if (w.buffer.histograms != null) {
          x.noteHistograms();
        }
        w.samples.load(w.buffer, false);
        smooth(x, moments, labels(i), w.samples, target);
      }

      @Override
      public void close() {
        selection.close();
      }
    };
  }

  private void smooth(Execution x, long[] moments, Labels labels, Samples in, SeriesTarget target) {
    Bounds f = Bounds.find(in.times, in.size, moments, x.lookback(), x.lookback());
    Bounds h =
        Bounds.find(in.histogramTimes, in.histogramSize, moments, x.lookback(), x.lookback());
    for (int s = 0; s < moments.length; s++) {
      boolean floats = f.from()[s] < f.to()[s];
      boolean histograms = h.from()[s] < h.to()[s];
      if (floats && histograms) {
        x.annotations().mixedFloatsHistograms(labels.metricName(), selector.span());
      } else if (floats) {
        floatAt(in, f.from()[s], f.to()[s], moments[s], s, target);
      } else if (histograms) {
        histogramAt(x, labels, in, h.from()[s], h.to()[s], moments[s], s, target);
      }
    }
  }

  private static int firstAtOrAfter(long[] t, int from, int to, long moment) {
    int i = from;
    while (i < to && t[i] < moment) {
      i++;
    }
    return i;
  }

  private static void floatAt(
      Samples in, int from, int to, long moment, int s, SeriesTarget target) {
    int i = firstAtOrAfter(in.times, from, to, moment);
    if (i < to && in.times[i] == moment) {
      target.values[s] = in.values[i];
    } else if (i > from) {
      target.values[s] =
          i < to
              ? ExtendedRate.between(in.times, in.values, i - 1, moment, false)
              : in.values[i - 1];
    }
  }

  private void histogramAt(
      Execution x,
      Labels labels,
      Samples in,
      int from,
      int to,
      long moment,
      int s,
      SeriesTarget target) {
    long[] t = in.histogramTimes;
    int i = firstAtOrAfter(t, from, to, moment);
    if (i < to && t[i] == moment) {
      target.set(s, in.histograms[i]);
    } else if (i > from && i < to) {
      Histogram before = in.histograms[i - 1];
      Histogram after = in.histograms[i];
      boolean counter =
          before.resetHint() != ResetHint.GAUGE || after.resetHint() != ResetHint.GAUGE;
      Histogram h =
          before.hasCustomBuckets() != after.hasCustomBuckets()
              ? null
              : ExtendedRate.between(
                  before, t[i - 1], after, t[i], moment, counter, x.annotations(), selector.span());
      if (h == null) {
        x.annotations().mixedSchemas(labels.metricName(), selector.span());
      } else {
        target.set(s, h);
      }
    } else if (i > from) {
      target.set(s, in.histograms[i - 1].withResetHint(ResetHint.UNKNOWN));
    }
  }
}
