package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.model.Labels;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Series whose requests are sent one after another. Encoded samples wait here until a request is
 * full or the oldest has waited long enough. Everything except {@link #lock} is guarded by it;
 * requests go to the outbox also under the lock, so they keep their order.
 */
final class Shard {
  /** A request is cut at this size before compression: receivers reject 32 MiB. */
  static final int MAX_REQUEST_BYTES = 8 << 20;

  final ReentrantLock lock = new ReentrantLock();
  private final int number;
  private final Outbox outbox;
  private final QueueHandoff handover;
  private final int maxEntries;
  private final RelabelMemory relabelled = new RelabelMemory();
  private RequestWriter writer;
  private List<Part> waiting = new ArrayList<>();
  private long since;

  /**
   * Creates a shard.
   *
   * @param number shard number, starting at 0
   */
  Shard(
      int number,
      Outbox outbox,
      QueueHandoff handover,
      int maxEntries,
      RemoteWriteMessage message) {
    this.number = number;
    this.outbox = outbox;
    this.handover = handover;
    this.maxEntries = maxEntries;
    this.writer = new RequestWriter(message);
  }

  /** Part of a batch in a request: all series of this lane up to an index. */
  static final class Part {
    final TrackedBatch whose;
    int lastSeries;

    Part(TrackedBatch whose) {
      this.whose = whose;
    }
  }

  RelabelMemory relabelled() {
    return relabelled;
  }

  /** Returns the request being assembled, in the given message form. */
  RequestWriter writer(RemoteWriteMessage message) {
    if (writer.message() != message) {
      cut();
      writer = new RequestWriter(message);
    }
    return writer;
  }

  /**
   * Called after every series: records the waiting batch and cuts a full request.
   *
   * @param index index of the series in its batch
   */
  void ended(TrackedBatch from, int index, long nanos) {
    if (waiting.isEmpty()) {
      if (writer.isEmpty()) {
        return;
      }
      since = nanos;
    }
    Part last = waiting.isEmpty() ? null : waiting.getLast();
    if (last == null || last.whose != from) {
      from.hold();
      last = new Part(from);
      waiting.add(last);
    }
    last.lastSeries = index;
    if (writer.entries() >= maxEntries || writer.bytes() >= MAX_REQUEST_BYTES) {
      cut();
    }
  }

  /** Called before samples are added in bulk: cuts a request that they would overfill. */
  void makeRoom(int samples, int bytes) {
    if (writer.entries() > 0
        && (writer.entries() + samples > maxEntries
            || writer.bytes() + bytes > MAX_REQUEST_BYTES)) {
      cut();
    }
  }

  /** Whether a request may have reached its deadline; works without the shard's lock. */
  boolean mayBeDue(long nanos, long deadlineNanos) {
    if (!lock.tryLock()) {
      return true;
    }
    try {
      return isDue(nanos, deadlineNanos);
    } finally {
      lock.unlock();
    }
  }

  private boolean isDue(long nanos, long deadlineNanos) {
    return !waiting.isEmpty() && nanos - since >= deadlineNanos;
  }

  /** Cuts a request that has reached its deadline. */
  void cutIfDue(long nanos, long deadlineNanos) {
    lock.lock();
    try {
      if (isDue(nanos, deadlineNanos)) {
        cut();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Cuts the request, full or not. */
  void cut() {
    if (waiting.isEmpty()) {
      return;
    }
    List<Part> parts = waiting;
    waiting = new ArrayList<>();
    long request = handover.announce(number, parts);
    EncodedRequest p = writer.take(number + 1, handover.headers(request));
    outbox.put(
        p,
        outcome -> {
          handover.stored(request, outcome);
          for (Part part : parts) {
            part.whose.release(outcome);
          }
        });
  }

  int entries() {
    lock.lock();
    try {
      return writer.entries();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Cache of relabelled series by a hash of their label bytes. It is filled up to a bound and
   * cleared periodically, so that a larger set of series still finds most of its entries.
   */
  static final class RelabelMemory {
    static final int MAX_BYTES = 4 << 20;
    private static final long KEEP_NANOS = 600_000_000_000L;
    private static final int ENTRY_BYTES = 80;

    private final java.util.HashMap<Long, Labels> made = new java.util.HashMap<>();
    private int bytes;
    private long since;

    /** Returns the cached labels; {@link Labels#EMPTY} for a dropped series, null if unknown. */
    @Nullable Labels find(long hash) {
      return made.get(hash);
    }

    void remember(long hash, Labels result, long nanos) {
      if (made.isEmpty()) {
        since = nanos;
      } else if (bytes >= MAX_BYTES && nanos - since > KEEP_NANOS) {
        made.clear();
        bytes = 0;
        since = nanos;
      }
      if (bytes < MAX_BYTES) {
        made.put(hash, result);
        bytes += ENTRY_BYTES + result.canonicalBytes().length;
      }
    }
  }
}
