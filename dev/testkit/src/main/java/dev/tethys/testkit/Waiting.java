package dev.tethys.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits in tests for a condition that another thread or process fulfils. */
public final class Waiting {
  /** Long enough for a busy machine; only a failing test takes it. */
  private static final Duration TIME_LIMIT = Duration.ofSeconds(100);

  private static final int PAUSE_MILLIS = 10;
  private static final long PAUSE_NANOS = 1_000_000;

  private Waiting() {}

  /**
   * Pauses a loop that waits for a condition. The time limit of the test interrupts the loop, which
   * then ends instead of holding up all other tests.
   */
  public static void pause() {
    if (Thread.interrupted()) {
      throw new AssertionError("interrupted while waiting: the time limit of the test has passed");
    }
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  /** Waits at most 100 seconds. */
  public static void await(BooleanSupplier condition) {
    await("the condition", condition);
  }

  /**
   * Waits at most 100 seconds.
   *
   * @param what description of the condition, for the error
   */
  public static void await(String what, BooleanSupplier condition) {
    await(TIME_LIMIT, () -> what, condition);
  }

  /**
   * Waits for a given time.
   *
   * @param what description of the condition and the final state, for the error
   * @throws AssertionError if the condition does not become true in time
   */
  public static void await(Duration timeLimit, Supplier<String> what, BooleanSupplier condition) {
    long end = System.nanoTime() + timeLimit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not true after " + timeLimit.toSeconds() + " s: " + what.get());
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting: " + what.get(), e);
      }
    }
  }
}
