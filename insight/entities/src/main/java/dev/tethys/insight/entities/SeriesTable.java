package dev.tethys.insight.entities;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/**
 * Series of an index, with the times they were first and last found, and their {@link Evidence}. A
 * series is identified by the hash of its labels and costs about 50 bytes plus its evidence. Rows
 * are unordered. Not thread-safe.
 */
final class SeriesTable {
  private long[] hashes = new long[64];
  private long[] first = new long[64];
  private long[] last = new long[64];
  private int[] seen = new int[64];
  private int[][] evidence = new int[64][];
  private int[] groups = new int[64];
  private int[] slots = new int[128]; // row + 1; 0 is free
  private int size;

  int size() {
    return size;
  }

  /**
   * Returns the row of a series found again at a time; -1 if it is new.
   *
   * @param hash hash of the series labels
   */
  int touch(int group, long hash, long time) {
    int row = slots[slot(mixed(group, hash))] - 1;
    if (row >= 0) {
      last[row] = time;
      seen[row]++;
    }
    return row;
  }

  /** Adds a series that {@link #touch} did not find. */
  void add(int group, long hash, long time, int[] its) {
    if (size == hashes.length) {
      grow();
    }
    long mixed = mixed(group, hash);
    slots[slot(mixed)] = size + 1;
    hashes[size] = mixed;
    groups[size] = group;
    first[size] = time;
    last[size] = time;
    seen[size] = 1;
    evidence[size++] = its;
  }

  int[] evidence(int row) {
    return evidence[row];
  }

  /** Returns the time over which a series was found, in milliseconds. */
  long age(int row) {
    return last[row] - first[row];
  }

  /** Returns the number of readings that found a series. */
  int seen(int row) {
    return seen[row];
  }

  long last(int row) {
    return last[row];
  }

  int group(int row) {
    return groups[row];
  }

  /** Replaces the evidence of all series. */
  void replaceEvidence(UnaryOperator<int[]> by) {
    for (int i = 0; i < size; i++) {
      evidence[i] = by.apply(evidence[i]);
    }
  }

  /** Removes series; true if any was removed that had evidence. */
  boolean removeIf(IntPredicate row) {
    int kept = 0;
    boolean changed = false;
    for (int i = 0; i < size; i++) {
      if (row.test(i)) {
        changed |= evidence[i].length > 0;
        continue;
      }
      hashes[kept] = hashes[i];
      groups[kept] = groups[i];
      first[kept] = first[i];
      last[kept] = last[i];
      seen[kept] = seen[i];
      evidence[kept++] = evidence[i];
    }
    if (kept < size) {
      Arrays.fill(evidence, kept, size, Evidence.NONE);
      size = kept;
      if (hashes.length > 64 && size < hashes.length / 4) {
        resize(Math.max(64, size * 2));
      }
      rehash(slots.length);
    }
    return changed;
  }

  private static long mixed(int group, long hash) {
    return hash ^ (group + 1) * 0x9E3779B97F4A7C15L;
  }

  private int slot(long mixed) {
    int mask = slots.length - 1;
    int at = (int) (mixed ^ mixed >>> 32) & mask;
    while (slots[at] != 0 && hashes[slots[at] - 1] != mixed) {
      at = at + 1 & mask;
    }
    return at;
  }

  private void grow() {
    resize(size + (size >> 1));
    if (slots.length < hashes.length * 2) {
      rehash(slots.length * 2);
    }
  }

  private void resize(int to) {
    hashes = Arrays.copyOf(hashes, to);
    groups = Arrays.copyOf(groups, to);
    first = Arrays.copyOf(first, to);
    last = Arrays.copyOf(last, to);
    seen = Arrays.copyOf(seen, to);
    evidence = Arrays.copyOf(evidence, to);
  }

  private void rehash(int length) {
    slots = new int[length];
    for (int i = 0; i < size; i++) {
      slots[slot(hashes[i])] = i + 1;
    }
  }
}
