package dev.tethys.model.storage;

import dev.tethys.model.access.Scope;

/** Metric data read within a scope. Thread-safe. */
@FunctionalInterface
public interface ScopedSource {
  /** Label of series that belong to a tenant other than the default. */
  String TENANT_LABEL = "__tenant__";

  /**
   * Returns the data visible in a scope: series of its tenant that meet its label policy. The
   * source is the same for all users of the default tenant without a policy, and nothing is
   * allocated.
   */
  MetricSource within(Scope scope);
}
