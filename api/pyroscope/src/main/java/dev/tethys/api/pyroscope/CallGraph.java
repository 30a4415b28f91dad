package dev.tethys.api.pyroscope;

import dev.tethys.model.profiles.StackTree;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Call graph of merged stacks in the language of Graphviz. A box for each function has its own
 * value and that of all it calls; there is an arrow for each pair of caller and callee. A stack
 * counts once for a function and for a pair, however often it recurses, and calls of a function by
 * itself have no arrow, as in {@code pprof -dot}. Only the functions with the largest values are
 * shown; arrows that pass others are dotted.
 */
final class CallGraph {
  /** Default of the most functions, as in Pyroscope. */
  static final long DEFAULT_MAX_NODES = 100;

  private final StackTree.Sorted tree;
  private final int[] functions; // of the nodes of the tree; 0 of the root
  private final List<String> names = new ArrayList<>();
  private final long[] selves;
  private final long[] totals;

  private record Arrow(int caller, int callee) {}

  private static final class Weight {
    private long value;
    private boolean isDirect;
  }

  private CallGraph(StackTree.Sorted tree) {
    this.tree = tree;
    functions = new int[tree.size()];
    names.add("");
    Map<String, Integer> indexes = new HashMap<>();
    for (int i = 1; i < functions.length; i++) {
      int next = names.size();
      functions[i] = indexes.computeIfAbsent(tree.names()[i], _ -> next);
      if (functions[i] == next) {
        names.add(tree.names()[i]);
      }
    }
    selves = new long[names.size()];
    totals = new long[names.size()];
  }

  /**
   * Renders the graph of a tree with one column.
   *
   * @param maxNodes most functions to show; below 1 for {@link #DEFAULT_MAX_NODES}
   * @param unit value unit
   */
  static String of(StackTree.Sorted tree, long maxNodes, String unit) {
    CallGraph g = new CallGraph(tree);
    g.addUp();
    boolean[] shown = g.largest(maxNodes < 1 ? DEFAULT_MAX_NODES : maxNodes);
    return g.text(shown, g.arrows(shown), unit);
  }

  /** Visits the nodes of the tree below the root, callers first. */
  private abstract class Walk {
    /** Returns whether {@link #leave} is to be called after all nodes below. */
    abstract boolean enter(int node);

    abstract void leave(int node);

    void run() {
      int[] path = new int[64];
      int[] next = new int[64]; // index of the next child of each node of the path
      boolean[] entered = new boolean[64];
      next[0] = tree.first()[0];
      int depth = 0;
      while (depth >= 0) {
        int node = path[depth];
        if (next[depth] == tree.first()[node + 1]) {
          if (entered[depth]) {
            leave(node);
          }
          depth--;
          continue;
        }
        int child = tree.children()[next[depth]++];
        depth++;
        if (depth == path.length) {
          path = Arrays.copyOf(path, 2 * depth);
          next = Arrays.copyOf(next, 2 * depth);
          entered = Arrays.copyOf(entered, 2 * depth);
        }
        path[depth] = child;
        next[depth] = tree.first()[child];
        entered[depth] = enter(child);
      }
    }
  }

  private void addUp() {
    boolean[] isOnPath = new boolean[names.size()];
    new Walk() {
      @Override
      boolean enter(int node) {
        int f = functions[node];
        selves[f] += tree.self()[0][node];
        if (isOnPath[f]) {
          return false;
        }
        totals[f] += tree.total()[0][node];
        isOnPath[f] = true;
        return true;
      }

      @Override
      void leave(int node) {
        isOnPath[functions[node]] = false;
      }
    }.run();
  }

  private boolean[] largest(long count) {
    boolean[] shown = new boolean[names.size()];
    List<Integer> byTotal = new ArrayList<>();
    for (int f = 1; f < shown.length; f++) {
      byTotal.add(f);
    }
    byTotal.sort(
        Comparator.comparingLong((Integer f) -> totals[f]).reversed().thenComparing(names::get));
    byTotal.stream().limit(count).forEach(f -> shown[f] = true);
    return shown;
  }

  private Map<Arrow, Weight> arrows(boolean[] shown) {
    Map<Arrow, Weight> arrows = new HashMap<>();
    Map<Arrow, Integer> onPath = new HashMap<>();
    int[] callers = new int[tree.size()]; // nearest node above that is shown, by node
    new Walk() {
      @Override
      boolean enter(int node) {
        int parent = tree.parents()[node];
        callers[node] = parent == 0 || shown[functions[parent]] ? parent : callers[parent];
        Arrow arrow = arrow(node);
        if (arrow == null || onPath.merge(arrow, 1, Integer::sum) > 1) {
          return arrow != null;
        }
        Weight w = arrows.computeIfAbsent(arrow, _ -> new Weight());
        w.value += tree.total()[0][node];
        w.isDirect |= callers[node] == parent;
        return true;
      }

      @Override
      void leave(int node) {
        Arrow arrow = arrow(node);
        if (arrow != null) {
          onPath.computeIfPresent(arrow, (_, n) -> n == 1 ? null : n - 1);
        }
      }

      private @Nullable Arrow arrow(int node) {
        int caller = functions[callers[node]];
        int callee = functions[node];
        return caller == 0 || caller == callee || !shown[callee] ? null : new Arrow(caller, callee);
      }
    }.run();
    return arrows;
  }

  private String text(boolean[] shown, Map<Arrow, Weight> arrows, String unit) {
    long all = tree.total()[0][0];
    StringBuilder sb = new StringBuilder("digraph \"profile\" {\nnode [shape=box]\n");
    for (int f = 1; f < shown.length; f++) {
      if (shown[f]) {
        sb.append('N').append(f).append(" [label=");
        String values = value(selves[f], all, unit);
        if (totals[f] != selves[f]) {
          values += "\nof " + value(totals[f], all, unit);
        }
        quoted(sb, names.get(f) + "\n" + values).append("]\n");
      }
    }
    Map<Arrow, Weight> sorted =
        new TreeMap<>(Comparator.comparingInt(Arrow::caller).thenComparingInt(Arrow::callee));
    sorted.putAll(arrows);
    sorted.forEach(
        (a, w) -> {
          sb.append('N').append(a.caller).append(" -> N").append(a.callee).append(" [label=");
          quoted(sb, w.value + " " + unit);
          sb.append(w.isDirect ? "]\n" : " style=dotted]\n");
        });
    return sb.append("}\n").toString();
  }

  private static String value(long value, long all, String unit) {
    double share = all == 0 ? 0 : 100.0 * value / all;
    return String.format(Locale.ROOT, "%d %s (%.2f%%)", value, unit, share);
  }

  private static StringBuilder quoted(StringBuilder sb, String text) {
    sb.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> sb.append('\\').append(c);
        case '\n' -> sb.append("\\n");
        default -> sb.append(c < ' ' ? ' ' : c);
      }
    }
    return sb.append('"');
  }
}
