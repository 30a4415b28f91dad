package dev.tethys.collect.cloud.reader;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values that a monitoring service has for instances, by their id there. Values of one figure and
 * instance are added up. Not thread-safe.
 */
public final class CloudFigures {
  private static final int MAX_VALUES = 100_000;

  private record Figure(String name, String help, List<String> labels) {}

  private final Map<String, Map<Figure, Double>> values = new LinkedHashMap<>();
  private int size;

  /** Adds a value; labels are alternating names and values. */
  public void add(String id, String name, String help, double value, String... labels) {
    if (size >= MAX_VALUES || Double.isNaN(value) || Double.isInfinite(value)) {
      return;
    }
    Double before =
        values
            .computeIfAbsent(id, _ -> new LinkedHashMap<>())
            .merge(new Figure(name, help, List.of(labels)), value, Double::sum);
    size += before == value ? 1 : 0;
  }

  /** Adds the values of an instance to its metrics. */
  public void addTo(CloudMetrics.Instance m, String id) {
    values
        .getOrDefault(id, Map.of())
        .forEach((f, v) -> m.gauge(f.name, f.help, v, f.labels.toArray(String[]::new)));
  }
}
