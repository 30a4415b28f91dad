package dev.tethys.store.metrics.internal.encoding;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A column of doubles, lossless to the bit (NaN payloads and -0.0 included), in the cheapest of
 * some forms. Most metrics are decimals: counts, bytes, seconds with a few digits. They are stored
 * as integers {@code m = v * 10^e} where {@code m / 10^e} gives back the very bits; sums of
 * decimals, which float arithmetic leaves a few units in the last place away from a decimal, get
 * those units as a second small column; other values are stored as bytes of equal weight side by
 * side, for the compressor that follows.
 *
 * <p>Format (the number of values, n &ge; 1, is known from outside):
 *
 * <pre>
 * byte: bits 0-2 form, bit 3 "exceptions follow", bits 4-7 exponent e
 *   0 INTEGER  svarint                      every value is this
 *   1 RAW      8 bytes                      every value has these bits
 *   2 DECIMAL  [exceptions] IntColumn m     v = m / 10^e
 *   3 SUM      [exceptions] IntColumn m, IntColumn u    bits(v) = bits(m / 10^e) + u
 *   4 PLANES   n*8 bytes: bits(v[i]) xor bits(v[i-1]), the highest byte of all, then the next ...
 * exceptions: uvarint count, count * uvarint gap (values between it and the one before),
 *   byte 0: 8 bytes, the bits of all; byte 1: count * 8 bytes
 * </pre>
 *
 * Instances keep scratch arrays: one a thread.
 */
public final class ValueColumn {
  static final int INTEGER = 0;
  static final int RAW = 1;
  static final int DECIMAL = 2;
  static final int SUM = 3;
  static final int PLANES = 4;
  private static final int EXCEPTIONS = 8;
  private static final int MAX_EXPONENT = 12;
  private static final double MAX_MANTISSA = 0x1p53;
  private static final int PROBE = 24;

  private static final double[] POWER = new double[16];

  static {
    double p = 1;
    for (int i = 0; i < POWER.length; i++) {
      POWER[i] = p;
      p *= 10;
    }
  }

  private final IntColumn ints = new IntColumn();
  private final ByteSink trial = new ByteSink(4096);
  private long[] m = new long[0];
  private long[] u = new long[0];
  private int[] exceptions = new int[64];
  private int exceptionCount;
  private ColumnForm last = ColumnForm.CONSTANT;

  /** Returns the form of the column that was encoded last. */
  public ColumnForm lastForm() {
    return last;
  }

  /** Appends the column {@code v[0..n)}. */
  public void encode(double[] v, int n, ByteSink out) {
    if (isConstant(v, n)) {
      last = ColumnForm.CONSTANT;
      constant(v[0], out);
      return;
    }
    if (m.length < n) {
      m = new long[Math.max(n, 512)];
      u = new long[m.length];
    }
    int start = out.size;
    int e = decimals(v, n);
    if (e >= 0) {
      out.putByte(DECIMAL | (exceptionCount > 0 ? EXCEPTIONS : 0) | (e << 4));
      putExceptions(v, out);
      ints.encode(m, n, out);
      last = ints.lastForm();
      if (out.size - start <= 8 * n) {
        return;
      }
      out.size = start;
      last = ColumnForm.PLANES;
      planes(v, n, out);
      return;
    }
    e = sums(v, n);
    if (e >= 0) {
      trial.clear();
      putExceptions(v, trial);
      ints.encode(m, n, trial);
      ints.encode(u, n, trial);
      if (trial.size < 7L * n) {
        last = ColumnForm.ULP;
        out.putByte(SUM | (exceptionCount > 0 ? EXCEPTIONS : 0) | e << 4);
        out.put(trial.buf, 0, trial.size);
        return;
      }
    }
    last = ColumnForm.PLANES;
    planes(v, n, out);
  }

  /** A separate method, like every loop here, so that it is compiled separately. */
  private static boolean isConstant(double[] v, int n) {
    long bits = Double.doubleToRawLongBits(v[0]);
    long any = 0;
    for (int i = 1; i < n; i++) {
      any |= Double.doubleToRawLongBits(v[i]) ^ bits;
    }
    return any == 0;
  }

  private static void constant(double v, ByteSink out) {
    long bits = Double.doubleToRawLongBits(v);
    if (exactInteger(v, bits)) {
      out.putByte(INTEGER);
      out.svarint((long) v);
    } else {
      out.putByte(RAW);
      out.putLong(bits);
    }
  }

  private static boolean exactInteger(double v, long bits) {
    long i = (long) v;
    return (double) i == v && i != Long.MAX_VALUE && bits != Long.MIN_VALUE;
  }

  /** Whether {@code rint(v*10^e)/10^e} has the bits of v; e is not 0. */
  private static boolean exactDecimal(double v, int e) {
    double s = v * POWER[e];
    return s <= MAX_MANTISSA
        && s >= -MAX_MANTISSA
        && Double.doubleToRawLongBits(Math.rint(s) / POWER[e]) == Double.doubleToRawLongBits(v);
  }

  private static int exponent(double v, int from) {
    if (from == 0 && exactInteger(v, Double.doubleToRawLongBits(v))) {
      return 0;
    }
    if (!Double.isFinite(v)) {
      return -1; // not finite
    }
    for (int e = Math.max(1, from); e <= MAX_EXPONENT; e++) {
      if (exactDecimal(v, e)) {
        return e;
      }
    }
    return -1;
  }

  /**
   * Fills {@link #m} with decimal mantissas.
   *
   * @return the exponent, or -1 when too many values are not decimals
   */
  private int decimals(double[] v, int n) {
    int allowed = Math.max(2, n / 16);
    int e = 0;
    int bad = 0;
    int step = Math.max(1, n / PROBE);
    for (int i = 0; i < n; i += step) {
      if (exceptional(v[i])) {
        continue;
      }
      int x = exponent(v[i], e);
      if (x < 0) {
        bad++;
      } else {
        e = x;
      }
    }
    if (bad > 2 + PROBE / 8) {
      return -1;
    }
    while (true) {
      int restart = e == 0 ? integers(v, n, allowed) : scaled(v, n, e, allowed);
      if (restart == e) {
        return e;
      }
      if (restart < 0) {
        return -1;
      }
      e = restart;
    }
  }

  private static boolean exceptional(double v) {
    return !Double.isFinite(v) || v == 0 && Double.doubleToRawLongBits(v) != 0;
  }

  /** 0 if done, a larger exponent to start again with, -1 when it failed. */
  private int integers(double[] v, int n, int allowed) {
    exceptionCount = 0;
    long[] m = this.m;
    for (int i = 0; i < n; i++) {
      double x = v[i];
      long k = (long) x;
      if ((double) k == x
          && (k != 0 || Double.doubleToRawLongBits(x) == 0)
          && k != Long.MAX_VALUE) {
        m[i] = k;
        continue;
      }
      int e = exceptional(x) ? -1 : exponent(x, 1);
      if (e > 0) {
        return e;
      }
      if (!except(i, allowed)) {
        return -1;
      }
      m[i] = i == 0 ? 0 : m[i - 1];
    }
    return 0;
  }

  private int scaled(double[] v, int n, int e, int allowed) {
    exceptionCount = 0;
    long[] m = this.m;
    double p = POWER[e];
    for (int i = 0; i < n; i++) {
      double x = v[i];
      double s = Math.rint(x * p);
      if (s <= MAX_MANTISSA
          && s >= -MAX_MANTISSA
          && Double.doubleToRawLongBits(s / p) == Double.doubleToRawLongBits(x)) {
        m[i] = (long) s;
        if (m[i] != 0 || Double.doubleToRawLongBits(x) == 0) {
          continue;
        }
      }
      int more = exceptional(x) ? -1 : exponent(x, e + 1);
      if (more > 0) {
        return more;
      }
      if (!except(i, allowed)) {
        return -1;
      }
      m[i] = i == 0 ? 0 : m[i - 1];
    }
    return e;
  }

  private boolean except(int i, int allowed) {
    if (exceptionCount >= allowed) {
      return false;
    }
    if (exceptionCount == exceptions.length) {
      exceptions = Arrays.copyOf(exceptions, exceptionCount * 2);
    }
    exceptions[exceptionCount++] = i;
    return true;
  }

  /** Fills {@link #m} and {@link #u}; the exponent, or -1 when this does not pay. */
  private int sums(double[] v, int n) {
    int from = Math.max(0, n / 2 - PROBE / 2);
    int to = Math.min(n, from + PROBE);
    int best = -1;
    long bestBits = (to - from) * 46L;
    for (int e = 0; e <= MAX_EXPONENT; e++) {
      long bits = 0;
      long before = 0;
      boolean first = true;
      for (int i = from; i < to; i++) {
        double s = v[i] * POWER[e];
        if (!(s <= MAX_MANTISSA && s >= -MAX_MANTISSA)) {
          bits += 64;
          continue;
        }
        long k = (long) Math.rint(s);
        long ulp = Double.doubleToRawLongBits(v[i]) - Double.doubleToRawLongBits(k / POWER[e]);
        bits += 64 - Long.numberOfLeadingZeros(ByteSink.zigzag(ulp));
        bits += first ? 0 : 64 - Long.numberOfLeadingZeros(ByteSink.zigzag(k - before));
        before = k;
        first = false;
      }
      if (bits < bestBits) {
        bestBits = bits;
        best = e;
      }
    }
    if (best < 0) {
      return -1;
    }
    exceptionCount = 0;
    double p = POWER[best];
    int allowed = Math.max(2, n / 16);
    for (int i = 0; i < n; i++) {
      double s = Math.rint(v[i] * p);
      if (s <= MAX_MANTISSA && s >= -MAX_MANTISSA) {
        m[i] = (long) s;
        u[i] = Double.doubleToRawLongBits(v[i]) - Double.doubleToRawLongBits(m[i] / p);
        if (m[i] == 0 && v[i] != 0) {
          // Tiny compared with the others: its distance from 0.0 in units of the last place is
          // huge.
          if (!except(i, allowed)) {
            return -1;
          }
          u[i] = 0;
        }
      } else {
        if (!except(i, allowed)) {
          return -1;
        }
        m[i] = i == 0 ? 0 : m[i - 1];
        u[i] = 0;
      }
    }
    return best;
  }

  private void putExceptions(double[] v, ByteSink out) {
    if (exceptionCount == 0) {
      return;
    }
    out.uvarint(exceptionCount);
    int last = -1;
    long bits = Double.doubleToRawLongBits(v[exceptions[0]]);
    boolean same = true;
    for (int i = 0; i < exceptionCount; i++) {
      out.uvarint(exceptions[i] - last - 1);
      last = exceptions[i];
      same &= Double.doubleToRawLongBits(v[last]) == bits;
    }
    out.putByte(same ? 0 : 1);
    for (int i = 0; i < (same ? 1 : exceptionCount); i++) {
      out.putLong(Double.doubleToRawLongBits(v[exceptions[i]]));
    }
  }

  private static void planes(double[] v, int n, ByteSink out) {
    out.putByte(PLANES);
    out.ensure(8 * n);
    byte[] b = out.buf;
    int p = out.size;
    long before = 0;
    for (int i = 0; i < n; i++) {
      long bits = Double.doubleToRawLongBits(v[i]);
      long x = bits ^ before;
      before = bits;
      for (int k = 0; k < 8; k++) {
        b[p + k * n + i] = (byte) (x >>> (56 - 8 * k));
      }
    }
    out.size += 8 * n;
  }

  /** Reads columns; keeps scratch arrays: one per thread. */
  public static final class Reader {
    private long[] m = new long[512];
    private long[] u = new long[0];
    private int[] positions = new int[0];
    private long[] bits = new long[0];
    private double[] all = new double[0];

    /**
     * Reads n values into {@code v} from {@code at} on, which has space for them.
     *
     * @return whether any of them may be non-finite
     */
    public boolean decode(ByteSource in, double[] v, int at, int n) {
      return decode(in, v, at, n, null);
    }

    /**
     * Reads only the wanted values of n, one slice after the other.
     *
     * @param wanted null for all
     * @return whether one of all n may be other than finite
     */
    public boolean decode(ByteSource in, double[] v, int at, int n, @Nullable Slices wanted) {
      int head = in.getByte();
      int e = head >>> 4;
      int samples = wanted == null ? n : wanted.samples();
      switch (head & 7) {
        case INTEGER -> {
          Arrays.fill(v, at, at + samples, (double) in.svarint());
          return false;
        }
        case RAW -> {
          double x = Double.longBitsToDouble(in.getLong());
          Arrays.fill(v, at, at + samples, x);
          return !Double.isFinite(x);
        }
        case DECIMAL, SUM -> {
          int count = (head & EXCEPTIONS) != 0 ? exceptions(in, n) : 0;
          m = ints(in, m, n, wanted);
          if (e == 0) {
            toDouble(m, v, at, samples);
          } else {
            toDouble(m, v, at, samples, POWER[e]);
          }
          if ((head & 7) == SUM) {
            u = ints(in, u, n, wanted);
            addUnits(u, v, at, samples);
          }
          putExceptions(count, v, at, wanted);
          return count > 0;
        }
        case PLANES -> {
          if (wanted == null) {
            planes(in, v, at, n);
          } else {
            if (all.length < n) {
              all = new double[Math.max(n, 512)];
            }
            planes(in, all, 0, n);
            wanted.copy(all, v, at);
          }
          return true;
        }
        default -> throw new CorruptionException("unknown form of values: " + (head & 7));
      }
    }

    /**
     * Reads the requested values at the start of an integer column into an array with enough space.
     */
    private static long[] ints(ByteSource in, long[] x, int n, @Nullable Slices wanted) {
      long[] to = x.length < n ? new long[Math.max(n, 512)] : x;
      IntColumn.decode(in, to, n, wanted);
      if (wanted != null) {
        wanted.copy(to, to, 0);
      }
      return to;
    }

    private void putExceptions(int count, double[] v, int at, @Nullable Slices wanted) {
      if (wanted == null) {
        for (int i = 0; i < count; i++) {
          v[at + positions[i]] = Double.longBitsToDouble(bits[i]);
        }
        return;
      }
      int slice = 0;
      for (int i = 0; i < count; i++) {
        int p = positions[i];
        while (slice < wanted.count() && p >= wanted.to(slice)) {
          at += wanted.to(slice) - wanted.from(slice);
          slice++;
        }
        if (slice < wanted.count() && p >= wanted.from(slice)) {
          v[at + p - wanted.from(slice)] = Double.longBitsToDouble(bits[i]);
        }
      }
    }

    private int exceptions(ByteSource in, int n) {
      int count = in.count(n);
      if (positions.length < count) {
        positions = new int[count];
        bits = new long[count];
      }
      int last = -1;
      for (int i = 0; i < count; i++) {
        last += 1 + in.count(n - 2L - last);
        positions[i] = last;
      }
      int kind = in.getByte();
      if (kind == 0) {
        Arrays.fill(bits, 0, count, in.getLong());
      } else {
        for (int i = 0; i < count; i++) {
          bits[i] = in.getLong();
        }
      }
      return count;
    }

    private static void toDouble(long[] m, double[] v, int at, int n) {
      for (int i = 0; i < n; i++) {
        v[at + i] = (double) m[i];
      }
    }

    private static void toDouble(long[] m, double[] v, int at, int n, double power) {
      for (int i = 0; i < n; i++) {
        v[at + i] = m[i] / power;
      }
    }

    private static void addUnits(long[] u, double[] v, int at, int n) {
      for (int i = 0; i < n; i++) {
        v[at + i] = Double.longBitsToDouble(Double.doubleToRawLongBits(v[at + i]) + u[i]);
      }
    }

    private static void planes(ByteSource in, double[] v, int at, int n) {
      int p = in.pos;
      in.skip(8 * n);
      byte[] b = in.buf;
      long before = 0;
      for (int i = 0; i < n; i++) {
        long x = 0;
        for (int k = 0; k < 8; k++) {
          x = x << 8 | b[p + k * n + i] & 0xff;
        }
        before ^= x;
        v[at + i] = Double.longBitsToDouble(before);
      }
    }
  }
}
