package dev.tethys.store.metrics.internal.head;

/** Sorts ints by keys in a second array: a stable merge sort that skips what is in order. */
final class KeyedOrder {
  private static final int INSERTED = 12;

  private final long[] keys;
  private final int[] order;
  private final long[] spareKeys;
  private final int[] spare;

  /**
   * Sorts parts of two arrays.
   *
   * @param keys sort keys, each at the index of the value that it orders
   */
  KeyedOrder(long[] keys, int[] order) {
    this.keys = keys;
    this.order = order;
    spareKeys = new long[keys.length + 1 >>> 1];
    spare = new int[keys.length + 1 >>> 1];
  }

  void sort(int from, int to) {
    if (to - from <= INSERTED) {
      for (int i = from + 1; i < to; i++) {
        long key = keys[i];
        int x = order[i];
        int j = i;
        for (; j > from && keys[j - 1] > key; j--) {
          keys[j] = keys[j - 1];
          order[j] = order[j - 1];
        }
        keys[j] = key;
        order[j] = x;
      }
      return;
    }
    int mid = (from + to) >>> 1;
    sort(from, mid);
    sort(mid, to);
    if (keys[mid - 1] <= keys[mid]) {
      return;
    }
    int n = mid - from;
    System.arraycopy(keys, from, spareKeys, 0, n);
    System.arraycopy(order, from, spare, 0, n);
    int a = 0;
    int b = mid;
    for (int at = from; a < n; at++) {
      if (b == to || spareKeys[a] <= keys[b]) {
        keys[at] = spareKeys[a];
        order[at] = spare[a++];
      } else {
        keys[at] = keys[b];
        order[at] = order[b++];
      }
    }
  }
}
