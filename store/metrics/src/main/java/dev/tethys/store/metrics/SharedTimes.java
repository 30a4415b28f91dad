package dev.tethys.store.metrics;

import dev.tethys.model.storage.SampleBuffer;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Numbers for lists of timestamps, so that equal lists get equal numbers. Lists are compared in
 * full; a process never assigns a number twice. Memory is bounded: lists beyond the bound get
 * number 0, which means "unknown".
 */
final class SharedTimes {
  /** Timestamps remembered by one selection: 16 MiB. */
  static final int MAX_HELD = 1 << 21;

  private static final AtomicLong NEXT = new AtomicLong();

  private record Held(long[] times, long id) {}

  private final ConcurrentHashMap<Long, Held> known = new ConcurrentHashMap<>();
  private final AtomicLong held = new AtomicLong();
  private volatile Held last = new Held(new long[0], 0);

  long id(SampleBuffer b) {
    int n = b.size;
    if (n == 0) {
      return 0;
    }
    // Neighbours mostly share.
    Held l = last;
    if (same(l.times, b)) {
      return l.id;
    }
    long[] t = b.timestamps;
    long h = n;
    for (int i = 0; i < n; i++) {
      h = (h ^ t[i]) * 0x9E3779B97F4A7C15L;
      h ^= h >>> 29;
    }
    Held k = known.get(h);
    if (k != null) {
      if (same(k.times, b)) {
        last = k;
        return k.id;
      }
      return 0; // another list has this hash: rare, and only costs the reader some work
    }
    if (held.addAndGet(n) > MAX_HELD) {
      return 0;
    }
    Held made = new Held(Arrays.copyOf(t, n), NEXT.incrementAndGet());
    Held before = known.putIfAbsent(h, made);
    Held mine = before == null ? made : same(before.times, b) ? before : null;
    if (mine == null) {
      return 0;
    }
    last = mine;
    return mine.id;
  }

  private static boolean same(long[] times, SampleBuffer b) {
    return times.length == b.size
        && times[0] == b.timestamps[0]
        && Arrays.equals(times, 0, times.length, b.timestamps, 0, b.size);
  }
}
