package dev.tethys.alert.rule;

import dev.tethys.model.profiles.ProfileSamples;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.query.promql.PromqlEngine;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Queries of rules over profiles: PromQL over {@link ProfileSamples}. */
public final class ProfileRuleQueries {
  private ProfileRuleQueries() {}

  /**
   * Creates a rule source backed by the profile store.
   *
   * @param opened null while there is no profile store
   */
  public static RuleSource of(PromqlEngine engine, Supplier<@Nullable ProfileStore> opened) {
    return (scope, _) -> RuleQuery.of(engine, _ -> new ProfileSamples(opened, scope));
  }
}
