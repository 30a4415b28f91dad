package dev.tethys.collect.scrape;

import dev.tethys.model.storage.Appender;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Series of a target's page, in the order of the last successful scrape: maps raw key bytes to
 * slots, and records which series the last successful scrape had. No bytes of keys are kept, only
 * their 64-bit hashes (XXH3) and lengths: 11 bytes per series between scrapes.
 *
 * <p>A page mostly has the series of the previous one in the same order: then a series is found by
 * comparing the next one. A table over all slots is built only in a scrape in which that fails.
 *
 * <p>Two keys with the same hash would be mistaken for one series. Among a million keys that
 * happens once in 37 million targets; a target that provokes it only harms its own series.
 *
 * <p>Invariants: the first {@link #size} of {@link #keys}, {@link #lengths} and {@link #state} are
 * the slots; TRACKED_BEFORE holds for series of the last good scrape, TRACKED_NOW for series of the
 * running one. Not thread-safe.
 */
abstract class PageSlots implements SeriesMemory {
  private static final byte SEEN = 1;
  private static final byte TRACKED_BEFORE = 2;
  private static final byte TRACKED_NOW = 4;
  private static final byte HISTOGRAM = 8;
  private static final byte DROPPED_BY_RULE = 16;

  /** Growth of the slots over failing scrapes after which they are flushed. */
  private static final int FORCED_FLUSH_FACTOR = 2;

  private static final int FORCED_FLUSH_MARGIN = 1000;
  private static final int[] NONE = {};

  private long[] keys = {};
  private byte[] state = {};
  private char[] lengths = {}; // of keys, by slot; 0 where it is not known
  private long[] starts = {}; // start timestamps last used, by slot; empty while none is
  private @Nullable SynthesizedStart[] synthesized = {}; // by slot; empty while there is none
  private int size;
  private int sizeAfterSuccess;

  // of the running scrape
  private int[] visited = NONE; // empty while slots are visited in their order
  private int visits;
  private int keptVisits; // of slots that are not dropped
  private boolean inOrder;
  private int cursor;
  private int @Nullable [] table;

  /** Returns an identity for the series of a slot, independent of its spelling. */
  abstract long identity(int slot);

  /** Ensures the capacity of parallel arrays by slot. */
  abstract void room(int capacity);

  /**
   * Reduces the arrays indexed by slot in the subclass to some slots; {@link #size} still has the
   * old value.
   *
   * @param slots the kept slots in their new order
   */
  abstract void keep(int[] slots);

  @Override
  public void begin() {
    for (int i = 0; i < size; i++) {
      state[i] &= ~(SEEN | TRACKED_NOW);
    }
    forgetScrape();
  }

  /** Releases state needed only during a scrape. */
  final void forgetScrape() {
    visited = NONE;
    visits = 0;
    keptVisits = 0;
    inOrder = true;
    cursor = 0;
    table = null;
  }

  @Override
  public int find(long hash) {
    if (cursor < size && keys[cursor] == hash) {
      return cursor++;
    }
    int[] t = table;
    if (t == null || size * 2 > t.length) {
      t = index();
    }
    int mask = t.length - 1;
    for (int i = place(hash) & mask; t[i] != 0; i = i + 1 & mask) {
      int slot = t[i] - 1;
      if (keys[slot] == hash) {
        cursor = slot + 1;
        return slot;
      }
    }
    return -1;
  }

  @Override
  public int expectedLength() {
    return cursor < size ? lengths[cursor] : 0;
  }

  @Override
  public long expectedHash() {
    return keys[cursor];
  }

  @Override
  public void keyLength(int slot, int length) {
    lengths[slot] = length <= Character.MAX_VALUE ? (char) length : 0;
  }

  private static int place(long hash) {
    return (int) (hash ^ hash >>> 32);
  }

  private int[] index() {
    int[] t = new int[Integer.highestOneBit(Math.max(16, size) * 4 - 1) * 2];
    table = t;
    for (int slot = 0; slot < size; slot++) {
      insert(t, slot);
    }
    return t;
  }

  private void insert(int[] t, int slot) {
    int mask = t.length - 1;
    int i = place(keys[slot]) & mask;
    while (t[i] != 0) {
      i = i + 1 & mask;
    }
    t[i] = slot + 1;
  }

  @Override
  public boolean seen(int slot) {
    boolean before = (state[slot] & SEEN) != 0;
    if (!before) {
      visit(slot);
    }
    return before;
  }

  private void visit(int slot) {
    state[slot] |= SEEN;
    keptVisits += (state[slot] & DROPPED_BY_RULE) == 0 ? 1 : 0;
    if (inOrder && slot == visits) {
      visits++;
      return;
    }
    if (inOrder) {
      inOrder = false;
      visited = new int[Math.max(size, 16)];
      for (int i = 0; i < visits; i++) {
        visited[i] = i;
      }
    }
    if (visits == visited.length) {
      visited = Arrays.copyOf(visited, visits * 2);
    }
    visited[visits++] = slot;
  }

  /** Whether all slots up to this one, which was visited last, were visited in their order. */
  final boolean isInOrderUpTo(int slot) {
    return inOrder && slot == visits - 1;
  }

  /** Number of slots visited in this scrape that relabeling does not drop. */
  final int keptVisits() {
    return keptVisits;
  }

  @Override
  public boolean isDropped(int slot) {
    return (state[slot] & DROPPED_BY_RULE) != 0;
  }

  /** Appends a slot that was seen in this scrape. */
  final int add(long hash, boolean dropped) {
    int slot = size;
    if (slot == keys.length) {
      resize(Math.max(16, slot + (slot >> 1)));
    }
    keys[slot] = hash;
    lengths[slot] = 0;
    state[slot] = dropped ? DROPPED_BY_RULE : 0;
    if (starts.length > 0) {
      starts[slot] = 0;
    }
    if (synthesized.length > 0) {
      synthesized[slot] = null;
    }
    size++;
    int[] t = table;
    if (t != null && size * 2 <= t.length) {
      insert(t, slot);
    } else {
      table = null;
    }
    cursor = size;
    visit(slot);
    return slot;
  }

  private void resize(int capacity) {
    keys = Arrays.copyOf(keys, capacity);
    state = Arrays.copyOf(state, capacity);
    lengths = Arrays.copyOf(lengths, capacity);
    if (starts.length > 0) {
      starts = Arrays.copyOf(starts, capacity);
    }
    if (synthesized.length > 0) {
      synthesized = Arrays.copyOf(synthesized, capacity);
    }
    room(capacity);
  }

  /** Frees unused capacity. */
  final void trim() {
    if (keys.length > size) {
      resize(size);
    }
  }

  @Override
  public void track(int slot, boolean histogram) {
    state[slot] |= histogram ? TRACKED_NOW | HISTOGRAM : TRACKED_NOW;
    if (!histogram) {
      state[slot] &= ~HISTOGRAM;
    }
  }

  @Override
  public boolean wasTracked(int slot) {
    return (state[slot] & TRACKED_BEFORE) != 0;
  }

  @Override
  public long start(int slot) {
    return starts.length == 0 ? 0 : starts[slot];
  }

  @Override
  public void start(int slot, long start) {
    if (starts.length == 0) {
      starts = new long[keys.length];
    }
    starts[slot] = start;
  }

  @Override
  public @Nullable SynthesizedStart synthesized(int slot) {
    return synthesized.length == 0 ? null : synthesized[slot];
  }

  @Override
  public void synthesized(int slot, @Nullable SynthesizedStart start) {
    if (synthesized.length == 0) {
      if (start == null) {
        return;
      }
      synthesized = new @Nullable SynthesizedStart[keys.length];
    }
    synthesized[slot] = start;
  }

  private boolean isHistogram(int slot) {
    return (state[slot] & HISTOGRAM) != 0;
  }

  @Override
  public void forEachVanished(Appender app, Ended to) {
    long[] present = null;
    for (int i = 0; i < size; i++) {
      if ((state[i] & (TRACKED_BEFORE | TRACKED_NOW)) != TRACKED_BEFORE) {
        continue;
      }
      if (present == null) {
        present = present();
      }
      // The same series may now be written differently, labels in another order for instance.
      if (Arrays.binarySearch(present, identity(i)) < 0) {
        to.series(reference(i, app), isHistogram(i));
      }
    }
  }

  private long[] present() {
    long[] out = new long[size];
    int n = 0;
    for (int i = 0; i < size; i++) {
      if ((state[i] & TRACKED_NOW) != 0) {
        out[n++] = identity(i);
      }
    }
    out = Arrays.copyOf(out, n);
    Arrays.sort(out);
    return out;
  }

  @Override
  public void forEachTracked(Appender app, LongPredicate takenOver, Ended to) {
    for (int i = 0; i < size; i++) {
      if ((state[i] & TRACKED_BEFORE) != 0 && !takenOver.test(identity(i))) {
        to.series(reference(i, app), isHistogram(i));
      }
    }
  }

  @Override
  public void forEachTrackedIdentity(LongConsumer to) {
    for (int i = 0; i < size; i++) {
      if ((state[i] & TRACKED_BEFORE) != 0) {
        to.accept(identity(i));
      }
    }
  }

  /**
   * Commits the tracking of the current scrape, and keeps the slots that it has seen, in its order.
   *
   * @return whether all slots were seen in order, and tracked unless they are dropped
   */
  final boolean settle() {
    boolean all = true;
    for (int i = 0; i < size; i++) {
      byte s = state[i];
      boolean now = (s & TRACKED_NOW) != 0;
      state[i] = (byte) (now ? s | TRACKED_BEFORE : s & ~TRACKED_BEFORE);
      all &= now || (s & DROPPED_BY_RULE) != 0;
    }
    boolean ordered = inOrder && visits == size;
    if (!ordered) {
      keepVisited();
    }
    sizeAfterSuccess = size;
    return ordered && all;
  }

  /**
   * Marks all series as absent.
   *
   * @return whether there were too many slots, so that only those seen in the scrape were kept
   */
  final boolean settleFailure() {
    boolean flush = size > (long) sizeAfterSuccess * FORCED_FLUSH_FACTOR + FORCED_FLUSH_MARGIN;
    for (int i = 0; i < size; i++) {
      state[i] &= ~(TRACKED_BEFORE | TRACKED_NOW);
    }
    if (flush) {
      keepVisited();
    }
    return flush;
  }

  /** Keeps the series that were seen, in their original order. */
  private void keepVisited() {
    int n = visits;
    int[] slots = Arrays.copyOf(visited, n);
    if (inOrder) {
      Arrays.setAll(slots, i -> i);
    }
    long[] k = new long[n];
    byte[] s = new byte[n];
    char[] l = new char[n];
    long[] st = starts.length == 0 ? starts : new long[n];
    @Nullable SynthesizedStart[] sy =
        synthesized.length == 0 ? synthesized : new @Nullable SynthesizedStart[n];
    for (int i = 0; i < n; i++) {
      int slot = slots[i];
      k[i] = keys[slot];
      s[i] = state[slot];
      l[i] = lengths[slot];
      if (st.length > 0) {
        st[i] = starts[slot];
      }
      if (sy.length > 0) {
        sy[i] = synthesized[slot];
      }
    }
    if (n == keys.length) {
      // Same slots in another order: the old arrays are kept, and the new ones die young.
      System.arraycopy(k, 0, keys, 0, n);
      System.arraycopy(s, 0, state, 0, n);
      System.arraycopy(l, 0, lengths, 0, n);
      System.arraycopy(st, 0, starts, 0, st.length);
      System.arraycopy(sy, 0, synthesized, 0, sy.length);
    } else {
      keys = k;
      state = s;
      lengths = l;
      starts = st;
      synthesized = sy;
    }
    keep(slots);
    size = n;
    forgetScrape();
  }

  /** Capacity in slots. */
  final int capacity() {
    return keys.length;
  }

  @Override
  public int size() {
    return size;
  }

  /** Number of bytes held between scrapes, for memory accounting. */
  long bytes() {
    return keys.length * 11L + starts.length * 8L + synthesized.length * 48L;
  }
}
