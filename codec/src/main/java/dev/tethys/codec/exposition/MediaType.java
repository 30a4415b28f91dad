package dev.tethys.codec.exposition;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A media type with parameters, parsed like Go's {@code mime.ParseMediaType}, so that every
 * Content-Type valid in Prometheus is valid here too (RFC 2045, 2183).
 */
record MediaType(String type, Map<String, String> parameters) {
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  static MediaType parse(String header) throws Malformed {
    int semicolon = header.indexOf(';');
    String type =
        (semicolon < 0 ? header : header.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    int slash = token(type, 0);
    if (slash == 0) {
      throw new Malformed("mime: no media type");
    }
    if (slash < type.length()) {
      if (type.charAt(slash) != '/') {
        throw new Malformed("mime: expected slash after first token");
      }
      int end = token(type, slash + 1);
      if (end == slash + 1) {
        throw new Malformed("mime: expected token after slash");
      }
      if (end < type.length()) {
        throw new Malformed("mime: unexpected content after media subtype");
      }
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    int p = semicolon < 0 ? header.length() : semicolon;
    while (true) {
      p = skipSpace(header, p);
      if (p >= header.length()) {
        return new MediaType(type, parameters);
      }
      if (header.charAt(p) != ';') {
        throw new Malformed("mime: invalid media parameter");
      }
      p = skipSpace(header, p + 1);
      if (p >= header.length()) {
        return new MediaType(type, parameters); // a trailing semicolon is harmless
      }
      int nameEnd = token(header, p);
      String name = header.substring(p, nameEnd).toLowerCase(Locale.ROOT);
      int equals = skipSpace(header, nameEnd);
      if (name.isEmpty() || equals >= header.length() || header.charAt(equals) != '=') {
        throw new Malformed("mime: invalid media parameter");
      }
      p = skipSpace(header, equals + 1);
      StringBuilder value = new StringBuilder();
      p = value(header, p, value);
      String before = parameters.putIfAbsent(name, value.toString());
      // Equal duplicates are harmless: Go's mime.ParseMediaType accepts them, too.
      if (before != null && !before.contentEquals(value)) {
        throw new Malformed("mime: duplicate parameter name");
      }
    }
  }

  private static int value(String s, int from, StringBuilder out) throws Malformed {
    int p = from;
    if (p >= s.length() || s.charAt(p) != '"') {
      int end = token(s, p);
      if (end == p) {
        throw new Malformed("mime: invalid media parameter");
      }
      out.append(s, p, end);
      return end;
    }
    for (p++; p < s.length(); p++) {
      char c = s.charAt(p);
      if (c == '"') {
        return p + 1;
      }
      if (c == '\\' && p + 1 < s.length() && !isToken(s.charAt(p + 1))) {
        c = s.charAt(++p);
      }
      if (c == '\r' || c == '\n') {
        break;
      }
      out.append(c);
    }
    throw new Malformed("mime: invalid media parameter");
  }

  private static int skipSpace(String s, int from) {
    int p = from;
    while (p < s.length() && Character.isWhitespace(s.charAt(p))) {
      p++;
    }
    return p;
  }

  private static int token(String s, int from) {
    int p = from;
    while (p < s.length() && isToken(s.charAt(p))) {
      p++;
    }
    return p;
  }

  private static boolean isToken(char c) {
    return c > 0x20 && c < 0x7f && "()<>@,;:\\\"/[]?=".indexOf(c) < 0;
  }
}
