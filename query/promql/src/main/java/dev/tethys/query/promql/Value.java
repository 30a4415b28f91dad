package dev.tethys.query.promql;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Query result. Times are Unix milliseconds. */
public sealed interface Value {
  /** Scalar value. */
  record Scalar(long time, double value) implements Value {}

  /** String value. */
  record Text(long time, String value) implements Value {}

  /** Series with one sample each, all of one time, in the order that the query requested. */
  record InstantVector(long time, List<Sample> samples) implements Value {}

  /**
   * One sample.
   *
   * @param value the float; the sum when it is a histogram
   * @param histogram the histogram, or null for a float
   */
  record Sample(Labels labels, double value, @Nullable Histogram histogram) {}

  /** Series over time, ascending by labels. */
  record Matrix(List<Series> series) implements Value {}

  /**
   * The points of one series, as columns.
   *
   * @param size number of points; arrays may be longer
   * @param timestamps ascending; series with the same times share the array itself
   * @param values the floats; undefined at histograms
   * @param histograms histograms by position, with null entries for floats; null if there are no
   *     histograms
   */
  record Series(
      Labels labels,
      int size,
      long[] timestamps,
      double[] values,
      @Nullable Histogram @Nullable [] histograms) {
    /** Returns the histogram at a point, or null if it is a float. */
    public @Nullable Histogram histogram(int i) {
      return histograms == null ? null : histograms[i];
    }
  }
}
