package dev.tethys.web.internal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Knows every open connection of a listener and closes those whose client keeps the server waiting,
 * however it drips its bytes: each of handshake with first request line and headers, further
 * headers after an answer, the body of a request, and one write of an answer must be done within
 * one timeout. A handler itself may take as long as it likes.
 *
 * <p>Invariant: a connection is either waiting for its client (its deadline is set) or has requests
 * in work (each has its own deadlines). On a multiplexed connection (HTTP/2) waiting between
 * requests is left to the socket's own timeout.
 */
public final class SlowClients {
  private static final System.Logger LOG = System.getLogger("dev.tethys.web");
  private static final long NEVER = Long.MAX_VALUE;

  private record Key(SocketAddress remote, SocketAddress local) {}

  /** One connection. */
  private static final class Connection {
    final Socket socket;
    final Set<Exchange> inWork = ConcurrentHashMap.newKeySet();
    volatile long deadline;

    Connection(Socket socket, long deadline) {
      this.socket = socket;
      this.deadline = deadline;
    }
  }

  /** One request in work. */
  public final class Exchange implements AutoCloseable {
    private final @Nullable Connection connection;
    private final boolean multiplexed;
    private volatile long bodyDeadline;
    private volatile long writeDeadline = NEVER;

    private Exchange(@Nullable Connection connection, boolean multiplexed) {
      this.connection = connection;
      this.multiplexed = multiplexed;
      this.bodyDeadline = soon();
    }

    /** The body was read to its end. */
    public void bodyRead() {
      bodyDeadline = NEVER;
    }

    /** Whether it was, or there was none. */
    public boolean isBodyRead() {
      return bodyDeadline == NEVER;
    }

    /** Bytes are about to be given to the client. */
    public void writing() {
      writeDeadline = soon();
    }

    /** It took them. */
    public void written() {
      writeDeadline = NEVER;
    }

    /** Closes the connection, now that the answer is with the kernel. */
    public void closeConnection() {
      if (connection != null) {
        try {
          connection.socket.close();
        } catch (IOException e) {
          LOG.log(Level.DEBUG, "closing a connection", e);
        }
      }
    }

    /** What the client showed in its handshake; empty when nothing. */
    public Certificate[] clientCertificates() {
      if (connection != null && connection.socket instanceof SSLSocket s) {
        try {
          return s.getSession().getPeerCertificates();
        } catch (SSLPeerUnverifiedException e) {
          return new Certificate[0];
        }
      }
      return new Certificate[0];
    }

    private boolean late(long now) {
      return now - bodyDeadline > 0 && bodyDeadline != NEVER
          || now - writeDeadline > 0 && writeDeadline != NEVER;
    }

    /** The answer is given. */
    @Override
    public void close() {
      if (connection != null) {
        connection.inWork.remove(this);
        if (!multiplexed) {
          connection.deadline = soon();
        }
      }
    }
  }

  private final Map<Key, Connection> connections = new ConcurrentHashMap<>();
  private final long timeoutNanos;
  private final LongSupplier nanos;

  public SlowClients(long timeoutNanos, LongSupplier nanos) {
    this.timeoutNanos = timeoutNanos;
    this.nanos = nanos;
  }

  private long soon() {
    long t = nanos.getAsLong() + timeoutNanos;
    return t == NEVER ? t - 1 : t;
  }

  /** A connection was accepted. */
  public void accepted(Socket socket) {
    connections.put(
        new Key(socket.getRemoteSocketAddress(), socket.getLocalSocketAddress()),
        new Connection(socket, soon()));
  }

  /** A request has arrived on it, with its headers. */
  public Exchange begin(SocketAddress remote, SocketAddress local, boolean multiplexed) {
    Connection c = connections.get(new Key(remote, local));
    Exchange e = new Exchange(c, multiplexed);
    if (c != null) {
      c.inWork.add(e);
      c.deadline = NEVER;
    }
    return e;
  }

  /** How many connections are open. */
  public int open() {
    connections.values().removeIf(c -> c.socket.isClosed());
    return connections.size();
  }

  /** Closes every connection that has no request in work. */
  public void closeIdle() {
    for (Connection c : connections.values()) {
      if (c.inWork.isEmpty() && !c.socket.isClosed()) {
        Thread.ofVirtual().start(() -> abort(c.socket));
      }
    }
  }

  /** Closes whoever is late; to be called every now and then. */
  public void sweep() {
    long now = nanos.getAsLong();
    connections
        .entrySet()
        .removeIf(
            e -> {
              Connection c = e.getValue();
              if (c.socket.isClosed()) {
                return true;
              }
              boolean late =
                  c.inWork.isEmpty()
                      ? c.deadline != NEVER && now - c.deadline > 0
                      : c.inWork.stream().anyMatch(x -> x.late(now));
              if (late) {
                LOG.log(
                    Level.DEBUG, "Closing the connection of {0}: too slow", e.getKey().remote());
                Thread.ofVirtual().start(() -> abort(c.socket));
              }
              return late;
            });
  }

  /** Closes at once, with a reset, without waiting for TLS's farewell. */
  private static void abort(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "closing a slow connection", e);
    }
  }
}
