package dev.tethys.pipeline.receiver.observe;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import java.util.ArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Log messages on their way to a pipeline, sent every second, or sooner when there are many. While
 * the pipeline accepts none the reader waits, and the messages stay in their files.
 */
final class LogBuffer implements ObservedLog.Sink {
  /** Maximum number of messages per batch; as many may wait while one is in flight. */
  static final int MOST_MESSAGES = 512;

  private static final long MOST_TEXT = 1 << 20;
  private static final long LINGER_NANOS = 1_000_000_000L;

  private final Delivery to;
  private final Function<ArrayList<ObservedLog>, Batch> batches;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private ArrayList<ObservedLog> messages = new ArrayList<>();

  @GuardedBy("lock")
  private long text;

  @GuardedBy("lock")
  private boolean ended;

  private final Thread thread;

  /**
   * @param batches makes a batch of messages
   */
  LogBuffer(String name, Consumer to, Function<ArrayList<ObservedLog>, Batch> batches) {
    this.to = new Delivery(name, "logs", to);
    this.batches = batches;
    this.thread =
        Thread.ofVirtual()
            .name(name + " logs")
            .unstarted(SupervisedLoop.of("observed_logs", this::run));
  }

  void start() {
    thread.start();
  }

  Thread thread() {
    return thread;
  }

  /** Releases waiting readers; their messages are no longer forwarded. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void accept(ObservedLog log) throws InterruptedException {
    lock.lock();
    try {
      while (isFull() && !ended) {
        changed.await();
      }
      if (!ended) {
        messages.add(log);
        text += log.message().length();
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean isFull() {
    return messages.size() >= MOST_MESSAGES || text >= MOST_TEXT;
  }

  private ArrayList<ObservedLog> take() throws InterruptedException {
    lock.lock();
    try {
      while (messages.isEmpty()) {
        changed.await();
      }
      long due = System.nanoTime() + LINGER_NANOS;
      long remaining;
      while (!isFull() && (remaining = due - System.nanoTime()) > 0) {
        changed.awaitNanos(remaining);
      }
      ArrayList<ObservedLog> taken = messages;
      messages = new ArrayList<>();
      text = 0;
      changed.signalAll();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (true) {
        to.settle(batches.apply(take()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
