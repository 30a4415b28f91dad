package dev.tethys.collect.scrape;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Common ticks of several targets. A scrape on an idle processor finds none of its code and data in
 * the caches; with few targets at different times, that was nearly half of the cost of scraping. So
 * offsets within the interval are rounded down to a raster, so coarse that at most {@link
 * #TOGETHER} targets share a tick on average, and an interval has at most {@link #PLACES} ticks.
 * Thread-safe.
 *
 * <p>Invariant: a raster is a power of two, in milliseconds. So each divides the coarser ones, and
 * targets added earlier share ticks with later ones; and samples, whose timestamps are
 * milliseconds, are exactly at the ticks.
 */
final class ScrapeTickAligner {
  static final int TOGETHER = 8;
  static final int PLACES = 14;

  private static final long MILLI = 1_000_000;

  /** Period in nanoseconds in which scrapes are counted, so that even a slow target has many. */
  private static final double SPAN = 1e15;

  private final AtomicLong scrapes = new AtomicLong();

  /** A target is scraped from now on. */
  void join(Duration interval) {
    scrapes.addAndGet(inSpan(interval));
  }

  /** Removes a target that is no longer scraped. */
  void leave(Duration interval) {
    scrapes.addAndGet(-inSpan(interval));
  }

  private static long inSpan(Duration interval) {
    return (long) (SPAN / interval.toNanos());
  }

  /**
   * Offset of a target's tick.
   *
   * @param offset its own offset without sharing, in nanoseconds from the start of the interval
   */
  long place(long offset, Duration interval) {
    double byTargets = TOGETHER * SPAN / Math.max(1, scrapes.get());
    long most = (long) Math.min(byTargets, interval.toNanos() / (double) PLACES) / MILLI;
    return offset - offset % (Long.highestOneBit(Math.max(1, most)) * MILLI);
  }
}
