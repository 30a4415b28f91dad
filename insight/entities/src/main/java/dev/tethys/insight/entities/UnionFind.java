package dev.tethys.insight.entities;

import java.util.Arrays;

/**
 * Sets of numbers, joined pair by pair. The representative of a set is its smallest number, so that
 * the result does not depend on the order of the pairs; a pair that closes a cycle changes nothing.
 */
final class UnionFind {
  private final int[] parents;

  /** Creates separate sets for all numbers below {@code size}. */
  UnionFind(int size) {
    parents = new int[size];
    Arrays.setAll(parents, i -> i);
  }

  /** Returns the representative of the set that contains a number. */
  int find(int i) {
    while (parents[i] != i) {
      parents[i] = parents[parents[i]];
      i = parents[i];
    }
    return i;
  }

  /** Joins the sets of two numbers. */
  void union(int a, int b) {
    int x = find(a);
    int y = find(b);
    parents[Math.max(x, y)] = Math.min(x, y);
  }

  /** Makes a number a separate set. All numbers of its set must be split before the next find. */
  void split(int i) {
    parents[i] = i;
  }
}
