package dev.tethys.web;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Values by name from a query string or a form; a name may have several. */
public final class Params {
  /** No values. */
  public static final Params EMPTY = new Params(Map.of());

  private final Map<String, List<String>> values;

  private Params(Map<String, List<String>> values) {
    this.values = values;
  }

  /**
   * Reads {@code a=b&c=d}, percent-encoded, with plus for space.
   *
   * @throws HttpException 400 when an escape is not valid
   */
  public static Params parse(String encoded) {
    if (encoded.isEmpty()) {
      return EMPTY;
    }
    Map<String, List<String>> values = new LinkedHashMap<>();
    int from = 0;
    while (from <= encoded.length()) {
      int to = encoded.indexOf('&', from);
      if (to < 0) {
        to = encoded.length();
      }
      if (to > from) {
        int eq = encoded.indexOf('=', from);
        boolean has = eq >= 0 && eq < to;
        String name = decode(encoded.substring(from, has ? eq : to), true);
        String value = has ? decode(encoded.substring(eq + 1, to), true) : "";
        values.computeIfAbsent(name, k -> new ArrayList<>()).add(value);
      }
      from = to + 1;
    }
    return new Params(values);
  }

  /** Values of both; of each name, these values come first. */
  public Params and(Params others) {
    if (values.isEmpty()) {
      return others;
    }
    if (others.values.isEmpty()) {
      return this;
    }
    Map<String, List<String>> all = new LinkedHashMap<>();
    values.forEach((k, v) -> all.put(k, new ArrayList<>(v)));
    others.values.forEach((k, v) -> all.computeIfAbsent(k, x -> new ArrayList<>()).addAll(v));
    return new Params(all);
  }

  /** Returns the first value, or null. */
  public @Nullable String first(String name) {
    List<String> v = values.get(name);
    return v == null ? null : v.getFirst();
  }

  /** Returns the first value, or a default. */
  public String first(String name, String otherwise) {
    String v = first(name);
    return v == null ? otherwise : v;
  }

  /** Returns all values of a name, in order; empty if there are none. */
  public List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  public Set<String> names() {
    return values.keySet();
  }

  /**
   * Undoes the percent-encoding of a path or a part of one; bytes that are not UTF-8 become
   * replacement characters.
   *
   * @throws HttpException 400 when an escape is not valid
   */
  public static String decodePath(String s) {
    return decode(s, false);
  }

  /**
   * Decodes a percent-encoded query value, in which plus is a space.
   *
   * @throws HttpException 400 when an escape is not valid
   */
  public static String decodeQuery(String s) {
    return decode(s, true);
  }

  /**
   * Undoes percent-encoding; bytes that are not UTF-8 become replacement characters.
   *
   * @throws HttpException 400 when an escape is not valid
   */
  static String decode(String s, boolean plusIsSpace) {
    if (s.indexOf('%') < 0 && !(plusIsSpace && s.indexOf('+') >= 0)) {
      return s;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(s.length());
    int i = 0;
    while (i < s.length()) {
      char c = s.charAt(i);
      if (c == '%') {
        int hi = i + 2 < s.length() ? Character.digit(s.charAt(i + 1), 16) : -1;
        int lo = i + 2 < s.length() ? Character.digit(s.charAt(i + 2), 16) : -1;
        if (hi < 0 || lo < 0) {
          throw new HttpException(
              400, "invalid URL escape \"" + s.substring(i, Math.min(i + 3, s.length())) + "\"");
        }
        out.write(hi << 4 | lo);
        i += 3;
      } else if (c == '+' && plusIsSpace) {
        out.write(' ');
        i++;
      } else {
        int cp = s.codePointAt(i);
        out.writeBytes(Character.toString(cp).getBytes(StandardCharsets.UTF_8));
        i += Character.charCount(cp);
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
