package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A trace that went on: everybody who sent some of it hears what became of it, those too who send
 * the same again before that is known. The first outcome counts.
 */
final class Release implements Receipt {
  private final List<Receipt.Part> waiting; // guarded by this; empty once it is settled
  private @Nullable Outcome outcome; // guarded by this

  Release(List<Receipt.Part> senders) {
    waiting = new ArrayList<>(senders);
  }

  @Override
  public void settle(Outcome result) {
    List<Receipt.Part> all;
    synchronized (this) {
      if (outcome != null) {
        return;
      }
      outcome = result;
      all = List.copyOf(waiting);
      waiting.clear();
    }
    if (!all.isEmpty()) {
      Receipt.all(all).settle(result);
    }
  }

  /** Has a sender of the same wait with the others; false when it is to be sent on again. */
  boolean join(Receipt.Part sender) {
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
        .receipt()
        .settle(
            known instanceof Outcome.Rejected r
                ? new Outcome.Rejected(r.reason(), sender.items())
                : known);
    return true;
  }
}
