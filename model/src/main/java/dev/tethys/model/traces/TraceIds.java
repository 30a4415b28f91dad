package dev.tethys.model.traces;

/** Set of trace ids with open addressing. Not safe for several threads that change it. */
public final class TraceIds {
  private static final int MIN_SLOTS = 16;

  private long[] high = new long[MIN_SLOTS];
  private long[] low = new long[MIN_SLOTS];
  private byte[] tags = new byte[MIN_SLOTS]; // bits of the hash, 0 for a free slot
  private int size;

  /** Number of ids. */
  public int size() {
    return size;
  }

  /** Adds an id; returns false if it is in the set. */
  public boolean add(long high, long low) {
    if (size * 2 >= tags.length) {
      grow();
    }
    int slot = slot(high, low);
    if (tags[slot] != 0) {
      return false;
    }
    put(slot, high, low);
    size++;
    return true;
  }

  /** True if an id is in the set. */
  public boolean contains(long high, long low) {
    return tags[slot(high, low)] != 0;
  }

  /** True if a test holds for an id. */
  public boolean anyMatch(Test test) {
    for (int i = 0; i < tags.length; i++) {
      if (tags[i] != 0 && test.test(high[i], low[i])) {
        return true;
      }
    }
    return false;
  }

  private void put(int slot, long h, long l) {
    high[slot] = h;
    low[slot] = l;
    tags[slot] = tag(hash(h, l));
  }

  private static long hash(long h, long l) {
    // senders choose ids: multiply so that low entropy in some bits does not collide
    long x = (h ^ Long.rotateLeft(l, 32)) * 0x9E3779B97F4A7C15L;
    return (x ^ (x >>> 32) ^ l) * 0xD6E8FEB86659FD93L;
  }

  private static byte tag(long hash) {
    return (byte) (hash >>> 56 | 1);
  }

  /** Slot of an id, or the free slot for it; ids are read only if the tag is equal. */
  private int slot(long h, long l) {
    long x = hash(h, l);
    byte tag = tag(x);
    int mask = tags.length - 1;
    int slot = (int) (x >>> 33) & mask;
    while (tags[slot] != 0 && (tags[slot] != tag || high[slot] != h || low[slot] != l)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldHigh = high;
    long[] oldLow = low;
    byte[] old = tags;
    int slots = Math.multiplyExact(tags.length, 2);
    high = new long[slots];
    low = new long[slots];
    tags = new byte[slots];
    for (int i = 0; i < old.length; i++) {
      if (old[i] != 0) {
        put(slot(oldHigh[i], oldLow[i]), oldHigh[i], oldLow[i]);
      }
    }
  }

  /** Test of an id. */
  @FunctionalInterface
  public interface Test {
    boolean test(long high, long low);
  }
}
