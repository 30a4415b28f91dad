package dev.tethys.codec.loki;

import dev.tethys.codec.CodecException;
import dev.tethys.model.GoQuote;
import dev.tethys.model.telemetry.Attributes;
import java.util.TreeMap;

/**
 * The labels of a stream as text, {@code {a="b", "c.d"="e"}}; values, and names beyond the legacy
 * alphabet, are quoted as Go quotes them.
 */
public final class StreamLabels {
  private final String text;
  private int at;

  private StreamLabels(String text) {
    this.text = text;
  }

  /**
   * Reads labels.
   *
   * @throws CodecException with the expected token and its position
   */
  public static void read(String text, Attributes into) {
    new StreamLabels(text).readInto(into);
  }

  /**
   * Writes the text, number and boolean attributes, sorted; characters not allowed in a label name
   * are replaced by {@code _}, and of two attributes with the same resulting name the first is
   * written.
   */
  public static String write(Attributes attributes) {
    TreeMap<String, String> sorted = new TreeMap<>();
    attributes.forEach(
        (k, v) -> {
          if (v instanceof String || v instanceof Number || v instanceof Boolean) {
            sorted.putIfAbsent(name(k), v.toString());
          }
        });
    StringBuilder sb = new StringBuilder("{");
    sorted.forEach(
        (k, v) -> GoQuote.append(sb.append(sb.length() > 1 ? ", " : "").append(k).append('='), v));
    return sb.append('}').toString();
  }

  private static String name(String key) {
    StringBuilder sb = new StringBuilder(key.length());
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      boolean letter = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      boolean digit = c >= '0' && c <= '9';
      sb.append(letter || (digit && i > 0) ? c : '_');
    }
    return sb.isEmpty() ? "_" : sb.toString();
  }

  private void readInto(Attributes out) {
    skip();
    expect('{');
    skip();
    while (peek() != '}') {
      String name = peek() == '"' ? quoted() : bare();
      if (name.isEmpty()) {
        throw wrong("a label's name");
      }
      skip();
      expect('=');
      skip();
      out.put(name, quoted());
      skip();
      if (peek() == ',') {
        at++;
        skip();
      } else if (peek() != '}') {
        throw wrong("\",\" or \"}\"");
      }
    }
    at++;
    skip();
    if (at < text.length()) {
      throw wrong("nothing more");
    }
  }

  /** A name without quotes. */
  private String bare() {
    int start = at;
    while (at < text.length() && "= \t},\"".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(start, at);
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private void skip() {
    while (peek() == ' ' || peek() == '\t') {
      at++;
    }
  }

  private void expect(char c) {
    if (peek() != c) {
      throw wrong(c == '"' ? "a quote" : "\"" + c + "\"");
    }
    at++;
  }

  private CodecException wrong(String what) {
    return new CodecException(
        "labels of a stream: " + what + " expected at character " + at + " of " + text);
  }

  private String quoted() {
    expect('"');
    StringBuilder sb = new StringBuilder();
    while (peek() != '"') {
      if (at >= text.length()) {
        throw wrong("a quote");
      }
      char c = text.charAt(at++);
      if (c != '\\') {
        sb.append(c);
        continue;
      }
      char e = peek();
      at++;
      switch (e) {
        case 'n' -> sb.append('\n');
        case 't' -> sb.append('\t');
        case 'r' -> sb.append('\r');
        case 'a' -> sb.append((char) 7);
        case 'b' -> sb.append('\b');
        case 'f' -> sb.append('\f');
        case 'v' -> sb.append((char) 11);
        case '\\', '"', '\'' -> sb.append(e);
        case 'x' -> sb.appendCodePoint(hex(2));
        case 'u' -> sb.appendCodePoint(hex(4));
        case 'U' -> sb.appendCodePoint(hex(8));
        default -> throw wrong("an escape");
      }
    }
    at++;
    return sb.toString();
  }

  private int hex(int digits) {
    if (at + digits > text.length()) {
      throw wrong(digits + " hexadecimal digits");
    }
    try {
      int v = Integer.parseUnsignedInt(text, at, at + digits, 16);
      at += digits;
      boolean surrogate = v >= Character.MIN_SURROGATE && v <= Character.MAX_SURROGATE;
      if (surrogate || !Character.isValidCodePoint(v)) {
        throw wrong("a code point");
      }
      return v;
    } catch (NumberFormatException e) {
      throw wrong(digits + " hexadecimal digits");
    }
  }
}
