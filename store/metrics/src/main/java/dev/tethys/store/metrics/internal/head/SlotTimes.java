package dev.tethys.store.metrics.internal.head;

import java.util.Arrays;

/** A time by slot, for the slots of one batch. */
final class SlotTimes {
  /** Maximum number of entries of a table that is kept. */
  private static final int KEEP = 1 << 16;

  /** Maximum size of a kept table relative to the need: each is cleared for the next batch. */
  private static final int KEEP_TIMES = 8;

  private int[] slots = new int[64]; // open addressing, at most half full; 0 is no slot
  private long[] times = new long[64];
  private int count;

  /** Removes all entries, and reserves memory for a number of slots. */
  void clear(int most) {
    int n = Integer.highestOneBit(Math.max(32, most)) * 4;
    if (slots.length < n || slots.length > KEEP || slots.length / KEEP_TIMES > n) {
      slots = new int[n];
      times = new long[n];
    } else if (count > 0) {
      Arrays.fill(slots, 0);
    }
    count = 0;
  }

  /** Returns the index of a slot, or {@code -(index of its insertion) - 1}. */
  int find(int slot) {
    int mask = slots.length - 1;
    int h = slot * 0x9E3779B9;
    int i = (h ^ h >>> 15) & mask;
    while (slots[i] != 0) {
      if (slots[i] == slot) {
        return i;
      }
      i = i + 1 & mask;
    }
    return -i - 1;
  }

  /** Inserts a slot at the position that {@link #find} returned, or keeps it if already present. */
  int put(int at, int slot, long time) {
    int i = -at - 1;
    slots[i] = slot;
    times[i] = time;
    count++;
    return i;
  }

  long time(int at) {
    return times[at];
  }

  void time(int at, long time) {
    times[at] = time;
  }

  long bytes() {
    return slots.length * 12L;
  }
}
