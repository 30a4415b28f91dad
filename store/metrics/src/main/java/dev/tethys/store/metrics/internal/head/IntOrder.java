package dev.tethys.store.metrics.internal.head;

import java.util.function.IntBinaryOperator;

/** A stable merge sort of ints by any comparison, without objects; sorted input is cheap. */
final class IntOrder {
  private static final int INSERTED = 8;

  private final int[] order;
  private final int[] spare;
  private final IntBinaryOperator compare;

  private IntOrder(int[] order, IntBinaryOperator compare) {
    this.order = order;
    this.spare = new int[order.length + 1 >>> 1];
    this.compare = compare;
  }

  static void sort(int[] order, IntBinaryOperator compare) {
    new IntOrder(order, compare).sort(0, order.length);
  }

  /**
   * Returns the numbers below a limit in order. The first ones are already in order; new ones are
   * sorted and merged.
   */
  static int[] merged(int[] inOrder, int n, IntBinaryOperator compare) {
    int old = inOrder.length;
    int[] fresh = new int[n - old];
    for (int i = old; i < n; i++) {
      fresh[i - old] = i;
    }
    sort(fresh, compare);
    int[] out = new int[n];
    int taken = 0; // of those in order
    for (int k = 0; k < fresh.length; k++) {
      int lo = taken;
      int hi = old;
      while (lo < hi) {
        int mid = (lo + hi) >>> 1;
        if (compare.applyAsInt(inOrder[mid], fresh[k]) <= 0) {
          lo = mid + 1;
        } else {
          hi = mid;
        }
      }
      System.arraycopy(inOrder, taken, out, taken + k, lo - taken);
      taken = lo;
      out[taken + k] = fresh[k];
    }
    System.arraycopy(inOrder, taken, out, taken + fresh.length, old - taken);
    return out;
  }

  private void sort(int from, int to) {
    if (to - from < INSERTED) {
      for (int i = from + 1; i < to; i++) {
        int x = order[i];
        int j = i;
        while (j > from && compare.applyAsInt(order[j - 1], x) > 0) {
          order[j] = order[j - 1];
          j--;
        }
        order[j] = x;
      }
      return;
    }
    int mid = (from + to) >>> 1;
    sort(from, mid);
    sort(mid, to);
    if (compare.applyAsInt(order[mid - 1], order[mid]) <= 0) {
      return;
    }
    int n = mid - from;
    System.arraycopy(order, from, spare, 0, n);
    int a = 0;
    int b = mid;
    for (int at = from; a < n; at++) {
      order[at] = b == to || compare.applyAsInt(spare[a], order[b]) <= 0 ? spare[a++] : order[b++];
    }
  }
}
