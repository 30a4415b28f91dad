package dev.tethys.codec.chunk;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.HistogramResolution;
import dev.tethys.model.Histogram;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;

/**
 * Decodes chunks of every encoding into a {@link SampleBuffer}. Layouts (numbers big end first):
 *
 * <ul>
 *   <li>XOR: count 16, then time varint and value 64; delta uvarint and xor; then delta-of-delta
 *       classes {@code 0 | 10+14 | 110+17 | 1110+20 | 1111+64} and xor.
 *   <li>XOR2: count 16, start header 8; from the third sample on time and value share a prefix:
 *       {@code 0} both as before, {@code 10} new value, {@code 110+13}, {@code 1110+20}, {@code
 *       11110+64} new delta-of-delta and value class, {@code 11111} stale.
 *   <li>Histograms: count 16, flags 8 (or start header 8, the flags then being the top two bits of
 *       the count), layout, first sample absolute, then delta-of-delta as varbit for integers and
 *       xor for floats.
 * </ul>
 *
 * <p>Input may be damaged: every read is bounded, and memory is allocated in proportion to the bits
 * present. Not thread-safe.
 */
public final class ChunkDecoder {
  private final BitReader in = new BitReader();

  /**
   * Appends the samples of a chunk to the buffer, which must be empty or end before them.
   *
   * @throws CodecException if the chunk is damaged; the buffer then holds the samples before it
   */
  public void decode(
      ChunkEncoding encoding, byte[] buf, int offset, int length, SampleBuffer into) {
    switch (encoding) {
      case XOR -> {
        need(length, 2);
        in.reset(buf, offset + 2, length - 2);
        xor(count(buf, offset), into);
      }
      case XOR2 -> {
        need(length, 3);
        in.reset(buf, offset + 3, length - 3);
        xor2(count(buf, offset), new StartTimes(buf[offset + 2]), into);
      }
      case HISTOGRAM, FLOAT_HISTOGRAM -> {
        need(length, 3);
        in.reset(buf, offset + 3, length - 3);
        histograms(
            encoding == ChunkEncoding.HISTOGRAM,
            count(buf, offset),
            buf[offset + 2],
            new StartTimes(0),
            into);
      }
      case HISTOGRAM_ST, FLOAT_HISTOGRAM_ST -> {
        need(length, 3);
        in.reset(buf, offset + 3, length - 3);
        histograms(
            encoding == ChunkEncoding.HISTOGRAM_ST,
            count(buf, offset) & 0x3fff,
            buf[offset],
            new StartTimes(buf[offset + 2]),
            into);
      }
    }
  }

  /** Number of samples according to the chunk's header. */
  public static int sampleCount(ChunkEncoding encoding, byte[] buf, int offset, int length) {
    need(length, 2);
    int n = count(buf, offset);
    return encoding == ChunkEncoding.HISTOGRAM_ST || encoding == ChunkEncoding.FLOAT_HISTOGRAM_ST
        ? n & 0x3fff
        : n;
  }

  private static int count(byte[] buf, int offset) {
    return (buf[offset] & 0xff) << 8 | buf[offset + 1] & 0xff;
  }

  private static void need(int length, int header) {
    if (length < header) {
      throw new CodecException("a chunk of " + length + " bytes has no header");
    }
  }

  private void xor(int count, SampleBuffer into) {
    XorValue v = new XorValue();
    long t = 0;
    long delta = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0) {
        t = in.varint();
        v.reset(in.read(64));
      } else {
        if (i == 1) {
          delta = in.uvarint();
        } else {
          switch (in.ones(4)) {
            case 0 -> {}
            case 1 -> delta += in.signed(14);
            case 2 -> delta += in.signed(17);
            case 3 -> delta += in.signed(20);
            default -> delta += in.read(64);
          }
        }
        t += delta;
        v.read(in);
      }
      add(into, 0, t, v.bits);
    }
  }

  private static void add(SampleBuffer into, long start, long t, long bits) {
    ascending(into, t);
    into.mayBeStale |= bits == Samples.STALE_BITS;
    into.add(start, t, Double.longBitsToDouble(bits));
  }

  private static void ascending(SampleBuffer into, long t) {
    if (into.size > 0 && t <= into.timestamps[into.size - 1]) {
      throw new CodecException("chunk timestamps are not ascending");
    }
  }

  private void xor2(int count, StartTimes starts, SampleBuffer into) {
    XorValue v = new XorValue(); // the last value that was not stale
    long t = 0;
    long delta = 0;
    for (int i = 0; i < count; i++) {
      long before = t;
      boolean stale = false;
      if (i == 0) {
        t = in.varint();
        long first = in.read(64);
        stale = first == Samples.STALE_BITS;
        v.reset(stale ? 0 : first);
      } else if (i == 1) {
        delta = in.uvarint();
        t += delta;
        stale = xor2Value(v);
      } else {
        int control = in.ones(5);
        switch (control) {
          case 2 -> delta += twos(13);
          case 3 -> delta += twos(20);
          case 4 -> delta += in.read(64);
          default -> {}
        }
        t += delta;
        switch (control) {
          case 0 -> {}
          case 1 -> v.readChanged(in);
          case 5 -> stale = true;
          default -> stale = xor2Value(v);
        }
      }
      add(into, starts.read(in, i, t, before), t, stale ? Samples.STALE_BITS : v.bits);
    }
  }

  /** Plain two's complement, unlike the older encodings. */
  private long twos(int n) {
    return in.read(n) << 64 - n >> 64 - n;
  }

  private boolean xor2Value(XorValue v) {
    switch (in.ones(3)) {
      case 0 -> {}
      case 1 -> v.readBits(in);
      case 2 -> v.readWindow(in);
      default -> {
        return true;
      }
    }
    return false;
  }

  private void histograms(
      boolean integer, int count, int flags, StartTimes starts, SampleBuffer into) {
    if (count == 0) {
      return;
    }
    HistogramLayout layout = HistogramLayout.read(in);
    int buckets = layout.positiveBuckets() + layout.negativeBuckets();
    boolean gauge = (flags & 0xc0) == 0xc0;
    XorValue sum = new XorValue();
    // integers: value, delta of count, zero count and buckets; floats: xor columns
    long[] value = new long[2 + (integer ? buckets : 0)];
    long[] delta = new long[value.length];
    XorValue[] xor = new XorValue[integer ? 0 : 2 + buckets];
    for (int k = 0; k < xor.length; k++) {
      xor[k] = new XorValue();
    }
    long t = 0;
    long tDelta = 0;
    for (int i = 0; i < count; i++) {
      long before = t;
      if (i == 0) {
        t = in.varbit();
        if (integer) {
          value[0] = in.unsignedVarbit();
          value[1] = in.unsignedVarbit();
        } else {
          xor[0].reset(in.read(64));
          xor[1].reset(in.read(64));
        }
        sum.reset(in.read(64));
        for (int k = 2; k < 2 + buckets; k++) {
          if (integer) {
            value[k] = in.varbit();
          } else {
            xor[k].reset(in.read(64));
          }
        }
      } else {
        tDelta += in.varbit();
        t += tDelta;
        column(integer, 0, value, delta, xor);
        column(integer, 1, value, delta, xor);
        sum.read(in);
        if (sum.bits != Samples.STALE_BITS) {
          for (int k = 2; k < 2 + buckets; k++) {
            column(integer, k, value, delta, xor);
          }
        }
      }
      ascending(into, t);
      long start = starts.read(in, i, t, before);
      if (sum.bits == Samples.STALE_BITS) {
        into.mayBeStale = true;
        into.add(start, t, staleOf(integer));
        continue;
      }
      Histogram.ResetHint hint =
          gauge
              ? Histogram.ResetHint.GAUGE
              : i == 0 ? Histogram.ResetHint.UNKNOWN : Histogram.ResetHint.NOT_RESET;
      double[] positive = new double[layout.positiveBuckets()];
      double[] negative = new double[layout.negativeBuckets()];
      take(integer, positive, 2, value, xor);
      take(integer, negative, 2 + positive.length, value, xor);
      into.add(
          start,
          t,
          HistogramResolution.storable(
              new Histogram(
                  integer,
                  hint,
                  layout.schema(),
                  layout.zeroThreshold(),
                  integer ? value[1] : xor[1].value(),
                  integer ? value[0] : xor[0].value(),
                  sum.value(),
                  layout.positiveSpans(),
                  positive,
                  layout.negativeSpans(),
                  negative,
                  layout.customBounds())));
    }
  }

  private static Histogram staleOf(boolean integer) {
    Histogram s = Histogram.stale();
    return integer
        ? s
        : new Histogram(
            false,
            s.resetHint(),
            s.schema(),
            s.zeroThreshold(),
            s.zeroCount(),
            s.count(),
            s.sum(),
            s.positiveSpans(),
            s.positive(),
            s.negativeSpans(),
            s.negative(),
            null);
  }

  private void column(boolean integer, int k, long[] value, long[] delta, XorValue[] xor) {
    if (integer) {
      delta[k] += in.varbit();
      value[k] += delta[k];
    } else {
      xor[k].read(in);
    }
  }

  /** Integer buckets are stored as differences to the bucket before. */
  private static void take(boolean integer, double[] out, int from, long[] value, XorValue[] xor) {
    long sum = 0;
    for (int i = 0; i < out.length; i++) {
      if (integer) {
        sum += value[from + i];
        out[i] = sum;
      } else {
        out[i] = xor[from + i].value();
      }
    }
  }
}
