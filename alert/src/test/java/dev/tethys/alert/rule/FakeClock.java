package dev.tethys.alert.rule;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;

/**
 * A clock that a test moves. Waiting goes by time that passes, as with the system's: setting the
 * wall clock neither shortens nor lengthens it.
 */
public final class FakeClock implements RuleClock {
  private Instant now;
  private Duration passed = Duration.ZERO;
  private int waiting;

  public FakeClock(Instant start) {
    now = start;
  }

  @Override
  public synchronized Instant instant() {
    return now;
  }

  @Override
  public synchronized boolean await(Instant until, CountDownLatch stop)
      throws InterruptedException {
    Duration end = passed.plus(Duration.between(now, until));
    waiting++;
    notifyAll();
    try {
      while (passed.compareTo(end) < 0 && stop.getCount() > 0) {
        wait(20); // the latch has no way to wake us
      }
    } finally {
      waiting--;
    }
    return stop.getCount() == 0;
  }

  /** Moves on once so many threads wait. */
  public synchronized void advance(Duration by, int waiters) throws InterruptedException {
    while (waiting < waiters) {
      wait();
    }
    now = now.plus(by);
    passed = passed.plus(by);
    notifyAll();
  }

  /** Sets the wall clock alone. */
  public synchronized void set(Instant to) {
    now = to;
  }
}
