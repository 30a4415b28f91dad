package dev.tethys.pipeline.exporter.prometheus;

import dev.tethys.codec.otlp.MetricKind;
import dev.tethys.codec.otlp.OtlpNames;
import dev.tethys.codec.otlp.TranslationStrategy;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.telemetry.MetricData;
import java.util.HashMap;
import java.util.Map;

/**
 * Names of metrics and attributes as series names, as everywhere OTLP becomes series, so that a
 * metric has one name regardless of its destination. Throws {@link IllegalArgumentException} if
 * there is none. Not thread-safe.
 */
final class SeriesNames {
  /** Names that are remembered; all are dropped when there are more. */
  static final int MAX_KNOWN = 50_000;

  private record RequestedName(String name, String unit, MetricKind kind) {}

  private final TranslationStrategy strategy;
  private final Map<RequestedName, String> metrics = new HashMap<>();
  private final Map<String, String> labels = new HashMap<>();

  /** Names by a strategy; runs of signs become one underscore, as in the Collector. */
  SeriesNames(TranslationStrategy strategy) {
    this.strategy = strategy;
  }

  /** Series name of a metric with such data. */
  String metric(String name, String unit, MetricData<?> data) {
    // Only gauges (ratios) and counters (totals) have their own suffixes.
    MetricKind kind =
        switch (data) {
          case MetricData.Gauge g -> MetricKind.GAUGE;
          case MetricData.Sum s -> s.isMonotonic() ? MetricKind.MONOTONIC_SUM : MetricKind.SUM;
          default -> MetricKind.SUM;
        };
    RequestedName asked = new RequestedName(name, unit, kind);
    String known = metrics.get(asked);
    if (known == null) {
      try {
        known = OtlpNames.metric(strategy, name, unit, kind);
      } catch (OtlpNames.BadName e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
      remember(metrics, asked, known);
    }
    return known;
  }

  /**
   * Returns the name of a metric created from series: the series' name, if the strategy allows it.
   */
  String ofSeries(String name) {
    if (!strategy.escapes() || NameScheme.LEGACY.isValidMetricName(name)) {
      return name;
    }
    RequestedName asked = new RequestedName(name, "", MetricKind.NONE);
    String known = metrics.get(asked);
    if (known == null) {
      try {
        known =
            OtlpNames.metric(
                TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES, name, "", asked.kind);
      } catch (OtlpNames.BadName e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
      remember(metrics, asked, known);
    }
    return known;
  }

  /** Returns the name of a series label. */
  String labelOfSeries(String label) {
    return NameScheme.LEGACY.isValidLabelName(label) && !label.equals(Labels.METRIC_NAME)
        ? label
        : label(label);
  }

  /** Returns the label name of an attribute. */
  String label(String attribute) {
    String known = labels.get(attribute);
    if (known == null) {
      if (attribute.isEmpty() || attribute.equals(Labels.METRIC_NAME)) {
        throw new IllegalArgumentException("\"" + attribute + "\" cannot be the name of a label");
      }
      try {
        known = strategy.escapes() ? OtlpNames.escapedLabel(attribute, false, false) : attribute;
      } catch (OtlpNames.BadName e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
      remember(labels, attribute, known);
    }
    return known;
  }

  private static <K> void remember(Map<K, String> names, K asked, String name) {
    if (names.size() >= MAX_KNOWN) {
      names.clear();
    }
    names.put(asked, name);
  }
}
