package dev.tethys.pipeline.operators;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parsers of text by format: JSON, groups of an expression, key-value pairs, URIs. */
final class TextParsers {
  private TextParsers() {}

  static Attributes json(String text) throws OperatorException {
    if (jsonValue(text) instanceof Attributes a) {
      return a;
    }
    throw new OperatorException("the JSON is not an object");
  }

  static @Nullable Object jsonValue(String text) throws OperatorException {
    try {
      return JsonValues.read(text);
    } catch (CodecException e) {
      throw new OperatorException(String.valueOf(e.getMessage()));
    }
  }

  /** Integers as doubles, as the Collector reads them without {@code parse_ints}. */
  static @Nullable Object floats(@Nullable Object v) {
    switch (v) {
      case Long l -> {
        return l.doubleValue();
      }
      case ArrayValue a -> {
        for (int i = 0; i < a.size(); i++) {
          a.set(i, floats(a.get(i)));
        }
      }
      case Attributes a -> {
        for (int i = 0; i < a.size(); i++) {
          a.setValue(i, floats(a.value(i)));
        }
      }
      case null, default -> {
        // unchanged
      }
    }
    return v;
  }

  /**
   * Returns the named groups of an expression.
   *
   * @param groups their places by their names
   */
  static Attributes groups(String text, Pattern p, Map<String, Integer> groups)
      throws OperatorException {
    Matcher m = p.matcher(text);
    if (!m.find()) {
      throw new OperatorException("the regular expression does not match");
    }
    Attributes out = new Attributes();
    groups.forEach(
        (name, i) -> {
          String g = m.group(i);
          out.add(name, g == null ? "" : g);
        });
    return out;
  }

  /** Elements of a JSON list; nested values stay text. */
  static ArrayValue jsonList(String text) throws OperatorException {
    if (!(jsonValue(text) instanceof ArrayValue a)) {
      throw new OperatorException("the JSON is not a list");
    }
    for (int i = 0; i < a.size(); i++) {
      if (a.get(i) instanceof Attributes || a.get(i) instanceof ArrayValue) {
        a.set(i, JsonValues.write(a.get(i)));
      }
    }
    return a;
  }

  /** Names for the elements of a list. */
  static Attributes named(List<String> names, ArrayValue values) throws OperatorException {
    if (names.size() != values.size()) {
      throw new OperatorException(
          "there are " + values.size() + " fields, not the " + names.size() + " of the header");
    }
    Attributes out = new Attributes();
    for (int i = 0; i < names.size(); i++) {
      out.put(names.get(i), values.get(i));
    }
    return out;
  }

  /**
   * Parses {@code a=b c="d e"}.
   *
   * @param pairs separator of pairs; "" for white space
   */
  static Attributes keyValues(String text, String delimiter, String pairs)
      throws OperatorException {
    if (text.isEmpty()) {
      throw new OperatorException("there is nothing to parse");
    }
    Attributes out = new Attributes();
    for (String pair : pairs(text, pairs)) {
      int at = pair.indexOf(delimiter);
      if (at < 0) {
        throw new OperatorException("\"" + pair + "\" has no " + delimiter);
      }
      out.put(bare(pair.substring(0, at)), bare(pair.substring(at + delimiter.length())));
    }
    return out;
  }

  private static List<String> pairs(String text, String by) throws OperatorException {
    List<String> out = new ArrayList<>();
    StringBuilder sb = new StringBuilder();
    char quote = 0;
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      boolean between = by.isEmpty() ? Character.isWhitespace(c) : text.startsWith(by, at);
      if (quote == 0 && between) {
        add(out, sb);
        at += by.isEmpty() ? 1 : by.length();
        continue;
      }
      if (quote == c) {
        quote = 0;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      }
      sb.append(c);
      at++;
    }
    if (quote != 0) {
      throw new OperatorException("a quote is not terminated");
    }
    add(out, sb);
    return out;
  }

  private static void add(List<String> to, StringBuilder sb) {
    String s = sb.toString().strip();
    if (!s.isEmpty()) {
      to.add(s);
    }
    sb.setLength(0);
  }

  /** Strips surrounding white space and quotes. */
  private static String bare(String s) {
    String t = s.strip();
    int n = t.length();
    if (n >= 2 && (t.charAt(0) == '"' || t.charAt(0) == '\'') && t.charAt(n - 1) == t.charAt(0)) {
      return t.substring(1, n - 1);
    }
    return t;
  }

  /** Parses a row of CSV (RFC 4180), optionally ignoring quotes. */
  static ArrayValue csv(String row, char delimiter, boolean lazy, boolean ignoreQuotes)
      throws OperatorException {
    ArrayValue out = new ArrayValue();
    String by = String.valueOf(delimiter);
    if (ignoreQuotes) {
      for (String f : row.split(java.util.regex.Pattern.quote(by), -1)) {
        out.add(f);
      }
      return out;
    }
    int at = 0;
    while (true) {
      if (at < row.length() && row.charAt(at) == '"') {
        StringBuilder sb = new StringBuilder();
        at = quoted(row, at + 1, delimiter, lazy, sb);
        out.add(sb.toString());
      } else {
        int end = row.indexOf(delimiter, at);
        String f = row.substring(at, end < 0 ? row.length() : end);
        if (!lazy && f.indexOf('"') >= 0) {
          throw new OperatorException("unexpected quote in an unquoted field");
        }
        out.add(f);
        at = end < 0 ? row.length() : end;
      }
      if (at >= row.length()) {
        return out;
      }
      at++;
    }
  }

  private static int quoted(String row, int from, char delimiter, boolean lazy, StringBuilder sb)
      throws OperatorException {
    int at = from;
    while (at < row.length()) {
      char c = row.charAt(at);
      boolean last = at + 1 == row.length();
      if (c != '"') {
        sb.append(c);
      } else if (!last && row.charAt(at + 1) == '"') {
        sb.append(c);
        at++;
      } else if (last || row.charAt(at + 1) == delimiter) {
        return at + 1;
      } else if (lazy) {
        sb.append(c);
      } else {
        throw new OperatorException("text follows the closing quote of a field");
      }
      at++;
    }
    if (!lazy) {
      throw new OperatorException("a field has no closing quote");
    }
    return at;
  }

  /** Returns the parts of a URI, or of {@code ?a=b}. */
  static Attributes uri(String text) throws OperatorException {
    Attributes out = new Attributes();
    if (text.startsWith("?")) {
      put(out, "query", query(text.substring(1)));
      return out;
    }
    int mark = text.indexOf('?');
    String query = mark < 0 ? null : text.substring(mark + 1);
    String before = mark < 0 ? text : text.substring(0, mark);
    int hash = query == null ? before.indexOf('#') : query.indexOf('#');
    if (hash >= 0) {
      if (query == null) {
        before = before.substring(0, hash);
      } else {
        query = query.substring(0, hash);
      }
    }
    URI u;
    try {
      u = new URI(before);
    } catch (URISyntaxException e) {
      throw new OperatorException("\"" + text + "\" is not a valid URI: " + e.getReason());
    }
    if (u.getScheme() == null && !before.startsWith("/")) {
      throw new OperatorException(
          "\"" + text + "\" is not a valid URI: it has neither scheme " + "nor path");
    }
    put(out, "scheme", u.getScheme());
    String info = u.getUserInfo();
    put(out, "user", info == null ? null : info.split(":", 2)[0]);
    put(out, "host", u.getHost());
    put(out, "port", u.getPort() < 0 ? null : String.valueOf(u.getPort()));
    put(out, "path", u.getPath());
    if (query != null) {
      put(out, "query", query(query));
    }
    return out;
  }

  private static void put(Attributes to, String key, @Nullable Object v) {
    boolean empty = v == null || v.equals("") || v instanceof Attributes a && a.isEmpty();
    if (!empty) {
      to.put(key, v);
    }
  }

  private static Attributes query(String text) throws OperatorException {
    Attributes out = new Attributes();
    for (String p : text.split("&")) {
      if (p.isEmpty()) {
        continue;
      }
      int eq = p.indexOf('=');
      try {
        String k = URLDecoder.decode(eq < 0 ? p : p.substring(0, eq), StandardCharsets.UTF_8);
        String v = eq < 0 ? "" : URLDecoder.decode(p.substring(eq + 1), StandardCharsets.UTF_8);
        ArrayValue all = out.get(k) instanceof ArrayValue a ? a : new ArrayValue();
        all.add(v);
        out.put(k, all);
      } catch (IllegalArgumentException e) {
        throw new OperatorException("\"" + p + "\" is not a valid query part: " + e.getMessage());
      }
    }
    return out;
  }
}
