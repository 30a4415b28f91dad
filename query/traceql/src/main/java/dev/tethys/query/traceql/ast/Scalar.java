package dev.tethys.query.traceql.ast;

import org.jspecify.annotations.Nullable;

/** Number computed from a spanset. */
public sealed interface Scalar {
  /** Aggregate function. */
  enum Function {
    COUNT,
    MIN,
    MAX,
    AVG,
    SUM;

    /** Returns the name in a query. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * Aggregate over the spans of a spanset.
   *
   * @param of value of a span; null for {@code count()}
   */
  record Aggregate(Function function, @Nullable FieldExpr of) implements Scalar {
    /** Returns the printed form, which names the value in results. */
    public String text() {
      return TraceqlPrinter.scalar(this);
    }
  }

  /** A literal. */
  record Static(TraceValue value) implements Scalar {}

  /** Arithmetic. */
  record Arithmetic(Operator operator, Scalar left, Scalar right) implements Scalar {}

  /** Aggregate over the result of a pipeline in parentheses. */
  record OfPipeline(Stage.Pipeline pipeline, Aggregate aggregate) implements Scalar {}
}
