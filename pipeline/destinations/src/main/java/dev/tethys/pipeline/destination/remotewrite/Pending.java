package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;

/**
 * The source of a batch, who waits for all requests that carry something of it. Holds are taken
 * while the one it began with is still there; the last one to be released tells the source the
 * worst outcome.
 */
final class Pending {
  private final Receipt to;
  private final Part part;
  private int holds = 1; // guarded by this
  private Outcome worst = Outcome.ACCEPTED; // guarded by this

  /** Hears when all of a batch that belongs to a lane, up to a series, is in the outbox. */
  interface Part {
    void done(long lane, int lastSeries, Outcome outcome);
  }

  Pending(Receipt to) {
    this(to, (lane, lastSeries, outcome) -> {});
  }

  Pending(Receipt to, Part part) {
    this.to = to;
    this.part = part;
  }

  void done(long lane, int lastSeries, Outcome outcome) {
    part.done(lane, lastSeries, outcome);
  }

  synchronized void hold() {
    holds++;
  }

  void release(Outcome outcome) {
    Outcome result;
    synchronized (this) {
      worst = Outcome.worse(worst, outcome);
      if (--holds > 0) {
        return;
      }
      result = worst;
    }
    to.settle(result);
  }
}
