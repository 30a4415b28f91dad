package dev.tethys.web.kdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.kdb.QMessage;
import dev.tethys.codec.kdb.QValue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Queries a kdb+ process over a few connections, each used for one query at a time. No query is
 * retried: only the caller can find out whether an interrupted one was executed. Safe for any
 * number of threads; calls block.
 */
public final class KdbClient implements AutoCloseable {
  /** Maximum idle time of a connection; firewalls drop older ones silently. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final KdbAddress address;
  private final Semaphore permits;

  @GuardedBy("itself")
  private final ArrayDeque<KdbConnection> resting = new ArrayDeque<>();

  private volatile boolean closed;

  public KdbClient(KdbAddress address) {
    this.address = address;
    this.permits = new Semaphore(address.connections(), true);
  }

  /**
   * Sends a query and waits for the response.
   *
   * @param timeout timeout of the entire call, including connecting
   * @throws KdbException if the process rejects the user, or returns an error
   * @throws IOException if the process is unreachable, disconnects, or sends an invalid response
   * @throws IllegalArgumentException if the query cannot be encoded
   */
  public QValue ask(QValue question, Duration timeout) throws IOException, InterruptedException {
    byte[] message = new QMessage(QMessage.Kind.SYNC, question).encode();
    long deadline = System.nanoTime() + timeout.toNanos();
    if (!permits.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new IOException(
          "kdb+ at " + address + ": all " + address.connections() + " connections are busy");
    }
    try {
      KdbConnection c = idleConnection();
      if (c == null) {
        c = KdbConnection.open(address, deadline);
      }
      boolean whole = false;
      try {
        QValue answer = c.ask(message, deadline);
        whole = true;
        if (answer instanceof QValue.Error(String text)) {
          throw new KdbException(KdbException.To.REQUEST, "kdb+ at " + address + " says '" + text);
        }
        return answer;
      } catch (CodecException e) {
        throw new IOException("kdb+ at " + address + ": " + e.getMessage(), e);
      } finally {
        if (whole) {
          park(c);
        } else {
          c.close();
        }
      }
    } finally {
      permits.release();
    }
  }

  private @Nullable KdbConnection idleConnection() {
    while (true) {
      KdbConnection c;
      synchronized (resting) {
        c = resting.pollLast();
      }
      if (c == null || System.nanoTime() - c.idleSince < REST_NANOS) {
        return c;
      }
      c.close();
    }
  }

  private void park(KdbConnection c) {
    c.idleSince = System.nanoTime();
    synchronized (resting) {
      if (!closed) {
        resting.addLast(c);
        return;
      }
    }
    c.close();
  }

  /** Closes idle connections; connections in use are closed after their query. */
  @Override
  public void close() {
    synchronized (resting) {
      closed = true;
      resting.forEach(KdbConnection::close);
      resting.clear();
    }
  }
}
