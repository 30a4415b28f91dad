package dev.tethys.query.traceql.ast;

/** Root of a complete query. */
public sealed interface Root {
  /** Search for traces. */
  record Search(Stage.Pipeline pipeline) implements Root {}

  /** Comparison of aggregates of pipelines. */
  record ScalarComparison(Scalar left, Operator operator, Scalar right) implements Root {}

  /** Metrics. */
  record Metrics(Metric metric) implements Root {}
}
