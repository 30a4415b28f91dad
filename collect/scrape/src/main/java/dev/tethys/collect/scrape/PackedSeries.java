package dev.tethys.collect.scrape;

import com.github.luben.zstd.Zstd;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What an agent remembers of the series of a target, for appenders that know no series but the
 * present one. It keeps final labels, after joining and relabelling, so that a sample that is seen
 * again needs neither; but compressed, all of a target together, in the order of its page. While
 * nobody scrapes, a series costs 9 bytes and its share of that: 5 to 10 more.
 *
 * <p>A page mostly has the series of the one before in the same order: then a series is found by
 * looking at the next one. A table over all is made only in a scrape in which that fails.
 *
 * <p>Invariants: the first {@link #size} of {@link #keys} and {@link #state} are the slots; {@link
 * #raw} holds {@code uvarint(length) canonical labels} of each slot, dropped ones with length 0, at
 * {@link #offsets}, from {@link #begin} to the end of a scrape and is null between, when {@link
 * #packed} is the same compressed. For one thread.
 */
final class PackedSeries implements SeriesMemory {
  private static final byte SEEN = 1;
  private static final byte TRACKED_BEFORE = 2;
  private static final byte TRACKED_NOW = 4;
  private static final byte HISTOGRAM = 8;
  private static final byte DROPPED_BY_RULE = 16;

  private static final int FORCED_FLUSH_FACTOR = 2;
  private static final int FORCED_FLUSH_MARGIN = 1000;
  private static final int LEVEL = 3;
  private static final byte[] NONE = {};

  private long[] keys = {};
  private byte[] state = NONE;
  private long[] starts = {}; // start timestamps last used, by slot; empty while none is
  private int size;
  private int sizeAfterSuccess;
  private byte[] packed = NONE;
  private int rawSize;

  // of the running scrape
  private byte @Nullable [] raw;
  private int[] offsets = {};
  private int[] visited = {};
  private int visits;
  private int cursor;
  private int @Nullable [] table;
  private boolean changed;

  @Override
  public void begin() {
    for (int i = 0; i < size; i++) {
      state[i] &= ~(SEEN | TRACKED_NOW);
    }
    open();
    visited = new int[Math.max(size, 16)];
    visits = 0;
    cursor = 0;
    table = null;
  }

  /** The labels of all series, decompressed. */
  private byte[] open() {
    byte[] r = raw;
    if (r != null) {
      return r;
    }
    r = new byte[Math.max(rawSize, 64)];
    if (rawSize > 0) {
      Zstd.decompressByteArray(r, 0, rawSize, packed, 0, packed.length);
    }
    offsets = new int[Math.max(size, 16)];
    int p = 0;
    for (int i = 0; i < size; i++) {
      offsets[i] = p;
      p = after(r, p) + length(r, p);
    }
    raw = r;
    return r;
  }

  private static int length(byte[] b, int p) {
    int n = 0;
    for (int shift = 0; ; shift += 7) {
      byte c = b[p++];
      n |= (c & 0x7f) << shift;
      if (c >= 0) {
        return n;
      }
    }
  }

  private static int after(byte[] b, int p) {
    int q = p;
    while (b[q] < 0) {
      q++;
    }
    return q + 1;
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
    if (visits == visited.length) {
      visited = Arrays.copyOf(visited, visits * 2);
    }
    visited[visits++] = slot;
  }

  @Override
  public boolean isDropped(int slot) {
    return (state[slot] & DROPPED_BY_RULE) != 0;
  }

  @Override
  public long reference(int slot, Appender app) {
    byte[] r = open();
    int at = offsets[slot];
    return app.series(r, after(r, at), length(r, at), Appender.CANONICAL);
  }

  /** References hold for a moment only: there is nothing to keep. */
  @Override
  public void reference(int slot, long reference) {}

  @Override
  public int add(long hash, long reference, @Nullable Labels labels) {
    byte[] canonical = labels == null ? NONE : labels.canonicalBytes();
    byte[] r = open();
    int slot = size;
    if (slot == keys.length) {
      int capacity = Math.max(16, slot + (slot >> 1));
      keys = Arrays.copyOf(keys, capacity);
      state = Arrays.copyOf(state, capacity);
      if (starts.length > 0) {
        starts = Arrays.copyOf(starts, capacity);
      }
    }
    if (slot >= offsets.length) {
      offsets = Arrays.copyOf(offsets, Math.max(16, slot * 2));
    }
    if (r.length - rawSize < canonical.length + 5) {
      r = Arrays.copyOf(r, Math.max(r.length * 2, rawSize + canonical.length + 5));
      raw = r;
    }
    keys[slot] = hash;
    state[slot] = labels == null ? DROPPED_BY_RULE : 0;
    if (starts.length > 0) {
      starts[slot] = 0;
    }
    offsets[slot] = rawSize;
    rawSize = put(r, rawSize, canonical, 0, canonical.length);
    size++;
    changed = true;
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

  private static int put(byte[] to, int at, byte[] from, int offset, int length) {
    int p = at;
    int n = length;
    while (n >= 0x80) {
      to[p++] = (byte) (n | 0x80);
      n >>>= 7;
    }
    to[p++] = (byte) n;
    System.arraycopy(from, offset, to, p, length);
    return p + length;
  }

  @Override
  public void track(int slot, boolean histogram) {
    state[slot] |= histogram ? TRACKED_NOW | HISTOGRAM : TRACKED_NOW;
    if (!histogram) {
      state[slot] &= ~HISTOGRAM;
    }
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

  private long identity(int slot) {
    byte[] r = open();
    int at = offsets[slot];
    return Labels.hash64(r, after(r, at), length(r, at));
  }

  @Override
  public void forEachVanished(Appender app, Ended to) {
    long[] present = null;
    for (int i = 0; i < size; i++) {
      if ((state[i] & (TRACKED_BEFORE | TRACKED_NOW)) != TRACKED_BEFORE) {
        continue;
      }
      if (present == null) {
        present = new long[size];
        int n = 0;
        for (int k = 0; k < size; k++) {
          if ((state[k] & TRACKED_NOW) != 0) {
            present[n++] = identity(k);
          }
        }
        present = Arrays.copyOf(present, n);
        Arrays.sort(present);
      }
      // The same series may now be written differently, labels in another order for instance.
      if (Arrays.binarySearch(present, identity(i)) < 0) {
        to.series(reference(i, app), (state[i] & HISTOGRAM) != 0);
      }
    }
  }

  @Override
  public void forEachTracked(Appender app, LongPredicate takenOver, Ended to) {
    boolean idle = raw == null;
    for (int i = 0; i < size; i++) {
      if ((state[i] & TRACKED_BEFORE) != 0 && !takenOver.test(identity(i))) {
        to.series(reference(i, app), (state[i] & HISTOGRAM) != 0);
      }
    }
    if (idle) {
      close();
    }
  }

  @Override
  public void forEachTrackedIdentity(LongConsumer to) {
    boolean idle = raw == null;
    for (int i = 0; i < size; i++) {
      if ((state[i] & TRACKED_BEFORE) != 0) {
        to.accept(identity(i));
      }
    }
    if (idle) {
      close();
    }
  }

  @Override
  public void succeed() {
    boolean ordered = visits == size;
    for (int i = 0; i < size; i++) {
      byte s = state[i];
      boolean now = (s & TRACKED_NOW) != 0;
      state[i] = (byte) (now ? s | TRACKED_BEFORE : s & ~TRACKED_BEFORE);
      ordered &= i < visits && visited[i] == i;
    }
    if (!ordered) {
      keepVisited();
    }
    if (changed) {
      pack();
    }
    sizeAfterSuccess = size;
    close();
  }

  @Override
  public boolean fail() {
    boolean flush = size > (long) sizeAfterSuccess * FORCED_FLUSH_FACTOR + FORCED_FLUSH_MARGIN;
    for (int i = 0; i < size; i++) {
      state[i] &= ~(TRACKED_BEFORE | TRACKED_NOW);
    }
    if (flush) {
      keepVisited();
    }
    if (changed) {
      pack();
    }
    close();
    return flush;
  }

  /** Leaves the series that were seen, in the order in which they were. */
  private void keepVisited() {
    byte[] from = open();
    byte[] to = new byte[rawSize];
    int[] at = new int[Math.max(visits, 16)];
    long[] k = new long[visits];
    byte[] s = new byte[visits];
    long[] st = starts.length == 0 ? starts : new long[visits];
    int n = 0;
    for (int i = 0; i < visits; i++) {
      int slot = visited[i];
      k[i] = keys[slot];
      s[i] = state[slot];
      if (st.length > 0) {
        st[i] = starts[slot];
      }
      at[i] = n;
      int o = offsets[slot];
      n = put(to, n, from, after(from, o), length(from, o));
      visited[i] = i;
    }
    keys = k;
    state = s;
    starts = st;
    size = visits;
    raw = to;
    rawSize = n;
    offsets = at;
    table = null;
    changed = true;
  }

  private void pack() {
    byte[] r = open();
    packed = Zstd.compress(Arrays.copyOf(r, rawSize), LEVEL);
    keys = Arrays.copyOf(keys, size);
    state = Arrays.copyOf(state, size);
    if (starts.length > 0) {
      starts = Arrays.copyOf(starts, size);
    }
    changed = false;
  }

  /** Lets go of what only a scrape needs. */
  private void close() {
    if (changed) {
      pack();
    }
    raw = null;
    offsets = new int[0];
    visited = offsets;
    visits = 0;
    table = null;
  }

  @Override
  public int size() {
    return size;
  }

  /** Bytes that are held between scrapes, for the account of memory. */
  long bytes() {
    return keys.length * 8L + state.length + starts.length * 8L + packed.length;
  }
}
