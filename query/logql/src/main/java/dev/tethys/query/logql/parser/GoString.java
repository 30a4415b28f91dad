package dev.tethys.query.logql.parser;

import org.jspecify.annotations.Nullable;

/** Escapes in quoted strings, as Go has them. */
final class GoString {
  private GoString() {}

  /** Returns the text of a string without its quotes, or null if an escape is invalid. */
  static @Nullable String unquote(String raw) {
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    StringBuilder sb = new StringBuilder(raw.length());
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    int i = 0;
    while (i < raw.length()) {
      char c = raw.charAt(i++);
      if (c != '\\') {
        flush(sb, bytes);
        sb.append(c);
        continue;
      }
      if (i == raw.length()) {
        return null;
      }
      char e = raw.charAt(i++);
      int digits =
          switch (e) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            case '0', '1', '2', '3', '4', '5', '6', '7' -> 3;
            default -> 0;
          };
      if (digits > 0) {
        boolean octal = e <= '7';
        int from = octal ? i - 1 : i;
        if (from + digits > raw.length()) {
          return null;
        }
        int v;
        try {
          v = Integer.parseInt(raw, from, from + digits, octal ? 8 : 16);
        } catch (NumberFormatException x) {
          return null;
        }
        i = from + digits;
        if (digits <= 3) {
          if (v > 255) {
            return null;
          }
          bytes.write(v);
        } else if (!Character.isValidCodePoint(v) || v >= 0xd800 && v < 0xe000) {
          return null;
        } else {
          flush(sb, bytes);
          sb.appendCodePoint(v);
        }
        continue;
      }
      flush(sb, bytes);
      switch (e) {
        case 'a' -> sb.append('\u0007');
        case 'b' -> sb.append('\b');
        case 'f' -> sb.append('\f');
        case 'n' -> sb.append('\n');
        case 'r' -> sb.append('\r');
        case 't' -> sb.append('\t');
        case 'v' -> sb.append('\u000b');
        case '\\' -> sb.append('\\');
        case '"' -> sb.append('"');
        default -> {
          return null;
        }
      }
    }
    flush(sb, bytes);
    return sb.toString();
  }

  /** Bytes of escapes are text in UTF-8. */
  private static void flush(StringBuilder sb, java.io.ByteArrayOutputStream bytes) {
    if (bytes.size() > 0) {
      sb.append(bytes.toString(java.nio.charset.StandardCharsets.UTF_8));
      bytes.reset();
    }
  }
}
