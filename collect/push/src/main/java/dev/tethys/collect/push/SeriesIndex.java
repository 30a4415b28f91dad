package dev.tethys.collect.push;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Series of a family by their labels: a hash table of hashes and positions, which takes 24 bytes
 * per series and no objects. Immutable.
 */
final class SeriesIndex {
  private final MetricFamily family;
  private final List<Metric> metrics;
  private final long[] hashes;
  private final int[] places; // 1 + the position in metrics; 0 for a free slot

  /**
   * Indexes a family.
   *
   * @throws PushException if it has a series twice
   */
  SeriesIndex(MetricFamily family) throws PushException {
    this.family = family;
    this.metrics = family.metrics();
    int size = Integer.highestOneBit(Math.max(2, metrics.size()) - 1) << 2;
    hashes = new long[size];
    places = new int[size];
    for (int i = 0; i < metrics.size(); i++) {
      Metric m = metrics.get(i);
      int at = slot(m.labels());
      if (places[at] != 0) {
        throw ConsistencyCheck.twice(family, m);
      }
      hashes[at] = m.labels().hash64();
      places[at] = i + 1;
    }
  }

  /** The slot of a series, or the free slot for it. */
  private int slot(Labels labels) {
    long hash = labels.hash64();
    int mask = places.length - 1;
    int at = (int) hash & mask;
    while (places[at] != 0
        && (hashes[at] != hash || !metrics.get(places[at] - 1).labels().equals(labels))) {
      at = at + 1 & mask;
    }
    return at;
  }

  MetricFamily family() {
    return family;
  }

  /** The metric of a series; null if the family has none. */
  @Nullable Metric find(Labels labels) {
    int place = places[slot(labels)];
    return place == 0 ? null : metrics.get(place - 1);
  }
}
