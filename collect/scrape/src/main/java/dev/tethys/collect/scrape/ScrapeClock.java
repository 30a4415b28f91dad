package dev.tethys.collect.scrape;

import dev.tethys.model.turns.TimedTurns;
import dev.tethys.model.turns.TimedTurns.Alarm;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Time of scrape loops, replaceable in tests. */
public interface ScrapeClock extends InstantSource {
  /** Number of concurrent scrapes on platform threads; further ones run on virtual threads. */
  int MOST_THREADS = 16;

  /** Runs a task at an instant, on a thread that may block. */
  Alarm at(Instant until, Runnable work);

  /**
   * Waits for an instant, or until the latch is open; returns true if the latch is open.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  boolean await(Instant until, CountDownLatch stop) throws InterruptedException;

  /** System clock. */
  ScrapeClock SYSTEM =
      new ScrapeClock() {
        private final TimedTurns turns = new TimedTurns("scrapes", MOST_THREADS);

        @Override
        public Instant instant() {
          return Instant.now();
        }

        private long left(Instant until) {
          return Math.max(0, Duration.between(instant(), until).toNanos());
        }

        @Override
        public Alarm at(Instant until, Runnable work) {
          return turns.at(System.nanoTime() + left(until), work);
        }

        @Override
        public boolean await(Instant until, CountDownLatch stop) throws InterruptedException {
          return stop.await(left(until), TimeUnit.NANOSECONDS);
        }
      };
}
