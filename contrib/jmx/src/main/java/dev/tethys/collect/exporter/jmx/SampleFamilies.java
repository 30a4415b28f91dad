package dev.tethys.collect.exporter.jmx;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Samples of one scrape, by name, written by one thread and possibly read by another. After {@link
 * #close()} nothing is added.
 */
final class SampleFamilies {
  /** Maximum number of samples of one scrape. */
  static final int MAX_SAMPLES = 500_000;

  private static final String OBJECT_NAME = "_objectname";

  private final Map<String, List<MatchedValue>> byName = new TreeMap<>();
  private int size;
  private boolean closed;

  /** Adds a sample. */
  synchronized void add(MatchedValue v) {
    if (closed) {
      return;
    }
    if (++size > MAX_SAMPLES) {
      throw new IllegalStateException(
          "more than "
              + MAX_SAMPLES
              + " samples, the last of "
              + v.name()
              + "; leave out unneeded beans with rules or excludeObjectNames");
    }
    byName.computeIfAbsent(v.name(), k -> new ArrayList<>()).add(v);
  }

  /** Ends the collection, and returns the samples so far. */
  synchronized List<MetricFamily> close() {
    closed = true;
    List<MetricFamily> out = new ArrayList<>();
    byName.forEach((name, values) -> out.add(family(name, values)));
    return out;
  }

  private static MetricFamily family(String name, List<MatchedValue> values) {
    Set<Labels> seen = new HashSet<>();
    boolean unique = values.stream().allMatch(v -> seen.add(v.labels()));
    Map<Labels, Double> samples = new java.util.LinkedHashMap<>();
    for (MatchedValue v : values) {
      Labels l =
          unique ? v.labels() : v.labels().toBuilder().set(OBJECT_NAME, place(v.matched())).build();
      samples.putIfAbsent(l, v.value() == null ? 0 : v.value());
    }
    MatchedValue first = values.getFirst();
    JmxRule.Kind kind =
        values.stream().allMatch(v -> v.type() == first.type())
            ? first.type()
            : JmxRule.Kind.UNTYPED;
    List<MetricFamily.Metric> metrics = new ArrayList<>();
    samples.forEach((l, v) -> metrics.add(new MetricFamily.Metric(l, v)));
    return switch (kind) {
      case COUNTER ->
          new MetricFamily(name + "_total", MetricType.COUNTER, first.help(), "", metrics);
      case GAUGE -> new MetricFamily(name, MetricType.GAUGE, first.help(), "", metrics);
      case UNTYPED -> new MetricFamily(name, MetricType.UNKNOWN, first.help(), "", metrics);
    };
  }

  /** Returns the bean and attribute in the text matched by a pattern. */
  private static String place(String matched) {
    int colon = matched.lastIndexOf(':');
    return colon <= 0 ? matched : matched.substring(0, colon);
  }
}
