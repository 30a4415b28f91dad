package dev.tethys.pipeline.ottl.syntax;

import dev.tethys.pipeline.ottl.OttlException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Cuts a text into tokens. A sign is its own token: the parser knows whether it is binary. */
final class OttlLexer {
  private static final String[] PUNCTUATION = {
    "=>", "==", "!=", ">=", "<=", ">", "<", "=", "+", "-", "*", "/", "(", ")", "{", "}", "[", "]",
    ",", ".", ":"
  };

  private final String text;
  private int at;

  private OttlLexer(String text) {
    this.text = text;
  }

  static List<OttlToken> tokens(String text) {
    OttlLexer lexer = new OttlLexer(text);
    List<OttlToken> tokens = new ArrayList<>();
    OttlToken t;
    do {
      t = lexer.next();
      tokens.add(t);
    } while (t.kind() != OttlToken.Kind.END);
    return tokens;
  }

  private OttlToken next() {
    while (at < text.length() && isSpace(text.charAt(at))) {
      at++;
    }
    if (at == text.length()) {
      return new OttlToken(OttlToken.Kind.END, at, at, "");
    }
    int start = at;
    char c = text.charAt(at);
    if (c == '"') {
      return string();
    }
    if (c == '0' && at + 2 < text.length() && text.charAt(at + 1) == 'x' && isHex(at + 2)) {
      return bytes();
    }
    if (isDigit(at) || c == '.' && isDigit(at + 1)) {
      return number();
    }
    if (isLetter(c) || c == '_' && (at + 1 == text.length() || !isWordPart(text.charAt(at + 1)))) {
      while (at < text.length() && isWordPart(text.charAt(at))) {
        at++;
      }
      return new OttlToken(OttlToken.Kind.WORD, start, at, text.substring(start, at));
    }
    for (String p : PUNCTUATION) {
      if (text.startsWith(p, at)) {
        at += p.length();
        return new OttlToken(OttlToken.Kind.PUNCTUATION, start, at, p);
      }
    }
    String shown = Character.toString(text.codePointAt(at));
    throw new OttlException(
        text,
        at,
        c == '\''
            ? "strings must be in double quotes, not single quotes"
            : "the character '" + shown + "' has no meaning here");
  }

  private OttlToken number() {
    int start = at;
    digits();
    if (at < text.length() && text.charAt(at) == '.' && isDigit(at + 1)) {
      at++;
      digits();
      exponent();
      return new OttlToken(OttlToken.Kind.FLOAT, start, at, text.substring(start, at));
    }
    return new OttlToken(OttlToken.Kind.INT, start, at, text.substring(start, at));
  }

  private void exponent() {
    if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
      int sign =
          at + 1 < text.length() && (text.charAt(at + 1) == '+' || text.charAt(at + 1) == '-')
              ? 1
              : 0;
      if (isDigit(at + 1 + sign)) {
        at += 1 + sign;
        digits();
      }
    }
  }

  private void digits() {
    while (isDigit(at)) {
      at++;
    }
  }

  private OttlToken bytes() {
    int start = at;
    at += 2;
    while (isHex(at)) {
      at++;
    }
    if ((at - start) % 2 != 0) {
      throw new OttlException(
          text, start, "bytes need an even number of hexadecimal digits after 0x");
    }
    return new OttlToken(OttlToken.Kind.BYTES, start, at, text.substring(start + 2, at));
  }

  /** Reads a string with Go's escapes; escaped bytes are decoded as UTF-8. */
  private OttlToken string() {
    int start = at++;
    StringBuilder sb = new StringBuilder();
    while (true) {
      if (at >= text.length()) {
        throw new OttlException(text, start, "the string that begins here has no closing quote");
      }
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return new OttlToken(OttlToken.Kind.STRING, start, at, sb.toString());
      }
      if (c == '\n') {
        throw new OttlException(text, at, "a string cannot hold a line break: write \\n");
      }
      if (c == '\\') {
        escape(sb);
      } else {
        sb.append(c);
        at++;
      }
    }
  }

  private void escape(StringBuilder sb) {
    char c = at + 1 < text.length() ? text.charAt(at + 1) : 0;
    int simple = "abfnrtv\\\"".indexOf(c);
    if (c != 0 && simple >= 0) {
      sb.append("\u0007\b\f\n\r\t\u000b\\\"".charAt(simple));
      at += 2;
      return;
    }
    switch (c) {
      case 'x' -> escapedBytes(sb);
      case 'u' -> codePoint(sb, 4);
      case 'U' -> codePoint(sb, 8);
      default -> {
        if (c >= '0' && c <= '7') {
          escapedBytes(sb);
        } else {
          throw new OttlException(
              text,
              at,
              "unknown escape; a literal backslash (as in a regular expression) is"
                  + " written twice");
        }
      }
    }
  }

  private void codePoint(StringBuilder sb, int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      if (!isHex(at + 2 + i)) {
        throw new OttlException(text, at, "this escape needs " + digits + " hexadecimal digits");
      }
      value = (value << 4) | Character.digit(text.charAt(at + 2 + i), 16);
    }
    if (!Character.isValidCodePoint(value) || value >= 0xD800 && value < 0xE000) {
      throw new OttlException(text, at, "this escape is not a Unicode character");
    }
    sb.appendCodePoint(value);
    at += 2 + digits;
  }

  private void escapedBytes(StringBuilder sb) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (at + 1 < text.length() && text.charAt(at) == '\\') {
      char c = text.charAt(at + 1);
      if (c == 'x') {
        if (!isHex(at + 2) || !isHex(at + 3)) {
          throw new OttlException(text, at, "this escape needs two hexadecimal digits");
        }
        bytes.write(Integer.parseInt(text, at + 2, at + 4, 16));
      } else if (c >= '0' && c <= '3' && isOctal(at + 2) && isOctal(at + 3)) {
        bytes.write(Integer.parseInt(text, at + 1, at + 4, 8));
      } else if (c >= '0' && c <= '7') {
        throw new OttlException(text, at, "this escape needs three octal digits, at most 377");
      } else {
        break;
      }
      at += 4;
    }
    sb.append(bytes.toString(StandardCharsets.UTF_8));
  }

  private boolean isHex(int i) {
    if (i >= text.length()) {
      return false;
    }
    char c = text.charAt(i);
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
  }

  private boolean isOctal(int i) {
    return i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '7';
  }

  private boolean isDigit(int i) {
    return i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9';
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\u000b';
  }

  private static boolean isLetter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static boolean isWordPart(char c) {
    return isLetter(c) || c >= '0' && c <= '9' || c == '_';
  }
}
