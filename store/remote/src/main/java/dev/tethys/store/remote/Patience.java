package dev.tethys.store.remote;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How long a query waits for a store. One that let somebody wait in vain is given less for a while,
 * unless it answers: a query asks once for each of its selectors, and dashboards ask many queries,
 * which would all wait to their own end for a store that hangs. Safe for several threads.
 */
final class Patience {
  /** How long it is remembered that it was late. */
  private static final long REMEMBERED = Duration.ofSeconds(30).toNanos();

  private static final int LESS = 10;
  private static final long LEAST = Duration.ofSeconds(1).toNanos();
  private static final long NEVER = Long.MIN_VALUE;

  private final long whole;
  private final LongSupplier nanoTime;
  private final AtomicLong lateAt = new AtomicLong(NEVER);

  Patience(Duration whole, LongSupplier nanoTime) {
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
