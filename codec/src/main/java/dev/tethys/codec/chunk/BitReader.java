package dev.tethys.codec.chunk;

import dev.tethys.codec.CodecException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads bits, most significant first, from a part of an array; reading past its end throws a
 * CodecException.
 */
final class BitReader {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[] buf = {};
  private long bit;
  private long end;

  void reset(byte[] buffer, int offset, int length) {
    buf = buffer;
    bit = (long) offset << 3;
    end = (long) offset + length << 3;
  }

  long remaining() {
    return end - bit;
  }

  /** The next 0 to 64 bits as an unsigned number. */
  long read(int n) {
    if (n > end - bit) {
      throw new CodecException("a chunk ends within a sample");
    }
    if (n > 56) {
      long high = read(n - 32);
      return high << 32 | read(32);
    }
    if (n == 0) {
      return 0;
    }
    int p = (int) (bit >>> 3);
    long w;
    if (p + 8 <= buf.length) {
      w = (long) LONG.get(buf, p);
    } else {
      w = 0;
      for (int i = 0; i < 8; i++) {
        w = w << 8 | (p + i < buf.length ? buf[p + i] & 0xff : 0);
      }
    }
    w = w << (bit & 7) >>> 64 - n;
    bit += n;
    return w;
  }

  /** Counts the 1 bits before the next 0 and consumes that 0; reads at most {@code max}. */
  int ones(int max) {
    int n = 0;
    while (n < max && read(1) == 1) {
      n++;
    }
    return n;
  }

  /** Two's complement of n bits, where 2^(n-1) is positive, as Prometheus stores differences. */
  long signed(int n) {
    long v = read(n);
    return n < 64 && v > 1L << n - 1 ? v - (1L << n) : v;
  }

  private static final int[] VARBIT = {0, 3, 6, 9, 12, 18, 25, 56, 64};

  /** Reads a signed number of a varbit class: up to eight 1 bits give the width. */
  long varbit() {
    int n = VARBIT[ones(8)];
    return n == 0 ? 0 : signed(n);
  }

  long unsignedVarbit() {
    return read(VARBIT[ones(8)]);
  }

  long uvarint() {
    long v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      long b = read(8);
      v |= (b & 0x7f) << shift;
      if (b < 0x80) {
        return v;
      }
    }
    throw new CodecException("a chunk holds a number of more than 64 bits");
  }

  long varint() {
    long v = uvarint();
    return v >>> 1 ^ -(v & 1);
  }
}
