package dev.tethys.pipeline.ottl;

import org.jspecify.annotations.Nullable;

/** A compiled value. Thread-safe. */
public final class ValueExpression {
  private final String text;
  private final OttlExpr expr;

  ValueExpression(String text, OttlExpr expr) {
    this.text = text;
    this.expr = expr;
  }

  /**
   * Value for one item.
   *
   * @throws EvaluationException with its text if there is none
   */
  public @Nullable Object get(Cursor at) {
    try {
      return expr.get(at);
    } catch (EvaluationException e) {
      throw new EvaluationException(text + ": " + e.getMessage());
    }
  }
}
