package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Queue entry that is being sent. Guarded by the lock of the queue. Guarded by the engine's lock.
 */
final class Job {
  /** Maximum number of parts of a job, over all replacements. */
  static final int MAX_PARTS = 1 << 16;

  /** Job state. */
  enum State {
    /** To be sent as soon as the limit permits. */
    READY,
    /** Waits for another job of its lane. */
    PARKED,
    /** Waits to be retried. */
    DELAYED,
    /** Being sent. */
    IN_FLIGHT,
    /** The destination has responded, and the result is being handled. */
    ANSWERED,
    /** Settled, or abandoned while it was sent: its result is ignored. */
    GONE
  }

  final QueueStorage.Entry entry;
  AckCallback ack;
  State state = State.READY;
  int attempts;
  long firstAttempt;

  /** Remaining requests to send instead, after a split or partial result. */
  @Nullable ArrayDeque<EncodedRequest> parts;

  int replacements;
  int itemsLeft;
  Outcome outcome = Outcome.ACCEPTED;
  Scheduler.@Nullable Timer timer;
  @Nullable Thread thread;

  /** Current or last binding. */
  @Nullable SenderBinding binding;

  Job(QueueStorage.Entry entry, AckCallback ack) {
    this.entry = entry;
    this.ack = ack;
    this.itemsLeft = entry.items;
  }

  /** Returns the sender binding of the job. */
  SenderBinding binding() {
    SenderBinding r = binding;
    if (r == null) {
      throw new IllegalStateException("a job that was never sent has no route");
    }
    return r;
  }

  /** Whether it is with its destination, or was just now. */
  boolean isBusy() {
    return state == State.IN_FLIGHT || state == State.ANSWERED;
  }

  /** Whether its destination has received part of it. */
  boolean isStarted() {
    return isBusy() || itemsLeft != entry.items;
  }

  /** Completes one part, or all of it; returns whether that was the last. */
  boolean partDone(EncodedRequest p, Outcome of, long now) {
    outcome = Outcome.plus(outcome, of);
    itemsLeft -= p.items();
    if (parts == null) {
      return true;
    }
    parts.removeFirst();
    attempts = 0;
    firstAttempt = now;
    return parts.isEmpty();
  }

  /** Replaces a request by its rest; the other items are done. */
  void shrink(EncodedRequest p, EncodedRequest left, Outcome ofTheRest) {
    outcome = Outcome.plus(outcome, ofTheRest);
    itemsLeft -= p.items() - left.items();
    others().addFirst(left);
  }

  /** Replaces a request by others; returns the reason why that is invalid, or null. */
  @Nullable String replace(EncodedRequest p, SendResult.Split by) {
    long sum = 0;
    for (EncodedRequest q : by.requests()) {
      sum += q.items();
    }
    if (by.requests().isEmpty() || sum != p.items()) {
      return "it was to be replaced by "
          + by.requests().size()
          + " with "
          + sum
          + " items: "
          + by.reason();
    }
    replacements += by.requests().size();
    if (replacements > MAX_PARTS) {
      return "it was replaced more than " + MAX_PARTS + " times: " + by.reason();
    }
    ArrayDeque<EncodedRequest> to = others();
    by.requests().reversed().forEach(to::addFirst);
    return null;
  }

  /** Returns the remaining requests without the first one. */
  private ArrayDeque<EncodedRequest> others() {
    ArrayDeque<EncodedRequest> all = parts;
    if (all == null) {
      all = new ArrayDeque<>();
      parts = all;
    } else {
      all.removeFirst();
    }
    return all;
  }
}
