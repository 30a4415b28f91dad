package dev.tethys.codec.otlp;

import dev.tethys.model.MetricType;

/** Kind of an OTLP metric. */
public enum MetricKind {
  NONE,
  GAUGE,
  SUM,
  MONOTONIC_SUM,
  HISTOGRAM,
  EXPONENTIAL_HISTOGRAM,
  SUMMARY;

  /** Values of AggregationTemporality. */
  static final int DELTA = 1;

  static final int CUMULATIVE = 2;

  boolean hasTemporality() {
    return this == SUM
        || this == MONOTONIC_SUM
        || this == HISTOGRAM
        || this == EXPONENTIAL_HISTOGRAM;
  }

  MetricType type(int temporality) {
    if (hasTemporality() && temporality == DELTA) {
      return MetricType.UNKNOWN;
    }
    return switch (this) {
      case NONE -> MetricType.UNKNOWN;
      case GAUGE, SUM -> MetricType.GAUGE;
      case MONOTONIC_SUM -> MetricType.COUNTER;
      case HISTOGRAM, EXPONENTIAL_HISTOGRAM -> MetricType.HISTOGRAM;
      case SUMMARY -> MetricType.SUMMARY;
    };
  }
}
