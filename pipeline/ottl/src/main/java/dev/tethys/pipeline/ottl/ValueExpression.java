package dev.tethys.pipeline.ottl;

import org.jspecify.annotations.Nullable;

/** A compiled value. Any thread may ask for it. */
public final class ValueExpression {
  private final String text;
  private final OttlExpr expr;

  ValueExpression(String text, OttlExpr expr) {
    this.text = text;
    this.expr = expr;
  }

  public String text() {
    return text;
  }

  /** What it gives when that is not nil; {@link Type#ANY} when that is not known. */
  public Type type() {
    return expr.type();
  }

  /**
   * The value for one item.
   *
   * @throws EvaluationException with its text, when there is none
   */
  public @Nullable Object get(Cursor at) {
    try {
      return expr.get(at);
    } catch (EvaluationException e) {
      throw new EvaluationException(text + ": " + e.getMessage());
    }
  }
}
