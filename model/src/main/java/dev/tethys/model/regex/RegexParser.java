package dev.tethys.model.regex;

import dev.tethys.model.regex.RegexNode.Alternate;
import dev.tethys.model.regex.RegexNode.Assert;
import dev.tethys.model.regex.RegexNode.Assertion;
import dev.tethys.model.regex.RegexNode.Chars;
import dev.tethys.model.regex.RegexNode.Concat;
import dev.tethys.model.regex.RegexNode.Group;
import dev.tethys.model.regex.RegexNode.Literal;
import dev.tethys.model.regex.RegexNode.Repeat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parses RE2's syntax into a tree, with the rules, the limits and the error messages of Go's {@code
 * regexp/syntax} in its Perl mode.
 */
final class RegexParser {
  /** The most repetitions, also of repetitions inside each other. */
  private static final int MAX_REPEAT = 1000;

  /** The deepest tree. */
  private static final int MAX_HEIGHT = 1000;

  /** Content of a group so far, or of the whole expression. */
  private static final class Frame {
    final List<RegexNode> choices = new ArrayList<>();
    List<RegexNode> parts = new ArrayList<>();
    final StringBuilder literal = new StringBuilder(); // behind the parts

    /** Flags after the group. */
    int flagsBehind;

    int number; // of a capturing group, or 0
    @Nullable String name;

    /** Product of repetitions inside each other: of the last part, the most of all parts. */
    long lastRepeat = 1;

    long mostRepeat = 1;

    /** Height of the last part and of the highest. */
    int lastHeight;

    int height;
  }

  private final String text;
  private final ArrayDeque<Frame> outer = new ArrayDeque<>();
  private final ClassParser classes;
  private Frame frame = new Frame();
  private int flags;
  private int groups;
  private int at;

  private RegexParser(String text, int flags) {
    this.text = text;
    this.flags = flags;
    this.classes = new ClassParser(text);
  }

  /**
   * Parses an expression.
   *
   * @param flags bit set of {@link Flags}
   * @throws RegexSyntaxException with Go's message when it is not valid
   */
  static RegexNode parse(String expression, int flags) {
    return new RegexParser(expression, flags).run();
  }

  private RegexNode run() {
    int repeatedAt = -1; // where the repetition operator before this place begins
    while (at < text.length()) {
      int operator = -1;
      char c = text.charAt(at);
      switch (c) {
        case '(' -> open();
        case '|' -> {
          endOfChoice();
          at++;
        }
        case ')' -> close();
        case '^' -> assertion(multiLine() ? Assertion.BEGIN_LINE : Assertion.BEGIN_TEXT, 1);
        case '$' -> assertion(multiLine() ? Assertion.END_LINE : Assertion.END_TEXT, 1);
        case '.' -> {
          push(new Chars((flags & Flags.DOT_NEWLINE) != 0 ? CharSet.ANY : CharSet.ANY_BUT_NEWLINE));
          at++;
        }
        case '[' -> {
          CharSet set = classes.bracket(at, flags);
          at = classes.end();
          push(new Chars(set));
        }
        case '*', '+', '?' -> {
          operator = at++;
          repeat(operator, c == '+' ? 1 : 0, c == '?' ? 1 : RegexNode.INFINITE, false, repeatedAt);
        }
        case '{' -> {
          operator = at;
          if (!counted(repeatedAt)) {
            operator = -1;
            literal('{');
            at++;
          }
        }
        case '\\' -> escape();
        default -> {
          int point = classes.codePoint(at);
          literal(point);
          at += Character.charCount(point);
        }
      }
      repeatedAt = operator;
    }
    if (!outer.isEmpty()) {
      throw new RegexSyntaxException("missing closing )", text);
    }
    return endOfGroup();
  }

  private boolean multiLine() {
    return (flags & Flags.MULTI_LINE) != 0;
  }

  private void assertion(Assertion kind, int length) {
    push(new Assert(kind));
    at += length;
  }

  private void escape() {
    switch (at + 1 < text.length() ? text.charAt(at + 1) : 0) {
      case 'A' -> assertion(Assertion.BEGIN_TEXT, 2);
      case 'z' -> assertion(Assertion.END_TEXT, 2);
      case 'b' -> assertion(Assertion.WORD_BOUNDARY, 2);
      case 'B' -> assertion(Assertion.NO_WORD_BOUNDARY, 2);
      case 'C' ->
          // Go does not take single bytes out of code points.
          throw new RegexSyntaxException("invalid escape sequence", "\\C");
      case 'Q' -> quotation();
      default -> {
        CharSet set = classes.setEscape(at, flags);
        if (set != null) {
          push(new Chars(set));
        } else {
          literal(classes.escaped(at));
        }
        at = classes.end();
      }
    }
  }

  private void quotation() {
    int end = text.indexOf("\\E", at + 2);
    int to = end < 0 ? text.length() : end;
    for (int i = at + 2; i < to; ) {
      int c = classes.codePoint(i);
      literal(c);
      i += Character.charCount(c);
    }
    at = end < 0 ? to : end + 2;
  }

  // ---- groups

  private void open() {
    if (at + 1 < text.length() && text.charAt(at + 1) == '?') {
      int name = text.startsWith("(?P<", at) ? 4 : text.startsWith("(?<", at) ? 3 : 0;
      // As in Go, such a short rest is not treated as a name.
      if (name > 0 && text.length() - at > name) {
        named(name);
      } else {
        flags();
      }
      return;
    }
    begin(flags, ++groups, null);
    at++;
  }

  private void named(int prefix) {
    int end = text.indexOf('>', at);
    if (end < 0) {
      throw new RegexSyntaxException("invalid named capture", text.substring(at));
    }
    String name = text.substring(at + prefix, end);
    boolean valid = !name.isEmpty();
    for (int i = 0; i < name.length(); i++) {
      valid &= name.charAt(i) == '_' || ClassParser.isAlphanumeric(name.charAt(i));
    }
    if (!valid) {
      throw new RegexSyntaxException("invalid named capture", text.substring(at, end + 1));
    }
    begin(flags, ++groups, name);
    at = end + 1;
  }

  private void begin(int flagsBehind, int number, @Nullable String name) {
    outer.push(frame);
    frame = new Frame();
    frame.flagsBehind = flagsBehind;
    frame.number = number;
    frame.name = name;
  }

  /** Only flags, or flags of a non-capturing group. */
  private void flags() {
    int from = at;
    int f = flags;
    boolean negative = false;
    boolean seen = false;
    at += 2;
    while (at < text.length()) {
      int c = classes.codePoint(at);
      at += Character.charCount(c);
      int flag =
          switch (c) {
            case 'i' -> Flags.FOLD_CASE;
            case 'm' -> Flags.MULTI_LINE;
            case 's' -> Flags.DOT_NEWLINE;
            case 'U' -> Flags.UNGREEDY;
            default -> 0;
          };
      if (flag != 0) {
        f = negative ? f & ~flag : f | flag;
        seen = true;
      } else if (c == '-' && !negative) {
        negative = true;
        seen = false;
      } else if ((c == ':' || c == ')') && (!negative || seen)) {
        if (c == ':') {
          begin(flags, 0, null);
        }
        flags = f;
        return;
      } else {
        break;
      }
    }
    throw new RegexSyntaxException("invalid or unsupported Perl syntax", text.substring(from, at));
  }

  private void close() {
    if (outer.isEmpty()) {
      throw new RegexSyntaxException("unexpected )", text);
    }
    Frame inner = frame;
    RegexNode content = endOfGroup();
    frame = outer.pop();
    flags = inner.flagsBehind;
    boolean captures = inner.number > 0;
    push(
        captures ? new Group(content, inner.number, inner.name) : content,
        inner.mostRepeat,
        inner.height + (captures ? 1 : 0));
    at++;
  }

  private void endOfChoice() {
    flush();
    List<RegexNode> parts = frame.parts;
    frame.choices.add(
        switch (parts.size()) {
          case 0 -> RegexNode.EMPTY;
          case 1 -> parts.getFirst();
          default -> new Concat(parts);
        });
    if (parts.size() != 1) {
      higher(frame.height + 1);
    }
    frame.parts = new ArrayList<>();
    frame.lastRepeat = 1;
    frame.lastHeight = 0;
  }

  private RegexNode endOfGroup() {
    endOfChoice();
    if (frame.choices.size() == 1) {
      return frame.choices.getFirst();
    }
    higher(frame.height + 1);
    return new Alternate(frame.choices);
  }

  // ---- parts

  private void literal(int c) {
    if ((flags & Flags.FOLD_CASE) != 0) {
      CharSet orbit = CaseFolding.orbit(c);
      if (orbit.size() > 1) {
        push(new Chars(orbit));
        return;
      }
    }
    // Surrogates result from numeric escapes; U+FFFD also represents bytes that are not UTF-8.
    if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE || c == CharSet.REPLACEMENT) {
      push(new Chars(CharSet.of(c, c)));
      return;
    }
    frame.literal.appendCodePoint(c);
    frame.lastRepeat = 1;
    frame.lastHeight = 1;
    higher(1);
  }

  private void push(RegexNode part) {
    push(part, 1, 1);
  }

  private void push(RegexNode part, long repeat, int height) {
    flush();
    frame.parts.add(part);
    frame.lastRepeat = repeat;
    frame.mostRepeat = Math.max(frame.mostRepeat, repeat);
    frame.lastHeight = height;
    higher(height);
  }

  private void higher(int height) {
    frame.height = Math.max(frame.height, height);
    if (frame.height > MAX_HEIGHT) {
      throw new RegexSyntaxException("expression nests too deeply", text);
    }
  }

  private void flush() {
    if (!frame.literal.isEmpty()) {
      frame.parts.add(new Literal(frame.literal.toString()));
      frame.literal.setLength(0);
    }
  }

  /** Returns the operand of a repetition; null if none. */
  private @Nullable RegexNode last() {
    int length = frame.literal.length();
    if (length > 0) {
      int from = frame.literal.offsetByCodePoints(length, -1);
      String c = frame.literal.substring(from);
      frame.literal.setLength(from);
      flush();
      return new Literal(c);
    }
    return frame.parts.isEmpty() ? null : frame.parts.removeLast();
  }

  /** Reads {@code {n}}, {@code {n,}}, {@code {n,m}}; false for any other text. */
  private boolean counted(int repeatedAt) {
    int from = at;
    int i = at + 1;
    long min = number(i);
    if (min < 0) {
      return false;
    }
    i = numberEnd(i);
    long max = min;
    if (i < text.length() && text.charAt(i) == ',') {
      i++;
      if (i < text.length() && text.charAt(i) == '}') {
        max = RegexNode.INFINITE;
      } else {
        max = number(i);
        if (max < 0) {
          return false;
        }
        i = numberEnd(i);
      }
    }
    if (i >= text.length() || text.charAt(i) != '}') {
      return false;
    }
    at = i + 1;
    if (min > MAX_REPEAT || max > MAX_REPEAT || max >= 0 && min > max) {
      throw new RegexSyntaxException("invalid repeat count", text.substring(from, at));
    }
    repeat(from, (int) min, (int) max, true, repeatedAt);
    return true;
  }

  /**
   * A decimal number without leading zeros; a value above the range if it is too long; -1 if none.
   */
  private long number(int from) {
    int end = numberEnd(from);
    if (end == from || text.charAt(from) == '0' && end > from + 1) {
      return -1;
    }
    return end - from > 8 ? Integer.MAX_VALUE : Long.parseLong(text, from, end, 10);
  }

  private int numberEnd(int from) {
    int i = from;
    while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
      i++;
    }
    return i;
  }

  /**
   * Repeats the last part.
   *
   * @param operator start of the operator; {@link #at} is after it
   * @param repeatedAt start of the immediately preceding operator, or -1
   */
  private void repeat(int operator, int min, int max, boolean counted, int repeatedAt) {
    boolean greedy = (flags & Flags.UNGREEDY) == 0;
    if (at < text.length() && text.charAt(at) == '?') {
      at++;
      greedy = !greedy;
    }
    if (repeatedAt >= 0) {
      throw new RegexSyntaxException(
          "invalid nested repetition operator", text.substring(repeatedAt, at));
    }
    long repeat = frame.lastRepeat;
    int height = frame.lastHeight;
    RegexNode part = last();
    if (part == null) {
      throw new RegexSyntaxException(
          "missing argument to repetition operator", text.substring(operator, at));
    }
    if (counted) {
      repeat = max == 0 ? 1 : repeat * Math.max(1, max < 0 ? min : max);
      if ((min >= 2 || max >= 2) && repeat > MAX_REPEAT) {
        throw new RegexSyntaxException("invalid repeat count", text.substring(operator, at));
      }
    }
    boolean again = // a**, written with groups, is a*
        part instanceof Repeat r
            && !counted
            && r.min() == min
            && r.max() == max
            && r.greedy() == greedy
            && (max != 1 || min == 0);
    push(again ? part : new Repeat(part, min, max, greedy), repeat, height + (again ? 0 : 1));
  }
}
