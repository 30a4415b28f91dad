package dev.tethys.alert.rule;

import dev.tethys.model.access.Scope;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.LogqlRequest;
import dev.tethys.query.logql.LogqlValue;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.ast.Expr;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Queries of rules over logs by LogQL. */
public final class LogRuleQueries {
  private LogRuleQueries() {}

  /**
   * Creates a rule source backed by a LogQL engine.
   *
   * @param engine null while there is no log store
   */
  public static RuleSource of(Supplier<@Nullable LogqlEngine> engine, LogqlLimits limits) {
    return (scope, _) -> new OfEngine(engine, limits, scope);
  }

  /** Instant queries of one tenant by an engine. */
  private record OfEngine(Supplier<@Nullable LogqlEngine> engine, LogqlLimits limits, Scope scope)
      implements RuleQuery {
    @Override
    public List<Value.Sample> query(String text, @Nullable Expr expr, long time) {
      return query(text, time);
    }

    @Override
    public List<Value.Sample> query(String text, long time) {
      LogqlEngine e = engine.get();
      if (e == null) {
        throw RuleSource.notOpen(RuleType.LOGS);
      }
      LogqlRequest request = LogqlRequest.instant(scope, text, Math.multiplyExact(time, 1_000_000));
      return switch (e.query(request, limits).value()) {
        case LogqlValue.Metric m -> RuleQuery.samples(m.value());
        case LogqlValue.Entries _ ->
            throw QueryException.execution(
                "log query returns lines; a rule needs a metric query such as"
                    + " count_over_time({app=\"x\"}[5m])");
      };
    }
  }
}
