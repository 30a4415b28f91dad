package dev.tethys.store.traces.block;

import java.util.Arrays;

/** Index of a trace's rows by span ID. Not thread-safe. */
final class SpanIndex {
  private static final int FEW = 12;

  private long[] ids = {};
  private int[] slots = {}; // row + 1
  private int from;
  private int to;
  private int mask;

  /** Takes the spans of a range of rows. */
  void fill(long[] spanIds, int first, int end) {
    ids = spanIds;
    from = first;
    to = end;
    if (to - from <= FEW) {
      return;
    }
    int size = Integer.highestOneBit(to - from) * 4;
    if (slots.length < size) {
      slots = new int[size];
    } else {
      Arrays.fill(slots, 0, size, 0);
    }
    mask = size - 1;
    for (int r = from; r < to; r++) {
      int slot = slot(ids[r]);
      if (slots[slot] == 0) {
        slots[slot] = r + 1; // the first of duplicates
      }
    }
  }

  /** Returns the first row of a span, or -1. */
  int row(long id) {
    if (to - from <= FEW) {
      for (int r = from; r < to; r++) {
        if (ids[r] == id) {
          return r;
        }
      }
      return -1;
    }
    return slots[slot(id)] - 1;
  }

  private int slot(long id) {
    long h = id * 0x9E3779B97F4A7C15L;
    int slot = (int) (h >>> 32) & mask;
    while (slots[slot] != 0 && ids[slots[slot] - 1] != id) {
      slot = slot + 1 & mask;
    }
    return slot;
  }
}
