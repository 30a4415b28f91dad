package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The place of a node, into which another instance is put while batches keep coming: for that
 * moment they wait.
 */
final class Slot implements Consumer {
  private final NodeKey key;
  private final AtomicInteger inside = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile boolean held;
  private volatile @Nullable Consumer current;

  Slot(NodeKey key) {
    this.key = key;
  }

  @Override
  public void consume(Batch batch, Receipt receipt) {
    inside.incrementAndGet();
    while (held) {
      leave();
      awaitRelease();
      inside.incrementAndGet();
    }
    try {
      Consumer c = current;
      if (c == null) {
        receipt.settle(new Outcome.Unavailable(key + " does not run", Duration.ZERO));
      } else {
        c.consume(batch, receipt);
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

  /** Nothing more goes in; waits a little for what is inside. */
  void hold(Duration patience) {
    held = true;
    lock.lock();
    try {
      long left = patience.toNanos();
      while (inside.get() > 0 && left > 0) {
        // A little at a time: who left just before may not have seen that it was held.
        left -= TimeUnit.MILLISECONDS.toNanos(1) - Math.max(0, changed.awaitNanos(1_000_000));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  void put(@Nullable Consumer c) {
    current = c;
  }

  void release() {
    lock.lock();
    try {
      held = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
