package dev.tethys.web.internal;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Passes each request of a listener to the processor of the moment. The processor can be replaced
 * while connections stay open: requests in progress finish with the processor that they started
 * with.
 *
 * <p>Invariant: a request that has started is in progress at exactly one processor.
 */
public final class RequestGate {
  /**
   * Maximum time a request waits for the next processor; after that the previous processor handles
   * it.
   */
  private static final long HOLD_NANOS = 10_000_000_000L;

  /** A processor and the requests that it has in progress. */
  private static final class Served {
    final RequestProcessor processor;
    final Set<ConnectionTimeouts.Exchange> inWork = ConcurrentHashMap.newKeySet();

    Served(RequestProcessor processor) {
      this.processor = processor;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Served> former = new CopyOnWriteArrayList<>();
  private volatile Served current;
  private volatile boolean held;
  private volatile boolean closing;

  /** Creates a gate to its first processor. */
  public RequestGate(RequestProcessor first) {
    this.current = new Served(first);
  }

  /**
   * Responds to one request.
   *
   * @param exchange exchange of this request; ended by this method
   * @return whether the connection can serve another request
   * @throws AbortedResponseException if the response was aborted, or the client has left
   */
  public boolean answer(ConnectionTimeouts.Exchange exchange, WireRequest q, WireResponse r) {
    Served s = enter(exchange);
    try {
      return s.processor.answer(exchange, q, r, this::isClosing);
    } finally {
      leave(s, exchange);
    }
  }

  private Served enter(ConnectionTimeouts.Exchange exchange) {
    while (true) {
      if (held) {
        awaitRelease();
      }
      Served s = current;
      s.inWork.add(exchange);
      if (s == current) {
        return s;
      }
      leave(s, exchange); // it was replaced just then
    }
  }

  private void leave(Served s, ConnectionTimeouts.Exchange exchange) {
    s.inWork.remove(exchange);
    if (s != current && s.inWork.isEmpty()) {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void awaitRelease() {
    long remaining = HOLD_NANOS;
    boolean interrupted = false;
    lock.lock();
    try {
      while (held && remaining > 0) {
        try {
          remaining = changed.awaitNanos(remaining);
        } catch (InterruptedException e) {
          interrupted = true;
          break;
        }
      }
    } finally {
      lock.unlock();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Makes new requests wait for the next processor, for a bounded time. */
  public void hold() {
    held = true;
  }

  /** Switches waiting and future requests to another processor. */
  public void replace(RequestProcessor next) {
    Served before = current;
    current = new Served(next);
    if (!before.inWork.isEmpty()) {
      former.add(before);
    }
    release();
  }

  /** Requests that wait are handled by the current processor. */
  public void release() {
    lock.lock();
    try {
      held = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Marks each further response as the last of its connection, if a header can express that. */
  public void close() {
    closing = true;
    release();
  }

  /** Whether each response is the last one on its connection. */
  boolean isClosing() {
    return closing;
  }

  /**
   * Waits until the requests of former processors are complete; at the end of the time their
   * connections are closed.
   *
   * @return how many were cut off
   */
  public int endFormer(Duration timeLimit) {
    long end = System.nanoTime() + timeLimit.toNanos();
    boolean interrupted = false;
    lock.lock();
    try {
      while (former.stream().anyMatch(s -> !s.inWork.isEmpty())) {
        long remaining = end - System.nanoTime();
        if (remaining <= 0) {
          break;
        }
        try {
          // A little at a time: a request may have left just before it could be seen as replaced.
          changed.awaitNanos(Math.min(remaining, TimeUnit.MILLISECONDS.toNanos(10)));
        } catch (InterruptedException e) {
          interrupted = true;
          break;
        }
      }
    } finally {
      lock.unlock();
    }
    int cut = 0;
    for (Served s : former) {
      for (ConnectionTimeouts.Exchange e : s.inWork) {
        cut++;
        e.closeConnection();
      }
    }
    former.clear();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return cut;
  }
}
