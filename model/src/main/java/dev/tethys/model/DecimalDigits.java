package dev.tethys.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Integers as ASCII digits in a byte array, eight digits with one store. */
public final class DecimalDigits {
  /** Maximum number of bytes {@link #write} may touch from its start position. */
  public static final int ROOM = 20;

  static final long ASCII_ZEROS = 0x3030303030303030L;

  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private DecimalDigits() {}

  /** Writes v and returns the end position. */
  public static int write(byte[] to, int at, long v) {
    if (v < 0) {
      if (v == Long.MIN_VALUE) { // has no positive counterpart
        at = write(to, at, v / 10);
        to[at] = '8';
        return at + 1;
      }
      to[at++] = '-';
      v = -v;
    }
    if (v < 100_000_000) {
      return leading(to, at, (int) v);
    }
    long upper = v / 100_000_000;
    int lower = (int) (v - upper * 100_000_000);
    if (upper < 100_000_000) {
      at = leading(to, at, (int) upper);
    } else {
      long top = upper / 100_000_000;
      at = leading(to, at, (int) top);
      store(to, at, eight((int) (upper - top * 100_000_000)) | ASCII_ZEROS);
      at += 8;
    }
    store(to, at, eight(lower) | ASCII_ZEROS);
    return at + 8;
  }

  /** Writes up to eight digits without leading zeros, using only their bytes. */
  private static int leading(byte[] to, int at, int v) {
    if (v < 10) {
      to[at] = (byte) ('0' + v);
      return at + 1;
    }
    long digits = eight(v);
    int zeros = Long.numberOfTrailingZeros(digits) >> 3;
    digits = (digits | ASCII_ZEROS) >>> (zeros << 3);
    int end = at + 8 - zeros;
    if (at + 8 <= to.length) {
      store(to, at, digits);
    } else {
      for (; at < end; at++, digits >>>= 8) {
        to[at] = (byte) digits;
      }
    }
    return end;
  }

  static void store(byte[] to, int at, long bytes) {
    EIGHT.set(to, at, bytes);
  }

  /** The eight digits of v < 10^8, one a byte, the first in the lowest byte. */
  static long eight(long v) {
    long high = v * 109_951_163L >>> 40; // v / 10,000
    return Fours.DIGITS[(int) high] | (long) Fours.DIGITS[(int) (v - 10_000 * high)] << 32;
  }

  /**
   * Digits of each number below 10,000: two lookups have fewer dependencies than the
   * multiplications that split eight digits, and take a fifth less time. Initialized on first use.
   */
  private static final class Fours {
    static final int[] DIGITS = new int[10_000];

    static {
      int i = 0;
      for (int thousands = 0; thousands < 10; thousands++) {
        for (int hundreds = 0; hundreds < 10; hundreds++) {
          int upper = thousands | hundreds << 8;
          for (int tens = 0; tens < 10; tens++) {
            for (int ones = 0; ones < 10; ones++) {
              DIGITS[i++] = upper | tens << 16 | ones << 24;
            }
          }
        }
      }
    }
  }
}
