package dev.tethys.model.exposition;

import java.util.function.Consumer;

/** Collects metric families when it is called. Thread-safe. */
@FunctionalInterface
public interface Collector {
  /** Passes every family once to {@code to}. */
  void collect(Consumer<MetricFamily> to);
}
