package dev.tethys.query.traceql.ast;

import dev.tethys.model.traces.SpanField;

/** Expression over the fields of one span. */
public sealed interface FieldExpr {
  /** A literal. */
  record Static(TraceValue value) implements FieldExpr {}

  /**
   * An attribute.
   *
   * @param scope scope of the field; {@link SpanField.Scope#ANY_ATTRIBUTE} without a scope
   * @param ofParent true for {@code parent.}
   * @param name its key
   */
  record Attribute(SpanField.Scope scope, boolean ofParent, String name) implements FieldExpr {
    /** Returns the store field. */
    public SpanField field() {
      return new SpanField(scope, name);
    }
  }

  /** Field that is not an attribute. */
  record Field(Intrinsic intrinsic) implements FieldExpr {}

  /** Two operands. */
  record Binary(Operator operator, FieldExpr left, FieldExpr right) implements FieldExpr {}

  /** {@code !} or {@code -}. */
  record Unary(Operator operator, FieldExpr operand) implements FieldExpr {}

  /** The filter {@code { true }}. */
  FieldExpr TRUE = new Static(TraceValue.TRUE);

  /** Returns the printed form. */
  default String text() {
    return TraceqlPrinter.field(this);
  }
}
