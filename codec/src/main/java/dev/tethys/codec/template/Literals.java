package dev.tethys.codec.template;

import dev.tethys.model.GoFloatReader;
import dev.tethys.model.GoQuote;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Constants as Go writes them: strings, characters, numbers. */
final class Literals {
  private Literals() {}

  /** The text of a quoted or raw string with its quotes; null if it is not valid. */
  static @Nullable String unquote(String quoted) {
    if (quoted.charAt(0) == '`') {
      return quoted.substring(1, quoted.length() - 1).replace("\r", "");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(quoted.length());
    int[] p = {1};
    int end = quoted.length() - 1;
    while (p[0] < end) {
      int c = quoted.codePointAt(p[0]);
      if (c != '\\') {
        p[0] += Character.charCount(c);
        out.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      char kind = quoted.charAt(p[0] + 1);
      int v = escape(quoted, p, end, '"');
      if (v < 0) {
        return null;
      }
      if (kind == 'x' || kind >= '0' && kind <= '7') {
        out.write(v);
      } else {
        out.writeBytes(Character.toString(v).getBytes(StandardCharsets.UTF_8));
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  /** The value of an escape at {@code p[0]}, which is moved past it; -1 when it is not valid. */
  private static int escape(String s, int[] p, int end, char quote) {
    if (p[0] + 1 >= end) {
      return -1;
    }
    char c = s.charAt(p[0] + 1);
    p[0] += 2;
    return switch (c) {
      case 'a' -> 7;
      case 'b' -> 8;
      case 'f' -> 12;
      case 'n' -> 10;
      case 'r' -> 13;
      case 't' -> 9;
      case 'v' -> 11;
      case '\\' -> '\\';
      case '\'', '"' -> c == quote ? c : -1;
      case 'x' -> digits(s, p, end, 2, 16);
      case 'u' -> codePoint(digits(s, p, end, 4, 16));
      case 'U' -> codePoint(digits(s, p, end, 8, 16));
      default -> {
        if (c < '0' || c > '7') {
          yield -1;
        }
        p[0]--;
        int v = digits(s, p, end, 3, 8);
        yield v > 255 ? -1 : v;
      }
    };
  }

  private static int codePoint(int v) {
    return v > 0x10ffff || v >= 0xd800 && v < 0xe000 ? -1 : v;
  }

  private static int digits(String s, int[] p, int end, int count, int radix) {
    if (p[0] + count > end) {
      return -1;
    }
    long v = 0;
    for (int i = 0; i < count; i++) {
      int d = Character.digit(s.charAt(p[0]++), radix);
      if (d < 0) {
        return -1;
      }
      v = v * radix + d;
    }
    return v > Integer.MAX_VALUE ? -1 : (int) v;
  }

  /** A character constant with its quotes as a number. */
  static TemplateNode.Number character(int at, String text) {
    int[] p = {1};
    int end = text.length() - 1;
    int v = -1;
    if (p[0] < end) {
      int c = text.codePointAt(1);
      if (c == '\\') {
        v = escape(text, p, end, '\'');
      } else if (c != '\'') {
        v = c;
        p[0] += Character.charCount(c);
      }
    }
    if (v < 0 || p[0] != end) {
      throw new IllegalArgumentException("malformed character constant: " + text);
    }
    return new TemplateNode.Number(at, text, (long) v, (double) v, (long) v);
  }

  /** A number; the message of an exception is Go's. */
  static TemplateNode.Number number(int at, String text) {
    Long whole = whole(text);
    if (whole != null) {
      return new TemplateNode.Number(at, text, whole, (double) whole, whole);
    }
    Double real = GoFloatReader.read(text);
    if (real == null) {
      throw new IllegalArgumentException("illegal number syntax: " + GoQuote.quote(text));
    }
    boolean looksReal = text.chars().anyMatch(c -> ".eEpP".indexOf(c) >= 0);
    if (!looksReal) {
      throw new IllegalArgumentException("integer overflow: " + GoQuote.quote(text));
    }
    Long asWhole = real == Math.rint(real) && Math.abs(real) < 0x1p63 ? (long) (double) real : null;
    return new TemplateNode.Number(at, text, asWhole, real, real);
  }

  private static @Nullable Long whole(String text) {
    String s = text;
    boolean negative = s.startsWith("-");
    if (negative || s.startsWith("+")) {
      s = s.substring(1);
    }
    int radix = 10;
    if (s.length() > 1 && s.charAt(0) == '0') {
      switch (s.charAt(1)) {
        case 'x', 'X' -> radix = 16;
        case 'o', 'O' -> radix = 8;
        case 'b', 'B' -> radix = 2;
        default -> radix = 7; // a leading zero alone
      }
      s = s.substring(radix == 7 ? 1 : 2);
      radix = radix == 7 ? 8 : radix;
    }
    s = s.replace("_", "");
    try {
      if (s.isEmpty() || s.charAt(0) == '-' || s.charAt(0) == '+') {
        return null;
      }
      return Long.parseLong(negative ? "-" + s : s, radix);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
