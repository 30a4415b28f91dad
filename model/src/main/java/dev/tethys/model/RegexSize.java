package dev.tethys.model;

import com.google.re2j.PatternSyntaxException;
import java.util.ArrayDeque;

/**
 * How large a regular expression becomes when its counted repetitions are written out, which is
 * what compiling does: {@code ((a{1000}){1000}){1000}} takes a gigabyte. Go refuses repetitions
 * inside of each other that make more than 1,000, and expressions that take much memory; RE2/J does
 * not. A scan over the text, not a parser: what is not valid is left to the compiler, but for
 * escapes that RE2/J takes and Go does not.
 */
final class RegexSize {
  /** How often something may be repeated in all, repetitions inside of each other multiplied. */
  static final int MAX_REPEAT = 1000;

  /** How deep groups may be nested: compiling takes stack for each level. */
  static final int MAX_NESTING = 250;

  /** How much larger than its text an expression may become. */
  static final int MAX_GROWTH = 200_000;

  /** What stands in a group so far: written out, and the most often that a part is repeated. */
  private static final class Group {
    long size;
    long repeat = 1;
  }

  private final String text;
  private final ArrayDeque<Group> outer = new ArrayDeque<>();
  private Group group = new Group();

  /** The part that a repetition would repeat. */
  private long atomSize;

  private long atomRepeat = 1;

  /** Whether every parenthesis that closes a group has one that opens it. */
  private boolean balanced = true;

  /** The same expression where RE2/J would read a character as the beginning of a repetition. */
  private final StringBuilder spelled = new StringBuilder();

  private int spelledTo; // in the text

  private RegexSize(String text) {
    this.text = text;
  }

  /**
   * Looks whether an expression is small enough to be compiled.
   *
   * @throws PatternSyntaxException in Go's words when it is not
   */
  static RegexSize check(String expression) {
    RegexSize size = new RegexSize(expression);
    size.scan();
    return size;
  }

  /** Whether every parenthesis that closes a group has one that opens it, as far as it seems. */
  boolean isBalanced() {
    return balanced;
  }

  /**
   * The expression for RE2/J, which takes a brace that opens no repetition for a character, but
   * refuses to repeat it: <code>a{+</code>.
   */
  String spelled() {
    return spelledTo == 0 ? text : spelled + text.substring(spelledTo);
  }

  private void scan() {
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> {
          if (text.startsWith("\\Q", i)) {
            int end = text.indexOf("\\E", i + 2);
            int to = end < 0 ? text.length() : end;
            atom(Math.max(0, to - i - 2), 1);
            i = end < 0 ? to : end + 2;
          } else {
            checkEscape(i);
            atom(1, 1);
            i += 2;
          }
        }
        case '[' -> {
          i = classEnd(i);
          atom(1, 1);
        }
        case '(' -> {
          outer.push(group);
          group = new Group();
          if (outer.size() > MAX_NESTING) {
            throw new PatternSyntaxException("expression nests too deeply", text);
          }
          i++;
        }
        case ')' -> {
          balanced &= !outer.isEmpty();
          if (!outer.isEmpty()) {
            Group inner = group;
            group = outer.pop();
            atom(inner.size + 2, inner.repeat);
          }
          i++;
        }
        case '{' -> i = repetition(i);
        default -> {
          atom(1, 1);
          i++;
        }
      }
    }
    while (!outer.isEmpty()) { // not valid, but counted
      long size = group.size;
      group = outer.pop();
      group.size += size;
    }
    if (group.size - text.length() > MAX_GROWTH) {
      throw new PatternSyntaxException("expression too large", text);
    }
  }

  private void atom(long size, long repeat) {
    atomSize = size;
    atomRepeat = repeat;
    group.size += size;
    group.repeat = Math.max(group.repeat, repeat);
  }

  private int classEnd(int from) {
    int i = from + 1;
    if (i < text.length() && text.charAt(i) == '^') {
      i++;
    }
    if (i < text.length() && text.charAt(i) == ']') {
      i++;
    }
    while (i < text.length() && text.charAt(i) != ']') {
      if (text.charAt(i) == '\\') {
        checkEscape(i);
        i++;
      }
      i++;
    }
    return i + 1;
  }

  /** Go lets only ASCII be escaped; RE2/J takes anything else that is escaped for itself. */
  private void checkEscape(int from) {
    if (from + 1 < text.length() && text.charAt(from + 1) >= 0x80) {
      throw new PatternSyntaxException(
          "invalid escape sequence", text.substring(from, text.offsetByCodePoints(from, 2)));
    }
  }

  /** Multiplies the atom before; what is no repetition is a character. */
  private int repetition(int from) {
    int end = text.indexOf('}', from);
    String inside = end < 0 || end - from > 12 ? "" : text.substring(from + 1, end);
    if (!inside.matches("\\d{1,5}(,\\d{0,5})?")) {
      atom(1, 1);
      if (from + 1 < text.length() && "+*?{".indexOf(text.charAt(from + 1)) >= 0) {
        spelled.append(text, spelledTo, from).append("\\{");
        spelledTo = from + 1;
      }
      return from + 1;
    }
    int comma = inside.indexOf(',');
    String last = comma < 0 ? inside : inside.substring(comma + 1);
    int n =
        Math.max(
            Integer.parseInt(comma < 0 ? inside : inside.substring(0, comma)),
            last.isEmpty() ? 0 : Integer.parseInt(last));
    long repeat = atomRepeat * Math.max(1, n);
    if (n >= 2 && repeat > MAX_REPEAT) {
      throw new PatternSyntaxException(
          "invalid repeat count", text.substring(from, Math.min(text.length(), end + 1)));
    }
    group.size += atomSize * (Math.max(1, n) - 1L);
    atomSize *= Math.max(1, n);
    atomRepeat = repeat;
    group.repeat = Math.max(group.repeat, repeat);
    return end + 1;
  }
}
