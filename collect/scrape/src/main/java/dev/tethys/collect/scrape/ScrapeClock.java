package dev.tethys.collect.scrape;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Time as scrape loops see it; tests bring their own. */
public interface ScrapeClock extends InstantSource {
  /**
   * Waits until an instant has come or the latch is open; true in the latter case.
   *
   * @throws InterruptedException when the thread is interrupted
   */
  boolean await(Instant until, CountDownLatch stop) throws InterruptedException;

  /** The clock of the machine. */
  ScrapeClock SYSTEM =
      new ScrapeClock() {
        @Override
        public Instant instant() {
          return Instant.now();
        }

        @Override
        public boolean await(Instant until, CountDownLatch stop) throws InterruptedException {
          long nanos = java.time.Duration.between(instant(), until).toNanos();
          return stop.await(Math.max(nanos, 0), TimeUnit.NANOSECONDS);
        }
      };
}
