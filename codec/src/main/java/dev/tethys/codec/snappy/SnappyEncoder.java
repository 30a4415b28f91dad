package dev.tethys.codec.snappy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Encodes snappy blocks. Input is split into pieces of 64 KiB, so that an offset has 16 bits; a
 * table holds the last position of each hash in the piece. After a long stretch without a match,
 * ever more bytes are skipped.
 *
 * <p>The format has copies shorter than six bytes, but the encoder ignores them: they save a byte
 * at most, and in text that repeats little, such as log lines with numbers, they occur everywhere,
 * end each literal, and so cost more time than all the rest. A match is extended backwards over
 * equal bytes.
 *
 * <p>The table and the output buffer are kept from one block to the next. Not safe for concurrent
 * use.
 */
final class SnappyEncoder {
  private static final int PIECE = 1 << 16;
  private static final int TABLE_BITS = 14;

  /**
   * Bytes at the end of a piece that are not searched for copies, so that eight bytes can be read.
   */
  private static final int MARGIN = 15;

  /** Minimum length of a copy; the mask selects as many of eight bytes for the comparison. */
  private static final int SHORTEST = 6;

  private static final int BEYOND = Long.SIZE - SHORTEST * Byte.SIZE;
  private static final long PRIME = 0x9e3779b185ebca87L;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Maximum size of the output buffer kept for reuse. */
  private static final int KEPT = 4 << 20;

  private final short[] table = new short[1 << TABLE_BITS];
  private byte[] room = {};

  /** Array of at least {@code bytes} bytes; the previous one is reused if it is large enough. */
  byte[] room(int bytes) {
    if (room.length >= bytes) {
      return room;
    }
    byte[] larger = new byte[bytes];
    if (bytes <= KEPT) {
      room = larger;
    }
    return larger;
  }

  private static int slot(long bytes) {
    return (int) ((bytes << BEYOND) * PRIME >>> Long.SIZE - TABLE_BITS);
  }

  /** Encodes; returns the encoded length. */
  int encode(byte[] src, int offset, int length, byte[] dst, int dstOffset) {
    int op = dstOffset;
    int n = length;
    while (n >>> 7 != 0) {
      dst[op++] = (byte) (n | 0x80);
      n >>>= 7;
    }
    dst[op++] = (byte) n;
    return elements(src, offset, length, dst, op) - dstOffset;
  }

  /** Encodes without the length that starts a block; returns the end of the output. */
  int elements(byte[] src, int offset, int length, byte[] dst, int dstOffset) {
    int op = dstOffset;
    for (int at = 0; at < length; at += PIECE) {
      op = piece(src, offset + at, offset + Math.min(length, at + PIECE), dst, op);
    }
    return op;
  }

  private int piece(byte[] src, int from, int end, byte[] dst, int dstFrom) {
    int op = dstFrom;
    int emitted = from; // what is before it is encoded
    int limit = end - MARGIN;
    int ip = from + 1;
    if (ip < limit) {
      short[] t = table;
      Arrays.fill(t, (short) 0);
      int passed = 16;
      while (ip < limit) {
        long here = (long) LONG.get(src, ip);
        int slot = slot(here);
        int candidate = from + (t[slot] & 0xffff);
        t[slot] = (short) (ip - from);
        if (((here ^ (long) LONG.get(src, candidate)) << BEYOND) != 0) {
          ip += passed++ >>> 4;
          continue;
        }
        int back = 0;
        while (ip - back > emitted
            && candidate - back > from
            && src[ip - back - 1] == src[candidate - back - 1]) {
          back++;
        }
        int to = ip + SHORTEST;
        to += equal(src, to, candidate + SHORTEST, end);
        ip -= back;
        if (ip > emitted) {
          op = literal(src, emitted, ip, dst, op);
        }
        op = copy(ip - candidate + back, to - ip, dst, op);
        emitted = to;
        if (to < limit) {
          t[slot((long) LONG.get(src, to - 1))] = (short) (to - 1 - from);
        }
        ip = to;
        passed = 16;
      }
    }
    return emitted < end ? literal(src, emitted, end, dst, op) : op;
  }

  /** Number of equal bytes at two positions, of which {@code a} is the later one. */
  private static int equal(byte[] src, int a, int b, int end) {
    int p = a;
    int back = a - b;
    int words = end - 8;
    for (; p <= words; p += 8) {
      long x = (long) LONG.get(src, p) ^ (long) LONG.get(src, p - back);
      if (x != 0) {
        return p - a + (Long.numberOfTrailingZeros(x) >>> 3);
      }
    }
    while (p < end && src[p] == src[p - back]) {
      p++;
    }
    return p - a;
  }

  private static int literal(byte[] src, int from, int to, byte[] dst, int dstFrom) {
    int op = dstFrom;
    int n = to - from - 1;
    if (n < 16 && from + 16 <= src.length && op + 17 <= dst.length) {
      dst[op++] = (byte) (n << 2);
      LONG.set(dst, op, (long) LONG.get(src, from));
      LONG.set(dst, op + 8, (long) LONG.get(src, from + 8));
      return op + n + 1;
    }
    if (n < 60) {
      dst[op++] = (byte) (n << 2);
    } else if (n < 1 << 8) {
      dst[op++] = (byte) (60 << 2);
      dst[op++] = (byte) n;
    } else {
      dst[op++] = (byte) (61 << 2);
      dst[op++] = (byte) n;
      dst[op++] = (byte) (n >>> 8);
    }
    System.arraycopy(src, from, dst, op, n + 1);
    return op + n + 1;
  }

  private static int copy(int offset, int length, byte[] dst, int dstFrom) {
    int op = dstFrom;
    int n = length;
    while (n > 64) {
      int part = n < 68 ? 60 : 64; // what is left is four bytes at least, as short copies are
      op = copyLong(offset, part, dst, op);
      n -= part;
    }
    if (n < 12 && offset < 2048) {
      dst[op++] = (byte) (1 | n - 4 << 2 | offset >>> 8 << 5);
      dst[op++] = (byte) offset;
      return op;
    }
    return copyLong(offset, n, dst, op);
  }

  private static int copyLong(int offset, int length, byte[] dst, int op) {
    dst[op] = (byte) (2 | length - 1 << 2);
    dst[op + 1] = (byte) offset;
    dst[op + 2] = (byte) (offset >>> 8);
    return op + 3;
  }
}
