package dev.tethys.pipeline.delivery;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Queued and in-flight requests of an outbox, with the lock shared by admission and dispatch.
 *
 * <p>Callbacks are settled, and senders and files are called, without the lock.
 */
final class QueueState {
  /** Shutdown phase of an outbox. */
  enum Phase {
    OPEN,
    /** Accepts nothing more. */
    DRAINING,
    /** Sends nothing more. */
    CLOSED
  }

  final ReentrantLock lock = new ReentrantLock();

  /** Signals that capacity may be available. */
  final Condition room = lock.newCondition();

  /** Something was stored, or has come to an end. */
  final Condition settled = lock.newCondition();

  final QueueStorage storage;

  /** Disk on which the queue continues while its destination fails; null if none. */
  final @Nullable Overflow overflow;

  /** Written under the lock. */
  volatile OutboxOptions options;

  // All below is guarded by lock.
  final DeliveryJobs jobs = new DeliveryJobs();
  Phase phase = Phase.OPEN;

  /** Queued requests, including those being stored. */
  long requests;

  long items;

  /** Threads that are storing. */
  int stores;

  /** Threads that are notifying sources of outcomes. */
  int notifying;

  /** Threads that wait for space. */
  int blocked;

  /** Tracks when the queue became full, and the waiting components. */
  final QueueFullTracker full = new QueueFullTracker();

  /** Bytes accepted beyond the size since there was last space. */
  long beyond;

  /** Whether producers no longer wait for space. */
  boolean hastened;

  QueueState(QueueStorage storage, OutboxOptions options) {
    this(storage, options, null);
  }

  QueueState(QueueStorage storage, OutboxOptions options, @Nullable Overflow overflow) {
    this.storage = storage;
    this.options = options;
    this.overflow = overflow;
  }

  /** Records the removal of a request with {@code itemsOfIt} items. */
  void recordRemoval(int itemsOfIt, long nowMillis) {
    full.roomMade(nowMillis);
    requests--;
    items -= itemsOfIt;
    if (blocked > 0) {
      room.signalAll();
    }
    settled.signalAll();
  }
}
