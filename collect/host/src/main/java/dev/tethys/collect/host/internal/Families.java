package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Gathers the metrics of one collection by family, in the order in which they came. */
public final class Families {
  private record Family(String name, MetricType type, String help, List<Metric> metrics) {}

  private final Map<String, Family> byName = new LinkedHashMap<>(512);

  /** Empty, for one collection. */
  public Families() {}

  void add(Desc desc, double value) {
    add(desc, value, Labels.EMPTY);
  }

  void add(Desc desc, double value, String... labelValues) {
    add(desc, value, desc.labels(labelValues));
  }

  void add(Desc desc, double value, Labels labels) {
    add(desc.name, desc.type, desc.help, new Metric(labels, value));
  }

  void add(String name, MetricType type, String help, Metric metric) {
    Family f = byName.get(name);
    if (f == null) {
      f = new Family(name, type, help, new ArrayList<>(4));
      byName.put(name, f);
    }
    f.metrics.add(metric);
  }

  /** True when a family of that name holds a metric with these labels. */
  boolean has(String name, Labels labels) {
    Family f = byName.get(name);
    return f != null && f.metrics.stream().anyMatch(m -> m.labels().equals(labels));
  }

  /** The type of a family gathered so far, or null. */
  @org.jspecify.annotations.Nullable
  MetricType type(String name) {
    Family f = byName.get(name);
    return f == null ? null : f.type;
  }

  /** Hands over every family once. */
  public void drainTo(Consumer<MetricFamily> to) {
    for (Family f : byName.values()) {
      to.accept(new MetricFamily(f.name, f.type, f.help, "", f.metrics));
    }
    byName.clear();
  }
}
