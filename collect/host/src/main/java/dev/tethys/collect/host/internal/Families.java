package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Collects the metrics of one collection by family, in order of arrival. */
public final class Families {
  private record Family(String name, MetricType type, String help, List<Metric> metrics) {}

  private final Map<String, Family> byName = new LinkedHashMap<>(512);

  /** Creates an empty object for one collection. */
  public Families() {}

  public void add(Desc desc, double value) {
    add(desc, value, Labels.EMPTY);
  }

  public void add(Desc desc, double value, String... labelValues) {
    add(desc, value, desc.labels(labelValues));
  }

  public void add(Desc desc, double value, Labels labels) {
    add(desc.name, desc.type, desc.help, new Metric(labels, value));
  }

  public void add(String name, MetricType type, String help, Metric metric) {
    Family f = byName.get(name);
    if (f == null) {
      f = new Family(name, type, help, new ArrayList<>(4));
      byName.put(name, f);
    }
    f.metrics.add(metric);
  }

  /** The label sets of a family so far. */
  public List<Labels> labels(String name) {
    Family f = byName.get(name);
    return f == null ? List.of() : f.metrics.stream().map(Metric::labels).toList();
  }

  /** The type of a family so far, or null. */
  @org.jspecify.annotations.Nullable
  public MetricType type(String name) {
    Family f = byName.get(name);
    return f == null ? null : f.type;
  }

  /**
   * Passes every family once to {@code to}. Of metrics with the same labels, which only malformed
   * files can contain, the first is kept.
   */
  public void drainTo(Consumer<MetricFamily> to) {
    for (Family f : byName.values()) {
      to.accept(new MetricFamily(f.name, f.type, f.help, "", unique(f.metrics)));
    }
    byName.clear();
  }

  private static List<Metric> unique(List<Metric> metrics) {
    if (metrics.size() == 1) {
      return metrics;
    }
    Set<Labels> seen = HashSet.newHashSet(metrics.size());
    for (Metric m : metrics) {
      seen.add(m.labels());
    }
    if (seen.size() < metrics.size()) {
      metrics.removeIf(m -> !seen.remove(m.labels()));
    }
    return metrics;
  }
}
