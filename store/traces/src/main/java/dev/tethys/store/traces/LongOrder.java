package dev.tethys.store.traces;

import java.util.Arrays;

/** Stable orders by keys of 64 bits. */
final class LongOrder {
  private static final int FEW = 24;

  private LongOrder() {}

  /** Numbers below {@code n} in the order of their keys. */
  static int[] sorted(long[] keys, int n) {
    int[] out = new int[n];
    Arrays.setAll(out, i -> i);
    sort(out, 0, n, keys);
    return out;
  }

  /** Sorts a range of numbers by their keys; equal keys keep their order. */
  static void sort(int[] numbers, int from, int to, long[] keys) {
    if (to - from <= FEW) {
      for (int i = from + 1; i < to; i++) {
        int x = numbers[i];
        long key = keys[x];
        int at = i;
        for (; at > from && keys[numbers[at - 1]] > key; at--) {
          numbers[at] = numbers[at - 1];
        }
        numbers[at] = x;
      }
      return;
    }
    boolean ascending = true;
    for (int i = from + 1; i < to && ascending; i++) {
      ascending = keys[numbers[i - 1]] <= keys[numbers[i]];
    }
    if (!ascending) {
      merge(numbers, from, to, keys, new int[to - from]);
    }
  }

  private static void merge(int[] a, int from, int to, long[] keys, int[] scratch) {
    if (to - from <= FEW) {
      sort(a, from, to, keys);
      return;
    }
    int middle = from + to >>> 1;
    merge(a, from, middle, keys, scratch);
    merge(a, middle, to, keys, scratch);
    if (keys[a[middle - 1]] <= keys[a[middle]]) {
      return;
    }
    int n = middle - from;
    System.arraycopy(a, from, scratch, 0, n);
    int left = 0;
    int right = middle;
    int at = from;
    while (left < n) {
      if (right < to && keys[a[right]] < keys[scratch[left]]) {
        a[at++] = a[right++];
      } else {
        a[at++] = scratch[left++];
      }
    }
  }
}
