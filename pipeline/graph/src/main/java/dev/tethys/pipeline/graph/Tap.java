package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Batch;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Samples batches that pass an edge, at a bounded rate and without blocking the pipeline: batches
 * that are not fetched in time are skipped.
 */
public final class Tap implements AutoCloseable {
  private static final int ROOM = 16;

  private final BlockingQueue<Batch> seen = new ArrayBlockingQueue<>(ROOM);
  private final long everyNanos;
  private final AtomicLong nextAt = new AtomicLong(System.nanoTime());
  private final java.util.function.Consumer<Tap> onClose;

  Tap(double perSecond, java.util.function.Consumer<Tap> onClose) {
    this.everyNanos = (long) (1e9 / perSecond);
    this.onClose = onClose;
  }

  void offer(Batch b) {
    long now = System.nanoTime();
    long at = nextAt.get();
    if (now - at >= 0 && nextAt.compareAndSet(at, now + everyNanos)) {
      b.share(); // the tap reads it while others have it
      seen.offer(b);
    }
  }

  /** Returns the next batch, or null if none arrives in time. */
  public @Nullable Batch next(long millis) throws InterruptedException {
    return seen.poll(millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    onClose.accept(this);
  }
}
