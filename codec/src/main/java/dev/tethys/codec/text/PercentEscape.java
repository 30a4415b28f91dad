package dev.tethys.codec.text;

import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/**
 * Reversible escaping of names for restricted alphabets. A byte of UTF-8 outside the alphabet
 * becomes a percent sign and two hexadecimal digits in upper case, and so does a percent sign
 * before two such digits. Text without special bytes is unchanged.
 */
public final class PercentEscape {
  private PercentEscape() {}

  /** Whether a percent sign here would be read as an escape. */
  public static boolean isAmbiguous(byte[] text, int at, int end) {
    return text[at] == '%' && at + 2 < end && isHex(text[at + 1]) && isHex(text[at + 2]);
  }

  private static boolean isHex(int c) {
    return c >= '0' && c <= '9' || c >= 'A' && c <= 'F';
  }

  /**
   * Escapes text.
   *
   * @param special whether a byte (0 to 255) must be escaped
   */
  public static String encode(String text, IntPredicate special) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    if (isPlain(b, special)) {
      return text;
    }
    TextBuffer out = new TextBuffer();
    for (int i = 0; i < b.length; i++) {
      if (special.test(b[i] & 0xff) || isAmbiguous(b, i, b.length)) {
        out.percent(b[i] & 0xff);
      } else {
        out.put(b[i]);
      }
    }
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }

  private static boolean isPlain(byte[] text, IntPredicate special) {
    for (byte b : text) {
      if (b == '%' || special.test(b & 0xff)) {
        return false;
      }
    }
    return true;
  }

  /** The text before it was escaped. */
  public static String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    TextBuffer out = new TextBuffer();
    for (int i = 0; i < b.length; i++) {
      if (isAmbiguous(b, i, b.length)) {
        out.put(Character.digit(b[i + 1], 16) << 4 | Character.digit(b[i + 2], 16));
        i += 2;
      } else {
        out.put(b[i]);
      }
    }
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }
}
