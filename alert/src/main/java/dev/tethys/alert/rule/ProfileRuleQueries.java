package dev.tethys.alert.rule;

import dev.tethys.model.profiles.ProfileSamples;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.ast.Expr;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Queries of rules over the profiles of a tenant: PromQL over {@link ProfileSamples}. */
@FunctionalInterface
public interface ProfileRuleQueries {
  /** Fails: this process stores no profiles. */
  ProfileRuleQueries NONE = _ -> new Missing();

  /** Queries over the profiles of a tenant. */
  RuleQuery of(String tenant);

  /**
   * Queries of a profile store.
   *
   * @param opened null while there is no profile store
   */
  static ProfileRuleQueries of(PromqlEngine engine, Supplier<@Nullable ProfileStore> opened) {
    return tenant -> RuleQuery.of(engine, new ProfileSamples(opened, tenant));
  }

  /** Queries that fail. */
  final class Missing implements RuleQuery {
    private static QueryException missing() {
      return QueryException.execution(
          "there is no profile store; rules of type profiles need a server with"
              + " --profiles.enabled=true");
    }

    @Override
    public List<Value.Sample> query(String text, @Nullable Expr expr, long time) {
      throw missing();
    }

    @Override
    public List<Value.Sample> query(String text, long time) {
      throw missing();
    }
  }
}
