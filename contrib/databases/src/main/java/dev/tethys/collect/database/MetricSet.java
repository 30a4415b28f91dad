package dev.tethys.collect.database;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Point;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of one scrape of a server, by family. Not thread-safe.
 *
 * <p>Of two metrics with the same name and labels the first is kept. The number of metrics is
 * bounded; beyond it the scrape fails with {@link ScrapeLimitException}.
 */
public final class MetricSet {
  /** Most metrics of one scrape. */
  public static final int MAX_METRICS = 500_000;

  private record Family(MetricType type, String help, Map<Labels, Metric> metrics) {}

  private final Map<String, Family> families = new LinkedHashMap<>(512);
  private final String prefix;
  private Labels always = Labels.EMPTY;
  private int size;

  /**
   * Creates an empty registry.
   *
   * @param namespace prefix of every name, followed by an underscore; empty if none
   */
  public MetricSet(String namespace) {
    this.prefix = namespace.isEmpty() ? "" : namespace + "_";
  }

  /** Labels that all metrics get that are added from now on. */
  public void always(Labels labels) {
    this.always = labels;
  }

  /** A gauge; labels are alternating names and values. */
  public void gauge(String name, String help, double value, String... labels) {
    add(name, MetricType.GAUGE, help, new MetricFamily.Value(value, null), labels);
  }

  /** A gauge whose name gets no prefix; labels are alternating names and values. */
  public void unprefixedGauge(String name, String help, double value, String... labels) {
    addFull(name, MetricType.GAUGE, help, new MetricFamily.Value(value, null), labels);
  }

  /** A counter; labels are alternating names and values. */
  public void counter(String name, String help, double value, String... labels) {
    add(name, MetricType.COUNTER, help, new MetricFamily.Value(value, null), labels);
  }

  /** A number of unknown type; labels are alternating names and values. */
  public void untyped(String name, String help, double value, String... labels) {
    add(name, MetricType.UNKNOWN, help, new MetricFamily.Value(value, null), labels);
  }

  /** Adds any metric; labels are alternating names and values. */
  public void add(String name, MetricType type, String help, Point point, String... labels) {
    addFull(prefix + name, type, help, point, labels);
  }

  private void addFull(String name, MetricType type, String help, Point point, String... labels) {
    Labels l = labels.length == 0 ? Labels.EMPTY : Labels.of(labels);
    if (!always.isEmpty()) {
      var b = l.toBuilder();
      always.toMap().forEach(b::set);
      l = b.build();
    }
    Family f = families.computeIfAbsent(name, k -> new Family(type, help, new LinkedHashMap<>(4)));
    if (f.metrics.putIfAbsent(l, new Metric(l, point)) == null && ++size > MAX_METRICS) {
      throw new ScrapeLimitException(
          "more than "
              + MAX_METRICS
              + " metrics in one scrape, the last of "
              + name
              + "; turn off what is not needed");
    }
  }

  /** A family found earlier, by its full name. */
  public void addAll(MetricFamily f) {
    for (Metric m : f.metrics()) {
      List<String> labels = new ArrayList<>();
      m.labels()
          .toMap()
          .forEach(
              (k, v) -> {
                labels.add(k);
                labels.add(v);
              });
      add(
          f.name().substring(prefix.length()),
          f.type(),
          f.help(),
          m.point(),
          labels.toArray(String[]::new));
    }
  }

  /** The type of a family by its full name; null if it was not added. */
  public @Nullable MetricType type(String fullName) {
    Family f = families.get(fullName);
    return f == null ? null : f.type;
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
