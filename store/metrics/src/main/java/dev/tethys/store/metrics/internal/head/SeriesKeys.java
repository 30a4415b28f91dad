package dev.tethys.store.metrics.internal.head;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * From fingerprints of raw label bytes to series, read by appenders without a lock.
 *
 * <p>A series has a slot, and the slot a generation: even while the series lives, odd between two
 * series. A reference is {@code generation << 32 | slot}. The result of {@link #find} may be
 * slightly outdated; its caller checks the generation again under the head's lock.
 *
 * <p>Most batches bring their series in the order of the batch before: {@link #successor} remembers
 * which series came after which, so that the table is rarely searched.
 *
 * <p>Series that are looked up by their labels have no fingerprint (a scrape keeps its own
 * references), so fingerprints and guesses are in chunks of slots that are made when the first of
 * them comes: nothing is copied when slots become more, and a server that only scrapes has none.
 *
 * <p>Invariants: written under the head's write lock only (except the guesses of {@link
 * #successor}, which may be anything); a grown copy replaces the whole object and shares the
 * chunks. Who still reads the old one misses at most what was added since.
 */
final class SeriesKeys {
  private static final VarHandle INT = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VarHandle PRINTS = MethodHandles.arrayElementVarHandle(long[][].class);
  private static final VarHandle GUESSES = MethodHandles.arrayElementVarHandle(int[][].class);
  private static final int WAS_USED = -1;

  private static final int CHUNK_BITS = 10;
  private static final int CHUNK = 1 << CHUNK_BITS;

  final Generations generations;
  private final long[] @Nullable [] prints; // a chunk: high, low by slot; 0, 0 for none
  private final int[] @Nullable [] guesses; // a chunk: the successor by slot
  private int[] table; // slot by the low word of its fingerprint; 0 free, -1 was used
  private int tableUsed; // entries and former entries
  private int chunks; // that are there

  SeriesKeys(int capacity) {
    this.generations = new Generations(capacity);
    this.prints = new long[chunks(capacity)][];
    this.guesses = new int[chunks(capacity)][];
    this.table = new int[16];
  }

  private SeriesKeys(SeriesKeys from, int capacity) {
    this.generations = from.generations.grown(capacity);
    this.prints = Arrays.copyOf(from.prints, chunks(capacity));
    this.guesses = Arrays.copyOf(from.guesses, chunks(capacity));
    this.table = from.table;
    this.tableUsed = from.tableUsed;
    this.chunks = from.chunks;
  }

  private static int chunks(int capacity) {
    return (capacity + CHUNK - 1) >> CHUNK_BITS;
  }

  /** A copy with more slots. */
  SeriesKeys grown(int capacity) {
    return new SeriesKeys(this, capacity);
  }

  int capacity() {
    return generations.capacity();
  }

  long bytes() {
    return generations.bytes() + table.length * 4L + chunks * (CHUNK * 20L);
  }

  /** Bytes by which the table would grow for one more fingerprint. */
  long growth() {
    return isFull(table) ? table.length * 4L : 0;
  }

  boolean hasPrint(int slot) {
    long[] c = prints[slot >> CHUNK_BITS];
    return c != null && (c[at(slot)] | c[at(slot) + 1]) != 0;
  }

  boolean isPrint(int slot, long h, long l) {
    long[] c = prints[slot >> CHUNK_BITS];
    return c != null && c[at(slot)] == h && c[at(slot) + 1] == l;
  }

  private static int at(int slot) {
    return 2 * (slot & CHUNK - 1);
  }

  /** The slot that followed another one; 0 or anything else if unknown. */
  int successor(int slot) {
    int[] c = guesses[slot >> CHUNK_BITS];
    return c == null ? 0 : c[slot & CHUNK - 1];
  }

  /** Records the successor of a slot, if slots near it have fingerprints. */
  void follow(int slot, int next) {
    int[] c = guesses[slot >> CHUNK_BITS];
    if (c != null) {
      c[slot & CHUNK - 1] = next;
    }
  }

  /** Returns the reference of the series in a slot if it has this fingerprint, or 0. */
  long check(int slot, long h, long l) {
    long ref = expected(slot, l);
    if (ref == 0) {
      return 0; // most other series differ in this already
    }
    boolean same = isPrint(slot, h, l);
    VarHandle.acquireFence();
    return same && generations.get(slot) == (int) (ref >>> 32) ? ref : 0;
  }

  /**
   * The reference of the series in a slot if its fingerprint has this low half, or 0: for a series
   * that is expected in this slot and no other.
   */
  long expected(int slot, long l) {
    if (slot <= 0 || slot >= generations.capacity()) {
      return 0;
    }
    long[] c = prints[slot >> CHUNK_BITS];
    int at = at(slot) + 1;
    if (c == null || c[at] != l) {
      return 0;
    }
    int g = generations.getAcquire(slot);
    if (c[at] != l || (g & 1) != 0) {
      return 0;
    }
    VarHandle.acquireFence();
    return generations.get(slot) == g ? (long) g << 32 | slot : 0;
  }

  /** Returns the reference of the series with this fingerprint, or 0. */
  long find(long h, long l) {
    int[] t = table;
    int mask = t.length - 1;
    int i = (int) l & mask;
    for (int probes = 0; probes <= mask; probes++) {
      int slot = (int) INT.getAcquire(t, i);
      if (slot == 0) {
        return 0;
      }
      long ref = check(slot, h, l);
      if (ref != 0) {
        return ref;
      }
      i = (i + 1) & mask;
    }
    return 0;
  }

  /** Assigns the first fingerprint to a live series that has none. */
  void assign(int slot, long h, long l) {
    long[] c = prints[slot >> CHUNK_BITS];
    if (c == null) {
      c = new long[2 * CHUNK];
      PRINTS.setRelease(prints, slot >> CHUNK_BITS, c);
      GUESSES.setRelease(guesses, slot >> CHUNK_BITS, new int[CHUNK]);
      chunks++;
    }
    c[at(slot)] = h;
    VarHandle.releaseFence();
    c[at(slot) + 1] = l;
    insert(slot, l);
  }

  /** Starts a series in a slot, without a fingerprint. */
  void start(int slot, int liveGeneration) {
    if (liveGeneration == 0 && generations.get(slot) == 0) {
      return; // the slot's first series: it cannot be found yet, and there is no fingerprint to
      // forget
    }
    generations.set(slot, liveGeneration - 1);
    VarHandle.releaseFence();
    long[] c = prints[slot >> CHUNK_BITS];
    if (c != null) {
      c[at(slot)] = 0;
      c[at(slot) + 1] = 0;
    }
    generations.set(slot, liveGeneration);
  }

  /** Ends the series of a slot. */
  void retire(int slot) {
    generations.set(slot, generations.get(slot) + 1);
    long[] c = prints[slot >> CHUNK_BITS];
    if (c == null || (c[at(slot)] | c[at(slot) + 1]) == 0) {
      return;
    }
    int mask = table.length - 1;
    int i = (int) c[at(slot) + 1] & mask;
    while (table[i] != 0) {
      if (table[i] == slot) {
        INT.setRelease(table, i, WAS_USED);
        return;
      }
      i = (i + 1) & mask;
    }
  }

  private boolean isFull(int[] t) {
    return tableUsed * 8L > t.length * 5L;
  }

  private void insert(int slot, long low) {
    if (isFull(table)) {
      rehash();
    }
    if (place(table, slot, low) == 0) {
      tableUsed++;
    }
  }

  private void rehash() {
    int[] old = table;
    int n = 0;
    for (int s : old) {
      n += s > 0 ? 1 : 0;
    }
    int[] t = new int[Integer.highestOneBit(Math.max(n, 8)) * 4];
    for (int s : old) {
      if (s > 0) {
        long[] c = prints[s >> CHUNK_BITS];
        if (c != null) {
          place(t, s, c[at(s) + 1]);
        }
      }
    }
    tableUsed = n;
    VarHandle.releaseFence();
    table = t;
  }

  /** The slot previously at its position. */
  private static int place(int[] t, int slot, long low) {
    int mask = t.length - 1;
    int i = (int) low & mask;
    while (t[i] > 0) {
      i = (i + 1) & mask;
    }
    int before = t[i];
    INT.setRelease(t, i, slot);
    return before;
  }
}
