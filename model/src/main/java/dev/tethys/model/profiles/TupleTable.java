package dev.tethys.model.profiles;

import java.util.Arrays;

/** Table in which each row of numbers occurs once. Not safe for several threads. */
public final class TupleTable {
  private long[] data = new long[64];
  private int[] starts = new int[16];
  private int count;
  private int[] slots = new int[32]; // row + 1, 0 for none

  /** Number of rows. */
  public int count() {
    return count;
  }

  /** Memory of the table. */
  long bytes() {
    return 8L * starts[count] + 12L * count;
  }

  /** Index of a row, which is added if it is new. */
  public int intern(long[] row, int length) {
    int start = starts[count];
    int end = Math.addExact(start, length);
    if (end > data.length) {
      data = Arrays.copyOf(data, Math.max(end, data.length * 2));
    }
    System.arraycopy(row, 0, data, start, length);
    return internLast(length);
  }

  /** Index of a row of two values. */
  public int intern(long first, long second) {
    int start = starts[count];
    if (start + 2 > data.length) {
      data = Arrays.copyOf(data, data.length * 2);
    }
    data[start] = first;
    data[start + 1] = second;
    return internLast(2);
  }

  private int internLast(int length) {
    int start = starts[count];
    long h = length;
    for (int i = start; i < start + length; i++) {
      h = (h ^ data[i]) * 0x9E3779B97F4A7C15L;
      h ^= h >>> 32;
    }
    int mask = slots.length - 1;
    int slot = (int) h & mask;
    while (slots[slot] != 0) {
      int row = slots[slot] - 1;
      int at = starts[row];
      if (starts[row + 1] - at == length
          && Arrays.equals(data, at, at + length, data, start, start + length)) {
        return row;
      }
      slot = (slot + 1) & mask;
    }
    if (count + 2 > starts.length) {
      starts = Arrays.copyOf(starts, starts.length * 2);
    }
    starts[count + 1] = start + length;
    slots[slot] = ++count;
    if (count * 2 > slots.length) {
      grow();
    }
    return count - 1;
  }

  private void grow() {
    int[] next = new int[slots.length * 2];
    int mask = next.length - 1;
    for (int row = 0; row < count; row++) {
      long h = starts[row + 1] - starts[row];
      for (int i = starts[row]; i < starts[row + 1]; i++) {
        h = (h ^ data[i]) * 0x9E3779B97F4A7C15L;
        h ^= h >>> 32;
      }
      int slot = (int) h & mask;
      while (next[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      next[slot] = row + 1;
    }
    slots = next;
  }

  /** Rows so far, unchanged by later ones. */
  public Tuples view() {
    return new Tuples(data, starts, count);
  }
}
