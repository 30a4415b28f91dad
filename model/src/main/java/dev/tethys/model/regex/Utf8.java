package dev.tethys.model.regex;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Decodes UTF-8 like Go: each byte that is not part of a code point becomes one U+FFFD. */
final class Utf8 {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long HIGH_BITS = 0x8080808080808080L;

  private Utf8() {}

  /** Bytes of the code point at a place of a string, the first one lowest. */
  static int bytes(String text, int at) {
    int c = text.codePointAt(at);
    if (c < 0x80) {
      return c;
    }
    if (c < 0x800) {
      return 0xC0 | c >>> 6 | continuation(c) << 8;
    }
    if (c < 0x10000) {
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        c = CharSet.REPLACEMENT;
      }
      return 0xE0 | c >>> 12 | continuation(c >>> 6) << 8 | continuation(c) << 16;
    }
    return 0xF0
        | c >>> 18
        | continuation(c >>> 12) << 8
        | continuation(c >>> 6) << 16
        | continuation(c) << 24;
  }

  private static int continuation(int bits) {
    return 0x80 | bits & 0x3F;
  }

  /** Bytes of a string, whose unpaired surrogates become replacement characters. */
  static byte[] of(String text) {
    byte[] out = new byte[text.length() * 3];
    int n = 0;
    for (int i = 0; i < text.length(); ) {
      for (int utf8 = bytes(text, i); ; utf8 >>>= 8) {
        out[n++] = (byte) utf8;
        if (utf8 >>> 8 == 0) {
          break;
        }
      }
      i += Character.charCount(text.codePointAt(i));
    }
    return Arrays.copyOf(out, n);
  }

  static boolean isAscii(byte[] b, int from, int to) {
    int i = from;
    for (; i + 8 <= to; i += 8) {
      if (((long) LONGS.get(b, i) & HIGH_BITS) != 0) {
        return false;
      }
    }
    for (; i < to; i++) {
      if (b[i] < 0) {
        return false;
      }
    }
    return true;
  }

  /** Length of the code point at a position; 0 if none starts there. */
  private static int length(byte[] b, int i, int to) {
    int first = b[i];
    if (first >= 0) {
      return 1;
    }
    int lead = first & 0xFF;
    int n = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (n == 0 || i + n > to) {
      return 0;
    }
    for (int k = 1; k < n; k++) {
      if ((b[i + k] & 0xC0) != 0x80) {
        return 0;
      }
    }
    int second = b[i + 1] & 0xFF;
    boolean wrong =
        lead == 0xE0 && second < 0xA0
            || lead == 0xED && second > 0x9F
            || lead == 0xF0 && second < 0x90
            || lead == 0xF4 && second > 0x8F;
    return wrong ? 0 : n;
  }

  /** Whether bytes are valid UTF-8. */
  static boolean isValid(byte[] b, int from, int to) {
    if (isAscii(b, from, to)) {
      return true;
    }
    for (int i = from; i < to; ) {
      int n = length(b, i, to);
      if (n == 0) {
        return false;
      }
      i += n;
    }
    return true;
  }

  /** Valid UTF-8 with a replacement character for each byte that is not. */
  static byte[] repaired(byte[] b, int from, int to) {
    byte[] replacement = "\uFFFD".getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[(to - from) * replacement.length];
    int size = 0;
    for (int i = from; i < to; ) {
      int n = length(b, i, to);
      if (n == 0) {
        System.arraycopy(replacement, 0, out, size, replacement.length);
        size += replacement.length;
        i++;
      } else {
        System.arraycopy(b, i, out, size, n);
        size += n;
        i += n;
      }
    }
    return Arrays.copyOf(out, size);
  }
}
