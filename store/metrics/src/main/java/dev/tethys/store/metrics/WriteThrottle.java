package dev.tethys.store.metrics;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Throttles a writer to a rate, and stops it when the store closes. It does not throttle while
 * others wait for the writer.
 */
final class WriteThrottle {
  /** Signals a writer to stop because the store closes. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1;

    Stopped() {
      super("the store closes", null, false, false);
    }
  }

  /** Sleeps. */
  @FunctionalInterface
  interface Sleeper {
    /** Sleeps so many nanoseconds; returns false if the store closes. */
    boolean sleep(long nanos);
  }

  /** Maximum duration of one sleep, so that waiting threads are noticed. */
  private static final long MAX_SLEEP = 100_000_000;

  private final LongSupplier rate; // bytes a second, 0 for no limit
  private final LongSupplier nanos;
  private final BooleanSupplier isUrgent;
  private final Sleeper sleeper;
  private long begun;
  private long credit; // bytes that were written in a hurry and are not paid for

  /**
   * Creates a rate limit.
   *
   * @param rate bytes per second; 0 for no limit. Called repeatedly: it may change
   * @param isUrgent whether anything waits
   */
  WriteThrottle(LongSupplier rate, LongSupplier nanos, BooleanSupplier isUrgent, Sleeper sleeper) {
    this.rate = rate;
    this.nanos = nanos;
    this.isUrgent = isUrgent;
    this.sleeper = sleeper;
  }

  /** Returns a throttle without a limit. */
  static WriteThrottle none() {
    return new WriteThrottle(() -> 0, () -> 0, () -> false, n -> true);
  }

  /** Records that a new piece of work starts. */
  void begin() {
    begun = nanos.getAsLong();
    credit = 0;
  }

  /**
   * Accounts for written bytes, and waits as long as the rate demands.
   *
   * @throws Stopped if the store closes
   */
  void written(long bytes) {
    if (!sleeper.sleep(0)) {
      throw new Stopped();
    }
    while (true) {
      long r = rate.getAsLong();
      if (r <= 0 || isUrgent.getAsBoolean()) {
        credit = bytes;
        begun = nanos.getAsLong();
        return;
      }
      long due = begun + (long) ((bytes - credit) * (1e9 / r));
      long wait = due - nanos.getAsLong();
      if (wait <= 0) {
        return;
      }
      if (!sleeper.sleep(Math.min(wait, MAX_SLEEP))) {
        throw new Stopped();
      }
    }
  }
}
