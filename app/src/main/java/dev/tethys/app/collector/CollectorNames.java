package dev.tethys.app.collector;

import dev.tethys.model.exposition.MetricFamily;
import java.util.Map;

/** Names of the Collector's metrics, which in this process end with units and types. */
final class CollectorNames {
  /** Those that end with a unit which is no part of their name there. */
  private static final Map<String, String> WITHOUT_UNITS =
      Map.of(
          "otelcol_process_uptime_seconds_total", "otelcol_process_uptime_total",
          "otelcol_process_memory_rss_bytes", "otelcol_process_memory_rss");

  /** In UCUM's notation. */
  private static final Map<String, String> UNITS =
      Map.of(
          "otelcol_process_uptime_seconds_total", "s",
          "otelcol_process_memory_rss_bytes", "By");

  private static final String TOTAL = "_total";

  private CollectorNames() {}

  /** The name without the unit that the Collector gives separately. */
  static String withoutUnit(String name) {
    return WITHOUT_UNITS.getOrDefault(name, name);
  }

  /** With a separate unit, where the Collector has one. */
  static MetricFamily withUnit(MetricFamily f) {
    String unit = UNITS.get(f.name());
    return unit == null
        ? f
        : new MetricFamily(withoutUnit(f.name()), f.type(), f.help(), unit, f.metrics());
  }

  /** The name without the end of counters. */
  static String withoutSuffix(String name) {
    return name.endsWith(TOTAL) ? name.substring(0, name.length() - TOTAL.length()) : name;
  }

  /** The name with the end of counters. */
  static String withSuffix(String name) {
    return name.endsWith(TOTAL) ? name : name + TOTAL;
  }

  /** What the instrument is called. */
  static String instrument(String name) {
    return withoutSuffix(withoutUnit(name));
  }
}
