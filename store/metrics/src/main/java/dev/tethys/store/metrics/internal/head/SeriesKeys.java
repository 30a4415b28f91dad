package dev.tethys.store.metrics.internal.head;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * From fingerprints of raw label bytes to series, read by appenders without a lock.
 *
 * <p>A series has a slot, and the slot a generation: even while the series lives, odd between two
 * series. A reference is {@code generation << 32 | slot}. {@link #find} may answer from a moment
 * ago; whoever uses its answer checks the generation again under the head's lock.
 *
 * <p>Most batches bring their series in the order of the batch before: {@link #successor} remembers
 * which series came after which, so that the table is mostly not asked.
 *
 * <p>Invariants: all arrays have one length; written under the head's write lock only (except the
 * guesses of {@link #successor}, which may be anything); a grown copy replaces the whole object.
 */
final class SeriesKeys {
  private static final VarHandle INT = MethodHandles.arrayElementVarHandle(int[].class);

  final long[] high;
  final long[] low;
  final int[] generation;
  final int[] successor;
  private int[] table; // slot by low word, open addressing, 0 = free, -1 = was used
  private int tableUsed; // slots and former slots

  SeriesKeys(int capacity) {
    this(
        new long[capacity],
        new long[capacity],
        new int[capacity],
        new int[capacity],
        new int[tableSize(capacity)],
        0);
  }

  private SeriesKeys(
      long[] high, long[] low, int[] generation, int[] successor, int[] table, int used) {
    this.high = high;
    this.low = low;
    this.generation = generation;
    this.successor = successor;
    this.table = table;
    this.tableUsed = used;
  }

  private static int tableSize(int capacity) {
    return Math.max(1024, Integer.highestOneBit(capacity) * 2);
  }

  /** A copy with more slots and a fresh table. */
  SeriesKeys grown(int capacity) {
    SeriesKeys k =
        new SeriesKeys(
            Arrays.copyOf(high, capacity),
            Arrays.copyOf(low, capacity),
            Arrays.copyOf(generation, capacity),
            Arrays.copyOf(successor, capacity),
            new int[tableSize(capacity)],
            0);
    for (int s : table) {
      if (s > 0) {
        k.insert(s);
      }
    }
    return k;
  }

  int capacity() {
    return high.length;
  }

  long bytes() {
    return capacity() * 24L + table.length * 4L;
  }

  /** The reference of the series with this fingerprint, or 0; {@code guess} is tried first. */
  long find(long h, long l, int guess) {
    if (guess > 0 && guess < high.length) {
      long ref = check(guess, h, l);
      if (ref != 0) {
        return ref;
      }
    }
    int[] t = table;
    int mask = t.length - 1;
    int i = (int) l & mask;
    for (int probes = 0; probes <= mask; probes++) {
      int slot = (int) INT.getAcquire(t, i);
      if (slot == 0) {
        return 0;
      }
      if (slot > 0) {
        long ref = check(slot, h, l);
        if (ref != 0) {
          return ref;
        }
      }
      i = i + 1 & mask;
    }
    return 0;
  }

  private long check(int slot, long h, long l) {
    int g = (int) INT.getAcquire(generation, slot);
    if (low[slot] != l || high[slot] != h || (g & 1) != 0) {
      return 0;
    }
    VarHandle.acquireFence();
    return generation[slot] == g ? (long) g << 32 | slot : 0;
  }

  /** Gives the first fingerprint to a live series that has none. */
  void assign(int slot, long h, long l) {
    high[slot] = h;
    VarHandle.releaseFence();
    low[slot] = l;
    insert(slot);
  }

  /** Starts a series in a slot; fingerprint 0, 0 when it has none yet. */
  void set(int slot, long h, long l, int liveGeneration) {
    INT.setRelease(generation, slot, liveGeneration - 1);
    VarHandle.releaseFence();
    high[slot] = h;
    low[slot] = l;
    INT.setRelease(generation, slot, liveGeneration);
    if ((h | l) != 0) {
      insert(slot);
    }
  }

  /** Ends the series of a slot. */
  void retire(int slot) {
    INT.setRelease(generation, slot, generation[slot] + 1);
    if ((high[slot] | low[slot]) == 0) {
      return;
    }
    int mask = table.length - 1;
    int i = (int) low[slot] & mask;
    while (table[i] != 0) {
      if (table[i] == slot) {
        INT.setRelease(table, i, -1);
        return;
      }
      i = i + 1 & mask;
    }
  }

  private void insert(int slot) {
    if (tableUsed * 4L > table.length * 3L) {
      int[] old = table;
      int[] t = new int[tableSize(capacity())];
      tableUsed = 0;
      for (int s : old) {
        if (s > 0) {
          place(t, s);
        }
      }
      VarHandle.releaseFence();
      table = t;
    }
    place(table, slot);
  }

  private void place(int[] t, int slot) {
    int mask = t.length - 1;
    int i = (int) low[slot] & mask;
    while (t[i] > 0) {
      i = i + 1 & mask;
    }
    if (t[i] == 0) {
      tableUsed++;
    }
    INT.setRelease(t, i, slot);
  }
}
