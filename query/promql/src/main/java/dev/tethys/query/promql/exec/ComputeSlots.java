package dev.tethys.query.promql.exec;

import dev.tethys.model.guard.QueryPlaces;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Limit on the number of queries that compute for long at the same time. A query computes freely
 * for {@link #FREE_NANOS}; then it needs one of as many slots as there are processors, and abandons
 * it after {@link #SLOT_NANOS} if another query waits for one. More queries would not finish
 * sooner: they would share the processors, and each would hold its intermediate results meanwhile.
 *
 * <p>While queries of rules run and others wait for slots, queries with slots step back for most of
 * the time: rules are due at their times. Slots are granted in the order in which queries request
 * them. Thread-safe.
 */
public final class ComputeSlots {
  /** Most queries of dashboards finish within this time. */
  static final long FREE_NANOS = 100_000_000;

  /** Long enough for nearly all queries to end within one slot, since a partial result is held. */
  static final long SLOT_NANOS = 5_000_000_000L;

  private static final long WAIT_MILLIS = 20;

  /** Length of a period while rules are evaluated, counted from their start. */
  static final long PERIOD_NANOS = 1_000_000_000;

  /**
   * Part of a period in which other queries yield to rules; they run in the rest, since rules may
   * never pause.
   */
  static final long STEP_BACK_NANOS = 700_000_000;

  private static final long PAUSE_NANOS = 1_000_000;

  private final QueryPlaces.Language places;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger rules = new AtomicInteger();
  private volatile long rulesSince;

  /** Slots that are the places of a language. */
  public ComputeSlots(QueryPlaces.Language places) {
    this.places = places;
  }

  /** Returns the number of queries waiting for a slot. */
  public int waiting() {
    return waiting.get();
  }

  /** Records that a rule query starts; {@link #ruleEnded} must follow. */
  public void ruleBegan(long now) {
    if (rules.getAndIncrement() == 0) {
      rulesSince = now;
    }
  }

  /** Records that a rule query has ended. */
  public void ruleEnded() {
    rules.decrementAndGet();
  }

  /** Whether queries with slots let rules compute now. */
  boolean stepsBack(long now) {
    return rules.get() > 0
        && waiting.get() > 0
        && Math.floorMod(now - rulesSince, PERIOD_NANOS) < STEP_BACK_NANOS;
  }

  /** Slot of one query, acquired and released by the query's thread. */
  final class Slot {
    private final Thread owner = Thread.currentThread();
    private final LongSupplier nanoTime;
    private final Runnable check;
    private final Runnable first;
    private boolean asked;
    private volatile boolean held;
    private boolean waiting; // checks must not request another slot meanwhile
    private long due;

    private Slot(LongSupplier nanoTime, Runnable check, Runnable first) {
      this.nanoTime = nanoTime;
      this.check = check;
      this.first = first;
      due = nanoTime.getAsLong() + FREE_NANOS;
    }

    boolean isDue(long now) {
      return now - due > 0 && !waiting && Thread.currentThread() == owner;
    }

    /** Lets rules compute, briefly each time. Also called by threads that help the query. */
    void stepBack(long now) {
      if (held && stepsBack(now)) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }

    /** Takes a slot, or lets other queries take a slot first. */
    void take(long now) throws InterruptedException {
      if (held) {
        if (ComputeSlots.this.waiting.get() == 0) {
          due = now + SLOT_NANOS;
          return;
        }
        release();
      }
      waiting = true;
      ComputeSlots.this.waiting.incrementAndGet();
      try {
        if (!asked) {
          asked = true;
          first.run(); // others that may start now see that this one waits
        }
        awaitPlace();
      } finally {
        waiting = false;
        ComputeSlots.this.waiting.decrementAndGet();
      }
      held = true;
      due = nanoTime.getAsLong() + SLOT_NANOS;
    }

    private void awaitPlace() throws InterruptedException {
      QueryPlaces.Ticket ticket = places.queued();
      boolean isIn = false;
      try {
        isIn = ticket.await(WAIT_MILLIS, TimeUnit.MILLISECONDS);
        while (!isIn) {
          check.run();
          isIn = ticket.await(WAIT_MILLIS, TimeUnit.MILLISECONDS);
        }
      } finally {
        if (!isIn) {
          ticket.leave();
        }
      }
    }

    /** Releases the slot, until the next check that needs one. */
    void release() {
      if (held) {
        held = false;
        places.release();
      }
    }

    /**
     * Releases the slot while the query waits for another query. This ends its free first moments.
     */
    void pause(long now) {
      if (!asked) {
        asked = true;
        first.run();
      }
      if (held) {
        release();
        due = now;
      }
    }
  }

  /**
   * Starts a query.
   *
   * @param check throws when the query must stop
   * @param first runs when the query requests its first slot
   */
  Slot begin(LongSupplier nanoTime, Runnable check, Runnable first) {
    return new Slot(nanoTime, check, first);
  }
}
