package dev.tethys.codec.exposition;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Converts a classic histogram, whose cumulative buckets arrive one by one and mostly in order, to
 * a native one with custom buckets (NHCB, schema -53). Reusable after {@link #clear()}.
 *
 * <p>Rules, as in Prometheus: the first of duplicate bounds wins; without a count the highest
 * bucket is the count; without +Inf the count is used; decreasing or negative counts, and a count
 * that differs from +Inf, cannot be converted.
 */
public final class ClassicBuckets {
  private static final int[] NO_SPANS = {};
  private static final double[] NO_COUNTS = {};

  /** Longest run of empty buckets kept in an integer histogram; a new span costs more. */
  private static final int MAX_EMPTY = 2;

  private double[] bounds = new double[16];
  private double[] cumulative = new double[16];
  private int size;
  private double count;
  private boolean hasCount;
  private double sum;
  private @Nullable String error;

  /** Clears all state. */
  public void clear() {
    size = 0;
    count = 0;
    hasCount = false;
    sum = 0;
    error = null;
  }

  public void count(double v) {
    if (error == null && v < 0) {
      error = "count must be non-negative: count=" + GoFloat.g(v);
    }
    count = v;
    hasCount = true;
  }

  public void sum(double v) {
    sum = v;
  }

  /** Adds the number of observations at or below a bound. */
  public void bucket(double bound, double v) {
    if (error != null) {
      return;
    }
    if (Double.isNaN(bound)) {
      error = "bucket boundary must not be NaN";
      return;
    }
    if (v < 0) {
      error =
          "bucket count must be non-negative: le=" + GoFloat.g(bound) + ", count=" + GoFloat.g(v);
      return;
    }
    int i = size;
    if (size > 0 && bounds[size - 1] >= bound) {
      i = Arrays.binarySearch(bounds, 0, size, bound == 0 ? 0.0 : bound);
      if (i >= 0) {
        return;
      }
      i = -i - 1;
    }
    if (i > 0 && v < cumulative[i - 1]) {
      notCumulative(v, '<', cumulative[i - 1]);
      return;
    }
    if (i < size && v > cumulative[i]) {
      notCumulative(v, '>', cumulative[i]);
      return;
    }
    insert(i, bound == 0 ? 0.0 : bound, v);
  }

  private void notCumulative(double v, char relation, double other) {
    error = "count is not cumulative: " + GoFloat.g(v) + ' ' + relation + ' ' + GoFloat.g(other);
  }

  private void insert(int i, double bound, double v) {
    if (size == bounds.length) {
      bounds = Arrays.copyOf(bounds, size * 2);
      cumulative = Arrays.copyOf(cumulative, size * 2);
    }
    System.arraycopy(bounds, i, bounds, i + 1, size - i);
    System.arraycopy(cumulative, i, cumulative, i + 1, size - i);
    bounds[i] = bound;
    cumulative[i] = v;
    size++;
  }

  /** Reason why {@link #convert} returned null. */
  public String error() {
    String e = error;
    return e == null ? "" : e;
  }

  /**
   * The native histogram, or null if these buckets do not form one: {@link #error()} then has the
   * reason.
   */
  public @Nullable Histogram convert(ResetHint hint) {
    if (error != null) {
      return null;
    }
    if (!hasCount && size > 0) {
      count = cumulative[size - 1];
      hasCount = true;
    }
    if (size == 0 || bounds[size - 1] != Double.POSITIVE_INFINITY) {
      if (size > 0 && count < cumulative[size - 1]) {
        notCumulative(count, '<', cumulative[size - 1]);
        return null;
      }
      insert(size, Double.POSITIVE_INFINITY, count);
    }
    if (count != cumulative[size - 1]) {
      error =
          "count mismatch: count="
              + GoFloat.g(count)
              + " != le=+Inf count="
              + GoFloat.g(cumulative[size - 1]);
      return null;
    }
    boolean whole = whole(count);
    for (int i = 0; i < size && whole; i++) {
      whole = whole(cumulative[i]);
    }
    NativeBuckets buckets = new NativeBuckets(whole ? MAX_EMPTY : 0);
    double before = 0;
    for (int i = 0; i < size; i++) {
      buckets.add(i, cumulative[i] - before);
      before = cumulative[i];
    }
    return new Histogram(
        whole,
        hint,
        Histogram.CUSTOM_BUCKETS,
        0,
        0,
        count,
        sum,
        buckets.spans(),
        buckets.counts(),
        NO_SPANS,
        NO_COUNTS,
        Arrays.copyOf(bounds, size - 1));
  }

  private static boolean whole(double v) {
    return v == Math.rint(v) && v < 0x1p63;
  }
}
