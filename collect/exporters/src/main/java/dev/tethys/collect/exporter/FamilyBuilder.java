package dev.tethys.collect.exporter;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Metric families while they are being found out: a sample that is set again has its new value. Not
 * thread-safe.
 */
public final class FamilyBuilder {
  private record Family(MetricType type, String help, Map<Labels, Double> samples) {}

  private final Map<String, Family> families = new TreeMap<>();

  /** Sets a gauge without labels. */
  public FamilyBuilder gauge(String name, String help, double value) {
    return set(MetricType.GAUGE, name, help, Labels.EMPTY, value);
  }

  /** Sets a gauge with one label. */
  public FamilyBuilder gauge(String name, String help, String label, String of, double value) {
    return set(MetricType.GAUGE, name, help, Labels.of(label, of), value);
  }

  /** Sets a sample; the first type and help of a family are kept. */
  public FamilyBuilder set(MetricType type, String name, String help, Labels labels, double value) {
    family(type, name, help).samples.put(labels, value);
    return this;
  }

  /** Adds to a gauge with one label; a gauge that does not exist yet starts at 0. */
  public void add(String name, String help, String label, String of, double value) {
    family(MetricType.GAUGE, name, help).samples.merge(Labels.of(label, of), value, Double::sum);
  }

  /** Whether a sample was set. */
  public boolean has(String name, Labels labels) {
    Family f = families.get(name);
    return f != null && f.samples.containsKey(labels);
  }

  private Family family(MetricType type, String name, String help) {
    return families.computeIfAbsent(name, k -> new Family(type, help, new LinkedHashMap<>()));
  }

  /** The families, sorted by name. */
  public List<MetricFamily> families() {
    List<MetricFamily> out = new ArrayList<>();
    families.forEach(
        (name, f) -> {
          List<MetricFamily.Metric> metrics = new ArrayList<>();
          f.samples.forEach((l, v) -> metrics.add(new MetricFamily.Metric(l, v)));
          out.add(new MetricFamily(name, f.type, f.help, "", metrics));
        });
    return out;
  }
}
