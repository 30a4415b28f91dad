package dev.tethys.pipeline.ottl.function;

import java.nio.charset.StandardCharsets;

/** Lengths and positions of strings in UTF-8 bytes, the unit of OTTL. */
final class Bytes {
  private Bytes() {}

  static int length(String s) {
    int n = s.length();
    int bytes = n;
    for (int i = 0; i < n; i++) {
      char c = s.charAt(i);
      if (c >= 0x80) {
        if (Character.isHighSurrogate(c)
            && i + 1 < n
            && Character.isLowSurrogate(s.charAt(i + 1))) {
          bytes += 2;
          i++;
        } else {
          bytes += c < 0x800 ? 1 : 2;
        }
      }
    }
    return bytes;
  }

  /** Whether a string has more bytes than a limit; reads each character only if it must. */
  static boolean longer(String s, long limit) {
    return s.length() > limit || 3L * s.length() > limit && length(s) > limit;
  }

  /** Returns the bytes between two positions; characters that are cut become U+FFFD. */
  static String cut(String s, int from, int to) {
    byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
    return new String(utf8, from, to - from, StandardCharsets.UTF_8);
  }

  /** Returns the bytes between two positions, moved inwards to character boundaries. */
  static String whole(String s, int from, int to) {
    byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
    int start = from;
    while (start < utf8.length && isContinuation(utf8[start])) {
      start++;
    }
    int end = to;
    while (end > 0 && end < utf8.length && isContinuation(utf8[end])) {
      end--;
    }
    return end <= start ? "" : new String(utf8, start, end - start, StandardCharsets.UTF_8);
  }

  private static boolean isContinuation(byte b) {
    return (b & 0xC0) == 0x80;
  }
}
