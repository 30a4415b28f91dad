package dev.tethys.model.profiles;

import dev.tethys.model.guard.RequestMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tree of frames by name with the values of merged stacks, in one column or, to compare two
 * selections, in two. Node 0 is the root; parents precede their children. Not thread-safe.
 */
public final class StackTree {
  /** Memory of a node in the tree, and in {@link Sorted}. */
  private static final int NODE_BYTES = 160;

  private static final int CHARGED_NODES = 1 << 12; // at a time

  private final Map<String, Integer> nameIndexes = new HashMap<>();
  private final List<String> names = new ArrayList<>();
  private final TupleTable nodes = new TupleTable();
  private final long[][] selves;
  private int charged; // nodes

  /**
   * @param columns number of values of a node
   */
  public StackTree(int columns) {
    selves = new long[columns][64];
    nodes.intern(0, name(""));
  }

  /** Returns the index of a name, adding it if necessary. */
  public int name(String text) {
    Integer known = nameIndexes.putIfAbsent(text, names.size());
    if (known != null) {
      return known;
    }
    names.add(text);
    return names.size() - 1;
  }

  /**
   * Child of a node, which is added if it is new. Its memory is charged to the request: few bytes
   * of a profile may be many frames.
   *
   * @throws dev.tethys.model.guard.ByteBudget.OverBudgetException if there is no memory for it
   */
  public int child(int parent, int name) {
    int node = nodes.intern(parent, name + 1L); // the row of the root is (0, 0)
    if (node >= charged) {
      RequestMemory.charge((long) NODE_BYTES * CHARGED_NODES);
      charged += CHARGED_NODES;
    }
    return node;
  }

  /** Adds to the value of the stack that ends at a node. */
  public void add(int column, int node, long value) {
    if (node >= selves[column].length) {
      selves[column] = Arrays.copyOf(selves[column], Math.max(node + 1, node * 2));
    }
    selves[column][node] += value;
  }

  /** Adds a stack by names, the outermost frame first. */
  public void add(int column, List<String> stack, long value) {
    int node = 0;
    for (String frame : stack) {
      node = child(node, name(frame));
    }
    add(column, node, value);
  }

  /** The tree with totals and sorted children; values that are added later do not change it. */
  public Sorted sorted() {
    Tuples t = nodes.view();
    int n = t.count();
    long[][] self = new long[selves.length][];
    long[][] total = new long[selves.length][];
    for (int c = 0; c < selves.length; c++) {
      self[c] = Arrays.copyOf(selves[c], n);
      total[c] = self[c].clone();
      for (int i = n - 1; i > 0; i--) {
        total[c][(int) t.get(i, 0)] += total[c][i];
      }
    }
    int[] first = new int[n + 1];
    for (int i = 1; i < n; i++) {
      first[(int) t.get(i, 0) + 1]++;
    }
    for (int i = 0; i < n; i++) {
      first[i + 1] += first[i];
    }
    int[] next = first.clone();
    Integer[] children = new Integer[Math.max(0, n - 1)];
    for (int i = 1; i < n; i++) {
      children[next[(int) t.get(i, 0)]++] = i;
    }
    String[] nameOf = new String[n];
    nameOf[0] = "";
    for (int i = 1; i < n; i++) {
      nameOf[i] = names.get((int) t.get(i, 1) - 1);
    }
    for (int i = 0; i < n; i++) {
      Arrays.sort(children, first[i], first[i + 1], (a, b) -> nameOf[a].compareTo(nameOf[b]));
    }
    int[] parents = new int[n];
    for (int i = 1; i < n; i++) {
      parents[i] = (int) t.get(i, 0);
    }
    return new Sorted(
        nameOf,
        parents,
        first,
        Arrays.stream(children).mapToInt(Integer::intValue).toArray(),
        self,
        total);
  }

  /**
   * Tree in arrays by node.
   *
   * @param names frame names; "" for the root
   * @param parents node of the caller
   * @param first index in {@code children} of the first child; the end of the last one follows
   * @param children nodes, those of one parent by name
   * @param self values of stacks that end at the node, by column
   * @param total values of the node and of all below, by column
   */
  @SuppressWarnings("ArrayRecordComponent") // read only
  public record Sorted(
      String[] names, int[] parents, int[] first, int[] children, long[][] self, long[][] total) {
    /** Returns the number of nodes. */
    public int size() {
      return names.length;
    }
  }
}
