package dev.tethys.collect.scrape;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What one target's scrapes remember of its series: raw key bytes → series in the store, and which
 * series the last good scrape had. No bytes of keys are kept, only their 64-bit hashes (XXH3), so
 * that an idle target costs about 40 bytes a series.
 *
 * <p>Two keys with one hash would be taken for one series. Among a million keys that happens once
 * in 37 million targets; a target that makes it happen on purpose only hurts its own series.
 *
 * <p>A scrape is {@link #begin()}, lookups and {@link #track}s, then {@link #succeed} or {@link
 * #fail}. Invariants: a slot is free when its {@link #state} is 0; capacity is a power of two and
 * at most two thirds full; TRACKED_BEFORE holds for series of the last good scrape, TRACKED_NOW for
 * those of the running one. For one thread.
 */
final class SeriesCache implements SeriesMemory {
  /** Reference of a series that relabelling drops. */
  static final long DROPPED = -1;

  private static final byte USED = 1;
  private static final byte SEEN = 2;
  private static final byte TRACKED_BEFORE = 4;
  private static final byte TRACKED_NOW = 8;
  private static final byte HISTOGRAM = 16;

  /** The cache may grow by so much over failing scrapes before it is emptied by force. */
  private static final int FORCED_FLUSH_FACTOR = 2;

  private static final int FORCED_FLUSH_MARGIN = 1000;
  private static final int INITIAL_CAPACITY =
      8; // many targets may wait long for their first scrape

  private long[] keys = new long[INITIAL_CAPACITY];
  private long[] references = new long[INITIAL_CAPACITY];
  private byte[] state = new byte[INITIAL_CAPACITY];
  private long[] starts = {}; // start timestamps last used, by slot; empty while none is
  private int size;
  private int sizeAfterSuccess;

  /** Starts a scrape. */
  @Override
  public void begin() {
    for (int i = 0; i < state.length; i++) {
      state[i] &= ~(SEEN | TRACKED_NOW);
    }
  }

  static long hash(byte[] buf, int offset, int length) {
    return Labels.hash64(buf, offset, length);
  }

  /** The slot of a key, or -1 - the slot where it would go. */
  @Override
  public int find(long hash) {
    int mask = keys.length - 1;
    int i = (int) (hash ^ hash >>> 32) & mask;
    while (state[i] != 0) {
      if (keys[i] == hash) {
        return i;
      }
      i = i + 1 & mask;
    }
    return -1 - i;
  }

  /** Marks a slot as seen in this scrape; true when it had been already. */
  @Override
  public boolean seen(int slot) {
    boolean before = (state[slot] & SEEN) != 0;
    state[slot] |= SEEN;
    return before;
  }

  long reference(int slot) {
    return references[slot];
  }

  @Override
  public boolean isDropped(int slot) {
    return references[slot] == DROPPED;
  }

  @Override
  public long reference(int slot, Appender app) {
    return references[slot];
  }

  @Override
  public int add(long hash, long reference, @Nullable Labels labels) {
    return add(hash, labels == null ? DROPPED : reference);
  }

  @Override
  public void forEachVanished(Appender app, Ended to) {
    forEachVanished(to);
  }

  @Override
  public void forEachTracked(Appender app, LongPredicate takenOver, Ended to) {
    forEachTracked(
        (reference, histogram) -> {
          if (!takenOver.test(reference)) {
            to.series(reference, histogram);
          }
        });
  }

  @Override
  public void forEachTrackedIdentity(LongConsumer to) {
    forEachTrackedReference(to);
  }

  @Override
  public void reference(int slot, long reference) {
    references[slot] = reference;
  }

  /** Adds a key that {@link #find} did not find, seen in this scrape; gives its slot. */
  int add(long hash, long reference) {
    if ((size + 1) * 3L > keys.length * 2L) {
      resize(keys.length * 2, false);
    }
    int slot = -1 - find(hash);
    keys[slot] = hash;
    references[slot] = reference;
    state[slot] = USED | SEEN;
    if (starts.length > 0) {
      starts[slot] = 0;
    }
    size++;
    return slot;
  }

  /** Notes that the series has a sample in this scrape and is to be ended when it vanishes. */
  @Override
  public void track(int slot, boolean histogram) {
    state[slot] |= histogram ? TRACKED_NOW | HISTOGRAM : TRACKED_NOW;
    if (!histogram) {
      state[slot] &= ~HISTOGRAM;
    }
  }

  /** The start timestamp last used for a series, 0 for none. */
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

  /** Gives each series of the last good scrape that the present one does not have. */
  void forEachVanished(Ended to) {
    long[] present = null;
    for (int i = 0; i < state.length; i++) {
      if ((state[i] & (TRACKED_BEFORE | TRACKED_NOW)) != TRACKED_BEFORE) {
        continue;
      }
      if (present == null) {
        present = tracked();
      }
      // The same series may now be written differently, labels in another order for instance.
      if (Arrays.binarySearch(present, references[i]) < 0) {
        to.series(references[i], (state[i] & HISTOGRAM) != 0);
      }
    }
  }

  private long[] tracked() {
    long[] out = new long[size];
    int n = 0;
    for (int i = 0; i < state.length; i++) {
      if ((state[i] & TRACKED_NOW) != 0) {
        out[n++] = references[i];
      }
    }
    out = Arrays.copyOf(out, n);
    Arrays.sort(out);
    return out;
  }

  /** Gives each series of the last good scrape. */
  void forEachTracked(Ended to) {
    for (int i = 0; i < state.length; i++) {
      if ((state[i] & TRACKED_BEFORE) != 0) {
        to.series(references[i], (state[i] & HISTOGRAM) != 0);
      }
    }
  }

  /** The references of the last good scrape, in no order. */
  void forEachTrackedReference(LongConsumer to) {
    forEachTracked((reference, histogram) -> to.accept(reference));
  }

  /** Ends a good scrape: what it did not have is forgotten. */
  @Override
  public void succeed() {
    int unseen = 0;
    for (int i = 0; i < state.length; i++) {
      byte s = state[i];
      if (s == 0) {
        continue;
      }
      unseen += (s & SEEN) == 0 ? 1 : 0;
      boolean now = (s & TRACKED_NOW) != 0;
      state[i] = (byte) (now ? s | TRACKED_BEFORE : s & ~TRACKED_BEFORE);
    }
    if (unseen > 0) {
      rebuild(size - unseen);
    }
    sizeAfterSuccess = size;
  }

  private void rebuild(int remaining) {
    int capacity = keys.length;
    while (capacity > INITIAL_CAPACITY && remaining * 4L < capacity) {
      capacity /= 2;
    }
    resize(capacity, true);
  }

  /**
   * Ends a scrape that stored nothing: no series counts as present any more. True when the cache
   * had to be emptied, because failing scrapes with ever new labels made it grow.
   */
  @Override
  public boolean fail() {
    boolean flush = size > (long) sizeAfterSuccess * FORCED_FLUSH_FACTOR + FORCED_FLUSH_MARGIN;
    for (int i = 0; i < state.length; i++) {
      state[i] &= ~(TRACKED_BEFORE | TRACKED_NOW);
    }
    if (flush) {
      int seen = 0;
      for (byte s : state) {
        seen += (s & SEEN) != 0 ? 1 : 0;
      }
      rebuild(seen);
    }
    return flush;
  }

  private void resize(int capacity, boolean onlySeen) {
    long[] oldKeys = keys;
    long[] oldReferences = references;
    byte[] oldState = state;
    long[] oldStarts = starts;
    keys = new long[capacity];
    references = new long[capacity];
    state = new byte[capacity];
    starts = oldStarts.length == 0 ? oldStarts : new long[capacity];
    size = 0;
    for (int i = 0; i < oldState.length; i++) {
      byte s = oldState[i];
      if (s == 0 || onlySeen && (s & SEEN) == 0) {
        continue;
      }
      int slot = -1 - find(oldKeys[i]);
      keys[slot] = oldKeys[i];
      references[slot] = oldReferences[i];
      state[slot] = s;
      if (starts.length > 0) {
        starts[slot] = oldStarts[i];
      }
      size++;
    }
  }

  @Override
  public int size() {
    return size;
  }

  /** Bytes of the arrays, for the account of memory. */
  long bytes() {
    return keys.length * 17L + starts.length * 8L;
  }
}
