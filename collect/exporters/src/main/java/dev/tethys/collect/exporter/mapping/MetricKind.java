package dev.tethys.collect.exporter.mapping;

/** What comes under a dotted name. */
public enum MetricKind {
  COUNTER,
  GAUGE,
  /** What is observed: timers, histograms, distributions. */
  OBSERVER
}
