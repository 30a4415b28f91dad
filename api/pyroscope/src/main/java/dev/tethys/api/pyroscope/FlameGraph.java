package dev.tethys.api.pyroscope;

import dev.tethys.model.profiles.StackTree;
import dev.tethys.web.HttpException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Flame graph as Pyroscope encodes it. A level has four numbers for each node: distance from the
 * end of the node before, total, self, index of the name; of two compared trees seven: distance,
 * total and self of the left one, of the right one, index of the name. Nodes with less than the
 * smallest total of the largest nodes are combined into one named {@code other}.
 *
 * @param names names by index, the root first
 * @param levels numbers of each level
 * @param totals sum of each tree
 * @param maxSelf largest self value
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
record FlameGraph(List<String> names, List<long[]> levels, long[] totals, long maxSelf) {
  /** Name of the node that small ones are combined into. */
  static final String OTHER = "other";

  /** Default of the most nodes, as in Pyroscope. */
  static final long DEFAULT_MAX_NODES = 8192;

  /** Node to write: one of the tree, or the combined one with own totals if {@code node} is -1. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record OpenNode(int node, int level, long[] offsets, long[] totals, long[] selves) {}

  /**
   * Encodes a tree.
   *
   * @param maxNodes maximum number of nodes to show apart; below 1 for all
   * @throws HttpException 400 if compared trees have negative values
   */
  static FlameGraph of(StackTree.Sorted tree, long maxNodes) {
    int columns = tree.total().length;
    for (int c = 0; c < columns && columns > 1; c++) {
      for (int i = 0; i < tree.size(); i++) {
        if (tree.self()[c][i] < 0) {
          throw new HttpException(
              400,
              "value of " + tree.names()[i] + " is negative; negative values are not compared");
        }
      }
    }
    int width = 3 * columns + 1;
    long[] totals = new long[columns];
    for (int c = 0; c < columns; c++) {
      totals[c] = tree.total()[c][0];
    }
    if (tree.size() == 1 && Arrays.stream(totals).allMatch(t -> t == 0)) {
      return new FlameGraph(List.of(), List.of(), totals, 0);
    }
    long least = least(tree, maxNodes);
    List<String> names = new ArrayList<>();
    Map<String, Integer> indexes = new HashMap<>();
    List<List<long[]>> levels = new ArrayList<>();
    long maxSelf = 0;
    Deque<OpenNode> open = new ArrayDeque<>();
    open.push(new OpenNode(0, 0, new long[columns], totals, column(tree.self(), 0)));
    while (!open.isEmpty()) {
      OpenNode p = open.pop();
      String name = p.level == 0 ? "total" : p.node < 0 ? OTHER : tree.names()[p.node];
      Integer known = indexes.putIfAbsent(name, names.size());
      if (known == null) {
        names.add(name);
      }
      if (p.level == levels.size()) {
        levels.add(new ArrayList<>());
      }
      long[] entry = new long[width];
      for (int c = 0; c < columns; c++) {
        entry[3 * c] = p.offsets[c];
        entry[3 * c + 1] = p.totals[c];
        entry[3 * c + 2] = p.selves[c];
        maxSelf = Math.max(maxSelf, p.selves[c]);
      }
      entry[width - 1] = known == null ? names.size() - 1 : known;
      levels.get(p.level).add(entry);
      if (p.node >= 0) {
        children(tree, p, least, open);
      }
    }
    return new FlameGraph(names, encoded(levels, columns), totals, maxSelf);
  }

  private static void children(
      StackTree.Sorted tree, OpenNode p, long least, Deque<OpenNode> open) {
    int columns = p.totals.length;
    long[] offsets = p.offsets.clone();
    for (int c = 0; c < columns; c++) {
      offsets[c] += p.selves[c];
    }
    long[] other = new long[columns];
    for (int i = tree.first()[p.node]; i < tree.first()[p.node + 1]; i++) {
      int child = tree.children()[i];
      long[] total = column(tree.total(), child);
      boolean shown =
          !tree.names()[child].equals(OTHER) && Arrays.stream(total).max().orElse(0) >= least;
      if (shown) {
        open.push(
            new OpenNode(child, p.level + 1, offsets.clone(), total, column(tree.self(), child)));
      }
      for (int c = 0; c < columns; c++) {
        offsets[c] += shown ? total[c] : 0;
        other[c] += shown ? 0 : total[c];
      }
    }
    if (Arrays.stream(other).anyMatch(v -> v != 0)) {
      open.push(new OpenNode(-1, p.level + 1, offsets, other, other));
    }
  }

  private static long[] column(long[][] of, int node) {
    long[] out = new long[of.length];
    for (int c = 0; c < out.length; c++) {
      out[c] = of[c][node];
    }
    return out;
  }

  /** Returns the smallest total among the largest nodes; 0 if all are shown. */
  static long least(StackTree.Sorted tree, long maxNodes) {
    int first = tree.total().length == 1 ? 1 : 0; // Pyroscope counts the root of compared trees
    if (maxNodes < 1 || tree.size() - first <= maxNodes) {
      return 0;
    }
    PriorityQueue<Long> largest = new PriorityQueue<>();
    for (int i = first; i < tree.size(); i++) {
      long total = Arrays.stream(column(tree.total(), i)).max().orElse(0);
      if (largest.size() < maxNodes) {
        largest.add(total);
      } else if (total > largest.element()) {
        largest.remove();
        largest.add(total);
      }
    }
    return largest.element();
  }

  /** Levels from left to right with distances: nodes were written from right to left. */
  private static List<long[]> encoded(List<List<long[]>> levels, int columns) {
    List<long[]> out = new ArrayList<>();
    for (List<long[]> level : levels) {
      Collections.reverse(level);
      int width = 3 * columns + 1;
      long[] all = new long[level.size() * width];
      long[] end = new long[columns];
      for (int i = 0; i < level.size(); i++) {
        long[] e = level.get(i);
        for (int c = 0; c < columns; c++) {
          long offset = e[3 * c];
          e[3 * c] = offset - end[c];
          end[c] = offset + e[3 * c + 1];
        }
        System.arraycopy(e, 0, all, i * width, width);
      }
      out.add(all);
    }
    return out;
  }

  /** Returns a message in Pyroscope's protocol. */
  Map<String, Object> message() {
    Map<String, Object> m = new HashMap<>();
    m.put("names", names);
    m.put("levels", levels.stream().map(l -> Map.of("values", l)).toList());
    m.put("total", Arrays.stream(totals).sum());
    m.put("max_self", maxSelf);
    if (totals.length > 1) {
      m.put("leftTicks", totals[0]);
      m.put("rightTicks", totals[1]);
    }
    return m;
  }
}
