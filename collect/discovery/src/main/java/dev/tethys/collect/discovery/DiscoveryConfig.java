package dev.tethys.collect.discovery;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a {@code *_sd_configs} list, or the {@code static_configs} of a job. Equal
 * configurations share one running discovery, so implementations are records.
 */
public interface DiscoveryConfig {
  /** The name of the mechanism, as in {@code prometheus_sd_refresh_failures_total{mechanism}}. */
  String mechanism();

  /** Creates the discovery, without starting anything. */
  Discovery discovery(DiscoveryContext context);

  /** The configuration as a tree to be written, defaults filled in. */
  Map<String, @Nullable Object> tree();
}
