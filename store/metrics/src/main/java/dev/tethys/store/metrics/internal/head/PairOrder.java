package dev.tethys.store.metrics.internal.head;

import java.util.function.IntBinaryOperator;

/**
 * Order of all pairs up to a number.
 *
 * @param inOrder numbers of pairs
 * @param places position of each pair in that order
 */
record PairOrder(int[] inOrder, int[] places) {
  /** Returns an order that includes the pairs added since. */
  PairOrder with(int n, IntBinaryOperator compare) {
    int[] all = IntOrder.merged(inOrder, n, compare);
    int[] at = new int[n];
    for (int i = 0; i < n; i++) {
      at[all[i]] = i;
    }
    return new PairOrder(all, at);
  }

  long bytes() {
    return 8L * places.length;
  }
}
