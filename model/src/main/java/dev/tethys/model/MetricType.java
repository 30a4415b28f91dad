package dev.tethys.model;

import java.util.Locale;

/**
 * The types a metric family can have, named as OpenMetrics and Prometheus's metadata API name them.
 */
public enum MetricType {
  UNKNOWN,
  COUNTER,
  GAUGE,
  HISTOGRAM,
  GAUGEHISTOGRAM,
  SUMMARY,
  INFO,
  STATESET;

  /** The name in lower case, as in {@code # TYPE} lines and in JSON. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
