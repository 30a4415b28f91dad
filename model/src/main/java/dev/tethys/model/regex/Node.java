package dev.tethys.model.regex;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Node of a parsed expression. Immutable. */
sealed interface Node {
  /** Repetition without an upper limit. */
  int INFINITE = -1;

  Empty EMPTY = new Empty();

  /** The empty text. */
  record Empty() implements Node {}

  /** Text without unpaired surrogates, not empty. */
  record Literal(String text) implements Node {}

  /** One code point of a set. */
  record Chars(CharSet set) implements Node {}

  /** A position, not a text. */
  record Assert(Assertion kind) implements Node {}

  /** One after the other. */
  record Concat(List<Node> parts) implements Node {}

  /** Any of them; the first in a search for groups. */
  record Alternate(List<Node> choices) implements Node {}

  /**
   * The same several times.
   *
   * @param max {@link #INFINITE} or at least {@code min}
   * @param greedy for groups only: whether more are tried first
   */
  record Repeat(Node part, int min, int max, boolean greedy) implements Node {}

  /** A group that is numbered from 1. */
  record Group(Node part, int number, @Nullable String name) implements Node {}

  /** Assertions about a position; the bits of {@link Program} are their ordinals. */
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
