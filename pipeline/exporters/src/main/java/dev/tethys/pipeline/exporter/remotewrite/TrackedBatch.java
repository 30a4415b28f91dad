package dev.tethys.pipeline.exporter.remotewrite;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Source of a batch, notified after all requests with a part of the batch are settled. Holds are
 * taken while the initial hold exists; the release of the last one reports the worst outcome to the
 * source.
 */
final class TrackedBatch {
  private final AckCallback to;
  private final PendingBatchLog.@Nullable JournalPosition place;

  @GuardedBy("this")
  private int holds = 1;

  @GuardedBy("this")
  private Outcome worst = Outcome.ACCEPTED;

  TrackedBatch(AckCallback to) {
    this(to, null);
  }

  /**
   * Tracks a batch with its journal position.
   *
   * @param place journal position of the batch, or null if it is not journaled
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
