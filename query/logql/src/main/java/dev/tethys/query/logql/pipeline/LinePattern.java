package dev.tethys.query.logql.pipeline;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Pattern of literals and captures {@code <name>}; {@code <_>} captures without a name. */
final class LinePattern {
  /** Pattern that is not valid. */
  static final class PatternException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PatternException(String message) {
      super(message, null, false, false);
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /** Literal, or a capture, whose literal is null. */
  private record Part(byte @Nullable [] literal, String name) {
    boolean isCapture() {
      return literal == null;
    }

    boolean isNamed() {
      return literal == null && !name.equals("_");
    }
  }

  private final List<Part> parts;

  private LinePattern(List<Part> parts) {
    this.parts = parts;
  }

  /** Parses a parser pattern: names, each of them unique, and literals between captures. */
  static LinePattern forParser(String pattern) {
    LinePattern p = new LinePattern(parts(pattern));
    p.rejectAdjacentCaptures();
    if (p.parts.isEmpty()) {
      throw new PatternException("empty pattern");
    }
    if (p.parts.stream().noneMatch(Part::isNamed)) {
      throw new PatternException("at least one capture is required");
    }
    Set<String> seen = new HashSet<>();
    for (Part x : p.parts) {
      if (x.isNamed() && !seen.add(x.name)) {
        throw new PatternException("duplicate capture name (" + x.name + ")");
      }
    }
    return p;
  }

  /** Parses a line filter pattern, which has no names. */
  static LinePattern forFilter(String pattern) {
    LinePattern p = new LinePattern(parts(pattern));
    p.rejectAdjacentCaptures();
    for (Part x : p.parts) {
      if (x.isNamed()) {
        throw new PatternException("named captures are not allowed");
      }
    }
    return p;
  }

  private void rejectAdjacentCaptures() {
    for (int i = 1; i < parts.size(); i++) {
      if (parts.get(i).isCapture() && parts.get(i - 1).isCapture()) {
        throw new PatternException(
            "found consecutive capture '<"
                + parts.get(i - 1).name
                + "><"
                + parts.get(i).name
                + ">': a literal must separate captures");
      }
    }
  }

  private static List<Part> parts(String s) {
    List<Part> out = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    int i = 0;
    while (i < s.length()) {
      int end = captureEnd(s, i);
      if (end < 0) {
        literal.append(s.charAt(i++));
        continue;
      }
      flush(out, literal);
      out.add(new Part(null, s.substring(i + 1, end)));
      i = end + 1;
    }
    flush(out, literal);
    return out;
  }

  private static void flush(List<Part> out, StringBuilder literal) {
    if (literal.length() > 0) {
      out.add(new Part(literal.toString().getBytes(StandardCharsets.UTF_8), ""));
      literal.setLength(0);
    }
  }

  /** Returns the position of the bracket that closes a capture; -1 if no capture starts here. */
  private static int captureEnd(String s, int at) {
    if (s.charAt(at) != '<') {
      return -1;
    }
    int i = at + 1;
    while (i < s.length()) {
      char c = s.charAt(i);
      if (c == '>') {
        return i > at + 1 ? i : -1;
      }
      boolean ok =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c == '_'
              || c >= '0' && c <= '9' && i > at + 1;
      if (!ok) {
        return -1;
      }
      i++;
    }
    return -1;
  }

  /** Names of captures, in order. */
  List<String> names() {
    return parts.stream().filter(Part::isNamed).map(Part::name).toList();
  }

  /** Returns literals contained in every matching line. */
  List<byte[]> literals() {
    List<byte[]> out = new ArrayList<>();
    for (Part p : parts) {
      byte[] l = p.literal;
      if (l != null) {
        out.add(l);
      }
    }
    return out;
  }

  /** True if the entire line fits; a capture holds at least one byte. */
  boolean fits(byte[] b, int from, int to) {
    if (parts.isEmpty() || from == to) {
      return parts.isEmpty() && from == to;
    }
    int at = from;
    for (int i = 0; i < parts.size(); i++) {
      byte[] literal = parts.get(i).literal;
      if (literal == null) {
        continue;
      }
      int found = indexOf(b, at, to, literal);
      if (found < 0 || i == 0 && found != from || i > 0 && found == at) {
        return false;
      }
      at = found + literal.length;
    }
    return parts.getLast().isCapture() == (at < to);
  }

  /**
   * Captures named parts of a line.
   *
   * @param places filled with the start and end of each
   * @return number of captured names; fewer than there are if the line ends before
   */
  int capture(byte[] b, int from, int to, int[] places) {
    int at = from;
    int n = 0;
    int i = 0;
    byte[] first = parts.getFirst().literal;
    if (first != null) {
      if (indexOf(b, at, Math.min(to, at + first.length), first) != at) {
        return 0;
      }
      at += first.length;
      i = 1;
    }
    while (i < parts.size()) {
      Part capture = parts.get(i++);
      byte[] literal = i < parts.size() ? parts.get(i++).literal : null;
      int end = literal == null ? to : indexOf(b, at, to, literal);
      boolean last = end < 0 || literal == null;
      if (capture.isNamed()) {
        places[2 * n] = at;
        places[2 * n + 1] = last ? to : end;
        n++;
      }
      if (last) {
        return n;
      }
      at = end + (literal == null ? 0 : literal.length);
    }
    return n;
  }

  private static int indexOf(byte[] b, int from, int to, byte[] text) {
    byte first = text[0];
    int last = to - text.length;
    for (int i = from; i <= last; i++) {
      if (b[i] == first && java.util.Arrays.equals(b, i, i + text.length, text, 0, text.length)) {
        return i;
      }
    }
    return -1;
  }
}
