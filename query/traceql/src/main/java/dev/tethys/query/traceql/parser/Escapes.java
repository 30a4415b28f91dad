package dev.tethys.query.traceql.parser;

import java.nio.charset.StandardCharsets;
import java.util.function.BiFunction;

/** Escapes in double-quoted strings, as in Go. */
final class Escapes {
  private Escapes() {}

  /**
   * Appends the character of an escape.
   *
   * @param at index after the backslash
   * @param error makes an error from an index and a message
   * @return index after the escape
   */
  static int append(
      StringBuilder to,
      String text,
      int at,
      BiFunction<Integer, String, TraceqlParseException> error) {
    char c = at < text.length() ? text.charAt(at) : 0;
    int simple = "abfnrtv\\\"".indexOf(c);
    if (c != 0 && simple >= 0) {
      to.append("\u0007\b\f\n\r\t\u000b\\\"".charAt(simple));
      return at + 1;
    }
    int digits =
        switch (c) {
          case 'x' -> 2;
          case 'u' -> 4;
          case 'U' -> 8;
          default -> c >= '0' && c <= '7' ? 3 : 0;
        };
    boolean octal = c <= '7';
    int from = octal ? at : at + 1;
    int code = digits == 0 ? -1 : code(text, from, from + digits, octal ? 8 : 16);
    if (code < 0 || digits <= 3 && code > 255 || !Character.isValidCodePoint(code)) {
      throw error.apply(at - 1, "invalid escape in a string");
    }
    if (digits <= 3 && code >= 0x80) {
      return bytes(to, text, at - 1, error);
    }
    to.appendCodePoint(code);
    return from + digits;
  }

  private static int code(String text, int from, int to, int radix) {
    if (to > text.length()) {
      return -1;
    }
    try {
      return Integer.parseUnsignedInt(text, from, to, radix);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Appends bytes that are written as one escape each and are UTF-8 together. */
  private static int bytes(
      StringBuilder to,
      String text,
      int at,
      BiFunction<Integer, String, TraceqlParseException> error) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    int i = at;
    while (text.startsWith("\\x", i)
        || i + 1 < text.length()
            && text.charAt(i) == '\\'
            && text.charAt(i + 1) >= '0'
            && text.charAt(i + 1) <= '3') {
      boolean hex = text.charAt(i + 1) == 'x';
      int from = hex ? i + 2 : i + 1;
      int end = hex ? i + 4 : i + 4;
      int code = code(text, from, end, hex ? 16 : 8);
      if (code < 0) {
        throw error.apply(i, "invalid escape in a string");
      }
      out.write(code);
      i = end;
    }
    to.append(out.toString(StandardCharsets.UTF_8));
    return i;
  }
}
