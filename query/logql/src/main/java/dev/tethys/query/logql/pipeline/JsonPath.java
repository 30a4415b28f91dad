package dev.tethys.query.logql.pipeline;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Path to a value in JSON: {@code a.b[0]["c d"]}.
 *
 * @param steps keys as bytes, or indexes as {@link Integer}
 */
record JsonPath(List<Object> steps) {
  /** Expression that is not valid. */
  static final class PathException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PathException(String message) {
      super(message, null, false, false);
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  private enum Kind {
    FIELD,
    STRING,
    INDEX,
    DOT,
    LSB,
    RSB,
    END;

    String shown() {
      return this == END ? "$end" : name();
    }
  }

  private record Part(Kind kind, String text) {}

  /**
   * Parses an expression.
   *
   * @throws PathException if it is not valid
   */
  static JsonPath parse(String expression) {
    List<Part> parts = parts(expression);
    List<Object> steps = new ArrayList<>();
    int i = 0;
    boolean first = true;
    while (parts.get(i).kind != Kind.END) {
      Part p = parts.get(i);
      if (p.kind == Kind.LSB) {
        Part inner = parts.get(++i);
        switch (inner.kind) {
          case STRING -> steps.add(inner.text.getBytes(StandardCharsets.UTF_8));
          case INDEX -> steps.add(index(inner.text));
          default -> throw unexpected(inner, "STRING or INDEX");
        }
        expect(parts.get(++i), Kind.RSB);
        i++;
      } else if (first && p.kind == Kind.FIELD) {
        steps.add(p.text.getBytes(StandardCharsets.UTF_8));
        i++;
      } else if (!first && p.kind == Kind.DOT) {
        Part field = parts.get(++i);
        expect(field, Kind.FIELD);
        steps.add(field.text.getBytes(StandardCharsets.UTF_8));
        i++;
      } else {
        throw unexpected(p, first ? "LSB or FIELD" : null);
      }
      first = false;
    }
    return new JsonPath(steps);
  }

  private static Integer index(String text) {
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw new PathException("index " + text + " is too large");
    }
  }

  private static void expect(Part p, Kind kind) {
    if (p.kind != kind) {
      throw unexpected(p, kind.shown());
    }
  }

  private static PathException unexpected(Part p, @Nullable String expecting) {
    return new PathException(
        "syntax error: unexpected "
            + p.kind.shown()
            + (expecting == null ? "" : ", expecting " + expecting));
  }

  private static List<Part> parts(String s) {
    List<Part> out = new ArrayList<>();
    int i = 0;
    boolean bracket = false;
    while (i < s.length()) {
      char c = s.charAt(i);
      if (Character.isWhitespace(c)) {
        i++;
      } else if (c == '.') {
        out.add(new Part(Kind.DOT, "."));
        i++;
      } else if (c == '[') {
        out.add(new Part(Kind.LSB, "["));
        bracket = true;
        i++;
      } else if (c == ']') {
        out.add(new Part(Kind.RSB, "]"));
        bracket = false;
        i++;
      } else if (c == '"') {
        StringBuilder sb = new StringBuilder();
        i++;
        while (i < s.length() && s.charAt(i) != '"') {
          if (s.charAt(i) == '\\' && i + 1 < s.length()) {
            i++;
          }
          sb.append(s.charAt(i++));
        }
        if (i >= s.length()) { // an unterminated string ends the expression
          break;
        }
        i++;
        out.add(new Part(Kind.STRING, sb.toString()));
      } else {
        int from = i;
        while (i < s.length()
            && !Character.isWhitespace(s.charAt(i))
            && ".[]\"".indexOf(s.charAt(i)) < 0) {
          i++;
        }
        String text = s.substring(from, i);
        boolean number = bracket && text.chars().allMatch(d -> d >= '0' && d <= '9');
        out.add(new Part(number ? Kind.INDEX : Kind.FIELD, text));
      }
    }
    // an unterminated string after a bracket: what is missing is the bracket
    if (bracket && !out.isEmpty() && out.getLast().kind == Kind.LSB) {
      out.add(new Part(Kind.STRING, ""));
    }
    out.add(new Part(Kind.END, ""));
    return out;
  }

  /**
   * Returns the position of the value in an object or array that starts at a byte; -1 if it is
   * missing.
   */
  int find(byte[] b, int at, int to) {
    int p = at;
    int end = to;
    for (Object step : steps) {
      p = JsonText.skipBlanks(b, p, end);
      p = step instanceof byte[] key ? member(b, p, end, key) : element(b, p, end, (Integer) step);
      if (p < 0) {
        return -1;
      }
    }
    return p;
  }

  /** Result of {@link #find(LineOutline, int)} if the position depends on arguments. */
  static final int UNKNOWN = -2;

  /** Returns the position of the value in lines; -1 if none contains it. */
  int find(LineOutline lines, int at) {
    int p = at;
    for (Object step : steps) {
      if (!(step instanceof byte[] key)) {
        return UNKNOWN;
      }
      p = JsonText.skipBlanks(lines.text(), p, lines.length());
      p = member(lines, p, key);
      if (p < 0) {
        return p;
      }
    }
    return p;
  }

  /** Walks as {@link #member(byte[], int, int, byte[])} does. */
  private static int member(LineOutline lines, int open, byte[] key) {
    byte[] b = lines.text();
    int to = lines.length();
    if (open >= to || b[open] != '{') {
      return -1;
    }
    int at = JsonText.skipBlanks(b, open + 1, to);
    while (at < to && b[at] == '"') {
      int keyFrom = at + 1;
      int keyEnd = JsonText.stringEnd(b, keyFrom, to);
      if (keyEnd < 0) {
        return -1;
      }
      boolean found;
      if (JsonText.hasEscapes(b, keyFrom, keyEnd)) {
        return UNKNOWN;
      } else if (lines.varies(keyFrom, keyEnd)) {
        int n = lines.write(keyFrom, keyEnd);
        if (n < 0 && (hasDigits(key) || !lines.hasDigits(keyFrom, keyEnd))) {
          return UNKNOWN;
        }
        found = n >= 0 && java.util.Arrays.equals(lines.written(), 0, n, key, 0, key.length);
      } else {
        found = isKey(b, keyFrom, keyEnd, key);
      }
      at = JsonText.skipBlanks(b, keyEnd + 1, to);
      if (at >= to || b[at] != ':') {
        return -1;
      }
      at = JsonText.skipBlanks(b, at + 1, to);
      if (at >= to || found) {
        return at >= to ? -1 : at;
      }
      at = next(b, at, to);
    }
    return -1;
  }

  private static boolean hasDigits(byte[] key) {
    for (byte c : key) {
      if (c >= '0' && c <= '9') {
        return true;
      }
    }
    return false;
  }

  /**
   * Marks the parts of an object read by {@link #find} and a reader of the value: members whose key
   * is, or may be, that of the first step. Further steps may leave a member that is not well
   * formed.
   */
  void mark(LineOutline lines, int open) {
    byte[] b = lines.text();
    int to = lines.length();
    if (steps.isEmpty() || !(steps.getFirst() instanceof byte[] first)) {
      lines.need(open, to);
      return;
    }
    int at = JsonText.skipBlanks(b, open + 1, to);
    while (at < to && b[at] == '"') {
      int keyFrom = at + 1;
      int keyEnd = JsonText.stringEnd(b, keyFrom, to);
      at = keyEnd < 0 ? to : JsonText.skipBlanks(b, keyEnd + 1, to);
      if (at >= to || b[at] != ':') {
        return;
      }
      at = JsonText.skipBlanks(b, at + 1, to);
      int valueEnd = at >= to ? -1 : JsonText.valueEnd(b, at, to);
      boolean may = lines.varies(keyFrom, keyEnd) || isKey(b, keyFrom, keyEnd, first);
      if (may) {
        lines.need(keyFrom, valueEnd < 0 || steps.size() > 1 ? to : valueEnd);
      }
      if (valueEnd < 0) {
        return;
      }
      at = JsonText.skipBlanks(b, valueEnd, to);
      at = at < to && b[at] == ',' ? JsonText.skipBlanks(b, at + 1, to) : to;
    }
  }

  private static int member(byte[] b, int open, int to, byte[] key) {
    if (open >= to || b[open] != '{') {
      return -1;
    }
    int at = JsonText.skipBlanks(b, open + 1, to);
    while (at < to && b[at] == '"') {
      int keyEnd = JsonText.stringEnd(b, at + 1, to);
      if (keyEnd < 0) {
        return -1;
      }
      boolean found = isKey(b, at + 1, keyEnd, key);
      at = JsonText.skipBlanks(b, keyEnd + 1, to);
      if (at >= to || b[at] != ':') {
        return -1;
      }
      at = JsonText.skipBlanks(b, at + 1, to);
      if (at >= to || found) {
        return at >= to ? -1 : at;
      }
      at = next(b, at, to);
    }
    return -1;
  }

  private static boolean isKey(byte[] b, int from, int to, byte[] key) {
    if (!JsonText.hasEscapes(b, from, to)) {
      return java.util.Arrays.equals(b, from, to, key, 0, key.length);
    }
    byte[] plain = new byte[to - from];
    int n = JsonText.unescape(b, from, to, plain, 0);
    return n >= 0 && java.util.Arrays.equals(plain, 0, n, key, 0, key.length);
  }

  /** Returns the position of the member or element after a value; the end if there is none. */
  private static int next(byte[] b, int value, int to) {
    int end = JsonText.valueEnd(b, value, to);
    if (end < 0) {
      return to;
    }
    int at = JsonText.skipBlanks(b, end, to);
    return at < to && b[at] == ',' ? JsonText.skipBlanks(b, at + 1, to) : to;
  }

  private static int element(byte[] b, int open, int to, int index) {
    if (open >= to || b[open] != '[') {
      return -1;
    }
    int at = JsonText.skipBlanks(b, open + 1, to);
    for (int i = 0; at < to && b[at] != ']'; i++) {
      if (i == index) {
        return at;
      }
      at = next(b, at, to);
    }
    return -1;
  }
}
