package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import java.time.InstantSource;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Collectors of a module outside the core, found by {@link java.util.ServiceLoader}. */
@FunctionalInterface
public interface NodeCollectors {
  /**
   * Collector with this name; null if the module lacks it.
   *
   * @param variable variables of the process; "" for unset variables
   */
  @Nullable NodeCollector make(
      String name,
      NodeExporterOptions options,
      InstantSource clock,
      UnaryOperator<String> variable);
}
