package dev.tethys.alert.rule;

import dev.tethys.model.access.Scope;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.ast.Expr;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rule queries over a type of data other than metrics. */
@FunctionalInterface
public interface RuleSource {
  /**
   * Creates queries over the data of a tenant.
   *
   * @param interval evaluation interval of the group
   */
  RuleQuery of(Scope scope, Duration interval);

  /** Creates a source for a process that does not store the data: all queries fail. */
  static RuleSource missing(RuleType type) {
    return (_, _) -> new Missing(type);
  }

  /** Creates an exception for queries over data that is not stored. */
  static QueryException notOpen(RuleType type) {
    String plural = type.text();
    return QueryException.execution(
        plural.substring(0, plural.length() - 1)
            + " store is not open; rules of type "
            + plural
            + " need a server with --"
            + plural
            + ".enabled=true");
  }

  /** Queries that always fail because the store is not open. */
  record Missing(RuleType type) implements RuleQuery {
    @Override
    public List<Value.Sample> query(String text, @Nullable Expr expr, long time) {
      throw notOpen(type);
    }

    @Override
    public List<Value.Sample> query(String text, long time) {
      throw notOpen(type);
    }
  }
}
