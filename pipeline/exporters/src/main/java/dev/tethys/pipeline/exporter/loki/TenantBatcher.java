package dev.tethys.pipeline.exporter.loki;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Batches entries of one tenant of a client and decides when a batch is sent.
 *
 * <p>An entry that arrives while nothing is in flight is sent after a short time for entries
 * written together with it. From then on at most one request is sent in each pause, and none before
 * the last was answered. Entries that arrive meanwhile are batched, so requests grow with the rate
 * and the response time, and few entries do not become many requests. Two bounds always hold: a
 * request is never larger than configured, and no entry is batched for longer than configured.
 *
 * <p>Invariants: all but {@link #underWay} and {@link #held} is guarded by the lock of the client.
 * These two are used by threads that must not wait for it, since its owner may wait for them to
 * free capacity of the queue. One side sets {@link #held} and then reads {@link #underWay}, the
 * other side does the reverse, so that one of both sees the other.
 */
final class TenantBatcher {
  /** How long an entry waits for those that were written with it. */
  static final Duration GATHER = Duration.ofMillis(5);

  final String tenant;
  @Nullable EntryBatch batch;
  private long waitNanos; // of the batch
  private long pauseNanos;
  private final AtomicInteger underWay = new AtomicInteger();
  private volatile boolean held;
  private long begun; // when the batch began, nanoseconds
  private long due; // when it may leave, nanoseconds
  private long left; // when the last request left, nanoseconds
  private boolean everLeft;

  TenantBatcher(String tenant) {
    this.tenant = tenant;
  }

  /** A batch begins. How long until it may leave, in nanoseconds. */
  long begin(EntryBatch b, LokiClientConfig config, long now) {
    waitNanos = config.batchWait().toNanos();
    pauseNanos = config.batchPause().toNanos();
    batch = b;
    begun = now;
    held = false;
    long wait = GATHER.toNanos();
    if (everLeft) {
      wait = Math.max(wait, left + pauseNanos - now);
    }
    wait = Math.min(wait, waitNanos);
    due = now + wait;
    return wait;
  }

  /**
   * Whether the batch leaves. If not though its time has come, {@link #answered} says when it may,
   * and it leaves all the same after {@link #remaining}.
   */
  boolean isDue(long now) {
    if (remaining(now) <= 0) {
      return true;
    }
    if (now - due < 0) {
      return false; // an answer to a request before it
    }
    held = true;
    return underWay.get() == 0;
  }

  /** How long the batch may still be gathered, in nanoseconds. */
  long remaining(long now) {
    return begun + waitNanos - now;
  }

  /** The batch leaves. */
  void sent(long now) {
    batch = null;
    held = false;
    left = now;
    everLeft = true;
    underWay.incrementAndGet();
  }

  /** A request is no longer under way. Whether a batch was held for it. */
  boolean answered() {
    return underWay.decrementAndGet() == 0 && held;
  }

  /** Whether nothing would be forgotten without it. */
  boolean isIdle(long now) {
    return batch == null && underWay.get() == 0 && now - left >= pauseNanos;
  }
}
