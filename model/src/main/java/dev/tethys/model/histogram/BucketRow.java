package dev.tethys.model.histogram;

import dev.tethys.model.CompensatedSum;
import java.util.Arrays;

/**
 * Buckets of one side of a histogram, flattened: parallel arrays of bucket index, count and carry,
 * ascending by index. Mutable and reused; arrays are longer than {@link #size}.
 */
final class BucketRow {
  int size;
  int[] index = new int[16];
  double[] count = new double[16];

  /** Rounding errors of compensated addition; all zero unless it was used. */
  double[] carry = new double[16];

  /**
   * Replaces the content by the buckets that spans describe; buckets that the spans lack are
   * omitted.
   */
  void load(int[] spans, double[] buckets) {
    ensure(buckets.length);
    int n = 0;
    int at = 0;
    for (int s = 0; s + 1 < spans.length; s += 2) {
      at += spans[s];
      for (int i = spans[s + 1]; i > 0 && n < buckets.length; i--) {
        index[n] = at++;
        count[n] = buckets[n];
        n++;
      }
    }
    Arrays.fill(carry, 0, n, 0);
    size = n;
  }

  private void ensure(int n) {
    if (index.length < n) {
      int capacity = Math.max(n, index.length * 2);
      index = Arrays.copyOf(index, capacity);
      count = Arrays.copyOf(count, capacity);
      carry = Arrays.copyOf(carry, capacity);
    }
  }

  /** Takes over the content of another row, which remains unchanged. */
  void copyFrom(BucketRow o) {
    ensure(o.size);
    System.arraycopy(o.index, 0, index, 0, o.size);
    System.arraycopy(o.count, 0, count, 0, o.size);
    System.arraycopy(o.carry, 0, carry, 0, o.size);
    size = o.size;
  }

  /** Merges buckets for a lower schema; their sums keep a carry when {@code compensated}. */
  void reduce(int fromSchema, int toSchema, boolean compensated) {
    int n = -1;
    for (int i = 0; i < size; i++) {
      int target = BucketBounds.reduced(index[i], fromSchema, toSchema);
      if (n >= 0 && index[n] == target) {
        if (compensated) {
          increase(n, count[i]);
          increase(n, carry[i]);
        } else {
          count[n] += count[i];
        }
      } else {
        n++;
        index[n] = target;
        count[n] = count[i];
        carry[n] = carry[i];
      }
    }
    size = n + 1;
  }

  /** Adds to one bucket with a carry. */
  void increase(int i, double v) {
    double t = count[i] + v;
    carry[i] = CompensatedSum.carry(count[i], v, t, carry[i]);
    count[i] = t;
  }

  /** Drops the first buckets. */
  void dropFirst(int n) {
    if (n > 0) {
      System.arraycopy(index, n, index, 0, size - n);
      System.arraycopy(count, n, count, 0, size - n);
      System.arraycopy(carry, n, carry, 0, size - n);
      size -= n;
    }
  }

  /** Removes empty buckets. */
  void dropEmpty() {
    int n = 0;
    for (int i = 0; i < size; i++) {
      if (count[i] != 0 || carry[i] != 0) {
        index[n] = index[i];
        count[n] = count[i];
        carry[n] = carry[i];
        n++;
      }
    }
    size = n;
  }

  /** Adds (or subtracts) the buckets of another row of the same schema. */
  void add(BucketRow o, boolean negative, boolean compensated) {
    if (o.size == 0) {
      return;
    }
    if (size != o.size || !Arrays.equals(index, 0, size, o.index, 0, o.size)) {
      makeRoomFor(o);
    }
    int a = 0;
    for (int b = 0; b < o.size; b++) {
      while (index[a] != o.index[b]) {
        a++;
      }
      double v = negative ? -o.count[b] : o.count[b];
      if (compensated) {
        increase(a, v);
        double c = negative ? -o.carry[b] : o.carry[b];
        if (c != 0) {
          increase(a, c);
        }
      } else {
        count[a] += v;
      }
    }
  }

  /** Inserts an empty bucket for each that only the other row has. */
  private void makeRoomFor(BucketRow o) {
    int missing = 0;
    for (int a = 0, b = 0; b < o.size; b++) {
      while (a < size && index[a] < o.index[b]) {
        a++;
      }
      if (a == size || index[a] != o.index[b]) {
        missing++;
      }
    }
    ensure(size + missing);
    int to = size + missing - 1;
    int a = size - 1;
    int b = o.size - 1;
    while (b >= 0) {
      if (a >= 0 && index[a] >= o.index[b]) {
        if (index[a] == o.index[b]) {
          b--;
        }
        index[to] = index[a];
        count[to] = count[a];
        carry[to] = carry[a];
        a--;
      } else {
        index[to] = o.index[b--];
        count[to] = 0;
        carry[to] = 0;
      }
      to--;
    }
    size += missing;
  }

  /** Adds each bucket's carry to its count. */
  void settle() {
    for (int i = 0; i < size; i++) {
      count[i] += carry[i];
      carry[i] = 0;
    }
  }

  void scale(double factor) {
    for (int i = 0; i < size; i++) {
      count[i] *= factor;
      carry[i] *= factor;
    }
  }

  void divide(double by) {
    for (int i = 0; i < size; i++) {
      count[i] /= by;
      carry[i] /= by;
    }
  }

  boolean hasInfinity() {
    for (int i = 0; i < size; i++) {
      if (Double.isInfinite(count[i])) {
        return true;
      }
    }
    return false;
  }

  /** Returns the bucket spans. */
  int[] spans() {
    int n = 0;
    for (int i = 0; i < size; i++) {
      if (i == 0 || index[i] != index[i - 1] + 1) {
        n++;
      }
    }
    int[] out = new int[2 * n];
    int s = -2;
    for (int i = 0; i < size; i++) {
      if (i == 0 || index[i] != index[i - 1] + 1) {
        s += 2;
        out[s] = i == 0 ? index[0] : index[i] - index[i - 1] - 1;
      }
      out[s + 1]++;
    }
    return out;
  }

  double[] counts() {
    return Arrays.copyOf(count, size);
  }
}
