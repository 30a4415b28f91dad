package dev.tethys.store.remote;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Adaptive timeout of queries to a store. After a timeout the store gets less time for a while,
 * unless it answers: a query sends one request for each of its selectors, and dashboards send many
 * queries, which would all wait for their full timeout while a store hangs. Thread-safe.
 */
final class AdaptiveTimeout {
  /** How long it is remembered that it was late. */
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

  /** Nanoseconds that an answer may take which is asked for now. */
  long nanos() {
    long late = lateAt.get();
    return late == NEVER || nanoTime.getAsLong() - late > REMEMBERED
        ? whole
        : Math.min(whole, Math.max(LEAST, whole / LESS));
  }

  /** Now, on the clock that it goes by. */
  long now() {
    return nanoTime.getAsLong();
  }

  /** It gave an answer. */
  void answered() {
    lateAt.set(NEVER);
  }

  /** It gave none in its time. */
  void late() {
    lateAt.set(nanoTime.getAsLong());
  }
}
