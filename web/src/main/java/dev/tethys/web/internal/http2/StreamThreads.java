package dev.tethys.web.internal.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Runs the requests of one HTTP/2 connection, and wakes threads waiting for a body when the
 * connection ends. The engine does not: such a thread would wait forever, and keep its request's
 * memory.
 *
 * <p>Invariant: a thread is interrupted only while it waits for a body. Elsewhere a handler may
 * write to a file, which an interrupt closes.
 */
final class StreamThreads extends AbstractExecutorService {
  /** Time within which a client must end a stream after the response. */
  static final long DRAIN_NANOS = 10_000_000_000L;

  private static final ScopedValue<StreamThreads> CURRENT = ScopedValue.newInstance();

  private final ExecutorService executor;
  private final LongSupplier nanos;

  @GuardedBy("this")
  private final Set<Thread> reading = new HashSet<>();

  @GuardedBy("this")
  private final Map<Thread, Long> draining = new LinkedHashMap<>(); // since when

  @GuardedBy("this")
  private boolean ended;

  StreamThreads(ExecutorService executor, LongSupplier nanos) {
    this.executor = executor;
    this.nanos = nanos;
  }

  /** The threads of the connection whose request this thread works on. */
  static StreamThreads current() {
    return CURRENT.get();
  }

  @Override
  public void execute(Runnable command) {
    executor.execute(
        () ->
            ScopedValue.where(CURRENT, this)
                .run(
                    () -> {
                      try {
                        command.run();
                      } finally {
                        drained();
                      }
                    }));
  }

  /** A body whose reads fail when the connection ends. */
  InputStream body(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] b, int off, int len) throws IOException {
        reads();
        int n;
        try {
          n = super.read(b, off, len);
        } finally {
          hasRead();
        }
        if (n < 0 && isEnded()) { // the engine treats an interrupt as the end of the body
          throw gone();
        }
        return n;
      }
    };
  }

  private static IOException gone() {
    return new IOException("the connection ended before the body of the request");
  }

  private synchronized boolean isEnded() {
    return ended;
  }

  private synchronized void reads() throws IOException {
    if (ended) {
      throw gone();
    }
    reading.add(Thread.currentThread());
  }

  private synchronized void hasRead() {
    reading.remove(Thread.currentThread());
    if (ended) {
      Thread.interrupted();
    }
  }

  /** The handler has returned: the engine reads the rest of the body, and throws it away. */
  synchronized void drains() {
    draining.put(Thread.currentThread(), nanos.getAsLong());
    if (ended) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void drained() {
    draining.remove(Thread.currentThread());
    if (ended) {
      Thread.interrupted();
    }
  }

  /** Returns the number of requests with a complete response whose body has not ended. */
  synchronized int draining() {
    return draining.size();
  }

  /**
   * Whether the client leaves the stream of a request with a complete response open for too long.
   */
  synchronized boolean isLate(long now) {
    return !draining.isEmpty() && now - draining.values().iterator().next() > DRAIN_NANOS;
  }

  /** The connection has ended. */
  synchronized void end() {
    ended = true;
    reading.forEach(Thread::interrupt);
    draining.keySet().forEach(Thread::interrupt);
  }

  /** The executor belongs to all connections of the listener. */
  @Override
  public void shutdown() {
    executor.shutdown();
  }

  @Override
  public List<Runnable> shutdownNow() {
    return executor.shutdownNow();
  }

  @Override
  public boolean isShutdown() {
    return executor.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return executor.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return executor.awaitTermination(timeout, unit);
  }
}
