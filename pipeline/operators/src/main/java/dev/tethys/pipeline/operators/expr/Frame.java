package dev.tethys.pipeline.operators.expr;

import org.jspecify.annotations.Nullable;

/** State of one evaluation: the subject, current elements of predicates, variables. */
final class Frame {
  /**
   * Maximum total number of list elements and characters created by one evaluation, as in
   * expr-lang.
   */
  static final long MAX_MADE = 1_000_000;

  final Object subject;
  final @Nullable Object[] variables;
  Element element = new Element(null, 0, null);
  private long made;

  /** Current element of a predicate. */
  record Element(@Nullable Object value, long index, @Nullable Object accumulator) {}

  Frame(Object subject, int variables) {
    this.subject = subject;
    this.variables = new @Nullable Object[variables];
  }

  /** Counts created elements. */
  void make(long elements) {
    made += elements;
    if (made > MAX_MADE) {
      throw new ExpressionException(
          "the expression creates more than " + MAX_MADE + " elements or characters");
    }
  }
}
