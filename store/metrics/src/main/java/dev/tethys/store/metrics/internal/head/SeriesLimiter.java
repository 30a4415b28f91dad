package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.StorageException;
import java.util.Arrays;
import java.util.IdentityHashMap;

/**
 * Admission of new series: creates them, rejects them beyond the limit, and remembers which of them
 * have no record in the log yet.
 *
 * <p>Series are created under the write side of the head's view; {@link #unlogged} is guarded by
 * view.
 */
final class SeriesLimiter {
  private static final int MAX_DECODERS = 64;

  /** Maximum length of a retained list of series without a record. */
  private static final int MOST_KEPT = 1 << 16;

  /** Bytes of a series without labels and table growth: postings, a share of a row. */
  private static final int SERIES_BYTES = 64;

  private final Head head;
  private final NewSeriesCache newSeries = new NewSeriesCache();
  private final IdentityHashMap<Appender.LabelDecoder, Integer> salts = new IdentityHashMap<>();

  // Series made since the last commit that wrote their definitions.
  private int[] unlogged = new int[64];
  private int[] lengths = new int[64]; // of their labels
  private volatile long unloggedBytes;
  private volatile int unloggedCount;

  SeriesLimiter(Head head) {
    this.head = head;
  }

  /** A small number for an encoding of labels; 0 if there are too many to distinguish. */
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
      long before = head.table.reserved();
      int slot = head.table.find(canonical);
      if (slot == 0) {
        admit(labels, canonical.length);
        slot = make(canonical);
        before -= SERIES_BYTES;
      }
      if (hasFingerprint) {
        head.table.addEncoding(slot, high, low);
      }
      head.budget.grow(head.table.reserved() - before);
      return head.table.reference(slot);
    } finally {
      head.view.writeLock().unlock();
    }
  }

  /** Refuses a new series beyond a limit, by name. */
  private void admit(Labels labels, int bytes) {
    String tooLong = LabelLimits.problem(labels);
    if (tooLong != null) {
      head.counters.limited.increment();
      throw new StorageException(StorageException.Reason.LIMIT, tooLong);
    }
    int max = head.settings().maxSeries();
    if (head.table.live() >= max) {
      throw refused(
          labels,
          "the store already holds %d series in memory, as many as --storage.max-series allows"
              .formatted(head.table.live()));
    }
    long cost = SERIES_BYTES + bytes + head.table.growth();
    if (head.budget.refuses(cost)) {
      if (head.budget.isStale()) {
        head.measure();
      }
      if (head.budget.refuses(cost)) {
        throw refused(
            labels,
            "with it the store would use %d MiB of the %d MiB that --storage.memory-limit allows"
                .formatted((head.budget.used() + cost) >> 20, head.budget.limit() >> 20));
      }
    }
  }

  private StorageException refused(Labels labels, String reason) {
    head.counters.limited.increment();
    String who = newSeries.describe(head.now());
    return new StorageException(
        StorageException.Reason.LIMIT,
        "series "
            + labels
            + " is refused: "
            + reason
            + ". Existing series are not affected. "
            + (who.isEmpty() ? "" : who + ". ")
            + "Drop labels with many values, or raise the limit");
  }

  /** Returns the error text for a commit that does not fit. */
  StorageException exhausted() {
    return new StorageException(
        StorageException.Reason.UNAVAILABLE,
        "the store uses %d MiB, well over the %d MiB of --storage.memory-limit, and cannot flush; nothing of the batch was stored. Look for errors of the disk, and send it again"
            .formatted(head.budget.used() >> 20, head.budget.limit() >> 20));
  }

  private int make(byte[] canonical) {
    int slot = head.table.create(canonical);
    newSeries.note(canonical);
    head.stripeFor(slot);
    if (unloggedCount == unlogged.length) {
      unlogged = Arrays.copyOf(unlogged, unloggedCount * 2);
      lengths = Arrays.copyOf(lengths, unloggedCount * 2);
    }
    lengths[unloggedCount] = canonical.length;
    long bytes = unloggedBytes;
    unloggedBytes = bytes + canonical.length;
    unlogged[unloggedCount] = slot;
    int count = unloggedCount;
    unloggedCount = count + 1;
    head.counters.created.increment();
    return slot;
  }

  /**
   * Returns the live slot of a retired series; a new one if it has none, regardless of the limit.
   */
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

  /** Returns the number of series that are not yet defined by a record. */
  int unlogged() {
    return unloggedCount;
  }

  /** Returns the label bytes of these series. */
  long unloggedBytes() {
    return unloggedBytes;
  }

  /** Returns the label bytes of the first {@code first} of these series. */
  long unloggedBytes(int first) {
    head.view.readLock().lock();
    try {
      long bytes = 0;
      for (int i = 0; i < first; i++) {
        bytes += lengths[i];
      }
      return bytes;
    } finally {
      head.view.readLock().unlock();
    }
  }

  /**
   * Slots whose definitions are in no record yet, from a position on: at most {@code most} slots
   * with at most {@code mostBytes} of labels, unless the first slot alone has more. Under the
   * commit lock.
   */
  int[] unloggedFrom(int from, int most, long mostBytes) {
    head.view.readLock().lock();
    try {
      int end = from + Math.min(unloggedCount - from, most);
      int to = from;
      for (long b = 0; to < end && (to == from || b + lengths[to] <= mostBytes); to++) {
        b += lengths[to];
      }
      return Arrays.copyOfRange(unlogged, from, to);
    } finally {
      head.view.readLock().unlock();
    }
  }

  /** Records that the first {@code n} are logged. Under the write lock. */
  void logged(int n) {
    int remaining = unloggedCount - n;
    long bytes = unloggedBytes - unloggedBytes(n);
    System.arraycopy(unlogged, n, unlogged, 0, remaining);
    System.arraycopy(lengths, n, lengths, 0, remaining);
    if (remaining == 0 && unlogged.length > MOST_KEPT) {
      unlogged = new int[64];
      lengths = new int[64];
    }
    unloggedCount = remaining;
    unloggedBytes = bytes;
  }
}
