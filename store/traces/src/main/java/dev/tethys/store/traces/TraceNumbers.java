package dev.tethys.store.traces;

import java.util.Arrays;

/** Numbers of trace ids in the order of arrival. Not thread-safe. */
final class TraceNumbers {
  private long[] high = new long[512];
  private long[] low = new long[512];
  private int[] slots = new int[1024]; // number + 1
  private int size;

  int size() {
    return size;
  }

  /** Number of a trace, the next one if it is new. */
  int number(long h, long l) {
    int slot = slot(h, l);
    if (slots[slot] != 0) {
      return slots[slot] - 1;
    }
    if (size == high.length) {
      high = Arrays.copyOf(high, size * 2);
      low = Arrays.copyOf(low, size * 2);
      slots = new int[size * 4];
      for (int i = 0; i < size; i++) {
        slots[slot(high[i], low[i])] = i + 1;
      }
      slot = slot(h, l);
    }
    high[size] = h;
    low[size] = l;
    slots[slot] = size + 1;
    return size++;
  }

  private int slot(long h, long l) {
    long x = (h ^ Long.rotateLeft(l, 32)) * 0x9E3779B97F4A7C15L;
    x = (x ^ x >>> 32 ^ l) * 0xD6E8FEB86659FD93L;
    int mask = slots.length - 1;
    int slot = (int) (x >>> 33) & mask;
    while (slots[slot] != 0 && (high[slots[slot] - 1] != h || low[slots[slot] - 1] != l)) {
      slot = slot + 1 & mask;
    }
    return slot;
  }
}
