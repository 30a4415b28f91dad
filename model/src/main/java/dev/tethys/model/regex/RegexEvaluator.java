package dev.tethys.model.regex;

import dev.tethys.model.regex.RegexNode.Assert;
import dev.tethys.model.regex.RegexNode.Assertion;
import dev.tethys.model.regex.RegexNode.Concat;
import dev.tethys.model.regex.RegexNode.Literal;
import dev.tethys.model.regex.RegexNode.Repeat;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides whether strings match, using literals where they are sufficient. Thread-safe. */
final class RegexEvaluator {
  /** Maximum number of values built from groups and classes. */
  private static final int MOST_VALUES = 1000;

  private final @Nullable Set<String> values; // all that match
  private final int shortest; // bytes of a value, at least
  private final int longest; // bytes of a value, at most
  private final String prefix; // of all whole strings that match
  private final @Nullable LiteralPieces pieces;
  private final @Nullable String needed; // in each match
  private final @Nullable ByteSearch neededBytes;
  private final @Nullable String ending; // of each match, which ends where the text does
  private final @Nullable ByteSearch endingBytes;
  private final @Nullable ByteSearch beginning; // of each match, which begins anywhere
  private final boolean readsReplacement;
  private final @Nullable Dfa dfa;

  /**
   * Compiles a tree.
   *
   * @param whole whether a match has to be a whole text
   * @throws RegexSyntaxException if it is too large
   */
  RegexEvaluator(String expression, RegexNode tree, boolean whole, int maxBytes) {
    List<RegexNode> parts = Literals.sequence(tree);
    boolean fromStart = whole;
    boolean toEnd = whole;
    while (!parts.isEmpty() && isA(parts.getFirst(), Assertion.BEGIN_TEXT)) {
      parts.removeFirst();
      fromStart = true;
    }
    while (!parts.isEmpty() && isA(parts.getLast(), Assertion.END_TEXT)) {
      parts.removeLast();
      toEnd = true;
    }
    RegexNode rest = new Concat(parts);
    values =
        fromStart && toEnd
            ? Literals.values(rest, Math.max(MOST_VALUES, expression.length()), expression.length())
            : null;
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (String v : values == null ? Set.<String>of() : values) {
      least = Math.min(least, v.length());
      most = Math.max(most, v.length());
    }
    shortest = least;
    longest = (int) Math.min(Integer.MAX_VALUE, 3L * most);
    prefix = Literals.prefix(tree);
    pieces = values == null ? LiteralPieces.of(parts, fromStart, toEnd) : null;
    readsReplacement = RegexCompiler.readsReplacement(rest) || !fromStart;
    boolean automaton = values == null && pieces == null;
    RegexNode first = parts.isEmpty() ? RegexNode.EMPTY : parts.getFirst();
    RegexNode last = parts.isEmpty() ? RegexNode.EMPTY : parts.getLast();
    String needed = automaton ? Literals.required(parts) : "";
    boolean searched = !needed.isEmpty() && (!fromStart || first instanceof Repeat);
    this.needed = searched ? needed : null;
    neededBytes = search(this.needed);
    ending = automaton && toEnd && last instanceof Literal l ? l.text() : null;
    endingBytes = search(ending);
    beginning = automaton && !fromStart && first instanceof Literal l ? search(l.text()) : null;
    dfa =
        automaton
            ? new Dfa(RegexCompiler.compile(expression, rest, fromStart, toEnd), maxBytes)
            : null;
  }

  private static @Nullable ByteSearch search(@Nullable String text) {
    return text == null ? null : new ByteSearch(text.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean isA(RegexNode n, Assertion kind) {
    return n instanceof Assert a && a.kind() == kind;
  }

  boolean test(String text) {
    if (values != null) {
      return values.contains(text);
    }
    if (pieces != null) {
      return pieces.test(text);
    }
    if (ending != null && !text.endsWith(ending) || needed != null && !text.contains(needed)) {
      return false;
    }
    return automaton().run(text);
  }

  private Dfa automaton() {
    return Objects.requireNonNull(dfa);
  }

  boolean test(byte[] text, int from, int to) {
    if (pieces != null) {
      return pieces.test(text, from, to);
    }
    if (values != null) {
      return to - from >= shortest
          && to - from <= longest
          && values.contains(new String(text, from, to - from, StandardCharsets.UTF_8));
    }
    if (endingBytes != null
        && (to - from < endingBytes.length()
            || !endingBytes.isAt(text, to - endingBytes.length()))) {
      return false;
    }
    int begin = from;
    if (beginning != null) {
      begin = beginning.indexOf(text, from, to);
      if (begin < 0) {
        return false;
      }
    }
    if (neededBytes != null && neededBytes.indexOf(text, begin, to) < 0) {
      return false;
    }
    Dfa dfa = automaton();
    if (dfa.run(text, begin, to, beginning)) {
      return true;
    }
    if (!readsReplacement || Utf8.isValid(text, from, to)) {
      return false;
    }
    byte[] repaired = Utf8.repaired(text, from, to);
    return dfa.run(repaired, 0, repaired.length, null);
  }

  /** Approximate memory in bytes. */
  long bytes() {
    return dfa == null ? 0 : dfa.bytes();
  }

  /** The maximum number of bytes that it takes. */
  long mostBytes() {
    return dfa == null ? 0 : dfa.mostBytes();
  }

  /** Returns the finite set of matching strings; null if unknown. */
  @Nullable Set<String> values() {
    return values;
  }

  /** Common prefix of all strings that match as a whole. */
  String prefix() {
    return prefix;
  }
}
