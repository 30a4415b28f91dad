package dev.tethys.model.storage;

import java.util.Arrays;

/** Closed ranges of Unix milliseconds, ascending and disjoint. Immutable. */
public final class TimeRanges {
  /** No time at all. */
  public static final TimeRanges NONE = new TimeRanges(new long[0]);

  /** The unbounded time range. */
  public static final TimeRanges ALL = new TimeRanges(new long[] {Long.MIN_VALUE, Long.MAX_VALUE});

  private final long[] bounds;

  private TimeRanges(long[] bounds) {
    this.bounds = bounds;
  }

  /**
   * Computes the union of ranges.
   *
   * @param bounds first and last millisecond of each, in any order, overlapping or not
   */
  public static TimeRanges union(long[] bounds) {
    int n = bounds.length / 2;
    if (n == 0) {
      return NONE;
    }
    Integer[] order = new Integer[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    Arrays.sort(order, (a, b) -> Long.compare(bounds[2 * a], bounds[2 * b]));
    long[] out = new long[2 * n];
    int size = 0;
    for (int i : order) {
      long from = bounds[2 * i];
      long to = bounds[2 * i + 1];
      if (size > 0 && (out[size - 1] == Long.MAX_VALUE || from <= out[size - 1] + 1)) {
        out[size - 1] = Math.max(out[size - 1], to);
      } else {
        out[size++] = from;
        out[size++] = to;
      }
    }
    return new TimeRanges(Arrays.copyOf(out, size));
  }

  public boolean isEmpty() {
    return bounds.length == 0;
  }

  /** Whether any of them has a millisecond of a closed range. */
  public boolean overlaps(long from, long to) {
    int low = 0;
    int high = bounds.length / 2;
    while (low < high) { // the first that ends at or after from
      int mid = low + high >>> 1;
      if (bounds[2 * mid + 1] < from) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    return 2 * low < bounds.length && bounds[2 * low] <= to;
  }

  @Override
  public String toString() {
    return Arrays.toString(bounds);
  }
}
