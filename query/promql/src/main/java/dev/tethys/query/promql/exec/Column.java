package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.histogram.HistogramArithmetic;
import org.jspecify.annotations.Nullable;

/**
 * One series over the steps of a grid. Immutable by convention: no operator changes what it was
 * given.
 *
 * <p>A step without a float holds the bits of the staleness marker ({@link #ABSENT}); no arithmetic
 * gives those bits (it quiets them), and selectors let none through, so that the mark costs no
 * second array. A step with a histogram is absent in {@link #values}.
 *
 * @param dropName whether the metric name is to be removed at the end (delayed name removal)
 * @param histograms by step; null when there is none
 */
public record Column(
    Labels labels, boolean dropName, double[] values, @Nullable Histogram @Nullable [] histograms) {
  /** No sample at this step. Compare with {@link #isAbsent}. */
  public static final double ABSENT = Samples.STALE;

  /** About what it takes: its values, references, and its labels and object headers. */
  public long bytes() {
    long n = 8L * values.length + 96 + labels.canonicalBytes().length;
    return histograms == null ? n : n + 264L * values.length;
  }

  /** Whether a value says that there is none. */
  public static boolean isAbsent(double v) {
    return Double.doubleToRawLongBits(v) == Samples.STALE_BITS;
  }

  /** Whether there is a float or a histogram at a step. */
  public boolean has(int step) {
    return !isAbsent(values[step]) || histograms != null && histograms[step] != null;
  }

  /** Whether no step has a sample. */
  public boolean isEmpty() {
    for (int s = 0; s < values.length; s++) {
      if (has(s)) {
        return false;
      }
    }
    return true;
  }

  /** The histogram at a step, or null. */
  public @Nullable Histogram histogram(int step) {
    return histograms == null ? null : histograms[step];
  }

  /** The same samples under other labels. */
  public Column with(Labels newLabels, boolean drop) {
    return new Column(newLabels, drop, values, histograms);
  }

  /** How many samples there are, histograms weighing more. */
  public long weight() {
    long n = 0;
    for (double v : values) {
      if (!isAbsent(v)) {
        n++;
      }
    }
    if (histograms != null) {
      for (Histogram h : histograms) {
        if (h != null) {
          n += HistogramArithmetic.weight(h);
        }
      }
    }
    return n;
  }
}
