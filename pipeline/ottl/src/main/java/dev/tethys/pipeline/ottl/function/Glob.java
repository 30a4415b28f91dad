package dev.tethys.pipeline.ottl.function;

import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;

/**
 * File name pattern with the semantics of Go's {@code filepath.Match} on Unix. {@code *} and {@code
 * ?} match all but a slash, {@code [a-z]} and {@code [^a-z]} a character set; a backslash escapes.
 * Matching keeps one backtracking position, so that it takes bounded time.
 */
final class Glob {
  /** Source of a glob. */
  @FunctionalInterface
  interface Source {
    Glob at(Cursor at);
  }

  private final String pattern;

  private Glob(String pattern) {
    this.pattern = pattern;
  }

  /**
   * Makes one.
   *
   * @throws IllegalArgumentException when a set has no end or the last character is a backslash
   */
  static Glob of(String pattern) {
    Glob g = new Glob(pattern);
    int i = 0;
    while (i < pattern.length()) {
      char c = pattern.charAt(i);
      if (c == '[') {
        i = g.setEnd(i);
      } else if (c == '\\') {
        if (i + 1 == pattern.length()) {
          throw new IllegalArgumentException("a backslash at the end escapes nothing");
        }
        i += 2;
      } else {
        i++;
      }
    }
    return g;
  }

  /** An argument that is an expression: checked now if it is a constant, else when it is seen. */
  static Source argument(Arguments a, int index) {
    OttlExpr e = a.expr(index);
    if (e.isConstant()) {
      Glob glob;
      try {
        glob = of(a.string(index));
      } catch (IllegalArgumentException x) {
        throw a.error(index, "not a pattern of file names: " + x.getMessage());
      }
      return _ -> glob;
    }
    return at -> {
      try {
        return of((String) MapEditors.require(e.get(at)));
      } catch (IllegalArgumentException x) {
        throw new EvaluationException("not a pattern of file names: " + x.getMessage());
      }
    };
  }

  boolean matches(String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int back = 0;
    while (true) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = ++p;
        back = t;
        continue;
      }
      if (p == pattern.length() && t == text.length()) {
        return true;
      }
      int next = t < text.length() && p < pattern.length() ? step(p, text.codePointAt(t)) : -1;
      if (next >= 0) {
        t += Character.charCount(text.codePointAt(t));
        p = next;
        continue;
      }
      // The star takes one more character, which may not be a slash.
      if (star < 0 || back >= text.length() || text.charAt(back) == '/') {
        return false;
      }
      back += Character.charCount(text.codePointAt(back));
      t = back;
      p = star;
    }
  }

  /** Where the pattern continues when it takes a character; -1 when it does not. */
  private int step(int p, int c) {
    return switch (pattern.charAt(p)) {
      case '?' -> c == '/' ? -1 : p + 1;
      case '[' -> inSet(p, c) ? setEnd(p) : -1;
      case '\\' -> pattern.codePointAt(p + 1) == c ? p + 1 + Character.charCount(c) : -1;
      default -> pattern.codePointAt(p) == c ? p + Character.charCount(c) : -1;
    };
  }

  private int setEnd(int open) {
    int i = open + 1;
    if (i < pattern.length() && pattern.charAt(i) == '^') {
      i++;
    }
    int first = i;
    while (i < pattern.length() && (pattern.charAt(i) != ']' || i == first)) {
      i += pattern.charAt(i) == '\\' ? 2 : 1;
    }
    if (i >= pattern.length()) {
      throw new IllegalArgumentException("a set that begins with [ has no ]");
    }
    return i + 1;
  }

  private boolean inSet(int open, int c) {
    int end = setEnd(open) - 1;
    int i = open + 1;
    boolean negated = pattern.charAt(i) == '^';
    if (negated) {
      i++;
    }
    boolean in = false;
    while (i < end) {
      if (pattern.charAt(i) == '\\') {
        i++;
      }
      int low = pattern.codePointAt(i);
      i += Character.charCount(low);
      int high = low;
      if (i + 1 < end && pattern.charAt(i) == '-') {
        i++;
        if (pattern.charAt(i) == '\\') {
          i++;
        }
        high = pattern.codePointAt(i);
        i += Character.charCount(high);
      }
      in |= low <= c && c <= high;
    }
    return in != negated;
  }
}
