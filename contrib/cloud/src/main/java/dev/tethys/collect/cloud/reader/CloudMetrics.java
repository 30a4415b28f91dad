package dev.tethys.collect.cloud.reader;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Metrics of one reading, by family. Not thread-safe.
 *
 * <p>Of two metrics with equal names and labels the first is kept. Metrics beyond {@link
 * #MAX_METRICS} are dropped.
 */
public final class CloudMetrics {
  /** Most metrics of a reading. */
  static final int MAX_METRICS = 200_000;

  private record Family(MetricType type, String help, Map<Labels, Metric> metrics) {}

  private final Map<String, Family> families = new LinkedHashMap<>();
  private int size;

  /** Metrics of one instance. */
  public final class Instance {
    private final String label;
    private final String id;

    private Instance(String label, String id) {
      this.label = label;
      this.id = id;
    }

    /** Adds a gauge; labels are alternating names and values. */
    public void gauge(String name, String help, double value, String... labels) {
      add(name, MetricType.GAUGE, help, value, labels);
    }

    /** Adds a counter; labels are alternating names and values. */
    public void counter(String name, String help, double value, String... labels) {
      add(name, MetricType.COUNTER, help, value, labels);
    }

    private void add(String name, MetricType type, String help, double value, String... labels) {
      LabelsBuilder b = new LabelsBuilder(Labels.EMPTY);
      for (int i = 0; i + 1 < labels.length; i += 2) {
        b.set(labels[i], labels[i + 1]);
      }
      CloudMetrics.this.add(name, type, help, value, b.set(label, id).build());
    }
  }

  /** Metrics that have a label with the id of their instance. */
  public Instance of(String label, String id) {
    return new Instance(label, id);
  }

  /** Adds a gauge without an instance. */
  public void gauge(String name, String help, double value, Labels labels) {
    add(name, MetricType.GAUGE, help, value, labels);
  }

  private void add(String name, MetricType type, String help, double value, Labels labels) {
    if (Double.isNaN(value) || Double.isInfinite(value) || size >= MAX_METRICS) {
      return;
    }
    Family f = families.computeIfAbsent(name, _ -> new Family(type, help, new LinkedHashMap<>()));
    if (f.metrics.putIfAbsent(labels, new Metric(labels, value)) == null) {
      size++;
    }
  }

  /** All families. */
  public List<MetricFamily> families() {
    List<MetricFamily> out = new ArrayList<>(families.size());
    families.forEach(
        (name, f) ->
            out.add(
                new MetricFamily(name, f.type, f.help, "", new ArrayList<>(f.metrics.values()))));
    return out;
  }
}
