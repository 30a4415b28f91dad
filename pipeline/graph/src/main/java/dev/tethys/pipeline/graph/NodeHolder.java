package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Holder of a node, in which another instance can replace it while batches keep arriving; they wait
 * for the replacement.
 */
final class NodeHolder implements Consumer {
  private final NodeKey key;
  private final AtomicInteger inside = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile boolean held;
  private long heldAt; // nanoseconds; by who holds
  private volatile @Nullable Consumer current;

  NodeHolder(NodeKey key) {
    this.key = key;
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    inside.incrementAndGet();
    while (held) {
      leave();
      awaitRelease();
      inside.incrementAndGet();
    }
    try {
      Consumer c = current;
      if (c == null) {
        ack.complete(new Outcome.Unavailable(key + " does not run", Duration.ZERO));
      } else {
        c.consume(batch, ack);
      }
    } finally {
      leave();
    }
  }

  private void leave() {
    if (inside.decrementAndGet() == 0 && held) {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void awaitRelease() {
    lock.lock();
    try {
      while (held) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Blocks new batches and waits for those inside; returns the remaining time. */
  Duration hold(Duration timeLimit) {
    heldAt = System.nanoTime();
    held = true;
    long end = heldAt + timeLimit.toNanos();
    lock.lock();
    try {
      while (inside.get() > 0 && System.nanoTime() - end < 0) {
        // Short waits: a batch that left just before may not have seen the hold.
        changed.awaitNanos(1_000_000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
    return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
  }

  void put(@Nullable Consumer c) {
    current = c;
  }

  /** Readmits them; returns the nanoseconds for which they were held. */
  long release() {
    lock.lock();
    try {
      held = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return System.nanoTime() - heldAt;
  }
}
