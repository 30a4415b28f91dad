package dev.tethys.pipeline.graph;

import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.Registry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Metrics of the nodes of one component. Counts of ended nodes are kept, so that the component's
 * counters never decrease when a graph change replaces its nodes. Thread-safe.
 */
final class ComponentMetrics implements Collector {
  /** Maximum number of kept metrics of ended nodes. */
  static final int MAX_KEPT = 10_000;

  private final Registry all = new Registry(); // of running nodes and kept counts
  private volatile List<MetricFamily> ended = List.of(); // written under this

  ComponentMetrics() {
    all.register(to -> ended.forEach(to));
  }

  /** Records that a node runs. */
  synchronized void begin(Registry of) {
    all.register(of);
  }

  /** Records that a node has ended; its counts stay. */
  synchronized void end(Registry of) {
    Registry both = new Registry();
    List<MetricFamily> before = ended;
    both.register(before::forEach);
    both.register(of);
    try {
      ended = counts(both.gather());
    } finally {
      all.unregister(of);
    }
  }

  private static List<MetricFamily> counts(List<MetricFamily> of) {
    List<MetricFamily> out = new ArrayList<>();
    int kept = 0;
    for (MetricFamily f : of) {
      boolean counted =
          f.type() == MetricType.COUNTER
              || f.type() == MetricType.HISTOGRAM
              || f.type() == MetricType.SUMMARY;
      kept += counted ? f.metrics().size() : 0;
      if (counted && kept <= MAX_KEPT) {
        List<Metric> metrics =
            f.metrics().stream().map(ComponentMetrics::withoutQuantiles).toList();
        out.add(new MetricFamily(f.name(), f.type(), f.help(), f.unit(), metrics));
      }
    }
    return out;
  }

  /** Quantiles cover the last minutes of a node, and end with it. */
  private static Metric withoutQuantiles(Metric m) {
    return m.point() instanceof Quantiles q
        ? new Metric(
            m.labels(),
            new Quantiles(q.count(), q.sum(), new double[0], new double[0]),
            m.timestamp(),
            m.startTimestamp())
        : m;
  }

  @Override
  public synchronized void collect(Consumer<MetricFamily> to) {
    all.gather().forEach(to);
  }
}
