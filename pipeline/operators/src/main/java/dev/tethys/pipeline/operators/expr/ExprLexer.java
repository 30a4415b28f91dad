package dev.tethys.pipeline.operators.expr;

import dev.tethys.pipeline.operators.expr.ExprToken.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Splits an expression into tokens. */
final class ExprLexer {
  private static final List<String> SIGNS =
      List.of(
          "?.[", "&&", "||", "==", "!=", "<=", ">=", "**", "..", "?.", "??", "(", ")", "[", "]",
          "{", "}", ",", ":", ";", "+", "-", "*", "/", "%", "^", "<", ">", "!", "?", "|", "=", ".");

  private final String text;
  private final List<ExprToken> out = new ArrayList<>();
  private int at;

  private ExprLexer(String text) {
    this.text = text;
  }

  static List<ExprToken> of(String text) {
    ExprLexer l = new ExprLexer(text);
    l.run();
    return l.out;
  }

  private void run() {
    while (true) {
      space();
      if (at >= text.length()) {
        out.add(new ExprToken(Kind.END, "the end", null, at));
        return;
      }
      char c = text.charAt(at);
      if (isDigit(c) || c == '.' && at + 1 < text.length() && isDigit(text.charAt(at + 1))) {
        number();
      } else if (c == '"' || c == '\'') {
        int from = at;
        out.add(new ExprToken(Kind.STRING, string(c), null, from));
      } else if (c == '`') {
        raw();
      } else if ((c == 'b' || c == 'B')
          && at + 1 < text.length()
          && (text.charAt(at + 1) == '"' || text.charAt(at + 1) == '\'')) {
        int from = at++;
        out.add(new ExprToken(Kind.BYTES, "bytes", bytes(text.charAt(at)), from));
      } else if (c == '#') {
        int from = at++;
        name();
        out.add(new ExprToken(Kind.POINTER, text.substring(from, at), null, from));
      } else if (isName(c)) {
        int from = at;
        name();
        out.add(new ExprToken(Kind.NAME, text.substring(from, at), null, from));
      } else {
        sign();
      }
    }
  }

  private ExpressionException error(int where, String message) {
    return new ExpressionException(text, where, message);
  }

  private void space() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (text.startsWith("//", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (text.startsWith("/*", at)) {
        int end = text.indexOf("*/", at + 2);
        if (end < 0) {
          throw error(at, "a comment is not terminated");
        }
        at = end + 2;
      } else {
        return;
      }
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isName(char c) {
    return c == '_' || c == '$' || Character.isLetter(c);
  }

  private void name() {
    while (at < text.length() && (isName(text.charAt(at)) || isDigit(text.charAt(at)))) {
      at++;
    }
  }

  private void number() {
    int from = at;
    String lower =
        text.substring(at, Math.min(text.length(), at + 2)).toLowerCase(java.util.Locale.ROOT);
    int radix = lower.equals("0x") ? 16 : lower.equals("0o") ? 8 : lower.equals("0b") ? 2 : 10;
    try {
      if (radix != 10) {
        at += 2;
        int digits = at;
        while (at < text.length()
            && (text.charAt(at) == '_' || Character.digit(text.charAt(at), radix) >= 0)) {
          at++;
        }
        long v = Long.parseUnsignedLong(text.substring(digits, at).replace("_", ""), radix);
        out.add(new ExprToken(Kind.NUMBER, text.substring(from, at), v, from));
        return;
      }
      boolean whole = true;
      digits();
      // 1..3 is a range
      if (at < text.length() && text.charAt(at) == '.' && !text.startsWith("..", at)) {
        whole = false;
        at++;
        digits();
      }
      if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
        whole = false;
        at++;
        if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
          at++;
        }
        digits();
      }
      String s = text.substring(from, at).replace("_", "");
      Object v = whole ? (Object) Long.valueOf(s) : (Object) Double.valueOf(s);
      out.add(new ExprToken(Kind.NUMBER, s, v, from));
    } catch (NumberFormatException e) {
      throw error(from, "\"" + text.substring(from, at) + "\" is not a number of 64 bits");
    }
  }

  private void digits() {
    while (at < text.length() && (isDigit(text.charAt(at)) || text.charAt(at) == '_')) {
      at++;
    }
  }

  private void raw() {
    int from = at;
    int end = text.indexOf('`', at + 1);
    if (end < 0) {
      throw error(from, "a string is not terminated");
    }
    out.add(new ExprToken(Kind.STRING, text.substring(at + 1, end), null, from));
    at = end + 1;
  }

  private String string(char quote) {
    int from = at++;
    StringBuilder sb = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == quote) {
        return sb.toString();
      }
      if (c != '\\') {
        sb.append(c);
        continue;
      }
      if (at == text.length()) {
        break;
      }
      char e = text.charAt(at++);
      switch (e) {
        case 'a' -> sb.append('\u0007');
        case 'b' -> sb.append('\b');
        case 'f' -> sb.append('\f');
        case 'n' -> sb.append('\n');
        case 'r' -> sb.append('\r');
        case 't' -> sb.append('\t');
        case 'v' -> sb.append('\u000b');
        case '\\', '\'', '"', '`' -> sb.append(e);
        case 'x' -> sb.append((char) digits(2, 16));
        case 'u' -> sb.append((char) digits(4, 16));
        case 'U' -> {
          int point = digits(8, 16);
          if (!Character.isValidCodePoint(point)) {
            throw error(at - 10, "invalid character code");
          }
          sb.appendCodePoint(point);
        }
        default -> {
          if (e < '0' || e > '7') {
            throw error(at - 2, "there is no escape \\" + e);
          }
          at--;
          sb.append((char) digits(3, 8));
        }
      }
    }
    throw error(from, "a string is not terminated");
  }

  private int digits(int count, int radix) {
    if (at + count > text.length()) {
      throw error(at, "an escape has too few digits");
    }
    try {
      int v = Integer.parseUnsignedInt(text, at, at + count, radix);
      at += count;
      return v;
    } catch (NumberFormatException e) {
      throw error(at, "an escape has other than digits");
    }
  }

  private byte[] bytes(char quote) {
    int from = at++;
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == quote) {
        return b.toByteArray();
      }
      if (c == '\\' && at < text.length()) {
        char e = text.charAt(at++);
        switch (e) {
          case 'n' -> b.write('\n');
          case 'r' -> b.write('\r');
          case 't' -> b.write('\t');
          case '\\', '\'', '"' -> b.write(e);
          case 'x' -> b.write(digits(2, 16));
          default -> {
            if (e < '0' || e > '3') {
              throw error(at - 2, "there is no escape \\" + e + " in bytes");
            }
            at--;
            b.write(digits(3, 8));
          }
        }
      } else {
        int end = Character.isHighSurrogate(c) && at < text.length() ? at + 1 : at;
        b.writeBytes(text.substring(at - 1, end).getBytes(StandardCharsets.UTF_8));
        at = end;
      }
    }
    throw error(from, "a bytes literal is not terminated");
  }

  private void sign() {
    for (String s : SIGNS) {
      if (text.startsWith(s, at)) {
        // a ? .5 : 1 and a ? [1] : [2] are choices
        int length = s.equals("?.[") ? 2 : s.length();
        if (s.startsWith("?.") && at + 2 < text.length() && isDigit(text.charAt(at + 2))) {
          length = 1;
        }
        out.add(new ExprToken(Kind.SIGN, text.substring(at, at + length), null, at));
        at += length;
        return;
      }
    }
    throw error(at, "\"" + text.charAt(at) + "\" is not valid here");
  }
}
