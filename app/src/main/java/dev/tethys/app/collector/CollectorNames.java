package dev.tethys.app.collector;

import dev.tethys.model.exposition.MetricFamily;
import java.util.Map;

/** Names of the Collector's metrics, which in this process end with units and types. */
final class CollectorNames {
  /** Metric names from which the Collector omits the unit suffix. */
  private static final Map<String, String> WITHOUT_UNITS =
      Map.of(
          "otelcol_process_uptime_seconds_total", "otelcol_process_uptime_total",
          "otelcol_process_memory_rss_bytes", "otelcol_process_memory_rss");

  /** Units in UCUM notation. */
  private static final Map<String, String> UNITS =
      Map.of(
          "otelcol_process_uptime_seconds_total", "s",
          "otelcol_process_memory_rss_bytes", "By");

  private static final String TOTAL = "_total";

  private CollectorNames() {}

  /** Returns the name without the unit that the Collector gives separately. */
  static String withoutUnit(String name) {
    return WITHOUT_UNITS.getOrDefault(name, name);
  }

  /** Moves the unit into its own field if the Collector does so. */
  static MetricFamily withUnit(MetricFamily f) {
    String unit = UNITS.get(f.name());
    return unit == null
        ? f
        : new MetricFamily(withoutUnit(f.name()), f.type(), f.help(), unit, f.metrics());
  }

  /** Returns the name without the suffix {@code _total}. */
  static String withoutSuffix(String name) {
    return name.endsWith(TOTAL) ? name.substring(0, name.length() - TOTAL.length()) : name;
  }

  /** Returns the name with the suffix {@code _total}. */
  static String withSuffix(String name) {
    return name.endsWith(TOTAL) ? name : name + TOTAL;
  }

  /** Returns the instrument name, without unit and suffix. */
  static String instrument(String name) {
    return withoutSuffix(withoutUnit(name));
  }
}
