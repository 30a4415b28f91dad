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
 * which series came after which, so that the table is mostly not asked. An entry of the table holds
 * half of the low word beside the slot, so that a look-up touches two places in memory: its entry
 * and the fingerprint.
 *
 * <p>Invariants: arrays have one length ({@link #prints} twice it), a power of two; written under
 * the head's write lock only (except the guesses of {@link #successor}, which may be anything); a
 * grown copy replaces the whole object.
 */
final class SeriesKeys {
  private static final VarHandle INT = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VarHandle LONG = MethodHandles.arrayElementVarHandle(long[].class);
  private static final long WAS_USED = -1;

  final int[] generation;
  final int[] successor;
  private final long[] prints; // high, low by slot; 0, 0 for none
  private long[] table; // upper half of the low word << 32 | slot; 0 free, -1 was used
  private int tableUsed; // entries and former entries

  SeriesKeys(int capacity) {
    this(new long[2 * capacity], new int[capacity], new int[capacity]);
  }

  private SeriesKeys(long[] prints, int[] generation, int[] successor) {
    this.prints = prints;
    this.generation = generation;
    this.successor = successor;
    this.table = new long[2 * generation.length];
  }

  /** A copy with more slots and a fresh table. */
  SeriesKeys grown(int capacity) {
    SeriesKeys k =
        new SeriesKeys(
            Arrays.copyOf(prints, 2 * capacity),
            Arrays.copyOf(generation, capacity),
            Arrays.copyOf(successor, capacity));
    for (long e : table) {
      if (e != 0 && e != WAS_USED) {
        k.place(k.table, (int) e);
      }
    }
    return k;
  }

  int capacity() {
    return generation.length;
  }

  long bytes() {
    return capacity() * 24L + table.length * 8L;
  }

  boolean hasPrint(int slot) {
    return (prints[2 * slot] | prints[2 * slot + 1]) != 0;
  }

  boolean isPrint(int slot, long h, long l) {
    return prints[2 * slot] == h && prints[2 * slot + 1] == l;
  }

  /** The reference of the series in a slot if it has this fingerprint, or 0. */
  long check(int slot, long h, long l) {
    if (slot <= 0 || slot >= generation.length) {
      return 0;
    }
    int g = (int) INT.getAcquire(generation, slot);
    if (prints[2 * slot + 1] != l || prints[2 * slot] != h || (g & 1) != 0) {
      return 0;
    }
    VarHandle.acquireFence();
    return generation[slot] == g ? (long) g << 32 | slot : 0;
  }

  /** The reference of the series with this fingerprint, or 0. */
  long find(long h, long l) {
    long[] t = table;
    int mask = t.length - 1;
    int i = (int) l & mask;
    for (int probes = 0; probes <= mask; probes++) {
      long e = (long) LONG.getAcquire(t, i);
      if (e == 0) {
        return 0;
      }
      if ((e ^ l) >>> 32 == 0 && e != WAS_USED) {
        long ref = check((int) e, h, l);
        if (ref != 0) {
          return ref;
        }
      }
      i = (i + 1) & mask;
    }
    return 0;
  }

  /** Gives the first fingerprint to a live series that has none. */
  void assign(int slot, long h, long l) {
    prints[2 * slot] = h;
    VarHandle.releaseFence();
    prints[2 * slot + 1] = l;
    insert(slot);
  }

  /** Starts a series in a slot, without a fingerprint. */
  void start(int slot, int liveGeneration) {
    INT.setRelease(generation, slot, liveGeneration - 1);
    VarHandle.releaseFence();
    prints[2 * slot] = 0;
    prints[2 * slot + 1] = 0;
    INT.setRelease(generation, slot, liveGeneration);
  }

  /** Ends the series of a slot. */
  void retire(int slot) {
    INT.setRelease(generation, slot, generation[slot] + 1);
    if (!hasPrint(slot)) {
      return;
    }
    int mask = table.length - 1;
    int i = (int) prints[2 * slot + 1] & mask;
    while (table[i] != 0) {
      if ((int) table[i] == slot && table[i] != WAS_USED) {
        LONG.setRelease(table, i, WAS_USED);
        return;
      }
      i = (i + 1) & mask;
    }
  }

  private void insert(int slot) {
    if (tableUsed * 4L > table.length * 3L) {
      long[] old = table;
      long[] t = new long[old.length];
      tableUsed = 0;
      for (long e : old) {
        if (e != 0 && e != WAS_USED) {
          place(t, (int) e);
        }
      }
      VarHandle.releaseFence();
      table = t;
    }
    place(table, slot);
  }

  private void place(long[] t, int slot) {
    int mask = t.length - 1;
    long l = prints[2 * slot + 1];
    int i = (int) l & mask;
    while (t[i] != 0 && t[i] != WAS_USED) {
      i = (i + 1) & mask;
    }
    if (t[i] == 0) {
      tableUsed++;
    }
    LONG.setRelease(t, i, (l & 0xffffffff00000000L) | slot);
  }
}
