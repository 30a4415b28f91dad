package dev.tethys.collect.scrape;

import dev.tethys.model.Histogram;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.histogram.HistogramAccumulator;
import org.jspecify.annotations.Nullable;

/**
 * Start timestamp of a cumulative series whose target exposes none ({@code
 * --enable-feature=st-synthesis}). The first sample is the start and is not stored; its value is
 * subtracted from all later ones. A counter that decreased was reset a millisecond before the
 * sample, and has counted from 0 since. The same as in Prometheus, and as {@code
 * subtract_initial_point} of the Collector's {@code metric_start_time}.
 *
 * <p>State of one series, of floats or of histograms. Not thread-safe.
 */
final class SynthesizedStart {
  /** Start of a series that will have one from its next sample. */
  static final SynthesizedStart NONE_YET = new SynthesizedStart(0);

  private long start;
  private long last;
  private double before; // the latest value of the target
  private double base; // what is taken off
  private @Nullable Histogram histogramBefore;
  private @Nullable Histogram histogramBase; // null when nothing is taken off

  private SynthesizedStart(long time) {
    this.start = time;
    this.last = time;
  }

  /** Of a series with this as its first sample, a histogram or else a float. */
  static SynthesizedStart at(long time, double value, @Nullable Histogram h) {
    SynthesizedStart s = new SynthesizedStart(time);
    s.before = value;
    s.base = value;
    s.histogramBefore = h;
    s.histogramBase = h;
    return s;
  }

  /** Whether the series continues with a sample; otherwise it starts again with it. */
  boolean isOf(@Nullable Histogram h) {
    return (h == null) == (histogramBefore == null);
  }

  /** Whether a sample of this time would be out of order, and cannot be processed. */
  boolean isLate(long time) {
    return time < last;
  }

  /** Returns the start time in effect since the latest sample, in Unix milliseconds. */
  long start() {
    return start;
  }

  /** Count since startup. */
  double next(long time, double value) {
    if (Double.isNaN(value)) {
      last = time;
      return value;
    }
    if (value < before) {
      base = 0;
      start = time - 1;
    }
    before = value;
    last = time;
    return value - base;
  }

  /** Count since startup. */
  Histogram next(long time, Histogram value) {
    Histogram previous = histogramBefore;
    if (previous != null && CounterReset.between(previous, value)) {
      histogramBase = null;
      start = time - 1;
    }
    histogramBefore = value;
    last = time;
    Histogram off = histogramBase;
    if (off == null) {
      return value;
    }
    HistogramAccumulator rest = new HistogramAccumulator(value);
    rest.subtract(off);
    Histogram r = rest.toHistogram();
    return new Histogram(
        value.integer(),
        value.resetHint(),
        r.schema(),
        r.zeroThreshold(),
        r.zeroCount(),
        r.count(),
        r.sum(),
        r.positiveSpans(),
        r.positive(),
        r.negativeSpans(),
        r.negative(),
        r.customBounds());
  }
}
