package dev.tethys.pipeline.receiver.observe;

import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Batches between a source that must not wait and a pipeline. One thread passes them on in their
 * order; beyond a bound the oldest is dropped and counted.
 */
final class BatchBuffer {
  private static final System.Logger LOG = JulLogger.of(BatchBuffer.class.getName());

  /** Spans of ten seconds at the most that an observer makes, and samples of some rounds. */
  static final int MOST_ITEMS = 50_000;

  private static final Duration RETRY = Duration.ofSeconds(1);

  private final String name;
  private final String signal;
  private final Consumer to;
  private final Counter dropped;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final ArrayDeque<Batch> waiting = new ArrayDeque<>(); // guarded by lock
  private long items; // guarded by lock
  private final Thread thread;

  BatchBuffer(String name, String signal, Consumer to, Counter dropped) {
    this.name = name;
    this.signal = signal;
    this.to = to;
    this.dropped = dropped;
    this.thread =
        Thread.ofVirtual()
            .name(name + " " + signal)
            .unstarted(SupervisedLoop.of("observed_batches", this::run));
  }

  void start() {
    thread.start();
  }

  /** Thread that is to be interrupted; what waits is dropped with it. */
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
    Batch current = null;
    try {
      while (true) {
        current = current == null ? next() : current;
        current.share(); // it may have to come again as it is
        switch (IntervalCollector.settled(to, current)) {
          case Outcome.Accepted _ -> current = null;
          case Outcome.Rejected r -> {
            LOG.log(
                Level.WARNING, "{0}: {1} refused by the pipeline: {2}", name, signal, r.reason());
            current = null;
          }
          case Outcome.Unavailable u -> Thread.sleep(u.retryAfter(RETRY));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
