package dev.tethys.model.profiles;

import java.util.Arrays;

/**
 * Table of rows of numbers. An interned row occurs once. Rows known to be new can be appended
 * without a lookup; they are indexed at the next interning. Not thread-safe.
 */
public final class TupleTable {
  private static final long TAG = -1L << 32;

  private long[] data = new long[64];
  private int[] starts = new int[16];
  private int count;
  private int indexed; // number of rows that have a slot
  private boolean pairs = true; // all rows have two values, so row i starts at 2 i
  private long[] slots = new long[32]; // high half of the hash, low half row + 1; 0 for none

  /** Returns the number of rows. */
  public int count() {
    return count;
  }

  /** Returns the memory used by the table. */
  long bytes() {
    return 8L * starts[count] + 4L * count + 8L * slots.length;
  }

  /** Removes all rows and keeps the arrays: views of this table must no longer be in use. */
  public void clear() {
    count = 0;
    indexed = 0;
    pairs = true;
    Arrays.fill(slots, 0);
  }

  /** Length of the arrays in bytes. */
  public long capacity() {
    return 8L * data.length + 4L * starts.length + 8L * slots.length;
  }

  /** Index of a row, which is added if it is new. */
  public int intern(long[] row, int length) {
    return intern(row, 0, length);
  }

  /** Index of a row, which is added if it is new. */
  public int intern(long[] row, int offset, int length) {
    int start = starts[count];
    int end = Math.addExact(start, length);
    if (end > data.length) {
      data = Arrays.copyOf(data, Math.max(end, data.length * 2));
    }
    System.arraycopy(row, offset, data, start, length);
    return internLast(length);
  }

  /**
   * Adds a row without looking for an equal one.
   *
   * @return its index
   */
  public int append(long[] row, int offset, int length) {
    int start = starts[count];
    int end = Math.addExact(start, length);
    if (end > data.length) {
      data = Arrays.copyOf(data, Math.max(end, data.length * 2));
    }
    System.arraycopy(row, offset, data, start, length);
    pairs &= length == 2;
    addRow(end);
    return count - 1;
  }

  private void addRow(int end) {
    if (count + 2 > starts.length) {
      starts = Arrays.copyOf(starts, starts.length * 2);
    }
    starts[++count] = end;
  }

  /** Adds appended rows to the index. */
  private void index() {
    if (count * 2 > slots.length) {
      resize(Integer.highestOneBit(Math.multiplyExact(count, 2) - 1) * 2);
      return;
    }
    for (; indexed < count; indexed++) {
      insert(slots, indexed);
    }
  }

  /** Index of a row of two values. */
  public int intern(long first, long second) {
    int start = starts[count];
    if (start + 2 > data.length) {
      data = Arrays.copyOf(data, data.length * 2);
    }
    data[start] = first;
    data[start + 1] = second;
    if (!pairs || indexed < count) {
      return internLast(2);
    }
    long hash = SeededHash.mix(first, second);
    long tag = hash & TAG;
    int mask = slots.length - 1;
    int slot = (int) hash & mask;
    for (long s = slots[slot]; s != 0; s = slots[slot]) {
      int row = (int) s - 1;
      if ((s & TAG) == tag && data[2 * row] == first && data[2 * row + 1] == second) {
        return row;
      }
      slot = slot + 1 & mask;
    }
    return add(slot, tag, start + 2);
  }

  private int internLast(int length) {
    if (indexed < count) {
      index();
    }
    int start = starts[count];
    long hash = hash(start, start + length);
    long tag = hash & TAG;
    int mask = slots.length - 1;
    int slot = (int) hash & mask;
    for (long s = slots[slot]; s != 0; s = slots[slot]) {
      int row = (int) s - 1;
      if ((s & TAG) == tag) {
        int at = starts[row];
        if (starts[row + 1] - at == length
            && Arrays.equals(data, at, at + length, data, start, start + length)) {
          return row;
        }
      }
      slot = slot + 1 & mask;
    }
    pairs &= length == 2;
    return add(slot, tag, start + length);
  }

  private long hash(int from, int to) {
    if (to - from == 2) {
      return SeededHash.mix(data[from], data[from + 1]);
    }
    long h = to - from;
    for (int i = from; i < to; i++) {
      h = SeededHash.mix(h, data[i]);
    }
    return h;
  }

  private int add(int slot, long tag, int end) {
    addRow(end);
    indexed = count;
    slots[slot] = tag | count;
    if (count * 2 > slots.length) {
      resize(slots.length * 2);
    }
    return count - 1;
  }

  /**
   * Reserves space for further appended rows.
   *
   * @param values total number of their values
   */
  public void reserveRows(int rows, int values) {
    if (count + (long) rows + 1 > starts.length) {
      starts = Arrays.copyOf(starts, Math.addExact(count + 1, rows));
    }
    if (starts[count] + (long) values > data.length) {
      data = Arrays.copyOf(data, Math.addExact(starts[count], values));
    }
  }

  /** Frees space for further rows, so that the index is not rebuilt several times. */
  public void reserve(int rows) {
    int wanted = (int) Math.min(1 << 30, 2L * (count + (long) rows));
    if (wanted > slots.length) {
      resize(Integer.highestOneBit(wanted - 1) * 2);
    }
  }

  private void resize(int length) {
    long[] next = new long[length];
    for (int row = 0; row < count; row++) {
      insert(next, row);
    }
    slots = next;
    indexed = count;
  }

  private void insert(long[] into, int row) {
    int mask = into.length - 1;
    long hash = hash(starts[row], starts[row + 1]);
    int slot = (int) hash & mask;
    while (into[slot] != 0) {
      slot = slot + 1 & mask;
    }
    into[slot] = hash & TAG | row + 1L;
  }

  /** Rows so far, unchanged by later ones. */
  public Tuples view() {
    return new Tuples(data, starts, count);
  }
}
