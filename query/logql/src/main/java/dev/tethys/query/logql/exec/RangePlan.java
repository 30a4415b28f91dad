package dev.tethys.query.logql.exec;

import dev.tethys.query.logql.ast.MetricExpr.Grouping;
import dev.tethys.query.logql.ast.MetricExpr.LogRange;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.RangeOp;
import dev.tethys.query.logql.pipeline.LabelUse;
import dev.tethys.query.logql.pipeline.LogPipeline;
import dev.tethys.query.logql.pipeline.NameTable;
import dev.tethys.query.logql.pipeline.UsedLabels;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Function over a log range, with the grouping of its series. The grouping is its own, or that of
 * an enclosing sum, which can be computed in the same pass because both are sums.
 *
 * @param quantile parameter of {@code quantile_over_time}, otherwise 0
 * @param grouping null if series keep all labels
 * @param keepUnwrapped whether series keep the unwrapped label although they are not grouped
 */
record RangePlan(
    RangeOp op,
    double quantile,
    LogRange range,
    @Nullable Grouping grouping,
    boolean keepUnwrapped) {
  RangePlan {
    // refuses arguments that are not valid before anything is read
    LogPipeline.compile(range.log().stages(), new NameTable(), UsedLabels.ALL);
  }

  /** Labels of the result; null for all. */
  @Nullable Set<String> resultLabels() {
    if (op == RangeOp.ABSENT_OVER_TIME) {
      return Set.of();
    }
    Grouping g = grouping;
    return g == null || g.without() ? null : new LinkedHashSet<>(g.labels());
  }

  /** Returns the labels used by the pipeline or the result. */
  UsedLabels usedLabels() {
    Unwrap u = range.unwrap();
    return LabelUse.of(range.log().stages(), u, resultLabels());
  }

  /** Whether the value of a row is the length of its line. */
  boolean countsBytes() {
    return op == RangeOp.BYTES_OVER_TIME || op == RangeOp.BYTES_RATE;
  }
}
