package dev.tethys.model.regex;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Node of a parsed expression. Immutable. Callers distinguish the types by {@code instanceof}: a
 * switch over types generates a class on first use, which no start-up cache holds, and the first
 * expressions after a start would wait for about ten of them.
 */
sealed interface RegexNode {
  /** Repetition without an upper limit. */
  int INFINITE = -1;

  Empty EMPTY = new Empty();

  /** The nodes directly below this one, in the order of the text. */
  default List<RegexNode> parts() {
    return List.of();
  }

  /** The empty text. */
  record Empty() implements RegexNode {}

  /** Text without unpaired surrogates, not empty. */
  record Literal(String text) implements RegexNode {}

  /** One code point of a set. */
  record Chars(CharSet set) implements RegexNode {}

  /** A position, not a text. */
  record Assert(Assertion kind) implements RegexNode {}

  /** Concatenation. */
  record Concat(List<RegexNode> parts) implements RegexNode {}

  /** Any of them; the first in a search for groups. */
  record Alternate(List<RegexNode> choices) implements RegexNode {
    @Override
    public List<RegexNode> parts() {
      return choices;
    }
  }

  /**
   * The same several times.
   *
   * @param max {@link #INFINITE} or at least {@code min}
   * @param greedy for groups, whether to try more repetitions first
   */
  record Repeat(RegexNode part, int min, int max, boolean greedy) implements RegexNode {
    @Override
    public List<RegexNode> parts() {
      return List.of(part);
    }
  }

  /** Capture group, numbered from 1. */
  record Group(RegexNode part, int number, @Nullable String name) implements RegexNode {
    @Override
    public List<RegexNode> parts() {
      return List.of(part);
    }
  }

  /** Assertions about a position; the bits of {@link RegexProgram} are their ordinals. */
  enum Assertion {
    BEGIN_TEXT("\\A"),
    END_TEXT("\\z"),
    BEGIN_LINE("(?m:^)"),
    END_LINE("(?m:$)"),
    WORD_BOUNDARY("\\b"),
    NO_WORD_BOUNDARY("\\B");

    final String text;

    Assertion(String text) {
      this.text = text;
    }
  }
}
