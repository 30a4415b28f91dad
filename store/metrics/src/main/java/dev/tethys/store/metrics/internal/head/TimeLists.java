package dev.tethys.store.metrics.internal.head;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Lists of timestamps of a selection, shared by stripes whose series were scraped together. Some
 * are evicted: then two may be equal. Thread-safe.
 */
final class TimeLists {
  /** A power of two. */
  private static final int PLACES = 64;

  private final AtomicReferenceArray<long[]> lists = new AtomicReferenceArray<>(PLACES);

  /** A list equal to a part of an array. Not to be changed. */
  long[] of(long[] times, int from, int to) {
    if (from == to) {
      return new long[0];
    }
    long h = (times[from] * 31 + times[to - 1]) * 31 + (to - from);
    int place = (int) (h * 0x9E3779B97F4A7C15L >>> 32) & PLACES - 1;
    long[] known = lists.getAcquire(place);
    if (known != null && Arrays.equals(known, 0, known.length, times, from, to)) {
      return known;
    }
    long[] made = Arrays.copyOfRange(times, from, to);
    lists.setRelease(place, made);
    return made;
  }
}
