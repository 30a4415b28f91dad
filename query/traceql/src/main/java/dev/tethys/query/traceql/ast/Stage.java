package dev.tethys.query.traceql.ast;

import java.util.List;

/** Stage of a pipeline of spansets. */
public sealed interface Stage {
  /** Expression whose result is the spans of one trace. */
  sealed interface Spanset extends Stage {}

  /** {@code { expression }}. */
  record Filter(FieldExpr expression) implements Spanset {}

  /** Two spansets of a trace. */
  record Operation(SpansetOperator operator, Spanset left, Spanset right) implements Spanset {}

  /** Stages in order; in an expression they are written in parentheses. */
  record Pipeline(List<Stage> stages) implements Spanset {
    public Pipeline {
      stages = List.copyOf(stages);
    }
  }

  /** Comparison of aggregates of a spanset. */
  record ScalarFilter(Scalar left, Operator operator, Scalar right) implements Stage {}

  /** {@code by(expression)}: splits spansets. */
  record GroupBy(FieldExpr expression) implements Stage {}

  /** {@code coalesce()}: joins the spansets of a trace. */
  record Coalesce() implements Stage {}

  /** {@code select(...)}: fields to return. */
  record Select(List<FieldExpr> fields) implements Stage {
    public Select {
      fields = List.copyOf(fields);
    }
  }
}
