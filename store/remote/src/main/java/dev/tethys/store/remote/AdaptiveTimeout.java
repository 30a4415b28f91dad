package dev.tethys.store.remote;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Adaptive timeout of queries to a store. After a timeout the store gets less time for a while,
 * unless it responds: a query sends one request for each of its selectors, and dashboards send many
 * queries, which would all wait for their full timeout while a store hangs. Thread-safe.
 */
final class AdaptiveTimeout {
  /** Time for which a timeout is remembered. */
  private static final long REMEMBERED = Duration.ofSeconds(30).toNanos();

  private static final int LESS = 10;
  private static final long LEAST = Duration.ofSeconds(1).toNanos();
  private static final long NEVER = Long.MIN_VALUE;

  private final long whole;
  private final LongSupplier nanoTime;
  private final AtomicLong lateAt = new AtomicLong(NEVER);

  AdaptiveTimeout(Duration whole, LongSupplier nanoTime) {
    this.whole = whole.toNanos();
    this.nanoTime = nanoTime;
  }

  /** Returns the timeout of a request that starts now, in nanoseconds. */
  long nanos() {
    long late = lateAt.get();
    return late == NEVER || nanoTime.getAsLong() - late > REMEMBERED
        ? whole
        : Math.min(whole, Math.max(LEAST, whole / LESS));
  }

  /** Returns the current time of the clock in use. */
  long now() {
    return nanoTime.getAsLong();
  }

  /** Resets the timeout after a response. */
  void answered() {
    lateAt.set(NEVER);
  }

  /** Shortens the timeout after a request timed out. */
  void late() {
    lateAt.set(nanoTime.getAsLong());
  }
}
