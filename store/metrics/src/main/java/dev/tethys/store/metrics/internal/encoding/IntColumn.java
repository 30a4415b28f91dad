package dev.tethys.store.metrics.internal.encoding;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Column of longs, in whichever of these encodings needs the fewest bits. All arithmetic wraps, so
 * every column of longs comes back as it was.
 *
 * <p>Format (the number of values, n &ge; 1, is known from outside):
 *
 * <pre>
 * byte form
 *   0 CONST    svarint x0                                    every value is x0
 *   1 LINEAR   svarint x0, svarint d                         x[i] = x0 + i*d
 *   2 SPARSE   svarint x0, uvarint g, uvarint changes,
 *              changes * { uvarint gap, svarint d }          gap values repeat the one before, then +g*d
 *   3 ORDER0   svarint x0, uvarint g, blocks of y[1..]       y[i] = (x[i]-x0)/g
 *   4 ORDER1   svarint x0, uvarint g, blocks of y[i]-y[i-1]
 *   5 ORDER2   svarint x0, uvarint g, svarint y[1], blocks of the differences of differences
 * block of up to 256 residuals:
 *   svarint reference, byte width (0..64), uvarint patches,
 *   ceil(count*width/8) bytes: residual - reference, lowest bit first, without the bits above width,
 *   patches * byte position, patches * uvarint of the bits above width
 * </pre>
 *
 * <p>{@code g} is the greatest common divisor of all differences: gauges in pages or kilobytes,
 * ticks of a clock. A patch lets one spike not widen its 255 neighbours. Instances keep scratch
 * arrays: one a thread.
 */
public final class IntColumn {
  static final int CONST = 0;
  static final int LINEAR = 1;
  static final int SPARSE = 2;
  static final int ORDER0 = 3;
  static final int BLOCK = 256;

  private long[] y = new long[0];
  private long[] r = new long[0];
  private final int[] widths = new int[66];
  private final int[] widthsB = new int[66];

  // What plan() found for one block.
  private long planReference;
  private int planWidth;
  private int planPatches;

  private ColumnForm last = ColumnForm.CONSTANT;

  /** Returns the form of the column that was encoded last. */
  public ColumnForm lastForm() {
    return last;
  }

  /** Appends the column {@code x[0..n)}. */
  public void encode(long[] x, int n, ByteSink out) {
    long any = differences(x, n);
    if (any == 0) {
      last = ColumnForm.CONSTANT;
      out.putByte(CONST);
      out.svarint(x[0]);
      return;
    }
    if (isLinear(x, n)) {
      last = ColumnForm.LINEAR;
      out.putByte(LINEAR);
      out.svarint(x[0]);
      out.svarint(x[1] - x[0]);
      return;
    }
    long g = divisor(x, n, Long.numberOfTrailingZeros(any));
    if (y.length < n) {
      y = new long[Math.max(n, 512)];
      r = new long[y.length];
    }
    scale(x, n, g, y);
    int changes = changes(x, n);
    long sparseBytes = changes <= n / 3 ? sparseSize(y, n) : Long.MAX_VALUE;
    int best = 0;
    long bestBits = Long.MAX_VALUE;
    for (int order = 0; order <= 2; order++) {
      long bits = planned(residuals(order, n), bestBits);
      if (bits < bestBits) {
        bestBits = bits;
        best = order;
      }
    }
    if (sparseBytes <= bestBits / 8) {
      last = ColumnForm.SPARSE;
      out.putByte(SPARSE);
      out.svarint(x[0]);
      out.uvarint(g);
      out.uvarint(changes);
      putSparse(y, n, out);
      return;
    }
    last = best == 0 ? ColumnForm.ORDER_0 : best == 1 ? ColumnForm.ORDER_1 : ColumnForm.ORDER_2;
    out.putByte(ORDER0 + best);
    out.svarint(x[0]);
    out.uvarint(g);
    if (best == 2) {
      out.svarint(y[1]);
    }
    int m = residuals(best, n);
    for (int b = 0; b < m; b += BLOCK) {
      int e = Math.min(m, b + BLOCK);
      plan(b, e);
      pack(b, e, out);
    }
  }

  // A loop a method: compiled alone it is compiled once, and small.

  /** All bits in which neighbours differ by subtraction; 0 if all values are equal. */
  private static long differences(long[] x, int n) {
    long any = 0;
    for (int i = 1; i < n; i++) {
      any |= x[i] - x[i - 1];
    }
    return any;
  }

  private static boolean isLinear(long[] x, int n) {
    long d = x[1] - x[0];
    for (int i = 2; i < n; i++) {
      if (x[i] - x[i - 1] != d) {
        return false;
      }
    }
    return true;
  }

  private static int changes(long[] x, int n) {
    int changes = 0;
    for (int i = 1; i < n; i++) {
      changes += x[i] != x[i - 1] ? 1 : 0;
    }
    return changes;
  }

  /** Fills {@code y} with the values from the first one on, in units of {@code g}. */
  private static void scale(long[] x, int n, long g, long[] y) {
    y[0] = 0;
    if (g == 1) {
      long x0 = x[0];
      for (int i = 1; i < n; i++) {
        y[i] = x[i] - x0;
      }
      return;
    }
    for (int i = 1; i < n; i++) {
      y[i] = y[i - 1] + (x[i] - x[i - 1]) / g;
    }
  }

  /**
   * Returns the size of the blocks of {@link #r} in bits; a larger number once it exceeds a limit.
   */
  private long planned(int m, long bound) {
    long bits = 0;
    for (int b = 0; b < m && bits < bound; b += BLOCK) {
      bits += plan(b, Math.min(m, b + BLOCK));
    }
    return bits;
  }

  private static void putSparse(long[] y, int n, ByteSink out) {
    int gap = 0;
    for (int i = 1; i < n; i++) {
      long d = y[i] - y[i - 1];
      if (d == 0) {
        gap++;
      } else {
        out.uvarint(gap);
        out.svarint(d);
        gap = 0;
      }
    }
  }

  private static long sparseSize(long[] y, int n) {
    long bytes = 2;
    int gap = 0;
    for (int i = 1; i < n; i++) {
      long d = y[i] - y[i - 1];
      if (d == 0) {
        gap++;
      } else {
        bytes += ByteSink.uvarintSize(gap) + ByteSink.uvarintSize(ByteSink.zigzag(d));
        gap = 0;
      }
    }
    return bytes;
  }

  /**
   * Returns the greatest common divisor of the differences; its power of two is found by or-ing.
   */
  private static long divisor(long[] x, int n, int twos) {
    if (twos >= 62) {
      return 1; // the lone sign bit: nothing to gain, and its absolute value is no long
    }
    long odd = 0;
    for (int i = 1; i < n && odd != 1; i++) {
      long d = (x[i] - x[i - 1]) >> twos;
      if (d == odd || d == -odd || d == 0) {
        continue;
      }
      if (odd == 0) {
        odd = Math.abs(d);
        continue;
      }
      long rem = d % odd;
      while (rem != 0) {
        long t = odd;
        odd = Math.abs(rem);
        rem = t % odd;
      }
    }
    long g = odd << twos;
    return odd <= 0 || g <= 0 || (g >>> twos) != odd ? 1 : g;
  }

  /** Fills {@link #r} with the residuals of an order; returns their number. */
  private int residuals(int order, int n) {
    long[] y = this.y;
    long[] r = this.r;
    switch (order) {
      case 0 -> System.arraycopy(y, 1, r, 0, n - 1);
      case 1 -> {
        for (int i = 1; i < n; i++) {
          r[i - 1] = y[i] - y[i - 1];
        }
      }
      default -> {
        for (int i = 2; i < n; i++) {
          r[i - 2] = y[i] - 2 * y[i - 1] + y[i - 2];
        }
        return n - 2;
      }
    }
    return n - 1;
  }

  /** Chooses reference, width and patches for r[from..to); returns the size in bits. */
  private long plan(int from, int to) {
    long[] r = this.r;
    long s0 = Long.MAX_VALUE;
    long s1 = Long.MAX_VALUE;
    long s2 = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    for (int i = from; i < to; i++) {
      long v = r[i];
      if (v < s2) {
        if (v < s1) {
          s2 = s1;
          if (v < s0) {
            s1 = s0;
            s0 = v;
          } else {
            s1 = v;
          }
        } else {
          s2 = v;
        }
      }
      max = Math.max(max, v);
    }
    long bits = cost(from, to, s0, width(max - s0), widths);
    planReference = s0;
    int width = planWidth;
    int patches = planPatches;
    // One or two low outliers must not widen the rest: they become patches instead.
    if (to - from > 8 && width(max - s2) + 1 < width(max - s0)) {
      long other = cost(from, to, s2, 64, widthsB); // all values below it have the greatest width
      if (other < bits) {
        planReference = s2;
        return other;
      }
      planWidth = width;
      planPatches = patches;
    }
    return bits;
  }

  private static int width(long unsigned) {
    return 64 - Long.numberOfLeadingZeros(unsigned);
  }

  /** The bits of a block with a reference, from which no value is further away than some bits. */
  private long cost(int from, int to, long reference, int widest, int[] histogram) {
    Arrays.fill(histogram, 0, widest + 1, 0);
    for (int i = from; i < to; i++) {
      histogram[64 - Long.numberOfLeadingZeros(r[i] - reference)]++;
    }
    int top = widest;
    while (top > 0 && histogram[top] == 0) {
      top--;
    }
    int m = to - from;
    long head = 8L * ByteSink.uvarintSize(ByteSink.zigzag(reference)) + 16;
    long best = (long) m * top;
    planWidth = top;
    planPatches = 0;
    int patches = 0;
    long patchBits = 0;
    for (int w = top - 1; w >= 0; w--) {
      patches += histogram[w + 1];
      patchBits = 0;
      for (int t = w + 1; t <= top; t++) {
        patchBits += (long) histogram[t] * (8 + 8 * ((t - w + 6) / 7));
      }
      long bits = (long) m * w + patchBits;
      if (bits < best) {
        best = bits;
        planWidth = w;
        planPatches = patches;
      }
      if (patches > m / 4) {
        break;
      }
    }
    return best + head;
  }

  private void pack(int from, int to, ByteSink out) {
    long[] r = this.r;
    int w = planWidth;
    long ref = planReference;
    out.svarint(ref);
    out.putByte(w);
    out.uvarint(planPatches);
    int bytes = packedBytes(to - from, w);
    out.ensure(bytes);
    byte[] b = out.buf;
    int p = out.size;
    if (w > 0) {
      long mask = w == 64 ? -1L : (1L << w) - 1;
      long acc = 0;
      int have = 0;
      for (int i = from; i < to; i++) {
        long v = (r[i] - ref) & mask;
        acc |= v << have;
        have += w;
        if (have >= 64) {
          ByteSink.LONG.set(b, p, acc);
          p += 8;
          have -= 64;
          acc = have == 0 ? 0 : v >>> (w - have);
        }
      }
      if (have > 0) {
        ByteSink.LONG.set(b, p, acc); // slack behind the buffer takes the excess
      }
    }
    out.size += bytes;
    if (planPatches > 0) {
      for (int i = from; i < to; i++) {
        if (w < 64 && (r[i] - ref) >>> w != 0) {
          out.putByte(i - from);
        }
      }
      for (int i = from; i < to; i++) {
        long high = w < 64 ? (r[i] - ref) >>> w : 0;
        if (high != 0) {
          out.uvarint(high);
        }
      }
    }
  }

  private static int packedBytes(int count, int width) {
    return (count * width + 7) >>> 3;
  }

  /** Reads a column of n values into {@code x}, which has space for them. */
  public static void decode(ByteSource in, long[] x, int n) {
    decode(in, x, n, null);
  }

  /** Decodes only the wanted values; the others are undefined. */
  static void decode(ByteSource in, long[] x, int n, @Nullable Slices wanted) {
    int end = wanted == null ? n : wanted.end();
    int form = in.getByte();
    long x0 = in.svarint();
    switch (form) {
      case CONST -> Arrays.fill(x, 0, end, x0);
      case LINEAR -> {
        long d = in.svarint();
        for (int i = 0; i < end; i++) {
          x[i] = x0 + i * d;
        }
      }
      case SPARSE -> sparse(in, x, n, x0);
      case ORDER0, ORDER0 + 1, ORDER0 + 2 -> packed(in, x, n, wanted, x0, form - ORDER0);
      default -> throw new CorruptionException("unknown form of integers: " + form);
    }
  }

  private static void sparse(ByteSource in, long[] x, int n, long x0) {
    long g = in.uvarint();
    int changes = in.count(n - 1L);
    int i = 0;
    long v = x0;
    for (int c = 0; c < changes; c++) {
      int gap = in.count(n - 2L - i);
      Arrays.fill(x, i, i + gap + 1, v);
      i += gap + 1;
      v += g * in.svarint();
    }
    Arrays.fill(x, i, n, v);
  }

  private static void packed(
      ByteSource in, long[] x, int n, @Nullable Slices wanted, long x0, int order) {
    int end = wanted == null ? n : wanted.end();
    long g = in.uvarint();
    long first = order == 2 ? in.svarint() : 0;
    int start = order == 2 ? 2 : 1;
    if (n < start) {
      throw new CorruptionException("a form of integers that needs more values");
    }
    x[0] = 0;
    if (order == 2) {
      x[1] = first;
    }
    for (int at = start; at < n; at += BLOCK) {
      int m = Math.min(BLOCK, n - at);
      // A sum needs all that is before, too.
      boolean needed = wanted == null || order > 0 || wanted.touch(at, at + m);
      block(in, x, at, m, needed && at < end);
    }
    switch (order) {
      case 0 -> scale(x, end, x0, g);
      case 1 -> sum(x, end, x0, g);
      default -> sumTwice(x, end, x0, g, first);
    }
  }

  private static void block(ByteSource in, long[] x, int at, int m, boolean wanted) {
    long ref = in.svarint();
    int w = in.getByte();
    if (w > 64) {
      throw new CorruptionException("invalid width: " + w + " bits");
    }
    int patches = in.count(m);
    if (wanted) {
      unpack(in, x, at, m, w, ref);
    } else {
      in.skip(packedBytes(m, w));
    }
    if (patches > 0) {
      int positions = in.pos;
      in.skip(patches);
      for (int i = 0; i < patches; i++) {
        int pos = in.buf[positions + i] & 0xff;
        if (pos >= m || w == 64) {
          throw new CorruptionException("a patch outside of its block");
        }
        long high = in.uvarint();
        if (wanted) {
          x[at + pos] += high << w;
        }
      }
    }
  }

  private static void scale(long[] x, int n, long x0, long g) {
    if (g == 1) {
      for (int i = 0; i < n; i++) {
        x[i] += x0;
      }
      return;
    }
    for (int i = 0; i < n; i++) {
      x[i] = x0 + g * x[i];
    }
  }

  private static void sum(long[] x, int n, long x0, long g) {
    long acc = x0;
    for (int i = 0; i < n; i++) {
      acc += g * x[i];
      x[i] = acc;
    }
  }

  private static void sumTwice(long[] x, int n, long x0, long g, long first) {
    long d = g * first;
    long acc = x0 + d;
    x[0] = x0;
    if (n > 1) {
      x[1] = acc;
    }
    for (int i = 2; i < n; i++) {
      d += g * x[i];
      acc += d;
      x[i] = acc;
    }
  }

  private static void unpack(ByteSource in, long[] x, int at, int m, int w, long ref) {
    int bytes = packedBytes(m, w);
    int p = in.pos;
    in.skip(bytes);
    if (w == 0) {
      Arrays.fill(x, at, at + m, ref);
      return;
    }
    byte[] b = in.buf;
    if (p + bytes + 16 > b.length) {
      b = Arrays.copyOfRange(b, p, p + bytes + 16);
      p = 0;
    }
    if (w <= 56) {
      unpackNarrow(b, p, x, at, m, w, ref);
    } else {
      unpackWide(b, p, x, at, m, w, ref);
    }
  }

  private static void unpackNarrow(byte[] b, int p, long[] x, int at, int m, int w, long ref) {
    long mask = (1L << w) - 1;
    int bit = 0;
    for (int i = at; i < at + m; i++) {
      x[i] = ref + (((long) ByteSink.LONG.get(b, p + (bit >>> 3)) >>> (bit & 7)) & mask);
      bit += w;
    }
  }

  private static void unpackWide(byte[] b, int p, long[] x, int at, int m, int w, long ref) {
    long mask = w == 64 ? -1L : (1L << w) - 1;
    int bit = 0;
    for (int i = at; i < at + m; i++) {
      int s = bit & 7;
      int q = p + (bit >>> 3);
      long v = (long) ByteSink.LONG.get(b, q) >>> s;
      if (s != 0) {
        v |= (long) b[q + 8] << (64 - s);
      }
      x[i] = ref + (v & mask);
      bit += w;
    }
  }
}
