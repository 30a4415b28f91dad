package dev.tethys.codec.otlp;

import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.telemetry.Metric;

/**
 * Metadata of OTLP metrics that were converted from Prometheus series. With it they become the same
 * series again: {@value #NAME} marks the name as that of the series, so that no unit or type is
 * appended to it.
 */
public final class PrometheusOrigin {
  /**
   * Type of the family as named by Prometheus; the Collector's {@code prometheus} receiver's key.
   */
  public static final String TYPE = "prometheus.type";

  /** Name of the family's series. It counts only while the metric has the same name. */
  public static final String NAME = "prometheus.name";

  /** Unit of a family whose name does not end with it, which OTLP's unit would change. */
  public static final String UNIT = "prometheus.unit";

  /** Marks explicit histograms converted from native ones with custom buckets. */
  public static final String CUSTOM_BUCKETS = "prometheus.custom_buckets";

  /** Set on histograms without a series {@code _count}, which OpenMetrics allows. */
  public static final String NO_COUNT = "prometheus.no_count";

  private PrometheusOrigin() {}

  /** Describes a metric that has its name and data. */
  static void mark(Metric metric, MetricMetadata family) {
    metric.setDescription(family.help());
    metric.metadata().put(TYPE, family.type().text());
    metric.metadata().put(NAME, metric.name());
    String unit = family.unit();
    if (unit.isEmpty()) {
      return;
    }
    String name = metric.name();
    if (name.endsWith("_" + unit) || name.endsWith("_" + unit + "_total")) {
      metric.setUnit(unit);
    } else {
      metric.metadata().put(UNIT, unit);
    }
  }

  /** Whether a metric's name equals that of its series. */
  public static boolean keepsName(Metric m) {
    return m.name().equals(m.metadata().getString(NAME));
  }

  /** Type of the family in the metadata; {@code otherwise} if there is none. */
  static MetricType type(String text, MetricType otherwise) {
    for (MetricType t : MetricType.values()) {
      if (t.text().equals(text)) {
        return t;
      }
    }
    return otherwise;
  }
}
