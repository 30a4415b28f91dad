package dev.tethys.pipeline.processor.sampling.tail;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Released trace. Every sender of its spans receives its outcome, including senders that repeat
 * spans before it is known. The first outcome counts.
 */
final class ReleasedTrace implements AckCallback {
  @GuardedBy("this")
  private final List<AckCallback.Part> waiting; // empty once it is settled

  private final boolean acknowledged;

  @GuardedBy("this")
  private @Nullable Outcome outcome;

  /**
   * Creates the release of a trace.
   *
   * @param acknowledged whether it continues until a receiver has it, regardless of its senders
   */
  ReleasedTrace(List<AckCallback.Part> senders, boolean acknowledged) {
    waiting = new ArrayList<>(senders);
    this.acknowledged = acknowledged;
  }

  /** Whether its senders need not send it again. */
  boolean isAcknowledged() {
    return acknowledged;
  }

  @Override
  public void complete(Outcome result) {
    List<AckCallback.Part> all;
    synchronized (this) {
      if (outcome != null) {
        return;
      }
      outcome = result;
      all = List.copyOf(waiting);
      waiting.clear();
    }
    if (!all.isEmpty()) {
      AckCallback.all(all).complete(result);
    }
  }

  /**
   * Adds a sender of the same spans to those that wait; returns false if they must be sent again.
   */
  boolean join(AckCallback.Part sender) {
    Outcome known;
    synchronized (this) {
      known = outcome;
      if (known == null) {
        waiting.add(sender);
        return true;
      }
    }
    if (known instanceof Outcome.Unavailable) {
      return false;
    }
    sender
        .ack()
        .complete(
            known instanceof Outcome.Rejected r
                ? new Outcome.Rejected(r.reason(), sender.items())
                : known);
    return true;
  }
}
