package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Buffer that receives an evaluated series; reused from series to series, not thread-safe. */
public final class SeriesTarget {
  /** Values by step; see {@link Column}. */
  public final double[] values;

  private @Nullable Histogram @Nullable [] histograms;

  public SeriesTarget(int steps) {
    values = new double[steps];
    clear();
  }

  /** Empties the target. */
  public void clear() {
    Arrays.fill(values, Column.ABSENT);
    histograms = null;
  }

  /** Sets the histogram of a step. */
  public void set(int step, Histogram h) {
    @Nullable Histogram[] hs = histograms;
    if (hs == null) {
      hs = new Histogram[values.length];
      histograms = hs;
    }
    hs[step] = h;
    values[step] = Column.ABSENT;
  }

  /** Histograms by step, or null if there is none. */
  public @Nullable Histogram @Nullable [] histograms() {
    return histograms;
  }

  /** Forgets the histograms. */
  public void dropHistograms() {
    histograms = null;
  }

  /** Whether no step has a sample. */
  public boolean isEmpty() {
    if (histograms != null) {
      for (Histogram h : histograms) {
        if (h != null) {
          return false;
        }
      }
    }
    for (double v : values) {
      if (!Column.isAbsent(v)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the number of steps with a sample. */
  int count() {
    int n = 0;
    for (int s = 0; s < values.length; s++) {
      if (!Column.isAbsent(values[s]) || histograms != null && histograms[s] != null) {
        n++;
      }
    }
    return n;
  }

  /** Returns the content as a new column. */
  Column toColumn(Labels labels, boolean dropName) {
    return new Column(
        labels, dropName, values.clone(), histograms == null ? null : histograms.clone());
  }

  /** Adopts a column. */
  void set(Column c) {
    System.arraycopy(c.values(), 0, values, 0, values.length);
    histograms = c.histograms() == null ? null : c.histograms().clone();
  }
}
