package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Groups series by some of their labels, which are compared by the numbers of their pairs. Needs no
 * lock: pairs and lists never change.
 */
final class PairGroups {
  private final LabelIndex index;
  private final byte[][] names;
  private final boolean keep;
  private final BitSet known = new BitSet(); // pairs for which it is known whether they are kept
  private final BitSet stays = new BitSet();
  private final List<int[]> groups = new ArrayList<>(); // the pairs that stay, of each
  private int[] table = new int[64]; // group + 1 by hash, open addressing
  private int[] key = new int[16];
  private int last = -1;

  /**
   * Creates groups.
   *
   * @param names sorted
   * @param keep whether labels of these names stay, or all others
   */
  PairGroups(LabelIndex index, byte[][] names, boolean keep) {
    this.index = index;
    this.names = names;
    this.keep = keep;
  }

  /**
   * Returns the group of a series by the name of its list; groups are numbered in order of
   * appearance.
   */
  int of(int list) {
    int n = 0;
    for (int pair = index.pairAt(list); pair >= 0; pair = index.pairAt(list)) {
      if (isKept(pair)) {
        if (n == key.length) {
          key = Arrays.copyOf(key, n * 2);
        }
        key[n++] = pair;
      }
      list = index.next(list, pair);
    }
    if (last < 0 || !is(last, n)) { // neighbours often belong together
      last = find(n);
    }
    return last;
  }

  private boolean isKept(int pair) {
    if (!known.get(pair)) {
      known.set(pair);
      stays.set(pair, index.pairs().isNamed(pair, names) == keep);
    }
    return stays.get(pair);
  }

  private boolean is(int group, int n) {
    int[] g = groups.get(group);
    return Arrays.equals(g, 0, g.length, key, 0, n);
  }

  private int find(int n) {
    int i = hash(key, n) & table.length - 1;
    for (; table[i] != 0; i = i + 1 & table.length - 1) {
      if (is(table[i] - 1, n)) {
        return table[i] - 1;
      }
    }
    groups.add(Arrays.copyOf(key, n));
    table[i] = groups.size();
    if (groups.size() * 2 > table.length) {
      grow();
    }
    return groups.size() - 1;
  }

  private void grow() {
    int[] t = new int[table.length * 2];
    for (int g = 0; g < groups.size(); g++) {
      int i = hash(groups.get(g), groups.get(g).length) & t.length - 1;
      while (t[i] != 0) {
        i = i + 1 & t.length - 1;
      }
      t[i] = g + 1;
    }
    table = t;
  }

  private static int hash(int[] pairs, int n) {
    int h = n;
    for (int i = 0; i < n; i++) {
      h = (h + pairs[i]) * 0x9E3779B9;
      h ^= h >>> 15;
    }
    return h;
  }

  /** Returns the labels of each group. */
  List<Labels> labels() {
    List<Labels> out = new ArrayList<>(groups.size());
    for (int[] g : groups) {
      out.add(index.pairs().labelsOf(g));
    }
    return out;
  }
}
