package dev.tethys.web.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.log.JulLogger;
import io.helidon.common.socket.HelidonSocket;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.security.cert.Certificate;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A client connection: its current wait, its requests in progress, and its end. A multiplexed
 * connection (HTTP/2) ends with GOAWAY: the first GOAWAY tells the client to start no more
 * requests; once those in flight have had time to arrive, the second identifies the last accepted
 * request.
 */
final class ClientConnection {
  /** A time that is never reached. */
  static final long NEVER = Long.MAX_VALUE;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  /** Longest time that a connection is read ahead: a day, longer than any handler runs. */
  private static final int READ_AHEAD_MILLIS = 86_400_000;

  /** Time for a client to read the last bytes of its connection and to close it. */
  private static final long FAREWELL_NANOS = 1_000_000_000;

  /** Time without a byte after which no request is assumed to be in flight. */
  private static final long SILENT_NANOS = 100_000_000;

  private static final long LOOK_NANOS = 10_000_000;

  final Socket socket;

  /** Underlying socket: the same one, or the one below TLS. */
  private final Socket carrier;

  /** Whether a read of the socket has its timeout. */
  final boolean timed;

  final Set<ConnectionTimeouts.Exchange> inWork = ConcurrentHashMap.newKeySet();
  volatile long deadline;

  /** Address of the client, by which connections are shared out; "" for this machine. */
  final String client;

  /** Time since which it waits for its client or processes a request. */
  volatile long since;

  final boolean isLocal;

  /** Whether it counts towards the connection limit; otherwise it uses the reserve. */
  boolean hasPlace; // guarded by ConnectionPlaces

  boolean ended; // guarded by the same

  /** Whether it is being closed in favour of other clients. */
  volatile boolean evicted;

  /** Reader of the socket, once it is served. */
  volatile @Nullable HelidonSocket reader;

  /** State of a multiplexed connection apart from its requests. */
  volatile @Nullable Multiplexed multiplexed;

  /**
   * Time when the request being read, or in progress, started to arrive; used by the reading
   * thread.
   */
  long requestBegan;

  /** Time when the connection is old; a multiplexed one ages from its first bytes on. */
  volatile long old;

  /** Last stream whose request is processed. */
  @GuardedBy("this")
  private int lastStream;

  /** Requests that started to arrive and are not processed yet. */
  @GuardedBy("this")
  private int arriving;

  /** Whether it has had requests, all of which have ended. */
  volatile boolean hasRested;

  /** Time at which it must end. */
  @GuardedBy("this")
  private long dueAt = NEVER;

  /** Time at which the first GOAWAY was sent. */
  @GuardedBy("this")
  private long goAwayAt = NEVER;

  /** Time at which the GOAWAY with the last stream was sent. */
  @GuardedBy("this")
  private long lastGoAwayAt = NEVER;

  ClientConnection(
      Socket socket,
      Socket carrier,
      boolean timed,
      String client,
      boolean isLocal,
      long now,
      long deadline,
      long old) {
    this.socket = socket;
    this.client = client;
    this.isLocal = isLocal;
    this.since = now;
    this.carrier = carrier;
    this.timed = timed;
    this.requestBegan = now;
    this.deadline = deadline;
    this.old = old;
  }

  /** Certificates of the client from its TLS handshake; empty if it showed none. */
  Certificate[] certificates() {
    if (socket instanceof SSLSocket s) {
      try {
        return s.getSession().getPeerCertificates();
      } catch (SSLPeerUnverifiedException e) {
        return new Certificate[0];
      }
    }
    return new Certificate[0];
  }

  boolean isClosed() {
    return socket.isClosed() || carrier.isClosed();
  }

  /** Starts reading the socket ahead, which detects its end; the bytes are kept. */
  void readAhead(HelidonSocket by) {
    try {
      // A silent client gets no longer than this, 101 ms when it is not set.
      socket.setSoTimeout(READ_AHEAD_MILLIS);
      by.idle();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a connection ended before it could be watched", e);
    }
  }

  /** Whether the first GOAWAY was sent. */
  synchronized boolean isGoAwaySent() {
    return goAwayAt != NEVER;
  }

  /**
   * Continues the shutdown: GOAWAY has been sent, and a client that does not read it is cut off.
   *
   * @param timeLimit time for the client to acknowledge, in nanoseconds
   */
  synchronized void part(Multiplexed whole, long now, long timeLimit) {
    if (goAwayAt == NEVER && !whole.hasBegun()) {
      // The connection ends all the same: engine or client may never do so.
      dueAt = Math.min(dueAt, now);
      if (now - dueAt > timeLimit) {
        Thread.ofVirtual().start(this::abort);
      }
    } else if (goAwayAt == NEVER) {
      goAwayAt = now;
      Thread.ofVirtual().start(() -> sendGoAway(whole, Integer.MAX_VALUE));
    } else if (lastGoAwayAt == NEVER) {
      boolean acknowledged = whole.hasAcknowledgedGoAway() && arriving == 0;
      if ((acknowledged || now - goAwayAt > timeLimit) && inWork.isEmpty()) {
        lastGoAwayAt = now;
        int last = lastStream;
        Thread.ofVirtual()
            .start(
                () -> {
                  sendGoAway(whole, last);
                  endOutput();
                });
      }
    } else if (now - lastGoAwayAt > FAREWELL_NANOS) {
      lastGoAwayAt = now;
      Thread.ofVirtual().start(this::abort);
    }
  }

  /** Headers of a stream arrive: of a new one, if its number is higher than all before. */
  synchronized void arrives(int stream) {
    if (stream > lastStream && lastGoAwayAt == NEVER) {
      lastStream = stream;
      arriving++;
    }
  }

  /**
   * Whether a request, which already counts as in progress, receives a response. A request that
   * arrived after the client was notified of the last one is not accepted: the client repeats it on
   * another connection, and it would run twice.
   */
  synchronized boolean takes(int stream) {
    if (lastGoAwayAt != NEVER && stream > lastStream) {
      return false;
    }
    arriving--;
    return true;
  }

  /** Nothing more is sent; the client, once it has read everything, ends the connection. */
  private void endOutput() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "Client closed the connection before the server did", e);
      close();
    }
  }

  private static void sendGoAway(Multiplexed whole, int lastStream) {
    try {
      whole.goAway(lastStream);
    } catch (RuntimeException e) {
      LOG.log(Level.DEBUG, "Client closed the connection before the server did", e);
    }
  }

  /** Waits until the connection has ended, at most as long as a graceful close. */
  void awaitEnd() throws InterruptedException {
    for (long remaining = 2 * FAREWELL_NANOS;
        remaining > 0 && !isClosed();
        remaining -= LOOK_NANOS) {
      TimeUnit.NANOSECONDS.sleep(LOOK_NANOS);
    }
  }

  void close() {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "closing a connection", e);
    }
  }

  /**
   * Whether its client has been silent briefly: a client that just received its response may be
   * sending its next request.
   */
  boolean isSilent(long now) {
    if (hasRested && now - since < SILENT_NANOS) {
      return false;
    }
    try {
      return carrier.getInputStream().available() == 0;
    } catch (IOException e) {
      return true; // it is closed
    }
  }

  /** Closes it while nothing is sent, without waiting for TLS's farewell. */
  void closeIdle() {
    try {
      carrier.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "closing an idle connection", e);
    }
  }

  /** Closes immediately, with a reset, without waiting for the TLS close_notify. */
  void abort() {
    try {
      carrier.setSoLinger(true, 0);
      carrier.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "closing a slow connection", e);
    }
  }
}
