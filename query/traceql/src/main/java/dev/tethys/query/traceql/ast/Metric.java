package dev.tethys.query.traceql.ast;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Expression that returns series. */
public sealed interface Metric {
  /** First stage of metrics. */
  enum Function {
    RATE,
    COUNT_OVER_TIME,
    MIN_OVER_TIME,
    MAX_OVER_TIME,
    AVG_OVER_TIME,
    SUM_OVER_TIME,
    QUANTILE_OVER_TIME,
    HISTOGRAM_OVER_TIME,
    COMPARE;

    /** Returns the name in a query. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** True for functions of an attribute. */
    public boolean hasValue() {
      return this != RATE && this != COUNT_OVER_TIME && this != COMPARE;
    }
  }

  /**
   * Function over the spans of a pipeline.
   *
   * @param pipeline selects the spans
   * @param function function
   * @param value attribute or intrinsic field of functions that have one
   * @param quantiles arguments of {@code quantile_over_time}
   * @param by grouping
   * @param comparison arguments of {@code compare}
   */
  record Query(
      Stage.Pipeline pipeline,
      Function function,
      @Nullable FieldExpr value,
      List<Double> quantiles,
      List<FieldExpr> by,
      @Nullable Comparison comparison)
      implements Metric {
    public Query {
      quantiles = List.copyOf(quantiles);
      by = List.copyOf(by);
    }
  }

  /**
   * Arguments of {@code compare}.
   *
   * @param selection spans that are compared with the others
   * @param top maximum number of values of an attribute
   * @param start first time of the selection, Unix nanoseconds; 0 with end 0 for all
   * @param end last time of the selection
   */
  record Comparison(Stage.Filter selection, int top, long start, long end) {
    /** Number of values if none is given. */
    public static final int DEFAULT_TOP = 10;
  }

  /** {@code topk(n)} and {@code bottomk(n)}, for each time. */
  record Top(Metric of, boolean highest, int count) implements Metric {}

  /** Comparison with a number, which drops non-matching values. */
  record Threshold(Metric of, Operator operator, TraceValue value) implements Metric {}

  /** Arithmetic. */
  record Arithmetic(Operator operator, Metric left, Metric right) implements Metric {}

  /** Number in arithmetic. */
  record Number(TraceValue value) implements Metric {}
}
