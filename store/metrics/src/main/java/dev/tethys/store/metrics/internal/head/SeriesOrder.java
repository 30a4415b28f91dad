package dev.tethys.store.metrics.internal.head;

/**
 * Puts series in the order of their labels.
 *
 * <p>Pairs of names and values have a place among all pairs ({@link LabelIndex#places}), so that
 * labels compare as the lists of these numbers do. As many numbers as fit are packed into a key,
 * keys are sorted with their series, and where keys are equal the same is done with the numbers
 * that follow. A million series are sorted in a tenth of the time that comparing their labels
 * takes. Sorting keeps runs, as series of one target mostly come in their order.
 */
final class SeriesOrder {
  /** Below so many, keys are not worth it. */
  private static final int FEW = 64;

  /** A position is looked up much faster than labels are compared. */
  private static final int GAIN = 16;

  private final LabelIndex index;
  private final int[] places;
  private final int bits; // of a number in a key
  private final int numbers; // in a key
  private final int[] rest; // by series: the name of what is left of its list
  private final int[] order;
  private final long[] keys; // at the place of their series in order
  private final KeyedOrder byKey;

  private SeriesOrder(LabelIndex index, int[] lists, int[] places) {
    this.index = index;
    this.places = places;
    bits = Integer.SIZE - Integer.numberOfLeadingZeros(places.length);
    numbers = (Long.SIZE - 1) / bits;
    rest = lists.clone();
    order = ascending(lists.length);
    keys = new long[lists.length];
    byKey = new KeyedOrder(keys, order);
  }

  /** Positions in the lists, by the labels that the lists name. */
  static int[] of(LabelIndex index, int[] lists) {
    if (lists.length >= FEW) {
      int[] places = index.places(lists, GAIN * (long) lists.length);
      if (places != null) {
        SeriesOrder o = new SeriesOrder(index, lists, places);
        o.sort(0, lists.length);
        return o.order;
      }
    }
    int[] order = ascending(lists.length);
    IntOrder.sort(order, (a, b) -> index.compare(lists[a], lists[b]));
    return order;
  }

  private static int[] ascending(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    return order;
  }

  private void sort(int from, int to) {
    pack(from, to);
    byKey.sort(from, to);
    long last = (1L << bits) - 1;
    int begin = from;
    for (int i = from + 1; i <= to; i++) {
      if (i == to || keys[i] != keys[begin]) {
        if (i - begin > 1 && (keys[begin] & last) != 0) {
          sort(begin, i); // which makes other keys
        }
        begin = i;
      }
    }
  }

  private void pack(int from, int to) {
    for (int i = from; i < to; i++) {
      int list = rest[order[i]];
      long key = 0;
      for (int k = 0; k < numbers; k++) {
        int pair = index.pairAt(list);
        key <<= bits;
        if (pair >= 0) {
          key |= places[pair] + 1;
          list = index.next(list, pair);
        }
      }
      keys[i] = key;
      rest[order[i]] = list;
    }
  }
}
