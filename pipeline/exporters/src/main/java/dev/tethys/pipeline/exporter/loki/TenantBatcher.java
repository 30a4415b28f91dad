package dev.tethys.pipeline.exporter.loki;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Batches entries of one tenant of a client and decides when a batch is sent.
 *
 * <p>An entry that arrives while nothing is in flight is sent after a short wait for entries
 * written together with it. From then on at most one request is sent per pause, and none before the
 * previous one received its response. Entries that arrive meanwhile are batched, so requests grow
 * with the rate and the response time, and few entries do not become many requests. Two bounds
 * always hold: a request is never larger than configured, and no entry is batched for longer than
 * configured.
 *
 * <p>Invariants: everything except {@link #underWay} and {@link #held} is guarded by the client's
 * lock. Threads that use these two must not wait for the lock, because its owner may wait for them
 * to free queue capacity. One side sets {@link #held} and then reads {@link #underWay}, the other
 * side does the reverse, so at least one side sees the other.
 */
final class TenantBatcher {
  /** Time an entry waits to be sent together with others. */
  static final Duration GATHER = Duration.ofMillis(5);

  final String tenant;
  @Nullable EntryBatch batch;
  private long waitNanos; // of the batch
  private long pauseNanos;
  private final AtomicInteger underWay = new AtomicInteger();
  private volatile boolean held;
  private long begun; // when the batch began, nanoseconds
  private long due; // time when it may be sent, in nanoseconds
  private long left; // when the last request left, nanoseconds
  private boolean everLeft;

  TenantBatcher(String tenant) {
    this.tenant = tenant;
  }

  /** Starts a batch; returns the time until it may be sent, in nanoseconds. */
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
   * Whether the batch is to be sent. If not, although it is due, {@link #answered} reports when it
   * may be sent, and it is sent anyway after {@link #remaining}.
   */
  boolean isDue(long now) {
    if (remaining(now) <= 0) {
      return true;
    }
    if (now - due < 0) {
      return false; // a response to a previous request
    }
    held = true;
    return underWay.get() == 0;
  }

  /** Returns the remaining time to collect the batch, in nanoseconds. */
  long remaining(long now) {
    return begun + waitNanos - now;
  }

  /** Records that the batch is sent. */
  void sent(long now) {
    batch = null;
    held = false;
    left = now;
    everLeft = true;
    underWay.incrementAndGet();
  }

  /** Records that a request is no longer in flight; returns whether a batch was held for it. */
  boolean answered() {
    return underWay.decrementAndGet() == 0 && held;
  }

  /** Whether it has no state worth keeping. */
  boolean isIdle(long now) {
    return batch == null && underWay.get() == 0 && now - left >= pauseNanos;
  }
}
