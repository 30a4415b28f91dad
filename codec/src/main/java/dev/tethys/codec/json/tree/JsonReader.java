package dev.tethys.codec.json.tree;

import dev.tethys.model.Surrogates;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259) strictly from a complete string. Objects are maps in the order of the text,
 * where the last of equal keys counts; integers are {@link Long}, or {@link BigInteger} if they do
 * not fit, so that no digit of an id is lost; other numbers are {@link Double}.
 */
public final class JsonReader {
  /** Maximum nesting depth of objects and lists. */
  public static final int MAX_DEPTH = 1000;

  /** The longest number, in characters. */
  static final int MAX_NUMBER = 1000;

  private final String text;
  private int at;

  JsonReader(String text) {
    this.text = text;
  }

  /** Reads a text that is one value. */
  public static @Nullable Object read(String text) throws MalformedJsonException {
    JsonReader r = new JsonReader(text);
    Object v = r.value(0);
    r.end();
    return v;
  }

  /**
   * Reads an object as the text of its members by name. Values are checked but not built, so that
   * they can be copied exactly.
   */
  public static Map<String, String> members(String text) throws MalformedJsonException {
    JsonReader r = new JsonReader(text);
    Map<String, String> out = new LinkedHashMap<>();
    r.take('{');
    if (!r.takeIf('}')) {
      do {
        if (r.peek() != '"') {
          throw MalformedJsonException.INSTANCE;
        }
        String key = r.string();
        r.take(':');
        r.skipSpace();
        int start = r.at;
        r.skip(1);
        out.put(key, text.substring(start, r.at));
      } while (r.takeIf(','));
      r.take('}');
    }
    r.end();
    return out;
  }

  /** Checks that only white space follows. */
  void end() throws MalformedJsonException {
    skipSpace();
    if (at < text.length()) {
      throw MalformedJsonException.INSTANCE;
    }
  }

  /** The first character of the next token, without consuming it; 0 at the end. */
  char peek() {
    skipSpace();
    return at < text.length() ? text.charAt(at) : 0;
  }

  /** Reads the expected next character. */
  void take(char c) throws MalformedJsonException {
    if (peek() != c) {
      throw MalformedJsonException.INSTANCE;
    }
    at++;
  }

  /** Consumes a character if it is next. */
  boolean takeIf(char c) {
    if (peek() != c) {
      return false;
    }
    at++;
    return true;
  }

  private void skipSpace() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r') {
        return;
      }
      at++;
    }
  }

  @Nullable Object value(int depth) throws MalformedJsonException {
    return switch (peek()) {
      case '{' -> object(depth);
      case '[' -> list(depth);
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, @Nullable Object> object(int depth) throws MalformedJsonException {
    check(depth);
    at++;
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    if (takeIf('}')) {
      return m;
    }
    do {
      if (peek() != '"') {
        throw MalformedJsonException.INSTANCE;
      }
      String key = string();
      take(':');
      m.put(key, value(depth + 1));
    } while (takeIf(','));
    take('}');
    return m;
  }

  private List<@Nullable Object> list(int depth) throws MalformedJsonException {
    check(depth);
    at++;
    List<@Nullable Object> l = new ArrayList<>();
    if (takeIf(']')) {
      return l;
    }
    do {
      l.add(value(depth + 1));
    } while (takeIf(','));
    take(']');
    return l;
  }

  private static void check(int depth) throws MalformedJsonException {
    if (depth >= MAX_DEPTH) {
      throw MalformedJsonException.INSTANCE;
    }
  }

  private @Nullable Object word(String word, @Nullable Object value) throws MalformedJsonException {
    if (!text.startsWith(word, at)) {
      throw MalformedJsonException.INSTANCE;
    }
    at += word.length();
    return value;
  }

  /** Checks a value and forgets it. */
  void skip(int depth) throws MalformedJsonException {
    switch (peek()) {
      case '{' -> {
        check(depth);
        at++;
        if (takeIf('}')) {
          return;
        }
        do {
          if (peek() != '"') {
            throw MalformedJsonException.INSTANCE;
          }
          skipString();
          take(':');
          skip(depth + 1);
        } while (takeIf(','));
        take('}');
      }
      case '[' -> {
        check(depth);
        at++;
        if (takeIf(']')) {
          return;
        }
        do {
          skip(depth + 1);
        } while (takeIf(','));
        take(']');
      }
      case '"' -> skipString();
      case 't' -> word("true", null);
      case 'f' -> word("false", null);
      case 'n' -> word("null", null);
      default -> skipNumber();
    }
  }

  /** Position of the first quote, escape or illegal character in the string that begins here. */
  private int plainEnd(int from) throws MalformedJsonException {
    String t = text;
    int n = t.length();
    for (int p = from; p < n; p++) {
      char c = t.charAt(p);
      if (c == '"' || c == '\\') {
        return p;
      }
      if (c < ' ') {
        break;
      }
    }
    throw MalformedJsonException.INSTANCE;
  }

  String string() throws MalformedJsonException {
    int start = at + 1;
    int p = plainEnd(start);
    if (text.charAt(p) == '"') {
      at = p + 1;
      return text.substring(start, p);
    }
    StringBuilder sb = new StringBuilder(text.length() - start < 64 ? 64 : p - start + 64);
    int kept = start;
    while (text.charAt(p) != '"') {
      sb.append(text, kept, p);
      at = p + 1;
      sb.append(escape());
      kept = at;
      p = plainEnd(kept);
    }
    at = p + 1;
    return Surrogates.replaceLone(sb.append(text, kept, p).toString());
  }

  /**
   * Reads the next string and finds it among the given keys.
   *
   * @return the position of the key, or -1 for an unknown key
   */
  int key(String[] keys) throws MalformedJsonException {
    if (peek() != '"') {
      throw MalformedJsonException.INSTANCE;
    }
    int start = at + 1;
    int p = plainEnd(start);
    if (text.charAt(p) == '"') {
      at = p + 1;
      int length = p - start;
      for (int i = 0; i < keys.length; i++) {
        if (keys[i].length() == length && text.startsWith(keys[i], start)) {
          return i;
        }
      }
      return -1;
    }
    String key = string();
    for (int i = 0; i < keys.length; i++) {
      if (keys[i].equals(key)) {
        return i;
      }
    }
    return -1;
  }

  private void skipString() throws MalformedJsonException {
    int p = plainEnd(at + 1);
    while (text.charAt(p) != '"') {
      at = p + 1;
      escape();
      p = plainEnd(at);
    }
    at = p + 1;
  }

  private char escape() throws MalformedJsonException {
    if (at >= text.length()) {
      throw MalformedJsonException.INSTANCE;
    }
    return switch (text.charAt(at++)) {
      case '"' -> '"';
      case '\\' -> '\\';
      case '/' -> '/';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> hex();
      default -> throw MalformedJsonException.INSTANCE;
    };
  }

  private char hex() throws MalformedJsonException {
    if (at + 4 > text.length()) {
      throw MalformedJsonException.INSTANCE;
    }
    int v = 0;
    for (int i = 0; i < 4; i++) {
      char c = text.charAt(at++);
      int d = c < 128 ? Character.digit(c, 16) : -1;
      if (d < 0) {
        throw MalformedJsonException.INSTANCE;
      }
      v = v << 4 | d;
    }
    return (char) v;
  }

  private Number number() throws MalformedJsonException {
    int start = at;
    boolean whole = skipNumber();
    int length = at - start;
    if (whole && length <= 18) {
      long v = Long.parseLong(text, start, at, 10);
      return v == 0 && text.charAt(start) == '-' ? (Number) (-0.0) : (Number) v;
    }
    if (length > MAX_NUMBER) {
      throw MalformedJsonException.INSTANCE;
    }
    String s = text.substring(start, at);
    if (whole) {
      BigInteger b = new BigInteger(s);
      return b.bitLength() < 64 ? (Number) b.longValue() : b;
    }
    double d = Double.parseDouble(s);
    if (Double.isInfinite(d)) {
      throw MalformedJsonException.INSTANCE; // out of range, as Go has it
    }
    return d;
  }

  /** True if the number has neither fraction nor exponent. */
  private boolean skipNumber() throws MalformedJsonException {
    if (at < text.length() && text.charAt(at) == '-') {
      at++;
    }
    int first = at;
    digits();
    if (at - first > 1 && text.charAt(first) == '0') {
      throw MalformedJsonException.INSTANCE;
    }
    boolean whole = true;
    if (at < text.length() && text.charAt(at) == '.') {
      at++;
      digits();
      whole = false;
    }
    if (at < text.length() && (text.charAt(at) | 0x20) == 'e') {
      at++;
      if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
        at++;
      }
      digits();
      whole = false;
    }
    return whole;
  }

  private void digits() throws MalformedJsonException {
    int first = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == first) {
      throw MalformedJsonException.INSTANCE;
    }
  }
}
