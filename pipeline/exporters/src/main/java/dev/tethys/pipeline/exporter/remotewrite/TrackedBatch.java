package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The source of a batch, who waits for all requests that carry something of it. Holds are taken
 * while the one it began with is still there; the last one to be released tells the source the
 * worst outcome.
 */
final class TrackedBatch {
  private final AckCallback to;
  private final PendingBatchLog.@Nullable JournalPosition place;
  private int holds = 1; // guarded by this
  private Outcome worst = Outcome.ACCEPTED; // guarded by this

  TrackedBatch(AckCallback to) {
    this(to, null);
  }

  /**
   * The same.
   *
   * @param place of the batch in a journal; null when it is in none
   */
  TrackedBatch(AckCallback to, PendingBatchLog.@Nullable JournalPosition place) {
    this.to = to;
    this.place = place;
  }

  PendingBatchLog.@Nullable JournalPosition place() {
    return place;
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
    to.complete(result);
  }
}
