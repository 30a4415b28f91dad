package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanColumn;
import org.jspecify.annotations.Nullable;

/** Counts of numbers by side, in ranges of an eighth of a power of two. */
final class NumberRanges {
  private static final int SHIFT = 49;
  private static final int HALF = 1 << 63 - SHIFT;

  private int[] inside = {};
  private int[] outside = {};

  private static int key(double d) {
    long s = Double.doubleToRawLongBits(d);
    s ^= s >> 63 & Long.MAX_VALUE; // the order of the bits is that of the numbers
    return (int) (s >> SHIFT) + HALF;
  }

  /** Returns the least number of a range. */
  private static double bound(int key) {
    long s = (long) (key - HALF) << SHIFT;
    s ^= s >> 63 & Long.MAX_VALUE;
    return Double.longBitsToDouble(s);
  }

  /**
   * Adds the numbers of a column.
   *
   * @param side 1 inside, 0 outside, -1 neither
   */
  void add(SpanColumn c, int rows, byte[] side) {
    if (inside.length == 0) {
      inside = new int[2 * HALF];
      outside = new int[2 * HALF];
    }
    for (int i = 0; i < rows; i++) {
      int at = Frame.from(c, i);
      if (side[i] < 0 || at >= Frame.to(c, i)) {
        continue;
      }
      byte type = c.types[at];
      if (type == SpanColumn.INT || type == SpanColumn.DOUBLE) {
        long bits = c.bits[at];
        int key = key(type == SpanColumn.INT ? (double) bits : Double.longBitsToDouble(bits));
        if (side[i] == 1) {
          inside[key]++;
        } else {
          outside[key]++;
        }
      }
    }
  }

  void addAll(NumberRanges other) {
    if (other.inside.length == 0) {
      return;
    }
    if (inside.length == 0) {
      inside = new int[2 * HALF];
      outside = new int[2 * HALF];
    }
    for (int i = 0; i < inside.length; i++) {
      inside[i] += other.inside[i];
      outside[i] += other.outside[i];
    }
  }

  /**
   * Range of numbers.
   *
   * @param low least number
   * @param high end, exclusive; NaN if the range has no end
   */
  record Best(double low, double high, long inside, long outside) {}

  /** Returns the range with the largest excess of the selected share; null if there is none. */
  @Nullable Best best(long allInside, long allOutside) {
    double sum = 0;
    int from = 0;
    double best = 0;
    int bestFrom = -1;
    int bestTo = -1;
    int last = -1;
    for (int i = 0; i < inside.length; i++) {
      if (inside[i] == 0 && outside[i] == 0) {
        continue;
      }
      last = i;
      if (sum <= 0) {
        sum = 0;
        from = i;
      }
      sum += share(inside[i], allInside) - share(outside[i], allOutside);
      if (sum > best) {
        best = sum;
        bestFrom = from;
        bestTo = i;
      }
    }
    if (bestFrom < 0) {
      return null;
    }
    long in = 0;
    long out = 0;
    for (int i = bestFrom; i <= bestTo; i++) {
      in += inside[i];
      out += outside[i];
    }
    return new Best(bound(bestFrom), bestTo == last ? Double.NaN : bound(bestTo + 1), in, out);
  }

  private static double share(long n, long all) {
    return all == 0 ? 0 : (double) n / all;
  }
}
