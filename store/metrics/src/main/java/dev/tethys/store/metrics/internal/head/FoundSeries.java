package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.store.metrics.internal.index.MatchCache;

/**
 * Series of the head that matchers found, whether they have samples in a range or not. Immutable,
 * but that equal labels may be put in the place of others.
 *
 * @param slots by labels, ascending
 * @param labels of each
 * @param last the highest slot, 0 when there is none
 */
record FoundSeries(int[] slots, Labels[] labels, int last) {
  /** Puts series in order and spells out their labels, which are named in the index. */
  static FoundSeries of(LabelIndex index, int[] slots, int[] lists) {
    int n = slots.length;
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    index.sort(order, lists);
    int[] sorted = new int[n];
    Labels[] labels = new Labels[n];
    for (int i = 0; i < n; i++) {
      sorted[i] = slots[order[i]];
      labels[i] = index.labels(lists[order[i]]);
    }
    return new FoundSeries(sorted, labels, n == 0 ? 0 : slots[n - 1]);
  }

  /** About the bytes that this takes. */
  long weight() {
    return MatchCache.weight(labels, 48);
  }
}
