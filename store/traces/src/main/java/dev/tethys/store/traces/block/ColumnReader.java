package dev.tethys.store.traces.block;

import dev.tethys.store.events.ArrayPool;
import dev.tethys.store.events.Decompression;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;

/** Decodes the output of {@link ColumnWriter}. */
final class ColumnReader {
  private static final int MAX_RAW = 256 << 20;

  private ColumnReader() {}

  /** Strings with the string of each value. */
  @SuppressWarnings("ArrayRecordComponent") // shared, read only
  record Strings(TextTable texts, long[] codes) {}

  static byte[] packed(ByteSource in) {
    int raw = in.count(MAX_RAW);
    byte[] out = new byte[raw];
    unpack(in, raw, out);
    return out;
  }

  private static void unpack(ByteSource in, int raw, byte[] out) {
    int stored = in.count(Math.min(raw, in.remaining()));
    if (stored == raw) {
      System.arraycopy(in.buf, in.pos, out, 0, raw);
    } else {
      try {
        Decompression.decompress(in.buf, in.pos, stored, out, raw);
      } catch (CorruptionException e) {
        throw new CorruptionException("column: " + e.getMessage());
      }
    }
    in.skip(stored);
  }

  static long[] numbers(ByteSource in, int n) {
    long[] out = new long[n];
    int kind = in.getByte();
    long min = in.svarint();
    if (kind == ColumnWriter.CONSTANT) {
      Arrays.fill(out, min);
      return out;
    }
    int width = in.getByte();
    if (kind != ColumnWriter.PLANES || width < 1 || width > 8) {
      throw new CorruptionException("column of numbers has kind " + kind + ", width " + width);
    }
    byte[][] planes = new byte[width][];
    for (int p = 0; p < width; p++) {
      if (in.count(MAX_RAW) != n) {
        throw new CorruptionException("column of numbers has another length than " + n);
      }
      planes[p] = ArrayPool.take(n);
      unpack(in, n, planes[p]);
    }
    switch (width) {
      case 1 -> one(planes[0], min, out);
      case 2 -> two(planes[0], planes[1], min, out);
      case 3 -> three(planes[0], planes[1], planes[2], min, out);
      default -> several(planes, min, out);
    }
    for (byte[] plane : planes) {
      ArrayPool.release(plane);
    }
    return out;
  }

  // one method for each width, so that each loop is compiled for itself

  private static void one(byte[] a, long min, long[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = min + (a[i] & 0xff);
    }
  }

  private static void two(byte[] a, byte[] b, long min, long[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = min + (a[i] & 0xff | (b[i] & 0xff) << 8);
    }
  }

  private static void three(byte[] a, byte[] b, byte[] c, long min, long[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = min + (a[i] & 0xff | (b[i] & 0xff) << 8 | (c[i] & 0xff) << 16);
    }
  }

  private static void several(byte[][] planes, long min, long[] out) {
    three(planes[0], planes[1], planes[2], min, out);
    for (int p = 3; p < planes.length; p++) {
      int shift = p * 8;
      byte[] plane = planes[p];
      for (int i = 0; i < out.length; i++) {
        out[i] += (plane[i] & 0xffL) << shift;
      }
    }
  }

  /** Numbers that must be in 0..max - 1. */
  static int[] codes(ByteSource in, int n, int max) {
    long[] numbers = numbers(in, n);
    requireBelow(numbers, n, max);
    int[] out = new int[n];
    for (int i = 0; i < n; i++) {
      out[i] = (int) numbers[i];
    }
    return out;
  }

  static int[] ints(ByteSource in, int n) {
    long[] numbers = numbers(in, n);
    int[] out = new int[n];
    for (int i = 0; i < n; i++) {
      out[i] = (int) numbers[i];
    }
    return out;
  }

  private static void requireBelow(long[] numbers, int n, long max) {
    long bad = 0;
    for (int i = 0; i < n; i++) {
      bad |= numbers[i] | max - 1 - numbers[i];
    }
    if (bad < 0) {
      throw new CorruptionException("column has a code that is not below " + max);
    }
  }

  static long[] reals(ByteSource in, int n) {
    int exponent = in.getByte();
    long[] out = numbers(in, n);
    if (exponent == ColumnWriter.BITS) {
      return out;
    }
    if (exponent > ColumnWriter.MAX_EXPONENT) {
      throw new CorruptionException("column of reals has exponent " + exponent);
    }
    for (int i = 0; i < n; i++) {
      out[i] = Double.doubleToRawLongBits(ColumnWriter.real(out[i], exponent));
    }
    return out;
  }

  static Strings strings(ByteSource in, int n) {
    int kind = in.getByte();
    if (kind == ColumnWriter.DIRECT) {
      long[] codes = new long[n];
      for (int i = 0; i < n; i++) {
        codes[i] = i;
      }
      return new Strings(list(in, n), codes);
    }
    if (kind != ColumnWriter.DICTIONARY) {
      throw new CorruptionException("column of strings has kind " + kind);
    }
    int distinct = in.count(n);
    TextTable texts = list(in, distinct);
    long[] codes = numbers(in, n);
    requireBelow(codes, n, distinct);
    return new Strings(texts, codes);
  }

  /** Strings of a column of which all occur, some perhaps twice. */
  static TextTable dictionary(ByteSource in, int n) {
    int kind = in.getByte();
    if (kind != ColumnWriter.DIRECT && kind != ColumnWriter.DICTIONARY) {
      throw new CorruptionException("column of strings has kind " + kind);
    }
    return list(in, kind == ColumnWriter.DIRECT ? n : in.count(n));
  }

  private static TextTable list(ByteSource in, int n) {
    long[] lengths = numbers(in, n);
    byte[] bytes = packed(in);
    int[] starts = new int[n + 1];
    for (int i = 0; i < n; i++) {
      if (lengths[i] < 0 || lengths[i] > bytes.length - starts[i]) {
        throw new CorruptionException("string exceeds the text of its column");
      }
      starts[i + 1] = starts[i] + (int) lengths[i];
    }
    return new TextTable(bytes, starts);
  }
}
