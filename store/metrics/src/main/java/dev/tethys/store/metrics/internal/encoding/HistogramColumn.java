package dev.tethys.store.metrics.internal.encoding;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A column of native histograms: neighbours of one layout become a run, and every number of a run
 * (count, sum, each bucket) a {@link ValueColumn} over time.
 *
 * <pre>
 * runs until all histograms are read:
 *   uvarint length (&ge; 1)
 *   byte: bit 0 integer counts, bit 1 custom bounds follow, bit 2 hints differ
 *   svarint schema, 8 bytes zero threshold
 *   positive spans, negative spans: uvarint numbers, svarint each
 *   uvarint positive buckets, uvarint negative buckets
 *   [custom bounds: uvarint count, 8 bytes each]
 *   reset hint: one byte, or one a histogram when they differ
 *   ValueColumn count, zero count, sum, each positive bucket, each negative bucket
 * </pre>
 */
public final class HistogramColumn {
  private static final ResetHint[] HINTS = ResetHint.values();

  private final ValueColumn column = new ValueColumn();
  private double[] values = new double[256];

  /** Whether two histograms have the same buckets. */
  public static boolean sameLayout(Histogram a, Histogram b) {
    return a.schema() == b.schema()
        && a.integer() == b.integer()
        && Double.doubleToRawLongBits(a.zeroThreshold())
            == Double.doubleToRawLongBits(b.zeroThreshold())
        && a.positive().length == b.positive().length
        && a.negative().length == b.negative().length
        && Arrays.equals(a.positiveSpans(), b.positiveSpans())
        && Arrays.equals(a.negativeSpans(), b.negativeSpans())
        && sameBits(a.customBounds(), b.customBounds());
  }

  private static boolean sameBits(double @Nullable [] a, double @Nullable [] b) {
    if (a == null || b == null) {
      return a == b;
    }
    if (a.length != b.length) {
      return false;
    }
    for (int i = 0; i < a.length; i++) {
      if (Double.doubleToRawLongBits(a[i]) != Double.doubleToRawLongBits(b[i])) {
        return false;
      }
    }
    return true;
  }

  /** Appends the histograms {@code h[0..n)}. */
  public void encode(Histogram[] h, int n, ByteSink out) {
    int from = 0;
    while (from < n) {
      int to = from + 1;
      while (to < n && sameLayout(h[from], h[to])) {
        to++;
      }
      run(h, from, to, out);
      from = to;
    }
  }

  private void run(Histogram[] h, int from, int to, ByteSink out) {
    Histogram f = h[from];
    boolean hintsDiffer = false;
    for (int i = from + 1; i < to; i++) {
      hintsDiffer |= h[i].resetHint() != f.resetHint();
    }
    double[] bounds = f.customBounds();
    out.uvarint(to - from);
    out.putByte((f.integer() ? 1 : 0) | (bounds != null ? 2 : 0) | (hintsDiffer ? 4 : 0));
    out.svarint(f.schema());
    out.putLong(Double.doubleToRawLongBits(f.zeroThreshold()));
    spans(f.positiveSpans(), out);
    spans(f.negativeSpans(), out);
    out.uvarint(f.positive().length);
    out.uvarint(f.negative().length);
    if (bounds != null) {
      out.uvarint(bounds.length);
      for (double b : bounds) {
        out.putLong(Double.doubleToRawLongBits(b));
      }
    }
    for (int i = from; i < (hintsDiffer ? to : from + 1); i++) {
      out.putByte(h[i].resetHint().ordinal());
    }
    int n = to - from;
    if (values.length < n) {
      values = new double[n];
    }
    for (int i = 0; i < n; i++) {
      values[i] = h[from + i].count();
    }
    column.encode(values, n, out);
    for (int i = 0; i < n; i++) {
      values[i] = h[from + i].zeroCount();
    }
    column.encode(values, n, out);
    for (int i = 0; i < n; i++) {
      values[i] = h[from + i].sum();
    }
    column.encode(values, n, out);
    for (int b = 0; b < f.positive().length; b++) {
      for (int i = 0; i < n; i++) {
        values[i] = h[from + i].positive()[b];
      }
      column.encode(values, n, out);
    }
    for (int b = 0; b < f.negative().length; b++) {
      for (int i = 0; i < n; i++) {
        values[i] = h[from + i].negative()[b];
      }
      column.encode(values, n, out);
    }
  }

  private static void spans(int[] spans, ByteSink out) {
    out.uvarint(spans.length);
    for (int s : spans) {
      out.svarint(s);
    }
  }

  /** Reads n histograms. */
  public static Histogram[] decode(ByteSource in, int n) {
    Histogram[] out = new Histogram[n];
    ValueColumn.Reader reader = new ValueColumn.Reader();
    int at = 0;
    while (at < n) {
      int len = in.count(n - (long) at);
      if (len == 0) {
        throw new CorruptionException("an empty run of histograms");
      }
      run(in, out, at, len, reader);
      at += len;
    }
    return out;
  }

  private static void run(
      ByteSource in, Histogram[] out, int at, int n, ValueColumn.Reader reader) {
    int flags = in.getByte();
    int schema = (int) in.svarint();
    double zeroThreshold = Double.longBitsToDouble(in.getLong());
    int[] positiveSpans = spans(in);
    int[] negativeSpans = spans(in);
    int positives = in.count();
    int negatives = in.count();
    double[] bounds = null;
    if ((flags & 2) != 0) {
      int count = in.count(in.remaining() / 8);
      bounds = new double[count];
      for (int i = 0; i < count; i++) {
        bounds[i] = Double.longBitsToDouble(in.getLong());
      }
    }
    ResetHint[] hints = new ResetHint[n];
    for (int i = 0; i < n; i++) {
      hints[i] = i > 0 && (flags & 4) == 0 ? hints[0] : hint(in);
    }
    double[] count = column(in, n, reader);
    double[] zero = column(in, n, reader);
    double[] sum = column(in, n, reader);
    if ((long) (positives + (long) negatives) > in.remaining() / 2) {
      throw new CorruptionException("more buckets than bytes");
    }
    double[][] p = new double[n][positives];
    double[][] m = new double[n][negatives];
    buckets(in, p, positives, reader);
    buckets(in, m, negatives, reader);
    for (int i = 0; i < n; i++) {
      out[at + i] =
          new Histogram(
              (flags & 1) != 0,
              hints[i],
              schema,
              zeroThreshold,
              zero[i],
              count[i],
              sum[i],
              positiveSpans,
              p[i],
              negativeSpans,
              m[i],
              bounds);
    }
  }

  private static ResetHint hint(ByteSource in) {
    int h = in.getByte();
    if (h >= HINTS.length) {
      throw new CorruptionException("unknown reset hint " + h);
    }
    return HINTS[h];
  }

  private static double[] column(ByteSource in, int n, ValueColumn.Reader reader) {
    double[] v = new double[n];
    reader.decode(in, v, 0, n);
    return v;
  }

  private static void buckets(ByteSource in, double[][] to, int n, ValueColumn.Reader reader) {
    double[] v = new double[to.length];
    for (int b = 0; b < n; b++) {
      reader.decode(in, v, 0, to.length);
      for (int i = 0; i < to.length; i++) {
        to[i][b] = v[i];
      }
    }
  }

  private static int[] spans(ByteSource in) {
    int[] out = new int[in.count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (int) in.svarint();
    }
    return out;
  }
}
