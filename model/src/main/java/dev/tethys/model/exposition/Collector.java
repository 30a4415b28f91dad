package dev.tethys.model.exposition;

import java.util.function.Consumer;

/** Gives metric families at the moment it is asked. Safe to be asked by several threads. */
@FunctionalInterface
public interface Collector {
  /** Hands over every family once. */
  void collect(Consumer<MetricFamily> to);
}
