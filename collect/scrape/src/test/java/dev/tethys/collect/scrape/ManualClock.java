package dev.tethys.collect.scrape;

import dev.tethys.model.turns.TimedTurns.Alarm;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/** Time that stops until the test moves it, deadline by deadline. */
final class ManualClock implements ScrapeClock {
  private record Waiter(Instant until) {}

  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private Instant now;
  private Duration ahead = Duration.ZERO; // what the clock shows beyond that
  private final List<Waiter> waiting = new ArrayList<>();

  ManualClock(Instant start) {
    now = start;
  }

  @Override
  public synchronized Instant instant() {
    return now.plus(ahead);
  }

  /**
   * Sets what the clock shows; no time passes by it, and who waits does it for as long as before.
   */
  synchronized void set(Duration by) {
    ahead = ahead.plus(by);
  }

  @Override
  public Alarm at(Instant until, Runnable work) {
    CountDownLatch given = new CountDownLatch(1);
    AtomicBoolean over = new AtomicBoolean();
    Instant passed = passed(until);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                if (!awaitPassed(passed, given) && !over.getAndSet(true)) {
                  work.run();
                }
              } catch (InterruptedException e) {
                // the waiting thread has gone
              }
            });
    return () -> {
      given.countDown();
      return !over.getAndSet(true);
    };
  }

  @Override
  public boolean await(Instant until, CountDownLatch stop) throws InterruptedException {
    return awaitPassed(passed(until), stop);
  }

  private synchronized Instant passed(Instant shown) {
    return shown.minus(ahead);
  }

  private synchronized boolean awaitPassed(Instant until, CountDownLatch stop)
      throws InterruptedException {
    Waiter w = new Waiter(until);
    if (until.isAfter(now)) {
      waiting.add(w);
      notifyAll();
    }
    try {
      while (until.isAfter(now) && stop.getCount() > 0) {
        wait(2); // the latch is not ours
      }
    } finally {
      waiting.removeIf(x -> x == w);
      notifyAll();
    }
    return stop.getCount() == 0;
  }

  /** Waits until so many loops have nothing to do but to wait. */
  synchronized void settle(int loops) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (waiting.size() != loops) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(waiting.size() + " loops wait, not " + loops);
      }
      wait(2);
    }
  }

  /** Goes to the next deadline of so many loops and lets them do what is due. */
  void tick(int loops) throws InterruptedException {
    settle(loops);
    synchronized (this) {
      Instant next = waiting.stream().map(Waiter::until).min(Instant::compareTo).orElseThrow();
      now = next;
      waiting.removeIf(w -> !w.until.isAfter(now));
      notifyAll();
    }
    settle(loops);
  }

  /** Lets time pass until no more than so many loops are left waiting. */
  void passUntil(Duration most, int remaining) throws InterruptedException {
    Instant end = passed(instant()).plus(most);
    while (true) {
      synchronized (this) {
        wait(2);
        if (waiting.size() <= remaining) {
          return;
        }
        now = now.plusMillis(500);
        if (now.isAfter(end)) {
          throw new AssertionError(waiting.size() + " loops still wait");
        }
        waiting.removeIf(w -> !w.until.isAfter(now));
        notifyAll();
      }
    }
  }

  /** Lets time pass for so many loops, each doing all that comes due. */
  void pass(Duration d, int loops) throws InterruptedException {
    Instant end = passed(instant()).plus(d);
    while (true) {
      settle(loops);
      synchronized (this) {
        Instant next =
            waiting.stream().map(Waiter::until).min(Instant::compareTo).orElse(Instant.MAX);
        if (next.isAfter(end)) {
          now = end;
          return;
        }
        now = next;
        waiting.removeIf(w -> !w.until.isAfter(now));
        notifyAll();
      }
    }
  }
}
