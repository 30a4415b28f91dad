package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.storage.StepWindows;
import dev.tethys.store.metrics.internal.encoding.Slices;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Samples of a block within the windows of a query. They are found once for all series with the
 * same timestamps, as long as the cached result is small; they are not cached where every series
 * has its own timestamps. Thread-safe.
 */
final class WindowSlices {
  /** The most that is kept, counted in slices of eight bytes. */
  static final int MOST_KEPT = 1 << 17;

  private final StepWindows windows;
  private final AtomicInteger kept = new AtomicInteger();
  private final Map<Integer, Slices> ofWhole = new ConcurrentHashMap<>(); // by set

  WindowSlices(StepWindows windows) {
    this.windows = windows;
  }

  /**
   * Slices of the timestamps {@code [from, to)} of a set within the windows; not to be changed.
   *
   * @param t all of the set
   */
  Slices of(int set, long[] t, int from, int to) {
    if (from > 0 || to < t.length) {
      return find(t, from, to);
    }
    Slices known = ofWhole.get(set);
    if (known == null) {
      known = find(t, from, to);
      if (kept.get() < MOST_KEPT && ofWhole.putIfAbsent(set, known) == null) {
        kept.addAndGet(known.count());
      }
    }
    return known;
  }

  /** Returns the number of cached sets. */
  int keptSets() {
    return ofWhole.size();
  }

  private Slices find(long[] t, int from, int to) {
    Slices found = new Slices();
    int at = from;
    while (at < to) {
      long moment = windows.momentFor(t[at]);
      int begin = TimeSets.lower(t, at, to, moment - windows.before());
      int end = TimeSets.lower(t, begin, to, moment + windows.after() + 1);
      if (begin < end) {
        found.add(begin, end);
      }
      at = end;
    }
    return found;
  }
}
