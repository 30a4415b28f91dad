package dev.tethys.model.traces;

/** Set of trace ids with open addressing. Not safe for several threads that change it. */
public final class TraceIds {
  private static final int MIN_SLOTS = 16;

  private long[] high = new long[MIN_SLOTS];
  private long[] low = new long[MIN_SLOTS];
  private boolean[] used = new boolean[MIN_SLOTS];
  private int size;

  /** Number of ids. */
  public int size() {
    return size;
  }

  /** Adds an id; false if it is in the set. */
  public boolean add(long high, long low) {
    if (size * 2 >= used.length) {
      grow();
    }
    int slot = slot(high, low);
    if (used[slot]) {
      return false;
    }
    this.high[slot] = high;
    this.low[slot] = low;
    used[slot] = true;
    size++;
    return true;
  }

  /** True if an id is in the set. */
  public boolean contains(long high, long low) {
    return used[slot(high, low)];
  }

  /** Passes on each id once, in no order. */
  public void forEach(Consumer consumer) {
    for (int i = 0; i < used.length; i++) {
      if (used[i]) {
        consumer.accept(high[i], low[i]);
      }
    }
  }

  /** True if a test holds for an id. */
  public boolean anyMatch(Test test) {
    for (int i = 0; i < used.length; i++) {
      if (used[i] && test.test(high[i], low[i])) {
        return true;
      }
    }
    return false;
  }

  private int slot(long h, long l) {
    // senders choose ids: multiply so that low entropy in some bits does not collide
    long x = (h ^ Long.rotateLeft(l, 32)) * 0x9E3779B97F4A7C15L;
    x = (x ^ (x >>> 32) ^ l) * 0xD6E8FEB86659FD93L;
    int mask = used.length - 1;
    int slot = (int) (x >>> 33) & mask;
    while (used[slot] && (high[slot] != h || low[slot] != l)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldHigh = high;
    long[] oldLow = low;
    boolean[] oldUsed = used;
    int slots = Math.multiplyExact(used.length, 2);
    high = new long[slots];
    low = new long[slots];
    used = new boolean[slots];
    for (int i = 0; i < oldUsed.length; i++) {
      if (oldUsed[i]) {
        int slot = slot(oldHigh[i], oldLow[i]);
        high[slot] = oldHigh[i];
        low[slot] = oldLow[i];
        used[slot] = true;
      }
    }
  }

  /** Test of an id. */
  @FunctionalInterface
  public interface Test {
    boolean test(long high, long low);
  }

  /** Receiver of ids. */
  @FunctionalInterface
  public interface Consumer {
    void accept(long high, long low);
  }
}
