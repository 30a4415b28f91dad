package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import org.jspecify.annotations.Nullable;

/**
 * Series of the head that matchers found, whether they have samples in a range or not, in the order
 * of their labels. Labels are spelled out when they are asked for, as a count asks for none; they
 * are kept if they are few, for then this is kept itself. Safe for several threads.
 */
final class FoundSeries {
  /** About the bytes of a series beside its spelled out labels. */
  private static final int SERIES = 64;

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
   * @param most the weight up to which this may be kept
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
    weight = w;
    spelled = w <= most ? new Labels[n] : null;
  }

  int size() {
    return slots.length;
  }

  /** By labels. Not to be changed. */
  int[] slots() {
    return slots;
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

  /** Takes equal labels in the place of its own. */
  void adopt(int i, Labels same) {
    if (spelled != null) {
      spelled[i] = same;
    }
  }

  /** The highest slot, 0 when there is none. */
  int last() {
    return last;
  }

  /** About the bytes that this may take, or more than it was said to be kept with. */
  long weight() {
    return weight;
  }
}
