package dev.tethys.collect.scrape;

import com.github.luben.zstd.Zstd;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.LayoutAppender;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What an agent remembers of the series of a target, for appenders that know no series but the
 * present one. It keeps final labels, after joining and relabelling, so that a sample that is seen
 * again needs neither; but compressed, all of a target together, in the order of its page. While
 * nobody scrapes, a series costs 11 bytes and its share of that: 5 to 10 more.
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

  /**
   * After so many scrapes of the same series in the same order there is a layout; twice as many
   * when it broke.
   */
  private static final int FIRST_PATIENCE = 1;

  private static final int MAX_PATIENCE = 64;

  /** What held for so many scrapes may break without costing patience. */
  private static final int LONG_STEADY = 240;

  private static final byte[] NONE = {};

  private long[] keys = {};
  private byte[] state = NONE;
  private char[] lengths = {}; // of keys, by slot; 0 where it is not known
  private long[] starts = {}; // start timestamps last used, by slot; empty while none is
  private int size;
  private int sizeAfterSuccess;
  private byte[] packed = NONE;
  private int rawSize;
  private int packedSize; // of all that is packed: a layout's has more behind the slots' labels

  private @Nullable PackedLayout layout;
  private List<Labels> own =
      List.of(); // series that a scrape writes about itself, behind the page's
  private int kept; // slots that are not dropped
  private int steady; // scrapes in a row that could have had a layout, or had one
  private int patience = FIRST_PATIENCE;

  // of the running scrape
  private byte @Nullable [] raw;
  private int[] offsets = {};
  private int[] visited = {}; // empty while slots are visited in their order
  private int visits;
  private int keptVisits; // of slots that are not dropped
  private boolean inOrder;
  private @Nullable SteadyAppender running;
  private @Nullable List<Labels>
      plain; // what a scrape that could have had a layout wrote about itself
  private int cursor;
  private int @Nullable [] table;
  private boolean changed;

  @Override
  public void begin() {
    for (int i = 0; i < size; i++) {
      state[i] &= ~(SEEN | TRACKED_NOW);
    }
    if (layout == null) {
      open();
    }
    visited = new int[0];
    visits = 0;
    keptVisits = 0;
    inOrder = true;
    plain = null;
    cursor = 0;
    table = null;
  }

  /** The labels of all series, decompressed. */
  private byte[] open() {
    byte[] r = raw;
    if (r != null) {
      return r;
    }
    r = new byte[Math.max(packedSize, 64)];
    if (packedSize > 0) {
      Zstd.decompressByteArray(r, 0, packedSize, packed, 0, packed.length);
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

  static int length(byte[] b, int p) {
    int n = 0;
    for (int shift = 0; ; shift += 7) {
      byte c = b[p++];
      n |= (c & 0x7f) << shift;
      if (c >= 0) {
        return n;
      }
    }
  }

  static int after(byte[] b, int p) {
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

  /** The slot that was visited as the i-th. */
  private int visited(int i) {
    return inOrder ? i : visited[i];
  }

  /**
   * An appender for a scrape, which hands on values alone while the page stays the same.
   *
   * @param to takes them; what cannot take layouts is given back
   */
  @Override
  public Appender steady(Appender to) {
    running = to instanceof LayoutAppender l ? new SteadyAppender(l, this, layout) : null;
    return running == null ? to : running;
  }

  /** Whether the series behind so many others is one that a scrape writes about itself. */
  boolean isOwn(int index, Labels labels) {
    int i = index - kept;
    return i >= 0 && i < own.size() && own.get(i).equals(labels);
  }

  /** A scrape brought something else than the layout has. */
  void broken() {
    if (steady < LONG_STEADY) {
      patience = Math.min(MAX_PATIENCE, patience * 2);
    } else {
      patience = FIRST_PATIENCE;
    }
    steady = 0;
    layout = null;
  }

  /**
   * A scrape was committed that had no layout.
   *
   * @param about the series that it wrote about itself; null when it could not have had one
   */
  void committed(@Nullable List<Labels> about) {
    plain = about;
  }

  @Override
  public boolean isDropped(int slot) {
    return (state[slot] & DROPPED_BY_RULE) != 0;
  }

  @Override
  public long reference(int slot, Appender app) {
    if (app instanceof SteadyAppender s && s.isSteady()) {
      // All slots so far stand in the layout, and none that has a place there was left out.
      if (inOrder && slot == visits - 1 && s.isNext(keptVisits - 1)) {
        return s.nextInPage();
      }
      s.breakUp();
    }
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
      lengths = Arrays.copyOf(lengths, capacity);
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
    lengths[slot] = 0;
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
    SteadyAppender s = running;
    if (s != null && labels != null) {
      s.newInPage();
    }
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
    steady(ordered && all);
    if (changed) {
      pack();
    }
    sizeAfterSuccess = size;
    close();
  }

  /** Counts scrapes that could have a layout, and makes one when there were enough of them. */
  private void steady(boolean complete) {
    List<Labels> about = plain;
    if (layout != null) {
      steady++;
      return;
    }
    boolean same = about != null && own.equals(about);
    if (about != null) {
      own = about;
    }
    if (changed || !complete || !same) {
      steady = 0;
    } else if (++steady >= patience) {
      lay(own);
    }
  }

  /** Packs the labels of all series that a scrape brings, in their order. */
  private void lay(List<Labels> about) {
    byte[] r = open();
    int n = rawSize;
    for (Labels l : about) {
      byte[] b = l.canonicalBytes();
      if (r.length - n < b.length + 5) {
        r = Arrays.copyOf(r, Math.max(r.length * 2, n + b.length + 5));
      }
      n = put(r, n, b, 0, b.length);
    }
    int series = about.size();
    for (int i = 0; i < size; i++) {
      series += (state[i] & DROPPED_BY_RULE) == 0 ? 1 : 0;
    }
    kept = series - about.size();
    raw = r;
    packed = Zstd.compress(Arrays.copyOf(r, n), LEVEL);
    packedSize = n;
    layout = new PackedLayout(packed, n, series);
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
    char[] kl = new char[visits];
    long[] st = starts.length == 0 ? starts : new long[visits];
    int n = 0;
    for (int i = 0; i < visits; i++) {
      int slot = visited(i);
      k[i] = keys[slot];
      s[i] = state[slot];
      kl[i] = lengths[slot];
      if (st.length > 0) {
        st[i] = starts[slot];
      }
      at[i] = n;
      int o = offsets[slot];
      n = put(to, n, from, after(from, o), length(from, o));
    }
    inOrder = true;
    keys = k;
    state = s;
    lengths = kl;
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
    packedSize = rawSize;
    layout = null;
    keys = Arrays.copyOf(keys, size);
    state = Arrays.copyOf(state, size);
    lengths = Arrays.copyOf(lengths, size);
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
    inOrder = true;
    table = null;
    running = null;
  }

  @Override
  public int size() {
    return size;
  }

  /** Bytes that are held between scrapes, for the account of memory. */
  long bytes() {
    long labels = 0;
    for (Labels l : own) {
      labels += l.canonicalBytes().length;
    }
    return labels
        + keys.length * 8L
        + state.length
        + lengths.length * 2L
        + starts.length * 8L
        + packed.length;
  }
}
