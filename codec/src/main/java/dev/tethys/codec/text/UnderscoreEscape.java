package dev.tethys.codec.text;

import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/**
 * Reversible escaping of names for alphabets of little more than letters and digits. A byte of
 * UTF-8 outside the alphabet becomes {@code _x} and two hexadecimal digits in upper case, and so
 * does an underscore before {@code x} and two such digits. Where percent signs are permitted,
 * {@link PercentEscape} is easier to read.
 */
public final class UnderscoreEscape {
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

  private UnderscoreEscape() {}

  /** Letters and digits of ASCII, the hyphen, the underscore and the dot. */
  public static boolean isPlain(int b) {
    return b >= 'a' && b <= 'z'
        || b >= 'A' && b <= 'Z'
        || b >= '0' && b <= '9'
        || b == '-'
        || b == '_'
        || b == '.';
  }

  private static boolean isHex(int c) {
    return c >= '0' && c <= '9' || c >= 'A' && c <= 'F';
  }

  private static boolean isEscape(byte[] b, int i) {
    return b[i] == '_' && i + 3 < b.length && b[i + 1] == 'x' && isHex(b[i + 2]) && isHex(b[i + 3]);
  }

  /**
   * Escapes text.
   *
   * @param plain whether a byte (0 to 255) stays unescaped; must include the underscore
   */
  public static String encode(String text, IntPredicate plain) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    boolean all = true;
    for (int i = 0; i < b.length && all; i++) {
      all = plain.test(b[i] & 0xff) && !isEscape(b, i);
    }
    if (all) {
      return text;
    }
    TextBuffer out = new TextBuffer();
    for (int i = 0; i < b.length; i++) {
      if (plain.test(b[i] & 0xff) && !isEscape(b, i)) {
        out.put(b[i]);
      } else {
        out.put('_').put('x').put(HEX[b[i] >> 4 & 15]).put(HEX[b[i] & 15]);
      }
    }
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }

  /** The text before it was escaped. */
  public static String decode(String text) {
    if (!text.contains("_x")) {
      return text;
    }
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    TextBuffer out = new TextBuffer();
    for (int i = 0; i < b.length; i++) {
      if (isEscape(b, i)) {
        out.put(Character.digit(b[i + 2], 16) << 4 | Character.digit(b[i + 3], 16));
        i += 3;
      } else {
        out.put(b[i]);
      }
    }
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }
}
