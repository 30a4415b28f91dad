package dev.tethys.alert.manager.recorder;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Bounded queue that can be closed: remaining elements are still returned, new ones are rejected,
 * and waiting threads are woken.
 */
public final class BoundedQueue<T> {
  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final ArrayDeque<T> items = new ArrayDeque<>();

  @GuardedBy("lock")
  private boolean closed;

  public BoundedQueue(int capacity) {
    this.capacity = capacity;
  }

  /** Accepts an entry without waiting; returns false if it is full or closed. */
  public boolean offer(T item) {
    lock.lock();
    try {
      if (closed || items.size() >= capacity) {
        return false;
      }
      items.add(item);
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for space; false if it is closed. */
  public boolean put(T item) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed && items.size() >= capacity) {
        changed.await();
      }
      return offer(item);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the next element, waiting for one if necessary; null at the end. */
  public @Nullable T take() throws InterruptedException {
    return take(Duration.ofDays(1000));
  }

  /** Returns the next element; null at the end, or on timeout. */
  public @Nullable T take(Duration limit) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long remaining = limit.toNanos();
      while (items.isEmpty() && !closed && remaining > 0) {
        remaining = changed.awaitNanos(remaining);
      }
      T item = items.poll();
      if (item != null) {
        changed.signalAll();
      }
      return item;
    } finally {
      lock.unlock();
    }
  }

  public int size() {
    lock.lock();
    try {
      return items.size();
    } finally {
      lock.unlock();
    }
  }

  /** Whether no more elements are accepted. */
  public boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
