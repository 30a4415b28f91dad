package dev.tethys.model.regex;

import java.util.Arrays;

/**
 * Immutable set of code points.
 *
 * <p>Invariant: {@code bounds} holds pairs of inclusive bounds, ascending, neither overlapping nor
 * adjacent.
 */
final class CharSet {
  static final int MAX = Character.MAX_CODE_POINT;
  static final CharSet EMPTY = new CharSet(new int[0]);
  static final CharSet ANY = new CharSet(new int[] {0, MAX});
  static final CharSet ANY_BUT_NEWLINE = new CharSet(new int[] {0, '\n' - 1, '\n' + 1, MAX});

  /** Replacement character, which Go reads for a byte that is not UTF-8. */
  static final int REPLACEMENT = 0xFFFD;

  private final int[] bounds;

  private CharSet(int[] bounds) {
    this.bounds = bounds;
  }

  static CharSet of(int... bounds) {
    Builder b = new Builder();
    for (int i = 0; i < bounds.length; i += 2) {
      b.add(bounds[i], bounds[i + 1]);
    }
    return b.build();
  }

  int ranges() {
    return bounds.length / 2;
  }

  int low(int range) {
    return bounds[2 * range];
  }

  int high(int range) {
    return bounds[2 * range + 1];
  }

  /** Whether every code point that UTF-8 encodes is in the set. */
  boolean isAll() {
    return bounds.length == 2 && bounds[0] == 0 && bounds[1] == MAX
        || bounds.length == 4
            && bounds[0] == 0
            && bounds[1] >= Character.MIN_SURROGATE - 1
            && bounds[2] <= Character.MAX_SURROGATE + 1
            && bounds[3] == MAX;
  }

  /** The only code point; -1 if there are none or several. */
  int single() {
    return bounds.length == 2 && bounds[0] == bounds[1] ? bounds[0] : -1;
  }

  /** Returns the number of code points. */
  int size() {
    int n = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      n += bounds[i + 1] - bounds[i] + 1;
    }
    return n;
  }

  boolean contains(int c) {
    int lo = 0;
    int hi = bounds.length / 2 - 1;
    while (lo <= hi) {
      int mid = (lo + hi) >>> 1;
      if (c < bounds[2 * mid]) {
        hi = mid - 1;
      } else if (c > bounds[2 * mid + 1]) {
        lo = mid + 1;
      } else {
        return true;
      }
    }
    return false;
  }

  CharSet negate() {
    int[] out = new int[bounds.length + 2];
    int n = 0;
    int from = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      if (bounds[i] > from) {
        out[n++] = from;
        out[n++] = bounds[i] - 1;
      }
      from = bounds[i + 1] + 1;
    }
    if (from <= MAX) {
      out[n++] = from;
      out[n++] = MAX;
    }
    return new CharSet(Arrays.copyOf(out, n));
  }

  /** The set with every code point that differs from one of it only in case. */
  CharSet folded() {
    Builder b = new Builder().add(this);
    for (int i = 0; i < bounds.length; i += 2) {
      CaseFolding.addOthers(bounds[i], bounds[i + 1], b);
    }
    return b.build();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof CharSet c && Arrays.equals(bounds, c.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  /** Formats the set as a class of RE2 with numeric escapes. */
  @Override
  public String toString() {
    if (bounds.length == 0) {
      return "[^\\x{0}-\\x{10FFFF}]";
    }
    StringBuilder sb = new StringBuilder("[");
    for (int i = 0; i < bounds.length; i += 2) {
      sb.append(String.format("\\x{%X}", bounds[i]));
      if (bounds[i + 1] > bounds[i]) {
        sb.append(String.format("-\\x{%X}", bounds[i + 1]));
      }
    }
    return sb.append(']').toString();
  }

  /** Collects ranges in any order. */
  static final class Builder {
    private long[] ranges = new long[8]; // low << 32 | high
    private int n;

    Builder add(int low, int high) {
      if (n > 0 && (int) (ranges[n - 1] >>> 32) <= low && low <= (int) ranges[n - 1] + 1) {
        int before = (int) (ranges[n - 1] >>> 32);
        ranges[n - 1] = (long) before << 32 | Math.max(high, (int) ranges[n - 1]);
        return this;
      }
      if (n == ranges.length) {
        ranges = Arrays.copyOf(ranges, n * 2);
      }
      ranges[n++] = (long) low << 32 | high;
      return this;
    }

    Builder add(CharSet s) {
      for (int i = 0; i < s.bounds.length; i += 2) {
        add(s.bounds[i], s.bounds[i + 1]);
      }
      return this;
    }

    CharSet build() {
      Arrays.sort(ranges, 0, n);
      int[] out = new int[2 * n];
      int k = 0;
      for (int i = 0; i < n; i++) {
        int low = (int) (ranges[i] >>> 32);
        int high = (int) ranges[i];
        if (k > 0 && low <= out[k - 1] + 1) {
          out[k - 1] = Math.max(out[k - 1], high);
        } else {
          out[k++] = low;
          out[k++] = high;
        }
      }
      return new CharSet(Arrays.copyOf(out, k));
    }
  }
}
