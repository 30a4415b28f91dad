package dev.tethys.store.metrics.internal.head;

import java.util.Arrays;

/**
 * Partition of the 64 series of a stripe into classes that are in the same rows of a page, and so
 * have the same times. Each row that has only a part of a class divides it further. A stripe that
 * two targets share has two classes. Immutable.
 */
final class RowClasses {
  /** No row divides the series yet. */
  static final RowClasses ALL = new RowClasses(new long[] {-1});

  /** No more classes than this are distinguished. */
  private static final int MAX = 16;

  private static final RowClasses TOO_MANY = new RowClasses(new long[0]);

  private final long[] classes; // masks of series; each series is in one

  private RowClasses(long[] classes) {
    this.classes = classes;
  }

  /** The classes when there is a row of these series, too. */
  RowClasses with(long present) {
    int more = 0;
    for (long c : classes) {
      more += divides(present, c) ? 1 : 0;
    }
    if (more == 0) {
      return this;
    }
    int n = classes.length;
    if (n + more > MAX) {
      return TOO_MANY;
    }
    long[] out = Arrays.copyOf(classes, n + more);
    int end = n;
    for (int i = 0; i < n; i++) {
      if (divides(present, out[i])) {
        out[end++] = out[i] & ~present;
        out[i] &= present;
      }
    }
    return new RowClasses(out);
  }

  private static boolean divides(long present, long c) {
    return (c & present) != 0 && (c & ~present) != 0;
  }

  /** Returns the number of bits that {@link #of} needs. */
  int bits() {
    return classes.length <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(classes.length - 1);
  }

  /** Returns the number of a series' class, from 0; -1 when there were too many. */
  int of(int k) {
    for (int i = 0; i < classes.length; i++) {
      if ((classes[i] >>> k & 1) != 0) {
        return i;
      }
    }
    return -1;
  }
}
