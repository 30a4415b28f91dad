package dev.tethys.query.logql.ast;

import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Metric query. */
public sealed interface MetricExpr extends LogqlExpr {
  /** Conversion of an unwrapped label. */
  enum Conversion {
    NONE(""),
    BYTES("bytes"),
    DURATION("duration"),
    DURATION_SECONDS("duration_seconds");

    private final String text;

    Conversion(String text) {
      this.text = text;
    }

    /** Returns the name as written. */
    public String text() {
      return text;
    }
  }

  /**
   * Label whose value is the sample.
   *
   * @param filters label filters that follow
   */
  record Unwrap(String label, Conversion conversion, List<Condition> filters) {
    public Unwrap {
      filters = List.copyOf(filters);
    }
  }

  /** Entries of a window before each step. Durations are nanoseconds. */
  record LogRange(LogExpr log, long range, long offset, @Nullable Unwrap unwrap) {}

  /** Labels by which series are grouped. */
  record Grouping(List<String> labels, boolean without) {
    public Grouping {
      labels = List.copyOf(labels);
    }
  }

  /**
   * Function over a log range.
   *
   * @param parameter quantile, null for other functions
   * @param grouping null if series keep all labels
   */
  record RangeAggregation(
      RangeOp op, @Nullable Double parameter, LogRange range, @Nullable Grouping grouping)
      implements MetricExpr {}

  /**
   * Aggregation over series.
   *
   * @param parameter number of series for {@code topk} and its kin, otherwise 0
   * @param grouping null for one group
   */
  record VectorAggregation(
      VectorOp op, MetricExpr inner, int parameter, @Nullable Grouping grouping)
      implements MetricExpr {}

  /** Binary operation. */
  record Binary(
      BinaryOp op, MetricExpr left, MetricExpr right, boolean returnBool, VectorMatching matching)
      implements MetricExpr {}

  /** {@code label_replace}. */
  record LabelReplace(
      MetricExpr inner, String destination, String replacement, String source, String regex)
      implements MetricExpr {}

  /** {@code vector}: one series without labels. */
  record Vector(double value) implements MetricExpr {}

  /** Number. */
  record Literal(double value) implements MetricExpr {}

  /** {@code variants}: several metrics of one log range. */
  record Variants(List<MetricExpr> metrics, LogRange of) implements MetricExpr {
    public Variants {
      metrics = List.copyOf(metrics);
    }
  }
}
