package dev.tethys.codec.chunk;

import dev.tethys.codec.HistogramResolution.SpanBuilder;
import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Encodes the samples of a series into chunks, in the encoding and with the boundaries of
 * Prometheus.
 *
 * <p>Encodings are XOR for floats, histogram and float histogram. A chunk holds at most {@link
 * #MAX_SAMPLES}. A new chunk starts when the kind of sample changes, when a histogram's layout
 * changes in a way that one chunk cannot hold, at a counter reset, and after a stale marker.
 * Buckets that only some histograms of a chunk have are filled with zeros. Start timestamps are not
 * encoded. Reusable; not thread-safe.
 */
public final class ChunkEncoder {
  /** Samples in a chunk, as Prometheus cuts them. */
  public static final int MAX_SAMPLES = 120;

  private static final int RESET = 0x80;
  private static final int NOT_RESET = 0x40;
  private static final int GAUGE = 0xc0;
  private static final int UNKNOWN = 0;

  private final BitWriter out = new BitWriter();
  private final XorValue value = new XorValue();

  /** Receives the chunks in order of time. */
  @FunctionalInterface
  public interface Sink {
    /** The bytes are valid only during the call; the times are of the first and last sample. */
    void chunk(
        ChunkEncoding encoding, long minTime, long maxTime, byte[] buf, int offset, int length);
  }

  /** Encodes all samples of the buffer. */
  public void encode(SampleBuffer samples, Sink sink) {
    @Nullable Histogram @Nullable [] histograms = samples.histograms;
    int from = 0;
    int header = UNKNOWN;
    while (from < samples.size) {
      Histogram first = histograms == null ? null : histograms[from];
      int to = from + 1;
      ChunkEncoding encoding;
      if (first == null) {
        while (to < samples.size
            && to - from < MAX_SAMPLES
            && (histograms == null || histograms[to] == null)) {
          to++;
        }
        encoding = ChunkEncoding.XOR;
        xor(samples, from, to);
        header = UNKNOWN;
      } else {
        encoding = first.integer() ? ChunkEncoding.HISTOGRAM : ChunkEncoding.FLOAT_HISTOGRAM;
        boolean gauge = first.resetHint() == ResetHint.GAUGE;
        if (gauge) {
          header = GAUGE;
        } else if (first.resetHint() == ResetHint.RESET) {
          header = RESET;
        }
        Side positive = Side.of(first.positiveSpans(), first.positive());
        Side negative = Side.of(first.negativeSpans(), first.negative());
        Histogram last = first;
        int next = UNKNOWN;
        while (to < samples.size) {
          Histogram h = java.util.Objects.requireNonNull(histograms)[to];
          if (h == null || h.integer() != first.integer()) {
            break;
          }
          Side p = Side.of(h.positiveSpans(), h.positive());
          Side n = Side.of(h.negativeSpans(), h.negative());
          next = follows(gauge, last, h, positive, p, negative, n);
          if (next != NOT_RESET || to - from == MAX_SAMPLES) {
            break;
          }
          next = UNKNOWN;
          if (!h.isStale()) {
            positive = gauge ? positive.with(p) : p.over(positive);
            negative = gauge ? negative.with(n) : n.over(negative);
          }
          last = h;
          to++;
        }
        histograms(samples, from, to, header, positive.spans(), negative.spans());
        header = next;
      }
      sink.chunk(
          encoding,
          samples.timestamps[from],
          samples.timestamps[to - 1],
          out.buffer(),
          0,
          out.size());
      from = to;
    }
  }

  /** NOT_RESET if the sample can go into the chunk, otherwise the reset hint of the next chunk. */
  private static int follows(
      boolean gauge, Histogram last, Histogram h, Side lp, Side p, Side ln, Side n) {
    if (gauge != (h.resetHint() == ResetHint.GAUGE) && !h.isStale()) {
      return UNKNOWN;
    }
    if (!gauge && h.resetHint() == ResetHint.RESET) {
      return RESET;
    }
    if (h.isStale()) {
      return NOT_RESET;
    }
    if (last.isStale()) {
      return UNKNOWN;
    }
    if (h.schema() != last.schema()
        || Double.compare(h.zeroThreshold(), last.zeroThreshold()) != 0) {
      return !gauge && h.count() < last.count() ? RESET : UNKNOWN;
    }
    if (!Arrays.equals(h.customBounds(), last.customBounds())) {
      return gauge ? UNKNOWN : RESET;
    }
    if (!gauge
        && (h.count() < last.count()
            || h.zeroCount() < last.zeroCount()
            || !p.covers(lp)
            || !n.covers(ln))) {
      return RESET;
    }
    return NOT_RESET;
  }

  /** The buckets of one side by index, ascending. */
  private record Side(int[] index, double[] count) {
    static Side of(int[] spans, double[] buckets) {
      int[] index = new int[buckets.length];
      int at = 0;
      int k = 0;
      for (int i = 0; i + 1 < spans.length; i += 2) {
        at += spans[i];
        for (int j = 0; j < spans[i + 1] && k < index.length; j++) {
          index[k++] = at++;
        }
      }
      return new Side(index, buckets);
    }

    /** Whether no bucket of an earlier sample has lost anything. */
    boolean covers(Side earlier) {
      int j = 0;
      for (int i = 0; i < earlier.index.length; i++) {
        while (j < index.length && index[j] < earlier.index[i]) {
          j++;
        }
        double now = j < index.length && index[j] == earlier.index[i] ? count[j] : 0;
        if (now < earlier.count[i]) {
          return false;
        }
      }
      return true;
    }

    /** The same counts with the other's buckets too, as zeros if they are new. */
    Side over(Side other) {
      return Arrays.equals(index, other.index) ? this : with(other);
    }

    Side with(Side other) {
      int[] all = new int[index.length + other.index.length];
      double[] counts = new double[all.length];
      int n = 0;
      int i = 0;
      int j = 0;
      while (i < index.length || j < other.index.length) {
        if (j == other.index.length || i < index.length && index[i] <= other.index[j]) {
          if (j < other.index.length && index[i] == other.index[j]) {
            j++;
          }
          counts[n] = count[i];
          all[n++] = index[i++];
        } else {
          all[n++] = other.index[j++];
        }
      }
      return new Side(Arrays.copyOf(all, n), Arrays.copyOf(counts, n));
    }

    int[] spans() {
      SpanBuilder b = new SpanBuilder(index.length);
      for (int i : index) {
        b.add(i, 0);
      }
      return b.spans();
    }
  }

  private void header(int count, int flags, boolean histogram) {
    out.clear();
    out.write(count, 16);
    if (histogram) {
      out.write(flags, 8);
    }
  }

  private void xor(SampleBuffer s, int from, int to) {
    header(to - from, 0, false);
    long delta = 0;
    for (int i = from; i < to; i++) {
      long t = s.timestamps[i];
      long bits = Double.doubleToRawLongBits(s.values[i]);
      if (i == from) {
        out.varint(t);
        out.write(bits, 64);
        value.reset(bits);
        continue;
      }
      long now = t - s.timestamps[i - 1];
      if (i == from + 1) {
        out.uvarint(now);
      } else {
        long dod = now - delta;
        if (dod == 0) {
          out.write(0, 1);
        } else if (BitWriter.fits(dod, 14)) {
          out.write(0b10, 2);
          out.write(dod, 14);
        } else if (BitWriter.fits(dod, 17)) {
          out.write(0b110, 3);
          out.write(dod, 17);
        } else if (BitWriter.fits(dod, 20)) {
          out.write(0b1110, 4);
          out.write(dod, 20);
        } else {
          out.write(0b1111, 4);
          out.write(dod, 64);
        }
      }
      delta = now;
      value.write(out, bits);
    }
  }

  private void histograms(
      SampleBuffer s, int from, int to, int flags, int[] positiveSpans, int[] negativeSpans) {
    header(to - from, flags, true);
    @Nullable Histogram[] all = java.util.Objects.requireNonNull(s.histograms);
    Histogram first = java.util.Objects.requireNonNull(all[from]);
    boolean integer = first.integer();
    boolean startsStale = first.isStale();
    HistogramLayout layout =
        HistogramLayout.of(
            startsStale ? Histogram.stale() : first,
            startsStale ? new int[0] : positiveSpans,
            startsStale ? new int[0] : negativeSpans);
    layout.write(out);
    Side layoutPositive = Side.of(layout.positiveSpans(), new double[layout.positiveBuckets()]);
    Side layoutNegative = Side.of(layout.negativeSpans(), new double[layout.negativeBuckets()]);
    int buckets = layout.positiveBuckets() + layout.negativeBuckets();
    double[] now = new double[buckets];
    long[] last = new long[2 + buckets];
    long[] delta = new long[2 + buckets];
    XorValue[] xor = new XorValue[integer ? 0 : 2 + buckets];
    Arrays.setAll(xor, k -> new XorValue());
    XorValue sum = new XorValue();
    long tDelta = 0;
    for (int i = from; i < to; i++) {
      Histogram h = java.util.Objects.requireNonNull(all[i]);
      boolean stale = h.isStale();
      double count = stale ? 0 : h.count();
      double zero = stale ? 0 : h.zeroCount();
      long sumBits = stale ? Samples.STALE_BITS : Double.doubleToRawLongBits(h.sum());
      if (!stale) {
        place(h.positiveSpans(), h.positive(), layoutPositive, now, 0);
        place(h.negativeSpans(), h.negative(), layoutNegative, now, layout.positiveBuckets());
      }
      long t = s.timestamps[i];
      if (i == from) {
        out.varbit(t);
        if (integer) {
          last[0] = (long) count;
          last[1] = (long) zero;
          out.unsignedVarbit(last[0]);
          out.unsignedVarbit(last[1]);
        } else {
          first(xor[0], count);
          first(xor[1], zero);
        }
        sum.reset(sumBits);
        out.write(sumBits, 64);
        long before = 0;
        for (int k = 0; k < buckets; k++) {
          if (integer) {
            before = k == layout.positiveBuckets() ? 0 : before;
            last[2 + k] = (long) now[k] - before;
            before = (long) now[k];
            out.varbit(last[2 + k]);
          } else {
            first(xor[2 + k], now[k]);
          }
        }
        continue;
      }
      long d = t - s.timestamps[i - 1];
      out.varbit(d - tDelta);
      tDelta = d;
      if (!integer) {
        xor[0].write(out, Double.doubleToRawLongBits(count));
        xor[1].write(out, Double.doubleToRawLongBits(zero));
      } else if (stale) {
        out.varbit(0);
        out.varbit(0);
      } else {
        integer(0, (long) count, last, delta);
        integer(1, (long) zero, last, delta);
      }
      sum.write(out, sumBits);
      if (stale) {
        continue;
      }
      long before = 0;
      for (int k = 0; k < buckets; k++) {
        if (integer) {
          before = k == layout.positiveBuckets() ? 0 : before;
          integer(2 + k, (long) now[k] - before, last, delta);
          before = (long) now[k];
        } else {
          xor[2 + k].write(out, Double.doubleToRawLongBits(now[k]));
        }
      }
    }
  }

  private void first(XorValue x, double v) {
    long bits = Double.doubleToRawLongBits(v);
    x.reset(bits);
    out.write(bits, 64);
  }

  private void integer(int k, long v, long[] last, long[] delta) {
    long d = v - last[k];
    out.varbit(d - delta[k]);
    delta[k] = d;
    last[k] = v;
  }

  /** Counts of a histogram, arranged by the bucket layout of the chunk. */
  private static void place(int[] spans, double[] counts, Side layout, double[] into, int at) {
    Side s = Side.of(spans, counts);
    int j = 0;
    for (int i = 0; i < layout.index.length; i++) {
      while (j < s.index.length && s.index[j] < layout.index[i]) {
        j++;
      }
      into[at + i] = j < s.index.length && s.index[j] == layout.index[i] ? s.count[j] : 0;
    }
  }
}
