package dev.tethys.model.storage;

import java.util.Arrays;

/**
 * Tracks when the data of a store changed for which times, in bounded memory, so that query results
 * can be cached. A store notes each time at which a sample was added or removed.
 *
 * <p>Times are noted by slots of {@value #SLOT_MILLIS} ms, each with the mark that was current when
 * it changed last; long ranges are listed separately. The size is bounded by raising the oldest
 * mark that is still distinguished: all of time counts as changed since marks before it.
 *
 * <p>Invariant: a change not yet visible to a reader that takes a mark and then reads is noted
 * under that mark or a later one. So a store notes it when it can be seen, or, where readers wait
 * for a lock, while it holds that lock. Thread-safe.
 */
public final class ChangeLog {
  private static final int SLOT_BITS = 12;
  static final int SLOT_MILLIS = 1 << SLOT_BITS;

  /** Maximum number of slots: nine hours of samples that arrive in order. */
  static final int MAX_SLOTS = 8192;

  /** A range of more slots is remembered as a range. */
  static final int LONG_RANGE = 64;

  /** The most long ranges remembered. */
  static final int MAX_RANGES = 64;

  private long[] slots = new long[64]; // ascending
  private long[] slotMarks = new long[64];
  private int slotCount;
  private final long[] ranges = new long[2 * MAX_RANGES];
  private final long[] rangeMarks = new long[MAX_RANGES];
  private int rangeCount;

  /** Changes are noted under this mark. */
  private volatile long current = 1;

  /** Since marks before this one everything counts as changed. */
  private long oldest;

  /** Most recent note, so that most notes need no lock. */
  private volatile Last last = Last.NONE;

  private record Last(long slot, long mark) {
    static final Last NONE = new Last(Long.MIN_VALUE, 0);
  }

  /** Records that samples at this time were added or removed. */
  public void note(long time) {
    long slot = time >> SLOT_BITS;
    Last l = last;
    if (slot == l.slot && current == l.mark) {
      return;
    }
    synchronized (this) {
      put(slot);
    }
  }

  /** Records that samples in this closed range were added or removed. */
  public synchronized void note(long from, long to) {
    if (from > to) {
      return;
    }
    long first = from >> SLOT_BITS;
    long end = to >> SLOT_BITS;
    if (end - first < LONG_RANGE) {
      for (long s = first; s <= end; s++) {
        put(s);
      }
      return;
    }
    if (rangeCount == MAX_RANGES) {
      forgetRanges();
    }
    ranges[2 * rangeCount] = from;
    ranges[2 * rangeCount + 1] = to;
    rangeMarks[rangeCount++] = current;
  }

  /** Everything may have changed. */
  public synchronized void noteAll() {
    oldest = current;
    current++;
    slotCount = 0;
    rangeCount = 0;
    last = Last.NONE;
  }

  /** Implements {@link MetricSource#changeMark}. */
  public synchronized long mark() {
    return current++;
  }

  /** Implements {@link MetricSource#changedSince}. */
  public synchronized TimeRanges since(long mark) {
    if (mark <= oldest) {
      return TimeRanges.ALL;
    }
    int n = 0;
    for (int i = 0; i < slotCount; i++) {
      n += slotMarks[i] > mark ? 1 : 0;
    }
    for (int i = 0; i < rangeCount; i++) {
      n += rangeMarks[i] > mark ? 1 : 0;
    }
    long[] out = new long[2 * n];
    int k = 0;
    for (int i = 0; i < slotCount; i++) {
      if (slotMarks[i] > mark) {
        out[k++] = slots[i] << SLOT_BITS;
        out[k++] = (slots[i] << SLOT_BITS) + SLOT_MILLIS - 1;
      }
    }
    for (int i = 0; i < rangeCount; i++) {
      if (rangeMarks[i] > mark) {
        out[k++] = ranges[2 * i];
        out[k++] = ranges[2 * i + 1];
      }
    }
    return TimeRanges.union(out);
  }

  private void put(long slot) {
    int at =
        slotCount == 0 || slots[slotCount - 1] < slot
            ? -slotCount - 1
            : Arrays.binarySearch(slots, 0, slotCount, slot);
    if (at < 0) {
      if (slotCount == MAX_SLOTS) {
        forgetSlots();
        at = Arrays.binarySearch(slots, 0, slotCount, slot);
      }
      at = -at - 1;
      if (slotCount == slots.length) {
        slots = Arrays.copyOf(slots, slotCount * 2);
        slotMarks = Arrays.copyOf(slotMarks, slotCount * 2);
      }
      System.arraycopy(slots, at, slots, at + 1, slotCount - at);
      System.arraycopy(slotMarks, at, slotMarks, at + 1, slotCount - at);
      slots[at] = slot;
      slotCount++;
    }
    slotMarks[at] = current;
    last = new Last(slot, current);
  }

  /** Discards the half of the slots that changed longest ago. */
  private void forgetSlots() {
    long[] sorted = Arrays.copyOf(slotMarks, slotCount);
    Arrays.sort(sorted);
    long until = sorted[slotCount / 2];
    int n = 0;
    for (int i = 0; i < slotCount; i++) {
      if (slotMarks[i] > until) {
        slots[n] = slots[i];
        slotMarks[n++] = slotMarks[i];
      }
    }
    slotCount = n;
    forgot(until);
  }

  private void forgetRanges() {
    long until = rangeMarks[MAX_RANGES / 2];
    int n = 0;
    for (int i = 0; i < rangeCount; i++) {
      if (rangeMarks[i] > until) {
        ranges[2 * n] = ranges[2 * i];
        ranges[2 * n + 1] = ranges[2 * i + 1];
        rangeMarks[n++] = rangeMarks[i];
      }
    }
    rangeCount = n;
    forgot(until);
  }

  /** Drops the changes up to a mark, so that everything counts as changed since earlier marks. */
  private void forgot(long until) {
    oldest = Math.max(oldest, until - 1);
    last = Last.NONE;
  }
}
