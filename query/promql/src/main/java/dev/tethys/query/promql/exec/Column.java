package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.histogram.HistogramArithmetic;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One series over the steps of a grid. Immutable by convention: no operator changes its input.
 *
 * <p>A step without a float holds the bits of the staleness marker ({@link #ABSENT}); no arithmetic
 * gives those bits (it quiets them), and selectors let none through, so that the mark costs no
 * second array. A step with a histogram is absent in {@link #values}.
 *
 * <p>A series of few floats among many steps may be {@link #sparse}; such columns are created only
 * for responses, never for other operators.
 */
public final class Column {
  /** No sample at this step. Compare with {@link #isAbsent}. */
  public static final double ABSENT = Samples.STALE;

  private final Labels labels;
  private final boolean dropName;
  private final double[] floats; // by step, or by point
  private final int @Nullable [] at; // the steps of points, ascending; null when floats are by step
  private final int steps;
  private final @Nullable Histogram @Nullable [] histograms;

  private Column(
      Labels labels,
      boolean dropName,
      double[] floats,
      int @Nullable [] at,
      int steps,
      @Nullable Histogram @Nullable [] histograms) {
    this.labels = labels;
    this.dropName = dropName;
    this.floats = floats;
    this.at = at;
    this.steps = steps;
    this.histograms = histograms;
  }

  /**
   * Creates a series with a slot for each step.
   *
   * @param dropName whether the metric name is to be removed at the end (delayed name removal)
   * @param histograms histograms by step, or null if there are none
   */
  public Column(
      Labels labels,
      boolean dropName,
      double[] values,
      @Nullable Histogram @Nullable [] histograms) {
    this(labels, dropName, values, null, values.length, histograms);
  }

  /**
   * Creates a series with a few floats.
   *
   * @param at the steps that have one, ascending
   */
  static Column sparse(Labels labels, int steps, int[] at, double[] values) {
    return new Column(labels, false, values, at, steps, null);
  }

  /** Expands sparse points to one float per step. */
  static double[] spread(int steps, int[] at, double[] values, int size) {
    double[] out = absent(steps);
    for (int i = 0; i < size; i++) {
      out[at[i]] = values[i];
    }
    return out;
  }

  public Labels labels() {
    return labels;
  }

  /** Whether the metric name is to be removed at the end (delayed name removal). */
  public boolean dropName() {
    return dropName;
  }

  /** Returns the number of steps, with or without a sample. */
  public int steps() {
    return steps;
  }

  /** Whether only the steps with a float take space. */
  boolean isSparse() {
    return at != null;
  }

  /** Floats by step; a sparse column creates the array at each call. */
  public double[] values() {
    return at == null ? floats : spread(steps, at, floats, at.length);
  }

  /** Histograms by step; null if there are none. */
  public @Nullable Histogram @Nullable [] histograms() {
    return histograms;
  }

  /** Returns the float at a step, or {@link #ABSENT}. */
  public double value(int step) {
    if (at == null) {
      return floats[step];
    }
    int i = Arrays.binarySearch(at, step);
    return i < 0 ? ABSENT : floats[i];
  }

  /** Returns the approximate size: values, references, labels and object headers. */
  public long bytes() {
    long n = 8L * floats.length + 96 + labels.canonicalBytes().length;
    if (at != null) {
      n += 4L * at.length + 16;
    }
    return histograms == null ? n : n + 264L * steps;
  }

  /** Returns an array in which no step has a float. */
  static double[] absent(int steps) {
    double[] out = new double[steps];
    Arrays.fill(out, ABSENT);
    return out;
  }

  /** Whether a value says that there is none. */
  public static boolean isAbsent(double v) {
    return Double.doubleToRawLongBits(v) == Samples.STALE_BITS;
  }

  /** Whether there is a float or a histogram at a step. */
  public boolean has(int step) {
    return !isAbsent(value(step)) || histograms != null && histograms[step] != null;
  }

  /** Whether no step has a sample. */
  public boolean isEmpty() {
    return next(0) == steps;
  }

  /**
   * Returns the first step at or after the given one that has a sample; the number of steps if
   * there is none.
   */
  int next(int step) {
    if (at != null) {
      int i = Arrays.binarySearch(at, step);
      i = i < 0 ? -i - 1 : i;
      return i == at.length ? steps : at[i];
    }
    int s = step;
    while (s < steps && !has(s)) {
      s++;
    }
    return s;
  }

  /** Returns the number of steps in the range that have a sample. */
  int present(int from, int end) {
    if (at != null && from == 0 && end == steps) {
      return at.length;
    }
    int n = 0;
    for (int s = next(from); s < end; s = next(s + 1)) {
      n++;
    }
    return n;
  }

  /** Returns the histogram at a step, or null. */
  public @Nullable Histogram histogram(int step) {
    return histograms == null ? null : histograms[step];
  }

  /** Returns a copy with other labels. */
  public Column with(Labels newLabels, boolean drop) {
    return new Column(newLabels, drop, floats, at, steps, histograms);
  }

  /** Returns the number of samples; a histogram counts as several. */
  public long weight() {
    if (at != null) {
      return at.length;
    }
    long n = 0;
    for (double v : floats) {
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
