package dev.tethys.api.prometheus;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Copies text that needs no JSON escaping, eight bytes at a time. Nearly all label names and values
 * are such text, and a loop over single bytes is slow until it is compiled.
 */
final class PlainText {
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH = ONES << 7;

  /** Number of meaningless bytes that may be written after a text. */
  static final int SPARE = 7;

  private PlainText() {}

  /**
   * Copies plain text from the start of a range.
   *
   * @param html whether characters special in HTML and all non-ASCII characters end plain text
   * @param to destination; needs room for the range and {@link #SPARE} bytes starting at {@code at}
   * @return number of copied bytes: all of a plain range, or up to seven fewer
   */
  static int copy(byte[] utf8, int from, int length, boolean html, byte[] to, int at) {
    int n = 0;
    for (; n + 8 <= length; n += 8) {
      long w = (long) WORDS.get(utf8, from + n);
      if (!isPlain(w, html)) {
        return n;
      }
      WORDS.set(to, at + n, w);
    }
    int rest = length - n;
    if (rest > 0 && from + n + 8 <= utf8.length) {
      long w = (long) WORDS.get(utf8, from + n);
      long mask = -1L >>> 64 - 8 * rest;
      if (isPlain(w & mask | ONES * 'a' & ~mask, html)) {
        WORDS.set(to, at + n, w);
        return length;
      }
    }
    return n;
  }

  private static boolean isPlain(long w, boolean html) {
    // A byte below 0x80 that is below a limit, or zero, borrows from its highest bit.
    long found = (w - ONES * ' ') | ((w ^ ONES * '"') - ONES) | ((w ^ ONES * '\\') - ONES);
    if (!html) {
      return (found & ~w & HIGH) == 0;
    }
    long more = ((w ^ ONES * '&') - ONES) | (((w | ONES * 2) ^ ONES * '>') - ONES); // < with the 2
    return ((found | more | w) & HIGH) == 0;
  }
}
