package dev.tethys.model.regex;

/** Flags of an expression, as bits. */
final class Flags {
  /** {@code (?i)}: case does not matter. */
  static final int FOLD_CASE = 1;

  /** {@code (?m)}: {@code ^} and {@code $} match at lines. */
  static final int MULTI_LINE = 2;

  /** {@code (?s)}: a dot matches a line end. */
  static final int DOT_NEWLINE = 4;

  /** {@code (?U)}: repetitions are not greedy. */
  static final int UNGREEDY = 8;

  private Flags() {}
}
