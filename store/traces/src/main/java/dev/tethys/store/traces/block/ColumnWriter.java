package dev.tethys.store.traces.block;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.tethys.model.traces.Texts;
import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Encodes columns.
 *
 * <pre>
 * packed:  uvarint raw length, uvarint stored length, zstd frame if it is shorter, else the raw bytes
 * numbers: 1 byte 0, svarint value: all are equal; or
 *          1 byte 1, svarint minimum, 1 byte width 1..8, then for each byte of number - minimum from the
 *          lowest: packed bytes of all numbers
 * reals:   1 byte exponent 0..4, numbers: each real is a number / 10^exponent; or 1 byte 255, numbers: bits
 * strings: 1 byte 0, numbers of lengths, packed bytes: string of each value; or
 *          1 byte 1, uvarint strings, numbers of lengths, packed bytes, numbers: string of each value
 * </pre>
 *
 * Not safe for several threads.
 */
final class ColumnWriter implements AutoCloseable {
  static final int CONSTANT = 0;
  static final int PLANES = 1;
  static final int BITS = 255;
  static final int MAX_EXPONENT = 4;
  static final int DIRECT = 0;
  static final int DICTIONARY = 1;
  private static final double[] POWERS = {1, 10, 100, 1000, 10_000};
  private static final double EXACT = 1L << 53;

  private final ZstdCompressCtx zstd = new ZstdCompressCtx();
  private byte[] scratch = new byte[1 << 14];
  private byte[] plane = new byte[1 << 14];
  private long[] codes = new long[1 << 10];
  private long[] lengths = new long[1 << 10];
  private int[] places = new int[1 << 10]; // place in the dictionary of each text + 1
  private final ByteSink text = new ByteSink(1 << 14);

  ColumnWriter(int level) {
    zstd.setLevel(level);
    zstd.setChecksum(false);
    zstd.setContentSize(false);
  }

  void packed(byte[] raw, int length, ByteSink out) {
    out.uvarint(length);
    if (length < 12) {
      out.uvarint(length);
      out.put(raw, 0, length);
      return;
    }
    int bound = (int) Zstd.compressBound(length);
    if (scratch.length < bound) {
      scratch = new byte[Math.max(bound, scratch.length * 2)];
    }
    int stored = zstd.compressByteArray(scratch, 0, scratch.length, raw, 0, length);
    if (stored < length - length / 64) {
      out.uvarint(stored);
      out.put(scratch, 0, stored);
    } else {
      out.uvarint(length);
      out.put(raw, 0, length);
    }
  }

  void numbers(long[] values, int n, ByteSink out) {
    long min = n == 0 ? 0 : Long.MAX_VALUE;
    long max = n == 0 ? 0 : Long.MIN_VALUE;
    for (int i = 0; i < n; i++) {
      min = Math.min(min, values[i]);
      max = Math.max(max, values[i]);
    }
    if (min == max) {
      out.putByte(CONSTANT);
      out.svarint(min);
      return;
    }
    int width = 8 - Long.numberOfLeadingZeros(max - min) / 8; // as unsigned
    out.putByte(PLANES);
    out.svarint(min);
    out.putByte(width);
    if (plane.length < n) {
      plane = new byte[Math.max(n, plane.length * 2)];
    }
    for (int p = 0; p < width; p++) {
      int shift = p * 8;
      for (int i = 0; i < n; i++) {
        plane[i] = (byte) (values[i] - min >>> shift);
      }
      packed(plane, n, out);
    }
  }

  void numbers(int[] values, int n, ByteSink out) {
    if (codes.length < n) {
      codes = new long[Math.max(n, codes.length * 2)];
    }
    for (int i = 0; i < n; i++) {
      codes[i] = values[i];
    }
    numbers(codes, n, out);
  }

  /** Encodes doubles, given by their bits. */
  void reals(long[] bits, int n, ByteSink out) {
    for (int e = 0; e <= MAX_EXPONENT; e++) {
      if (decimals(bits, n, e)) {
        out.putByte(e);
        numbers(codes, n, out);
        return;
      }
    }
    out.putByte(BITS);
    numbers(bits, n, out);
  }

  private boolean decimals(long[] bits, int n, int exponent) {
    if (codes.length < n) {
      codes = new long[Math.max(n, codes.length * 2)];
    }
    double power = POWERS[exponent];
    for (int i = 0; i < n; i++) {
      double v = Double.longBitsToDouble(bits[i]);
      double scaled = Math.rint(v * power);
      if (!(Math.abs(scaled) < EXACT)
          || Double.doubleToRawLongBits((long) scaled / power) != bits[i]) {
        return false;
      }
      codes[i] = (long) scaled;
    }
    return true;
  }

  static double real(long number, int exponent) {
    return number / POWERS[exponent];
  }

  /** Encodes strings, given as codes. */
  void strings(long[] values, int n, Texts texts, ByteSink out) {
    if (codes.length < n) {
      codes = new long[Math.max(n, codes.length * 2)];
    }
    if (places.length < texts.count()) {
      places = new int[Math.max(texts.count(), places.length * 2)];
    }
    int distinct = 0;
    for (int i = 0; i < n; i++) {
      int code = (int) values[i];
      if (places[code] == 0) {
        places[code] = ++distinct;
        if (lengths.length < distinct) {
          lengths = Arrays.copyOf(lengths, distinct * 2);
        }
        lengths[distinct - 1] = code; // for now, the code
      }
      codes[i] = places[code] - 1L;
    }
    for (int i = 0; i < n; i++) {
      places[(int) values[i]] = 0;
    }
    boolean isDirect = distinct > n - n / 4;
    out.putByte(isDirect ? DIRECT : DICTIONARY);
    if (isDirect) {
      list(values, n, texts, out);
    } else {
      out.uvarint(distinct);
      long[] dictionary = Arrays.copyOf(lengths, distinct);
      long[] kept = codes;
      list(dictionary, distinct, texts, out);
      numbers(kept, n, out);
    }
  }

  private void list(long[] values, int n, Texts texts, ByteSink out) {
    if (lengths.length < n) {
      lengths = new long[Math.max(n, lengths.length * 2)];
    }
    text.clear();
    for (int i = 0; i < n; i++) {
      int code = (int) values[i];
      lengths[i] = texts.length(code);
      text.put(texts.bytes(), texts.start(code), texts.length(code));
    }
    numbers(lengths, n, out);
    packed(text.buf, text.size, out);
  }

  @Override
  public void close() {
    zstd.close();
  }
}
