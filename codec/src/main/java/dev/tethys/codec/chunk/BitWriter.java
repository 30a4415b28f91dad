package dev.tethys.codec.chunk;

import java.util.Arrays;

/** Writes bits, highest first, into an array that grows and is reused. */
final class BitWriter {
  private byte[] buf = new byte[256];
  private int size; // whole and part bytes
  private int free; // unused low bits of the last byte

  void clear() {
    size = 0;
    free = 0;
  }

  byte[] buffer() {
    return buf;
  }

  int size() {
    return size;
  }

  /** The low n bits. */
  void write(long v, int n) {
    if (buf.length - size < 9) {
      buf = Arrays.copyOf(buf, buf.length * 2);
    }
    int left = n;
    while (left > 0) {
      if (free == 0) {
        buf[size++] = 0;
        free = 8;
      }
      int take = Math.min(free, left);
      long bits = v >>> left - take & (1 << take) - 1;
      buf[size - 1] |= (byte) (bits << free - take);
      free -= take;
      left -= take;
    }
  }

  void byteAt(int at, int v) {
    buf[at] = (byte) v;
  }

  static boolean fits(long v, int bits) {
    return -((1L << bits - 1) - 1) <= v && v <= 1L << bits - 1;
  }

  private static final int[] WIDTHS = {3, 6, 9, 12, 18, 25, 56};

  void varbit(long v) {
    if (v == 0) {
      write(0, 1);
      return;
    }
    for (int i = 0; i < WIDTHS.length; i++) {
      if (fits(v, WIDTHS[i])) {
        write((1L << i + 2) - 2, i + 2);
        write(v, WIDTHS[i]);
        return;
      }
    }
    write(0xff, 8);
    write(v, 64);
  }

  void unsignedVarbit(long v) {
    if (v == 0) {
      write(0, 1);
      return;
    }
    for (int i = 0; i < WIDTHS.length; i++) {
      if (v >>> WIDTHS[i] == 0) {
        write((1L << i + 2) - 2, i + 2);
        write(v, WIDTHS[i]);
        return;
      }
    }
    write(0xff, 8);
    write(v, 64);
  }

  void uvarint(long v) {
    while ((v & ~0x7fL) != 0) {
      write(v & 0x7f | 0x80, 8);
      v >>>= 7;
    }
    write(v, 8);
  }

  void varint(long v) {
    uvarint(v << 1 ^ v >> 63);
  }
}
