package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Sorts strings by their unsigned bytes, shorter ones first. Not thread-safe; memory is reused.
 *
 * <p>It is a quicksort with three parts over eight bytes at a time, after Bentley and Sedgewick,
 * "Fast Algorithms for Sorting and Searching Strings" (1997): a byte that strings share is read
 * once, where comparisons would read it for each pair.
 */
final class TextSort {
  private static final int FEW = 12; // texts that are inserted one by one

  private byte[] bytes = {};
  private int[] starts = {};
  private int[] ends = {};
  private int[] order = {};
  private long[] keys = {}; // eight bytes of the text at each place of the order

  /**
   * Sorts strings.
   *
   * @param texts bytes, with eight spare bytes after the last text
   * @param starts start offset of each string
   * @param ends end offset of each string
   * @param order the strings to sort
   * @param count number of strings
   */
  void sort(ByteSink texts, int[] starts, int[] ends, int[] order, int count) {
    texts.ensure(Long.BYTES);
    bytes = texts.buf;
    this.starts = starts;
    this.ends = ends;
    this.order = order;
    if (keys.length < count) {
      keys = new long[Math.max(count, keys.length * 2)];
    }
    sortFrom(0, 0, count);
  }

  /** Sorts a range of strings that have their first bytes in common. */
  private void sortFrom(int common, int from, int to) {
    int depth = common;
    int low = from;
    int high = to;
    while (high - low > FEW) {
      readKeys(depth, low, high);
      long pivot = pivot(low, high);
      int less = low;
      int more = high;
      for (int i = low; i < more; ) {
        long key = keys[i];
        if (key < pivot) {
          swap(i++, less++);
        } else if (key > pivot) {
          swap(i, --more);
        } else {
          i++;
        }
      }
      sortFrom(depth, low, less);
      sortFrom(depth, more, high);
      low = ended(depth, less, more);
      high = more;
      depth += Long.BYTES;
    }
    insert(depth, low, high);
  }

  /**
   * Bytes of the strings from a depth on, as signed numbers in their order, filled up with zeros.
   */
  private void readKeys(int depth, int from, int to) {
    for (int i = from; i < to; i++) {
      int at = starts[order[i]] + depth;
      int left = ends[order[i]] - at;
      long key = 0;
      if (left > 0) {
        key = Long.reverseBytes((long) ByteSink.LONG.get(bytes, at));
        if (left < Long.BYTES) {
          key &= -1L << (Long.BYTES - left << 3);
        }
      }
      keys[i] = key ^ Long.MIN_VALUE;
    }
  }

  /**
   * Returns the median of three places, which depend on the range so that no input is bad for all
   * ranges.
   */
  private long pivot(int from, int to) {
    int n = to - from;
    long mixed = Words.mix((long) from << 32 | n);
    long a = keys[from + (int) ((mixed >>> 1) % n)];
    long b = keys[from + (int) ((mixed >>> 17) % n)];
    long c = keys[from + (int) ((mixed >>> 33) % n)];
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  private void swap(int i, int k) {
    int text = order[i];
    order[i] = order[k];
    order[k] = text;
    long key = keys[i];
    keys[i] = keys[k];
    keys[k] = key;
  }

  /** Puts strings first that end within the eight bytes, by their length; returns their end. */
  private int ended(int depth, int from, int to) {
    int end = from;
    for (int i = from; i < to; i++) {
      if (left(order[i], depth) <= Long.BYTES) {
        swap(i, end++);
      }
    }
    int at = from;
    for (int length = 0; at < end; length++) {
      for (int i = at; i < end; i++) {
        if (left(order[i], depth) == length) {
          swap(i, at++);
        }
      }
    }
    return end;
  }

  private int left(int text, int depth) {
    return Math.max(0, ends[text] - starts[text] - depth);
  }

  private void insert(int depth, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      int text = order[i];
      int at = i;
      while (at > from && compare(text, order[at - 1], depth) < 0) {
        order[at] = order[at - 1];
        at--;
      }
      order[at] = text;
    }
  }

  private int compare(int one, int other, int depth) {
    return Arrays.compareUnsigned(
        bytes,
        Math.min(starts[one] + depth, ends[one]),
        ends[one],
        bytes,
        Math.min(starts[other] + depth, ends[other]),
        ends[other]);
  }
}
