package dev.tethys.pipeline.receiver.observe;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Batches between a source that must not wait and a pipeline. One thread passes them on in their
 * order; beyond a bound the oldest is dropped and counted.
 */
final class BatchBuffer {
  /** Spans of ten seconds at the most that an observer makes, and samples of some rounds. */
  static final int MOST_ITEMS = 50_000;

  private final Delivery to;
  private final Counter dropped;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  @GuardedBy("lock")
  private final ArrayDeque<Batch> waiting = new ArrayDeque<>();

  @GuardedBy("lock")
  private long items;

  private final Thread thread;

  BatchBuffer(String name, String signal, Consumer to, Counter dropped) {
    this.to = new Delivery(name, signal, to);
    this.dropped = dropped;
    this.thread =
        Thread.ofVirtual()
            .name(name + " " + signal)
            .unstarted(SupervisedLoop.of("observed_batches", this::run));
  }

  void start() {
    thread.start();
  }

  /** Ends the buffer and returns the thread to interrupt; waiting data is dropped. */
  Thread end() {
    return thread;
  }

  /** Adds a batch and does not wait. */
  void add(Batch batch) {
    if (batch.items() == 0) {
      return;
    }
    lock.lock();
    try {
      waiting.add(batch);
      items += batch.items();
      while (items > MOST_ITEMS && waiting.size() > 1) {
        drop(waiting.removeFirst());
      }
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void drop(Batch oldest) {
    items -= oldest.items();
    dropped.add(oldest.items());
  }

  private Batch next() throws InterruptedException {
    lock.lock();
    try {
      Batch b;
      while ((b = waiting.pollFirst()) == null) {
        news.await();
      }
      items -= b.items();
      return b;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (true) {
        to.settle(next());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
