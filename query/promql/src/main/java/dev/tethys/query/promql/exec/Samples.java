package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.histogram.HistogramArithmetic;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Summaries;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Samples of one series for range functions: without stale markers, floats and histograms separate.
 * Refers to a buffer if possible instead of copying. Reused; not thread-safe.
 */
final class Samples {
  private static final Histogram[] NO_HISTOGRAMS = {};

  /** Floats: times, values and their number. */
  int size;

  long[] times = new long[0];
  double[] values = new double[0];

  /** Start times of the floats, or null. */
  long @Nullable [] starts;

  /** Histograms: times, samples and their number. */
  int histogramSize;

  long[] histogramTimes = new long[0];
  Histogram[] histograms = NO_HISTOGRAMS;
  long @Nullable [] histogramStarts;

  /** Summaries returned by the store instead of samples, or null. */
  @Nullable Summaries summaries;

  /** Id as in {@link SampleBuffer#timestampsId}; 0 if samples were skipped. */
  long timesId;

  private long[] ownTimes = new long[0];
  private double[] ownValues = new double[0];
  private long[] ownStarts = new long[0];

  /** Adopts the content of a buffer. */
  void load(SampleBuffer b, boolean withStarts) {
    histogramSize = 0;
    histogramStarts = null;
    summaries = b.summaries;
    if (b.histograms != null) {
      split(b, withStarts);
      return;
    }
    starts = withStarts ? b.startTimestamps : null;
    if (b.mayBeStale && hasStale(b)) {
      dropStale(b);
      return;
    }
    size = b.size;
    times = b.timestamps;
    values = b.values;
    timesId = b.timestampsId;
  }

  private static boolean hasStale(SampleBuffer b) {
    for (int i = 0; i < b.size; i++) {
      if (Column.isAbsent(b.values[i])) {
        return true;
      }
    }
    return false;
  }

  private void ensureOwn(int n) {
    if (ownTimes.length < n) {
      ownTimes = new long[n + n / 2];
      ownValues = new double[n + n / 2];
    }
    if (starts != null && ownStarts.length < n) {
      ownStarts = new long[n + n / 2];
    }
  }

  private void dropStale(SampleBuffer b) {
    ensureOwn(b.size);
    int n = 0;
    for (int i = 0; i < b.size; i++) {
      if (!Column.isAbsent(b.values[i])) {
        ownTimes[n] = b.timestamps[i];
        ownValues[n] = b.values[i];
        if (starts != null) {
          ownStarts[n] = starts[i];
        }
        n++;
      }
    }
    useOwn(n);
  }

  private void useOwn(int n) {
    size = n;
    times = ownTimes;
    values = ownValues;
    if (starts != null) {
      starts = ownStarts;
    }
    timesId = 0;
  }

  private void split(SampleBuffer b, boolean withStarts) {
    long[] from = withStarts ? b.startTimestamps : null;
    starts = from;
    ensureOwn(b.size);
    if (histograms.length < b.size) {
      histograms = new Histogram[b.size];
      histogramTimes = new long[b.size];
    }
    long[] hs = from == null ? null : new long[b.size];
    histogramStarts = hs;
    @Nullable Histogram[] in = b.histograms;
    int n = 0;
    for (int i = 0; i < b.size; i++) {
      Histogram h = in == null ? null : in[i];
      if (h != null) {
        if (!h.isStale()) {
          histograms[histogramSize] = h;
          histogramTimes[histogramSize] = b.timestamps[i];
          if (hs != null && from != null) {
            hs[histogramSize] = from[i];
          }
          histogramSize++;
        }
      } else if (!Column.isAbsent(b.values[i])) {
        ownTimes[n] = b.timestamps[i];
        ownValues[n] = b.values[i];
        if (from != null) {
          ownStarts[n] = from[i];
        }
        n++;
      }
    }
    useOwn(n);
  }

  /**
   * Replaces histograms by only their counts and sums, after resets between neighbours were found
   * and recorded: all that {@code histogram_count(rate(x))} and similar queries need.
   */
  void dropBuckets() {
    Histogram last = null;
    for (int i = 0; i < histogramSize; i++) {
      Histogram h = histograms[i];
      Histogram.ResetHint hint = h.resetHint();
      if (hint == Histogram.ResetHint.UNKNOWN && last != null) {
        hint =
            CounterReset.between(last, h)
                ? Histogram.ResetHint.RESET
                : Histogram.ResetHint.NOT_RESET;
      }
      histograms[i] = HistogramArithmetic.withoutBuckets(h, hint);
      last = h;
    }
  }

  /** Loads the samples of a column as returned by a subquery: resets are no longer known. */
  void load(Column c, Grid grid, long[] gridTimes, long gridTimesId) {
    starts = null;
    summaries = null;
    histogramStarts = null;
    histogramSize = 0;
    int steps = grid.steps();
    ensureOwn(steps);
    int n = 0;
    double[] v = c.values();
    for (int i = 0; i < steps; i++) {
      if (!Column.isAbsent(v[i])) {
        ownTimes[n] = gridTimes[i];
        ownValues[n++] = v[i];
      }
    }
    if (n == steps) {
      size = n;
      times = gridTimes;
      values = v;
      timesId = gridTimesId;
      return;
    }
    useOwn(n);
    @Nullable Histogram[] hs = c.histograms();
    if (hs != null) {
      if (histograms.length < steps) {
        histograms = Arrays.copyOf(histograms, steps);
        histogramTimes = Arrays.copyOf(histogramTimes, steps);
      }
      for (int i = 0; i < steps; i++) {
        Histogram h = hs[i];
        if (h != null) {
          boolean known =
              h.resetHint() == Histogram.ResetHint.RESET
                  || h.resetHint() == Histogram.ResetHint.NOT_RESET;
          histograms[histogramSize] = known ? h.withResetHint(Histogram.ResetHint.UNKNOWN) : h;
          histogramTimes[histogramSize++] = gridTimes[i];
        }
      }
    }
  }
}
