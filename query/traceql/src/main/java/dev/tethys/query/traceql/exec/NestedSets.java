package dev.tethys.query.traceql.exec;

/**
 * Nested set numbers of the spans in a trace: a span's numbers enclose those of its descendants.
 *
 * <p>A root (no parent id) has the parent -1. A span whose parent is not in the trace starts its
 * own tree and has the parent 0; so has the first span of a cycle. Of spans with one id the
 * server's gets the children, which clients of some libraries share their id with, otherwise the
 * first.
 */
final class NestedSets {
  final int[] left;
  final int[] right;
  final int[] parent;
  final int[] children;

  /**
   * @param spanIds ids of spans
   * @param parentIds ids of parents, 0 for a root
   * @param server true for a server's span; the first is that of the trace
   * @param from first span of the trace
   * @param to end of the trace's spans
   */
  NestedSets(long[] spanIds, long[] parentIds, boolean[] server, int from, int to) {
    int n = to - from;
    left = new int[n];
    right = new int[n];
    parent = new int[n];
    children = new int[n];
    int[] up = parents(spanIds, parentIds, server, from, n);
    // children as lists in the order of the rows
    int[] first = new int[n];
    int[] next = new int[n];
    java.util.Arrays.fill(first, -1);
    for (int i = n - 1; i >= 0; i--) {
      next[i] = -1;
      if (up[i] >= 0) {
        next[i] = first[up[i]];
        first[up[i]] = i;
        children[up[i]]++;
      }
    }
    int number = 1;
    for (int i = 0; i < n; i++) {
      if (up[i] < 0) {
        number = walk(i, parentIds[from + i] == 0 ? -1 : 0, number, up, first, next);
      }
    }
    for (int i = 0; i < n; i++) {
      if (left[i] == 0) { // in a cycle, or below one
        int entry = entry(i, up);
        children[up[entry]]--;
        up[entry] = -1;
        number = walk(entry, 0, number, up, first, next);
      }
    }
  }

  /** Returns the first span, by its row, of the cycle that a span leads to. */
  private int entry(int span, int[] up) {
    int slow = span;
    int fast = span;
    do {
      slow = up[slow];
      fast = up[up[fast]];
    } while (slow != fast);
    int least = slow;
    for (int i = up[slow]; i != slow; i = up[i]) {
      least = Math.min(least, i);
    }
    return least;
  }

  private int walk(int root, int rootParent, int from, int[] up, int[] first, int[] next) {
    int number = from;
    int at = root;
    parent[root] = rootParent;
    left[root] = number++;
    // first is consumed as a cursor: each list is walked once
    while (true) {
      int child = first[at];
      if (child >= 0) {
        first[at] = next[child];
        if (left[child] != 0) {
          continue; // the entry of a cycle, which is the root of this walk
        }
        parent[child] = left[at];
        left[child] = number++;
        at = child;
        continue;
      }
      right[at] = number++;
      if (at == root) {
        return number;
      }
      at = up[at];
    }
  }

  private static int[] parents(
      long[] spanIds, long[] parentIds, boolean[] server, int from, int n) {
    int slots = Integer.highestOneBit(Math.max(4, n)) * 4;
    int[] table = new int[slots];
    for (int i = 0; i < n; i++) {
      int s = slot(spanIds[from + i], table, spanIds, from);
      if (table[s] == 0 || server[i] && !server[table[s] - 1]) {
        table[s] = i + 1;
      }
    }
    int[] up = new int[n];
    for (int i = 0; i < n; i++) {
      long p = parentIds[from + i];
      int found = p == 0 ? 0 : table[slot(p, table, spanIds, from)];
      up[i] = found - 1;
      if (found - 1 == i) {
        up[i] = -1; // its own parent
      }
    }
    return up;
  }

  private static int slot(long id, int[] table, long[] spanIds, int from) {
    int mask = table.length - 1;
    int s = (int) ((id * 0x9E3779B97F4A7C15L) >>> 33) & mask;
    while (table[s] != 0 && spanIds[from + table[s] - 1] != id) {
      s = (s + 1) & mask;
    }
    return s;
  }
}
