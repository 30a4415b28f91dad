package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Ottl;
import java.util.List;

/**
 * Configured policy. Equal rules create equivalent policies, so a reload keeps a policy and its
 * counts if its rule is unchanged.
 */
interface SamplingPolicy {
  /**
   * Services for creating policies.
   *
   * @param conditions receives the parts of combined policies, for their counters
   */
  record Tools(Scheduler clock, Ottl ottl, List<Conditions> conditions) {}

  /**
   * Creates a policy.
   *
   * @throws dev.tethys.config.ConfigException if the configuration is invalid
   */
  Policy policy(Tools tools);

  /** Whether a decision depends on those before it. */
  default boolean isStateful() {
    return false;
  }
}
