package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection;
import org.jspecify.annotations.Nullable;

/**
 * Series of the head that matchers found, whether they have samples in a range or not, in the order
 * of their labels. Labels are decoded on request, because a count needs none; they are kept if they
 * are few. Thread-safe.
 */
final class FoundSeries {
  /** Approximate memory of a series in addition to its decoded labels. */
  private static final int SERIES = 64;

  /**
   * Like the method above, without sorting by labels: finding and ordering the series takes
   * longest.
   */
  private static final int UNSPELLED = 8;

  private final LabelIndex index;
  private final int[] slots;
  private final int[] lists; // of pairs in the index, which never change
  private final int last;
  private final long weight;
  private final @Nullable Labels @Nullable [] spelled; // races only repeat the work

  /**
   * Puts series in order.
   *
   * @param slots ascending
   * @param lists the name of each one's list of pairs in the index
   * @param most the weight up to which labels are kept
   */
  FoundSeries(LabelIndex index, int[] slots, int[] lists, long most) {
    int n = slots.length;
    int[] order = SeriesOrder.of(index, lists);
    this.index = index;
    this.slots = new int[n];
    this.lists = new int[n];
    for (int i = 0; i < n; i++) {
      this.slots[i] = slots[order[i]];
      this.lists[i] = lists[order[i]];
    }
    last = n == 0 ? 0 : slots[n - 1];
    long w = SERIES * (long) n;
    for (int i = 0; i < n && w <= most; i++) {
      w += index.length(lists[i]);
    }
    spelled = w <= most ? new Labels[n] : null;
    weight = spelled == null ? UNSPELLED * (long) n : w;
  }

  int size() {
    return slots.length;
  }

  /** By labels. Not to be changed. */
  int[] slots() {
    return slots;
  }

  /**
   * Groups some of them.
   *
   * @param places their positions; null for all
   */
  Selection.Groups groups(int @Nullable [] places, byte[][] sortedNames, boolean keep) {
    PairGroups g = new PairGroups(index, sortedNames, keep);
    int[] of = new int[places == null ? lists.length : places.length];
    for (int i = 0; i < of.length; i++) {
      of[i] = g.of(lists[places == null ? i : places[i]]);
    }
    return new Selection.Groups(of, g.labels());
  }

  Labels labels(int i) {
    if (spelled == null) {
      return index.labels(lists[i]);
    }
    Labels l = spelled[i];
    if (l == null) {
      l = index.labels(lists[i]);
      spelled[i] = l;
    }
    return l;
  }

  /** Replaces its own labels by equal ones. */
  void adopt(int i, Labels same) {
    if (spelled != null) {
      spelled[i] = same;
    }
  }

  /** Returns the highest slot, 0 if there is none. */
  int last() {
    return last;
  }

  /** Returns the approximate maximum memory in bytes. */
  long weight() {
    return weight;
  }
}
