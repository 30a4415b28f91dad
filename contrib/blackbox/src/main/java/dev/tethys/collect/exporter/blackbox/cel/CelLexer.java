package dev.tethys.collect.exporter.blackbox.cel;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Cuts an expression into tokens. Source: the section "Syntax" of cel-spec's langdef. */
final class CelLexer {
  /** Kind of a token. */
  enum Kind {
    NAME,
    LITERAL,
    SYMBOL,
    END
  }

  /**
   * A token.
   *
   * @param text text of a name or symbol, and a number as written
   * @param value value of a literal; for a whole number its digits, since a minus may precede it
   * @param column column from 1
   */
  record Token(Kind kind, String text, Object value, int column) {
    boolean is(String symbol) {
      return kind == Kind.SYMBOL && text.equals(symbol);
    }
  }

  /** Digits of a whole number, with their base, before it is known whether it is negative. */
  record Digits(String digits, int base) {}

  private static final List<String> SYMBOLS =
      List.of(
          "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".",
          ",", "(", ")", "[", "]", "{", "}");

  private final String s;
  private int at;

  private CelLexer(String s) {
    this.s = s;
  }

  static List<Token> tokens(String text) {
    CelLexer l = new CelLexer(text);
    List<Token> out = new ArrayList<>();
    while (true) {
      l.blank();
      int column = l.at + 1;
      if (l.at >= text.length()) {
        out.add(new Token(Kind.END, "the end", "", column));
        return out;
      }
      out.add(l.token(column));
    }
  }

  private CelException wrong(int position, String what) {
    return new CelException("column " + (position + 1) + ": " + what);
  }

  private char peek(int ahead) {
    return at + ahead < s.length() ? s.charAt(at + ahead) : 0;
  }

  private void blank() {
    while (at < s.length()) {
      if (Character.isWhitespace(s.charAt(at))) {
        at++;
      } else if (s.startsWith("//", at)) {
        int end = s.indexOf('\n', at);
        at = end < 0 ? s.length() : end;
      } else {
        return;
      }
    }
  }

  private static boolean letter(char c) {
    return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }

  private Token token(int column) {
    char c = peek(0);
    if (c == '"' || c == '\'') {
      return string("", column);
    }
    if (letter(c)) {
      int end = at;
      while (end < s.length() && (letter(s.charAt(end)) || digit(s.charAt(end)))) {
        end++;
      }
      String word = s.substring(at, end);
      char next = end < s.length() ? s.charAt(end) : 0;
      at = end;
      if ((next == '"' || next == '\'') && word.matches("[rR]|[bB]|[rR][bB]|[bB][rR]")) {
        return string(word.toLowerCase(java.util.Locale.ROOT), column);
      }
      return switch (word) {
        case "true", "false" -> new Token(Kind.LITERAL, word, word.equals("true"), column);
        case "null" -> new Token(Kind.LITERAL, word, CelValues.NULL, column);
        case "in" -> new Token(Kind.SYMBOL, word, "", column);
        default -> new Token(Kind.NAME, word, "", column);
      };
    }
    if (digit(c) || c == '.' && digit(peek(1))) {
      return number(column);
    }
    for (String symbol : SYMBOLS) {
      if (s.startsWith(symbol, at)) {
        at += symbol.length();
        return new Token(Kind.SYMBOL, symbol, "", column);
      }
    }
    throw wrong(at, "\"" + c + "\" is unexpected here");
  }

  private Token number(int column) {
    int from = at;
    if (peek(0) == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
      at += 2;
      while (Character.digit(peek(0), 16) >= 0) {
        at++;
      }
      return whole(s.substring(from + 2, at), 16, from, column);
    }
    digits();
    boolean real = false;
    if (peek(0) == '.' && digit(peek(1))) {
      real = true;
      at++;
      digits();
    }
    if (peek(0) == 'e' || peek(0) == 'E') {
      int sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
      if (digit(peek(sign))) {
        real = true;
        at += sign;
        digits();
      }
    }
    String text = s.substring(from, at);
    return real
        ? new Token(Kind.LITERAL, text, Double.parseDouble(text), column)
        : whole(text, 10, from, column);
  }

  private void digits() {
    while (digit(peek(0))) {
      at++;
    }
  }

  private Token whole(String digits, int base, int from, int column) {
    if (peek(0) == 'u' || peek(0) == 'U') {
      at++;
      try {
        return new Token(
            Kind.LITERAL,
            digits,
            new CelValues.Unsigned(Long.parseUnsignedLong(digits, base)),
            column);
      } catch (NumberFormatException e) {
        throw wrong(from, digits + " does not fit into 64 bits");
      }
    }
    if (digits.isEmpty()) {
      throw wrong(from, "a number has no digits");
    }
    return new Token(Kind.LITERAL, digits, new Digits(digits, base), column);
  }

  private Token string(String prefix, int column) {
    boolean raw = prefix.contains("r");
    boolean bytes = prefix.contains("b");
    int from = at;
    String quote = s.substring(at, at + 1);
    if (s.startsWith(quote.repeat(3), at)) {
      quote = quote.repeat(3);
    }
    at += quote.length();
    StringBuilder text = new StringBuilder();
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    while (!s.startsWith(quote, at)) {
      if (at >= s.length() || quote.length() == 1 && (peek(0) == '\n' || peek(0) == '\r')) {
        throw wrong(from, "a text does not end");
      }
      int c = s.codePointAt(at);
      boolean octet = false;
      if (c == '\\' && !raw) {
        octet = bytes && "xX01234567".indexOf(peek(1)) >= 0;
        c = escape();
      } else {
        at += Character.charCount(c);
      }
      text.appendCodePoint(c);
      if (octet) {
        octets.write(c);
      } else if (bytes) {
        octets.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
      }
    }
    at += quote.length();
    return new Token(
        Kind.LITERAL,
        "a text",
        bytes ? new CelValues.Bytes(octets.toByteArray()) : text.toString(),
        column);
  }

  private int escape() {
    int from = at;
    char c = peek(1);
    at += 2;
    return switch (c) {
      case 'a' -> 7;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'v' -> 11;
      case '\\', '?', '"', '\'', '`' -> c;
      case 'x', 'X' -> code(2, 16, from);
      case 'u' -> code(4, 16, from);
      case 'U' -> code(8, 16, from);
      case '0', '1', '2', '3' -> {
        at--;
        yield code(3, 8, from);
      }
      default -> throw wrong(from, "unknown escape \\" + c);
    };
  }

  private int code(int length, int base, int from) {
    try {
      int end = Math.min(s.length(), at + length);
      int v = Integer.parseInt(s.substring(at, end), base);
      if (end - at == length && Character.isValidCodePoint(v) && (v < 0xd800 || v > 0xdfff)) {
        at = end;
        return v;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw wrong(from, "an escape must have " + length + " hexadecimal digits");
  }
}
