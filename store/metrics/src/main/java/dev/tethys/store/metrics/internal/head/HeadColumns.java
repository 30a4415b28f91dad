package dev.tethys.store.metrics.internal.head;

import dev.tethys.store.metrics.internal.index.LabelColumns;
import dev.tethys.store.metrics.internal.index.PairHash;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.roaringbitmap.RoaringBitmap;

/**
 * Snapshot of the labels of series in memory, read without the head's lock: lists of pairs and the
 * bytes of a pair never change.
 */
final class HeadColumns implements LabelColumns {
  private final LabelIndex index;
  private final int[] lists; // by series: its labels, named in the index
  private final TreeMap<String, int[]> pairs; // by label name
  private final int[] counts; // by pair: how many of the series
  private int[] row = new int[64];

  /** Takes the pairs of each name as they are: under the lock. */
  HeadColumns(LabelIndex index, int[] lists) {
    this.index = index;
    this.lists = lists;
    this.pairs = index.pairsByName();
    this.counts = new int[index.pairCount()];
  }

  /** Counts the series of each pair; without the lock. */
  HeadColumns counted() {
    for (int list : lists) {
      for (int i = row(list); i > 0; i--) {
        counts[row[i - 1]]++;
      }
    }
    return this;
  }

  private int row(int list) {
    int n = index.pairs(list, row);
    if (n > row.length) {
      row = new int[n];
      index.pairs(list, row);
    }
    return n;
  }

  @Override
  public int numbers() {
    return lists.length;
  }

  @Override
  public RoaringBitmap series() {
    return RoaringBitmap.bitmapOfRange(0, lists.length);
  }

  @Override
  public List<String> names() {
    return pairs.entrySet().stream()
        .filter(e -> Arrays.stream(e.getValue()).anyMatch(p -> counts[p] > 0))
        .map(java.util.Map.Entry::getKey)
        .toList();
  }

  @Override
  public void hashes(String name, long[] into) {
    int[] of = pairs.getOrDefault(name, new int[0]);
    long n = PairHash.name(name);
    long[] hash = new long[counts.length];
    for (int pair : of) {
      if (counts[pair] > 0) {
        hash[pair] = index.pairs().valueHash(n, pair);
      }
    }
    for (int i = 0; i < lists.length; i++) {
      for (int k = row(lists[i]); k > 0; k--) {
        long h = hash[row[k - 1]];
        if (h != 0) {
          into[i] = h;
          break;
        }
      }
    }
  }

  @Override
  public void values(String name, String prefix, ValueVisitor to) {
    long n = PairHash.name(name);
    for (int pair : pairs.getOrDefault(name, new int[0])) {
      if (counts[pair] > 0) {
        String value = index.pairs().value(pair);
        if (value.startsWith(prefix)) {
          to.value(value, index.pairs().valueHash(n, pair), counts[pair]);
        }
      }
    }
  }
}
