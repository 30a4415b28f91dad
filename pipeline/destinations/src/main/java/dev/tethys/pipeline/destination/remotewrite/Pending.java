package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import java.util.function.Consumer;

/**
 * Somebody who waits for all requests that carry something of his. Holds are taken while the one he
 * began with is still there; the last one to be released tells him the worst outcome.
 */
final class Pending {
  private final Receipt to;
  private int holds = 1; // guarded by this
  private Outcome worst = Outcome.ACCEPTED; // guarded by this
  private Consumer<Outcome> after = outcome -> {}; // guarded by this

  Pending(Receipt to) {
    this.to = to;
  }

  synchronized void hold() {
    holds++;
  }

  /** What to do once nobody holds it; to be said while somebody does. */
  synchronized void whenDone(Consumer<Outcome> task) {
    after = task;
  }

  void release(Outcome outcome) {
    Outcome result;
    Consumer<Outcome> then;
    synchronized (this) {
      worst = Outcome.worse(worst, outcome);
      if (--holds > 0) {
        return;
      }
      result = worst;
      then = after;
    }
    to.settle(result);
    then.accept(result);
  }
}
