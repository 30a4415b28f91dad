package dev.tethys.pipeline.stages.jmespath;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.pipeline.stages.jmespath.JmesPathToken.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes an expression apart. */
final class JmesPathLexer {
  private final String text;
  private final List<JmesPathToken> out = new ArrayList<>();
  private int at;

  private JmesPathLexer(String text) {
    this.text = text;
  }

  static List<JmesPathToken> tokens(String text) throws JmesPathException {
    JmesPathLexer l = new JmesPathLexer(text);
    while (l.at < text.length()) {
      l.next();
    }
    l.out.add(new JmesPathToken(Kind.END, null, text.length()));
    return l.out;
  }

  private void add(Kind kind, @Nullable Object value, int end) {
    out.add(new JmesPathToken(kind, value, at));
    at = end;
  }

  private void next() throws JmesPathException {
    char c = text.charAt(at);
    switch (c) {
      case ' ', '\t', '\n', '\r' -> at++;
      case '.' -> add(Kind.DOT, null, at + 1);
      case '*' -> add(Kind.STAR, null, at + 1);
      case ']' -> add(Kind.CLOSE, null, at + 1);
      case '{' -> add(Kind.OPEN_BRACE, null, at + 1);
      case '}' -> add(Kind.CLOSE_BRACE, null, at + 1);
      case '(' -> add(Kind.OPEN_PAREN, null, at + 1);
      case ')' -> add(Kind.CLOSE_PAREN, null, at + 1);
      case ',' -> add(Kind.COMMA, null, at + 1);
      case ':' -> add(Kind.COLON, null, at + 1);
      case '@' -> add(Kind.AT, null, at + 1);
      case '[' -> {
        if (text.startsWith("[?", at)) {
          add(Kind.FILTER, null, at + 2);
        } else if (text.startsWith("[]", at)) {
          add(Kind.FLATTEN, null, at + 2);
        } else {
          add(Kind.OPEN, null, at + 1);
        }
      }
      case '&' -> oneOrTwo("&&", Kind.AND, Kind.AMPERSAND);
      case '|' -> oneOrTwo("||", Kind.OR, Kind.PIPE);
      case '!' -> oneOrTwo("!=", Kind.NE, Kind.NOT);
      case '<' -> oneOrTwo("<=", Kind.LE, Kind.LT);
      case '>' -> oneOrTwo(">=", Kind.GE, Kind.GT);
      case '=' -> {
        if (!text.startsWith("==", at)) {
          throw new JmesPathException("= at " + at + " should be ==");
        }
        add(Kind.EQ, null, at + 2);
      }
      case '"' -> quoted();
      case '\'' -> raw();
      case '`' -> literal();
      default -> word(c);
    }
  }

  private void oneOrTwo(String two, Kind longer, Kind shorter) {
    boolean both = text.startsWith(two, at);
    add(both ? longer : shorter, null, at + (both ? 2 : 1));
  }

  /** Index after the delimiter that closes the token starting here. */
  private int end(char delimiter) throws JmesPathException {
    int p = at + 1;
    while (p < text.length() && text.charAt(p) != delimiter) {
      p += text.charAt(p) == '\\' && p + 1 < text.length() ? 2 : 1;
    }
    if (p >= text.length()) {
      throw new JmesPathException(delimiter + " at " + at + " is not closed");
    }
    return p + 1;
  }

  private void quoted() throws JmesPathException {
    int end = end('"');
    try {
      add(Kind.QUOTED, JsonReader.read(text.substring(at, end)), end);
    } catch (MalformedJsonException e) {
      throw new JmesPathException("bad escape in the quoted identifier at " + at);
    }
  }

  private void raw() throws JmesPathException {
    int end = end('\'');
    String s = text.substring(at + 1, end - 1);
    add(Kind.LITERAL, s.replace("\\'", "'"), end);
  }

  private void literal() throws JmesPathException {
    int end = end('`');
    String s = text.substring(at + 1, end - 1).replace("\\`", "`").strip();
    Object value;
    try {
      value = JsonReader.read(s);
    } catch (MalformedJsonException e) {
      try { // bare words were strings once, and are still accepted
        value = JsonReader.read('"' + s + '"');
      } catch (MalformedJsonException f) {
        throw new JmesPathException("the literal at " + at + " is not valid JSON");
      }
    }
    add(Kind.LITERAL, value, end);
  }

  private void word(char c) throws JmesPathException {
    int p = at + 1;
    if (c == '-' || c >= '0' && c <= '9') {
      while (p < text.length() && text.charAt(p) >= '0' && text.charAt(p) <= '9') {
        p++;
      }
      try {
        add(Kind.NUMBER, Integer.parseInt(text.substring(at, p)), p);
      } catch (NumberFormatException e) {
        throw new JmesPathException("bad number at " + at);
      }
      return;
    }
    if (!starts(c)) {
      throw new JmesPathException("unknown character '" + c + "' at " + at);
    }
    while (p < text.length()
        && (starts(text.charAt(p)) || text.charAt(p) >= '0' && text.charAt(p) <= '9')) {
      p++;
    }
    add(Kind.IDENTIFIER, text.substring(at, p), p);
  }

  private static boolean starts(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
  }
}
