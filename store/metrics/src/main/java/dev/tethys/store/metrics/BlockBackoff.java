package dev.tethys.store.metrics;

import dev.tethys.store.metrics.internal.block.BlockReader;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Blocks with recent disk read errors. Background work avoids them for a while, which grows with
 * the number of errors; nothing is deleted because of it. Not thread-safe.
 */
final class BlockBackoff {
  static final long LEAST_NANOS = TimeUnit.MINUTES.toNanos(1);
  static final long MOST_NANOS = TimeUnit.HOURS.toNanos(1);

  private static final class Rest {
    long nanos = LEAST_NANOS / 2;
    long until;
    long failures; // of the block at the last check
  }

  private final LongSupplier nanos;
  private final Map<Object, Rest> rests = new WeakHashMap<>();

  BlockBackoff(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Whether a block should not be retried yet. */
  boolean isBackedOff(Object block) {
    Rest r = rests.get(block);
    return r != null && nanos.getAsLong() - r.until < 0;
  }

  /** Suspends work on a block, or on the folder of a block that could not be opened. */
  void backOff(Object block) {
    Rest r = rests.computeIfAbsent(block, k -> new Rest());
    r.nanos = Math.min(r.nanos * 2, MOST_NANOS);
    r.until = nanos.getAsLong() + r.nanos;
  }

  /** Suspends blocks with new failed reads; returns whether there were any. */
  boolean restAfterFailures(List<BlockReader> some) {
    boolean any = false;
    for (BlockReader b : some) {
      if (b.failedReads() == 0) {
        continue;
      }
      Rest r = rests.computeIfAbsent(b, k -> new Rest());
      if (b.failedReads() > r.failures) {
        r.failures = b.failedReads();
        backOff(b);
        any = true;
      }
    }
    return any;
  }

  /** Blocks in backoff are retried at the next opportunity. */
  void retryNow() {
    long now = nanos.getAsLong();
    rests.values().forEach(r -> r.until = now);
  }
}
