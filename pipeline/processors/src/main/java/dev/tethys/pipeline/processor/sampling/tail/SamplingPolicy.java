package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Ottl;
import java.util.List;

/**
 * A policy as configured. Rules that are equal make policies that decide alike, so that a reload
 * keeps a policy, and what it has counted, where its rule stays.
 */
interface SamplingPolicy {
  /**
   * Services for creating policies.
   *
   * @param conditions receives the parts of combined policies, for their counters
   */
  record Tools(Scheduler clock, Ottl ottl, List<Conditions> conditions) {}

  /**
   * Makes a policy.
   *
   * @throws dev.tethys.config.ConfigException where the configuration is wrong
   */
  Policy policy(Tools tools);

  /** Whether a decision depends on those before it. */
  default boolean isStateful() {
    return false;
  }
}
