package dev.tethys.model;

import java.nio.charset.StandardCharsets;

/**
 * Handles unpaired surrogates, which JSON escapes can express but UTF-8 cannot encode. It becomes
 * U+FFFD, as bytes that are not UTF-8 do when they are read; {@link String#getBytes} writes a
 * question mark.
 */
public final class Surrogates {
  private static final char REPLACEMENT = '\ufffd';

  private Surrogates() {}

  /** The same text with U+FFFD for each unpaired surrogate. */
  public static String replaceLone(String s) {
    int n = s.length();
    for (int i = 0; i < n; i++) {
      if (Character.isSurrogate(s.charAt(i))) {
        if (i + 1 < n && Character.isSurrogatePair(s.charAt(i), s.charAt(i + 1))) {
          i++;
        } else {
          return replaced(s, i);
        }
      }
    }
    return s;
  }

  private static String replaced(String s, int from) {
    StringBuilder sb = new StringBuilder(s);
    for (int i = from; i < sb.length(); i++) {
      if (Character.isSurrogate(sb.charAt(i))) {
        if (i + 1 < sb.length() && Character.isSurrogatePair(sb.charAt(i), sb.charAt(i + 1))) {
          i++;
        } else {
          sb.setCharAt(i, REPLACEMENT);
        }
      }
    }
    return sb.toString();
  }

  /** UTF-8 of a text whose lone halves are replaced. */
  public static byte[] utf8(String s) {
    return replaceLone(s).getBytes(StandardCharsets.UTF_8);
  }
}
