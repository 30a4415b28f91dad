package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.storage.StorageException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The series in memory: slot, generation, labels.
 *
 * <p>A slot is <i>free</i>, <i>live</i> (even generation) or <i>retired</i> (odd): removed from the
 * index, so that no lookup finds it, but its labels are kept until every appender that may hold a
 * sample for it has ended, so that such a sample can still be brought to the series of these
 * labels. Slot 0 is never used.
 *
 * <p>Guarded by the lock of the head: changed under its write lock, read under its read lock,
 * except {@link #keys}, which appenders read as they please.
 */
final class SeriesTable {
  /** Below so many slots the index is too small to be worth the work. */
  static final int MIN_REBUILD = 4096;

  private record Other(long high, long low) {}

  private record Retired(int slot, long epoch) {}

  private final Fingerprint hash;
  volatile SeriesKeys keys = new SeriesKeys(1024);
  LabelIndex index;

  private int slots = 1; // slots ever used
  private int live;
  private int[] list = new int[1024]; // labels by slot: name in the index, plus 1
  private int[] hashes = new int[1024];
  private int[] table = new int[2048]; // slot by hash of canonical labels; 0 free, -1 was used
  private int tableUsed;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private final ArrayDeque<Retired> retired = new ArrayDeque<>();

  /** Series whose labels also occur in other bytes than those in {@link #keys}. Bounded. */
  private final Map<Other, Long> others = new ConcurrentHashMap<>();

  SeriesTable(Fingerprint key) {
    hash = key.sameKey();
    index = new LabelIndex(key);
  }

  int live() {
    return live;
  }

  /** Returns the highest slot ever used, plus one. */
  int slots() {
    return slots;
  }

  boolean isLive(int slot) {
    return slot > 0 && slot < slots && list[slot] != 0 && (keys.generations.get(slot) & 1) == 0;
  }

  /** Labels of a live or retired slot. */
  Labels labels(int slot) {
    return index.labels(list[slot] - 1);
  }

  /** Returns the index's name for the labels of a slot. */
  int list(int slot) {
    return list[slot] - 1;
  }

  long reference(int slot) {
    return (long) keys.generations.get(slot) << 32 | slot;
  }

  private int hash(byte[] canonical) {
    return (int) hash.low(canonical, 0, canonical.length, 0);
  }

  /** Returns the live slot of a label set, or 0. Under the write lock. */
  int find(byte[] canonical) {
    int h = hash(canonical);
    int mask = table.length - 1;
    for (int i = h & mask; table[i] != 0; i = i + 1 & mask) {
      int slot = table[i];
      if (slot > 0 && hashes[slot] == h && index.hasText(list[slot] - 1, canonical)) {
        return slot;
      }
    }
    return 0;
  }

  /**
   * Creates a series that does not exist.
   *
   * @throws StorageException if there is no space: nothing has changed
   */
  int create(byte[] canonical) {
    Integer reuse = free.peekFirst();
    int slot = reuse != null ? reuse : slots;
    int generation = keys.capacity() > slot ? keys.generations.get(slot) : 0;
    install(slot, (generation + 1) & ~1, canonical);
    if (reuse != null) {
      free.removeFirst();
    }
    return slot;
  }

  /** Creates a series in a given slot, which must be free: for recovery. */
  void install(int slot, int generation, byte[] canonical) {
    try {
      enter(slot, generation, canonical);
    } catch (OutOfMemoryError e) {
      // Half of an entry would make the index fail or lie from now on; the log has what counts.
      SupervisedLoop.endProcess("series index", e);
      throw e;
    }
  }

  private void enter(int slot, int generation, byte[] canonical) {
    reserve(slot);
    if (tableUsed * 4L > table.length * 3L) {
      rehash();
    }
    list[slot] = index.add(slot, canonical) + 1;
    slots = Math.max(slots, slot + 1);
    live++;
    int h = hash(canonical);
    hashes[slot] = h;
    place(table, slot);
    keys.start(slot, generation);
  }

  private void reserve(int slot) {
    if (slot >= keys.capacity()) {
      int n = Integer.highestOneBit(slot) * 2;
      if (n <= 0) {
        throw new StorageException(
            StorageException.Reason.LIMIT, "more than 2^30 series in memory");
      }
      keys = keys.grown(n);
      list = Arrays.copyOf(list, n);
      hashes = Arrays.copyOf(hashes, n);
    }
  }

  private void rehash() {
    int[] t = new int[Integer.highestOneBit(Math.max(1024, live)) * 4];
    tableUsed = 0;
    int[] old = table;
    table = t;
    for (int s : old) {
      if (s > 0) {
        place(t, s);
      }
    }
  }

  private void place(int[] t, int slot) {
    int i = hashes[slot] & t.length - 1;
    while (t[i] > 0) {
      i = i + 1 & t.length - 1;
    }
    if (t[i] == 0) {
      tableUsed++;
    }
    t[i] = slot;
  }

  /** Remembers raw bytes that mean a live series. */
  void addEncoding(int slot, long high, long low) {
    SeriesKeys k = keys;
    if (!k.hasPrint(slot)) {
      k.assign(slot, high, low);
    } else if (!k.isPrint(slot, high, low)) {
      if (others.size() >= Math.max(1 << 16, live)) {
        others.clear(); // it only costs decoding them again
      }
      others.put(new Other(high, low), reference(slot));
    }
  }

  /** Like {@link SeriesKeys#find} for further encodings; without a lock. */
  long otherEncoding(long high, long low) {
    if (others.isEmpty()) {
      return 0;
    }
    Long ref = others.get(new Other(high, low));
    if (ref == null) {
      return 0;
    }
    int slot = (int) (long) ref;
    return keys.generations.get(slot) == (int) (ref >>> 32) ? ref : 0;
  }

  /** Removes a live series. Its slot is free once appenders older than {@code epoch} have ended. */
  void retire(int slot, long epoch) {
    index.remove(slot, list[slot] - 1);
    int i = hashes[slot] & table.length - 1;
    while (table[i] != slot) {
      i = i + 1 & table.length - 1;
    }
    table[i] = -1;
    keys.retire(slot);
    live--;
    retired.addLast(new Retired(slot, epoch));
  }

  /** Removes the series of a slot during recovery, because another series gets the slot. */
  void evict(int slot) {
    retire(slot, Long.MIN_VALUE);
    retired.removeLast();
    list[slot] = 0;
  }

  /**
   * Frees retired slots that no appender since {@code oldest} can refer to; calls back for each.
   */
  void free(long oldest, java.util.function.IntConsumer freed) {
    while (!retired.isEmpty() && retired.peekFirst().epoch < oldest) {
      int slot = retired.removeFirst().slot;
      list[slot] = 0;
      free.addLast(slot);
      freed.accept(slot);
    }
  }

  /** Whether maximum number of entries of the index belong to series that left. */
  boolean worthRebuilding() {
    return slots > MIN_REBUILD && index.added() > 2L * Math.max(live, MIN_REBUILD / 2);
  }

  /** The lists of all live slots by slot, 0 elsewhere; for {@link #rebuild}. */
  int[] lists() {
    int[] out = new int[slots];
    for (int s = 1; s < slots; s++) {
      out[s] = isLive(s) ? list[s] : 0;
    }
    return out;
  }

  /** An index of the series in {@code old}, whose entries become their lists in it. No lock. */
  LabelIndex rebuild(LabelIndex from, int[] old) {
    LabelIndex made = new LabelIndex(hash);
    for (int s = 1; s < old.length; s++) {
      if (old[s] != 0) {
        old[s] = made.add(s, from.labels(old[s] - 1).canonicalBytes()) + 1;
      }
    }
    return made;
  }

  /** Replaces the index by a rebuilt one, after adding the series created since. */
  void replace(LabelIndex made, int[] madeLists) {
    int[] next = new int[list.length];
    for (int s = 1; s < slots; s++) {
      if (list[s] == 0) {
        continue;
      }
      boolean known = s < madeLists.length && madeLists[s] != 0;
      byte[] canonical = known ? null : labels(s).canonicalBytes();
      next[s] = canonical == null ? madeLists[s] : made.add(s, canonical) + 1;
      if (!isLive(s)) {
        made.remove(s, next[s] - 1); // its labels are kept a while, no lookup finds it
      }
    }
    index = made;
    list = next;
  }

  /** After recovery: slots without a series are free. */
  void collectFree() {
    free.clear();
    retired.clear();
    for (int s = 1; s < slots; s++) {
      if (list[s] == 0 || (keys.generations.get(s) & 1) != 0) {
        list[s] = 0;
        free.addLast(s);
      }
    }
  }

  /** Bytes of tables, which grow by leaps. */
  long reserved() {
    return keys.bytes() + list.length * 8L + table.length * 4L + index.reserved();
  }

  /** Bytes by which tables would grow for one more series. */
  long growth() {
    long b = index.growth() + keys.growth();
    if (free.isEmpty() && slots >= keys.capacity()) {
      b += list.length * 8L;
    }
    if (tableUsed * 4L > table.length * 3L - 4) {
      b += table.length * 4L;
    }
    return b;
  }

  long bytes() {
    return keys.bytes()
        + list.length * 8L
        + table.length * 4L
        + others.size() * 96L
        + index.bytes();
  }
}
