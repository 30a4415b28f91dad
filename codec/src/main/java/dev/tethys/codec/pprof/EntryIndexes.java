package dev.tethys.codec.pprof;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Index of a table entry by its id in a message. Programs number entries from 1, so that small ids
 * are kept in an array; ids of any size are possible. Not thread-safe.
 */
final class EntryIndexes {
  /** Index of an id that is unknown. */
  static final int NONE = -1;

  private static final int MAX_SMALL = 1 << 16;

  private int[] small = {};
  private final Map<Long, Integer> large = new HashMap<>();

  /** Creates an empty index. */
  EntryIndexes() {}

  /**
   * Creates an empty index.
   *
   * @param entries number of ids to expect
   */
  EntryIndexes(int entries) {
    clear(entries);
  }

  /**
   * Removes all ids.
   *
   * @param entries number of ids to expect
   */
  void clear(int entries) {
    int expected = Math.min(entries + 1, MAX_SMALL);
    if (small.length < expected) {
      small = new int[expected];
    }
    Arrays.fill(small, NONE);
    large.clear();
  }

  /** Length of the array in bytes. */
  long capacity() {
    return 4L * small.length;
  }

  void put(long id, int index) {
    if (id < 0 || id >= MAX_SMALL) {
      large.put(id, index);
      return;
    }
    int i = (int) id;
    if (i >= small.length) {
      int before = small.length;
      small = Arrays.copyOf(small, Math.max(64, 2 * i));
      Arrays.fill(small, before, small.length, NONE);
    }
    small[i] = index;
  }

  int get(long id) {
    if (id >= 0 && id < small.length) {
      return small[(int) id];
    }
    return large.getOrDefault(id, NONE);
  }
}
