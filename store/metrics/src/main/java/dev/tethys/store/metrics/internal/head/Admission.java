package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.StorageException;
import java.util.Arrays;
import java.util.IdentityHashMap;

/**
 * Which series come in: makes them, refuses them beyond the limit, and remembers which of them no
 * record of the log defines yet.
 *
 * <p>Series are made under the write side of the head's view; {@link #unlogged} is guarded by view.
 */
final class Admission {
  private static final int MAX_DECODERS = 64;

  private final Head head;
  private final IdentityHashMap<Appender.LabelDecoder, Integer> salts = new IdentityHashMap<>();

  // Series made since the last commit that wrote their definitions.
  private int[] unlogged = new int[64];
  private volatile int unloggedCount;

  Admission(Head head) {
    this.head = head;
  }

  /** A small number for an encoding of labels; 0 when there are too many to tell apart. */
  int salt(Appender.LabelDecoder decoder) {
    synchronized (salts) {
      Integer s = salts.get(decoder);
      if (s == null) {
        if (salts.size() >= MAX_DECODERS) {
          return 0;
        }
        s = salts.size() + 1;
        salts.put(decoder, s);
      }
      return s;
    }
  }

  long otherEncoding(long high, long low) {
    return head.table.otherEncoding(high, low);
  }

  /**
   * The reference of a series, made when new; its raw fingerprint is remembered when it has one.
   */
  long series(Labels labels, long high, long low, boolean hasFingerprint) {
    byte[] canonical = labels.canonicalBytes();
    if (canonical.length == 0) {
      throw new StorageException(
          StorageException.Reason.INVALID, "a series must have at least one label");
    }
    head.view.writeLock().lock();
    try {
      int slot = head.table.find(canonical);
      if (slot == 0) {
        int max = head.settings().maxSeries();
        if (head.table.live() >= max) {
          head.counters.limited.increment();
          throw new StorageException(
              StorageException.Reason.LIMIT,
              "series "
                  + labels
                  + " is refused: the store already holds max_series = "
                  + max
                  + " series in memory. Raise the limit or drop labels with many values");
        }
        slot = make(canonical);
      }
      if (hasFingerprint) {
        head.table.addEncoding(slot, high, low);
      }
      return head.table.reference(slot);
    } finally {
      head.view.writeLock().unlock();
    }
  }

  private int make(byte[] canonical) {
    int slot = head.table.create(canonical);
    head.stripeFor(slot);
    if (unloggedCount == unlogged.length) {
      unlogged = Arrays.copyOf(unlogged, unloggedCount * 2);
    }
    unlogged[unloggedCount] = slot;
    unloggedCount++;
    head.counters.created.increment();
    return slot;
  }

  /** The live slot of what a retired slot was; made anew when there is none, whatever the limit. */
  int revive(int retiredSlot) {
    head.view.writeLock().lock();
    try {
      byte[] canonical = head.table.labels(retiredSlot).canonicalBytes();
      int slot = head.table.find(canonical);
      return slot != 0 ? slot : make(canonical);
    } finally {
      head.view.writeLock().unlock();
    }
  }

  boolean hasUnlogged() {
    return unloggedCount > 0;
  }

  /** Slots whose definitions are in no record yet, from one position on. Under the commit lock. */
  int[] unloggedFrom(int from) {
    head.view.readLock().lock();
    try {
      return Arrays.copyOfRange(unlogged, from, unloggedCount);
    } finally {
      head.view.readLock().unlock();
    }
  }

  /** The first so many are logged. Under the write lock. */
  void logged(int n) {
    System.arraycopy(unlogged, n, unlogged, 0, unloggedCount - n);
    unloggedCount -= n;
  }
}
