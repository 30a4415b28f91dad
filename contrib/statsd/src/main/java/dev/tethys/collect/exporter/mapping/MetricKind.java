package dev.tethys.collect.exporter.mapping;

/** Metric type of a dotted name. */
public enum MetricKind {
  COUNTER,
  GAUGE,
  /** Observations: timers, histograms, distributions. */
  OBSERVER
}
