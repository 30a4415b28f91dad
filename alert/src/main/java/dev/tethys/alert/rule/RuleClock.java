package dev.tethys.alert.rule;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Time of rule groups, replaceable in tests. */
public interface RuleClock extends InstantSource {
  /**
   * Waits for an instant, or until the latch is open; returns true if the latch is open.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  boolean await(Instant until, CountDownLatch stop) throws InterruptedException;

  /** System clock. */
  RuleClock SYSTEM =
      new RuleClock() {
        @Override
        public Instant instant() {
          return Instant.now();
        }

        @Override
        public boolean await(Instant until, CountDownLatch stop) throws InterruptedException {
          long nanos = Duration.between(instant(), until).toNanos();
          return stop.await(Math.max(nanos, 0), TimeUnit.NANOSECONDS);
        }
      };
}
