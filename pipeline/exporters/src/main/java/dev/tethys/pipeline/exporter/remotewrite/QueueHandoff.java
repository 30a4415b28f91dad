package dev.tethys.pipeline.exporter.remotewrite;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ensures that accepted batches reach the outbox exactly once, across crashes: through a journal if
 * the queue is on disk, without one if it is in memory.
 *
 * <p>Invariant: a batch is in a journal file until every request with a part of it is in the
 * outbox; then the file is deleted. Lock order: a lane's lock, the journal's.
 */
final class QueueHandoff {
  private static final System.Logger LOG = JulLogger.of(QueueHandoff.class.getName());

  /** Number of a request that is not in the journal. */
  private static final long NOT_ANNOUNCED = 0;

  private final @Nullable PendingBatchLog journal;
  private volatile String id;
  private volatile Runnable failed;
  private Generation generation = new Generation(); // guarded by the journal
  private long since; // guarded by the journal; 0 while this generation is empty
  private boolean fails; // guarded by the journal

  /**
   * Creates the handoff for one destination.
   *
   * @param journal null for a queue in memory
   * @param failed called when the journal could not be written
   */
  QueueHandoff(String id, @Nullable PendingBatchLog journal, Runnable failed) {
    this.id = id;
    this.journal = journal;
    this.failed = failed;
  }

  /** Switches to another queue, keeping the journal. */
  void workFor(String newId, Runnable whenFailed) {
    id = newId;
    failed = whenFailed;
  }

  /**
   * Journal files of one generation. They are deleted when no request refers to them, unless part
   * of them did not fit into the outbox; then they are read at the next start.
   */
  private final class Generation {
    @GuardedBy("this")
    private List<Path> files = List.of();

    @GuardedBy("this")
    private int holds = 1;

    @GuardedBy("this")
    private boolean keep;

    synchronized void hold() {
      holds++;
    }

    synchronized void release(Outcome outcome) {
      keep |= outcome instanceof Outcome.Unavailable;
      PendingBatchLog j = journal;
      if (--holds == 0 && !keep && j != null) {
        files.forEach(j::remove);
      }
    }

    synchronized void ended(List<Path> all) {
      files = all;
    }
  }

  /** Whether the producer of a batch need not wait until it was delivered. */
  boolean isDurable() {
    return journal != null;
  }

  /**
   * Takes a batch over from its sender.
   *
   * @param metadata whether requests have metadata with each series
   */
  TrackedBatch take(Batch batch, AckCallback ack, long nanos, boolean metadata) {
    PendingBatchLog j = journal;
    if (j == null) {
      return new TrackedBatch(ack);
    }
    synchronized (j) {
      Generation g = generation;
      g.hold();
      if (since == 0) {
        since = nanos;
      }
      PendingBatchLog.JournalPosition at = null;
      try {
        at = j.append(batch, metadata);
        fails = false;
      } catch (IOException e) {
        // It is sent all the same, unless the process dies before.
        if (!fails) {
          LOG.log(
              Level.ERROR,
              "{0}: cannot write the journal, waiting samples would be lost in a crash: {1}",
              id,
              e.getMessage());
        }
        fails = true;
        failed.run();
      }
      return new TrackedBatch(g::release, at);
    }
  }

  /** Assigns batches left by an earlier process. */
  interface RecoveredBatches {
    void assign(PendingBatchLog.RecoveredBatch found, TrackedBatch whose);
  }

  /**
   * Replays the batches left by an earlier process; files are kept until all batches are in the
   * outbox.
   */
  void recover(RecoveredBatches to, long nanos) throws IOException {
    PendingBatchLog j = journal;
    if (j == null) {
      return;
    }
    Generation before = new Generation();
    int[] batches = new int[1];
    List<Path> files =
        j.recover(
            found -> {
              batches[0]++;
              before.hold();
              to.assign(found, new TrackedBatch(before::release, found.place()));
            });
    before.ended(files);
    before.release(Outcome.ACCEPTED);
    if (batches[0] > 0) {
      LOG.log(Level.INFO, "{0}: {1} batches found in the journal", id, batches[0]);
      synchronized (j) {
        since = nanos;
      }
    }
  }

  /** Announces the contents of a request in the journal; returns its number there. */
  long announce(int lane, List<Shard.Part> parts) {
    PendingBatchLog j = journal;
    if (j == null) {
      return NOT_ANNOUNCED;
    }
    List<PendingBatchLog.Part> all = new ArrayList<>(parts.size());
    for (Shard.Part p : parts) {
      PendingBatchLog.JournalPosition at = p.whose.place();
      if (at != null) {
        all.add(new PendingBatchLog.Part(at, p.lastSeries));
      }
    }
    try {
      return all.isEmpty() ? NOT_ANNOUNCED : j.announce(lane, all);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "{0}: a journal entry was not written: {1}", id, e.getMessage());
      return NOT_ANNOUNCED;
    }
  }

  /** Headers of a request for the outbox. */
  Map<String, String> headers(long request) {
    PendingBatchLog j = journal;
    return j == null || request == NOT_ANNOUNCED
        ? Map.of()
        : Map.of(PendingBatchLog.HEADER, j.name(request));
  }

  /** Records the outcome of a request; must be called before it can be sent. */
  void stored(long request, Outcome outcome) {
    PendingBatchLog j = journal;
    if (j == null || request == NOT_ANNOUNCED || outcome instanceof Outcome.Unavailable) {
      return;
    }
    try {
      j.stored(request);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "{0}: a journal entry was not written: {1}", id, e.getMessage());
    }
  }

  /**
   * Closes the current journal file if its oldest batch has waited for the deadline.
   *
   * @param cut puts all waiting samples into requests
   */
  void flush(long nanos, long deadlineNanos, Runnable cut) {
    PendingBatchLog j = journal;
    if (j == null) {
      return;
    }
    Generation before;
    synchronized (j) {
      if (since == 0 || nanos - since < deadlineNanos) {
        return;
      }
      Path done;
      try {
        done = j.next();
      } catch (IOException e) {
        LOG.log(Level.ERROR, "{0}: journal failed: {1}", id, e.getMessage());
        return;
      }
      since = 0;
      before = generation;
      before.ended(done == null ? List.of() : List.of(done));
      generation = new Generation();
    }
    cut.run();
    before.release(Outcome.ACCEPTED);
  }

  void close() {
    PendingBatchLog j = journal;
    if (j != null) {
      try {
        j.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "closing a journal failed", e);
      }
    }
  }
}
