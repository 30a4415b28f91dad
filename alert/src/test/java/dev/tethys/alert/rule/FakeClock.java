package dev.tethys.alert.rule;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;

/** A clock that a test moves. */
public final class FakeClock implements RuleClock {
  private Instant now;
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
    waiting++;
    notifyAll();
    try {
      while (now.isBefore(until) && stop.getCount() > 0) {
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
    notifyAll();
  }

  public synchronized void set(Instant to) {
    now = to;
    notifyAll();
  }
}
