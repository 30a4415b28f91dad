package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import java.util.concurrent.atomic.AtomicInteger;

/** Callbacks that are open on one edge, and how the last ones were settled. Thread-safe. */
final class Acknowledgements {
  /** Time without progress after which an edge counts as stuck. */
  static final long IDLE_MILLIS = 10_000;

  /** Time for which a rejection counts: sources wait up to 30 s between attempts. */
  private static final long REFUSAL_MILLIS = 60_000;

  private final Scheduler clock;
  private final AtomicInteger open = new AtomicInteger();
  private volatile long progressAt; // when the first callback was opened or the last one settled
  private volatile long refusedSince; // first rejection after the last acceptance; 0 for none
  private volatile long refusedAt;
  private volatile long passedAt; // 0 for never
  private volatile long gap; // between the last two batches

  Acknowledgements(Scheduler clock) {
    this.clock = clock;
  }

  /** Counts a batch and wraps its callback. */
  AckCallback track(AckCallback ack) {
    long now = clock.millis();
    long before = passedAt;
    gap = before == 0 ? 0 : now - before;
    passedAt = now;
    if (ack == AckCallback.NONE) {
      return ack; // queues treat batches without a source differently
    }
    if (open.getAndIncrement() == 0) {
      progressAt = now;
    }
    return outcome -> {
      settled(outcome);
      ack.complete(outcome);
    };
  }

  private void settled(Outcome outcome) {
    long now = clock.millis();
    open.decrementAndGet();
    progressAt = now;
    if (outcome instanceof Outcome.Unavailable) {
      if (refusedSince == 0) {
        refusedSince = now;
      }
      refusedAt = now;
    } else {
      refusedSince = 0;
    }
  }

  /** Whether callbacks are open and none was settled for a while. */
  boolean isStuck(long now) {
    return open.get() > 0 && now - progressAt >= IDLE_MILLIS;
  }

  /** Returns the time since which everything is rejected, in Unix milliseconds; 0 if it is not. */
  long refusedSince(long now) {
    return refusedSince != 0 && now - refusedAt < REFUSAL_MILLIS ? refusedSince : 0;
  }

  /** Whether no batch passed for longer than usual. */
  boolean isQuiet(long now) {
    return now - passedAt >= Math.max(IDLE_MILLIS, 2 * gap);
  }
}
