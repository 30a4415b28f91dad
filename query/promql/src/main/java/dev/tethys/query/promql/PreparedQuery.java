package dev.tethys.query.promql;

import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Call;
import dev.tethys.query.promql.ast.Expr.Subquery;
import dev.tethys.query.promql.ast.Expr.TimeShift;
import dev.tethys.query.promql.ast.Expr.VectorSelector;
import dev.tethys.query.promql.exec.Grid;
import dev.tethys.query.promql.function.FunctionTrait;
import dev.tethys.query.promql.function.PromqlFunctions;
import dev.tethys.query.promql.plan.Plan;
import org.jspecify.annotations.Nullable;

/**
 * A query that is evaluated repeatedly, such as that of a rule: planned once, unless its plan
 * depends on the time. Thread-safe.
 */
public final class PreparedQuery {
  private final PromqlEngine engine;
  private final MetricSource source;
  private final String text;
  private final Expr expr;
  private final QueryOptions options;
  private final boolean timeless;
  private volatile @Nullable Plan plan;

  PreparedQuery(
      PromqlEngine engine, MetricSource source, String text, Expr expr, QueryOptions options) {
    this.engine = engine;
    this.source = source;
    this.text = text;
    this.expr = expr;
    this.options = options;
    this.timeless = isTimeless(expr);
  }

  /** Whether a plan does not depend on time. */
  private static boolean isTimeless(Expr root) {
    boolean[] timeless = {true};
    root.walk(
        e -> {
          boolean moves =
              e instanceof VectorSelector v && isAnchored(v.shift())
                  || e instanceof Subquery s && isAnchored(s.shift())
                  || e instanceof Call c
                      && PromqlFunctions.has(c.function().name(), FunctionTrait.QUERY_TIME);
          timeless[0] &= !moves;
        });
    return timeless[0];
  }

  private static boolean isAnchored(TimeShift s) {
    return s.atAnchor() != null;
  }

  /**
   * Returns the query at a given time.
   *
   * @param time Unix milliseconds
   * @throws QueryException if its durations or arguments make no sense
   */
  public Query at(long time) {
    Query q = new Query(engine, source, text, expr, Grid.instant(time), time, false, options, plan);
    if (timeless && plan == null) {
      plan = q.plan();
    }
    return q;
  }
}
