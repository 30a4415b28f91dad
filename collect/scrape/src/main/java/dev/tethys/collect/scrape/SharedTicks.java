package dev.tethys.collect.scrape;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where ticks of several targets fall together. A scrape by a processor that slept, or did
 * something else, finds none of its code and data in the caches; with few targets, each at a time
 * of its own, that was nearly half of what scraping cost. So offsets within the interval are
 * rounded down to a raster, as coarse as leaves no more than {@link #TOGETHER} targets on a tick on
 * average, and an interval {@link #PLACES} of them. Safe for any number of threads.
 *
 * <p>Invariant: a raster is a power of two, in milliseconds. So each divides the coarser ones, and
 * targets that came when there were fewer share ticks with those that come later; and samples,
 * whose timestamps are milliseconds, stand at the ticks themselves.
 */
final class SharedTicks {
  static final int TOGETHER = 8;
  static final int PLACES = 14;

  private static final long MILLI = 1_000_000;

  /** Scrapes are counted for so many nanoseconds, so that even those of a slow target are many. */
  private static final double SPAN = 1e15;

  private final AtomicLong scrapes = new AtomicLong();

  /** A target is scraped from now on. */
  void join(Duration interval) {
    scrapes.addAndGet(inSpan(interval));
  }

  /** It is scraped no more. */
  void leave(Duration interval) {
    scrapes.addAndGet(-inSpan(interval));
  }

  private static long inSpan(Duration interval) {
    return (long) (SPAN / interval.toNanos());
  }

  /**
   * Where a target's tick stands.
   *
   * @param offset where it would stand by itself, in nanoseconds from the begin of the interval
   */
  long place(long offset, Duration interval) {
    double byTargets = TOGETHER * SPAN / Math.max(1, scrapes.get());
    long most = (long) Math.min(byTargets, interval.toNanos() / (double) PLACES) / MILLI;
    return offset - offset % (Long.highestOneBit(Math.max(1, most)) * MILLI);
  }
}
