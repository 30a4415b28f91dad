package dev.tethys.collect.logs.net;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.ListenAddress;
import dev.tethys.web.SocketTls;
import dev.tethys.web.socket.ConnectionShares;
import dev.tethys.web.socket.ConnectionThreads;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Accepts TCP connections, with TLS or without, and reads each on a separate thread. */
public final class LogStreamListener implements AutoCloseable {
  /** Connections beyond this number are closed immediately. */
  static final int MAX_CONNECTIONS = 4096;

  private static final System.Logger LOG = JulLogger.of(LogStreamListener.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);
  private static final Duration HANDSHAKE = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofMillis(100);
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  /** Time for connections to pass on their records. */
  private static final Duration LAST = Duration.ofMillis(500);

  /** Reads a connection to its end. */
  @FunctionalInterface
  public interface Reader {
    void read(InputStream in, InetSocketAddress from) throws IOException, InterruptedException;
  }

  private final ServerSocket server;
  private final String what;
  private final @Nullable SocketTls tls;
  private final Duration idle;
  private final Reader reader;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final ConnectionShares shares = new ConnectionShares();
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  private LogStreamListener(
      ServerSocket server, String what, @Nullable SocketTls tls, Duration idle, Reader reader) {
    this.server = server;
    this.what = what;
    this.tls = tls;
    this.idle = idle;
    this.reader = reader;
  }

  /**
   * Listens.
   *
   * @param address {@code host:port}, {@code :port}
   * @param what kind of data received, for messages
   * @param tls null if none
   * @param idle time without bytes after which a connection is closed; zero for never
   * @throws IOException if the address is in use
   */
  public static LogStreamListener start(
      String address, String what, @Nullable SocketTls tls, Duration idle, Reader reader)
      throws IOException {
    ServerSocket s = new ServerSocket();
    try {
      s.setReuseAddress(true);
      s.bind(socketAddress(address));
    } catch (IOException e) {
      s.close();
      throw new IOException(what + " cannot listen on " + address + ": " + e.getMessage(), e);
    }
    LogStreamListener l = new LogStreamListener(s, what, tls, idle, reader);
    // On a virtual thread, accepting would wait for a carrier thread while others compute.
    Thread.ofPlatform()
        .daemon()
        .name(what + "-accept")
        .start(l.tracked(SupervisedLoop.of("accept", l::accept)));
    return l;
  }

  /** {@code host:port}, {@code [v6]:port} or, for all addresses, {@code :port}. */
  static InetSocketAddress socketAddress(String address) throws IOException {
    try {
      return ListenAddress.parse(address).address();
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Listen address. */
  public InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  private void serveOnThread(Socket s) {
    boolean started = false;
    try {
      ConnectionThreads.start(what + "-connection", t -> {}, tracked(() -> serve(s)));
      started = true;
    } finally {
      if (!started) { // the system has no thread to give
        close(s);
        connections.remove(s);
      }
    }
  }

  /** A thread that is about to start when this closes finds its socket closed. */
  private Runnable tracked(Runnable task) {
    return () -> {
      threads.add(Thread.currentThread());
      try {
        task.run();
      } finally {
        threads.remove(Thread.currentThread());
      }
    };
  }

  private void accept() {
    while (!closed) {
      Socket s;
      try {
        s = server.accept();
      } catch (IOException e) {
        if (!closed) {
          PEER_LOG.log(Level.WARNING, "Connection not accepted listener={0} err={1}", what, e);
          pause();
        }
        continue;
      }
      Socket other = connections.size() < MAX_CONNECTIONS ? null : shares.oldestOfMost(s);
      if (other != null) { // it may exceed the limit until that has ended
        PEER_LOG.log(
            Level.WARNING,
            "Connection closed for another client, too many are open listener={0} limit={1}"
                + " client={2}",
            what,
            MAX_CONNECTIONS,
            other.getRemoteSocketAddress());
        close(other);
        connections.remove(other);
      }
      if (connections.size() >= MAX_CONNECTIONS) {
        PEER_LOG.log(
            Level.WARNING,
            "Connection closed, too many are open listener={0} limit={1} client={2}",
            what,
            MAX_CONNECTIONS,
            s.getRemoteSocketAddress());
        close(s);
        continue;
      }
      connections.add(s);
      serveOnThread(s);
      if (closed) {
        close(s); // a concurrent close may have looked before this one was there
      }
    }
  }

  /** Usually out of file descriptors: retrying immediately would keep a processor busy. */
  private static void pause() {
    try {
      Thread.sleep(RETRY);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(Socket raw) {
    InetSocketAddress from = (InetSocketAddress) raw.getRemoteSocketAddress();
    Socket socket = raw;
    try (ConnectionShares.Share _ = shares.add(raw)) {
      raw.setKeepAlive(true); // a client that vanished would keep its place for ever
      if (tls != null) {
        raw.setSoTimeout((int) HANDSHAKE.toMillis());
        socket = tls.accepted(raw);
      }
      socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, idle.toMillis()));
      reader.read(socket.getInputStream(), from);
    } catch (SocketTimeoutException e) {
      LOG.log(Level.DEBUG, "{0}: {1} was idle", what, from);
    } catch (IOException e) {
      if (!closed) {
        PEER_LOG.log(Level.INFO, "Connection ended listener={0} client={1} err={2}", what, from, e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close(socket);
      connections.remove(raw);
    }
  }

  private static void close(Socket s) {
    try {
      s.close();
    } catch (IOException e) {
      // it was to end anyway
    }
  }

  /** Waits for interrupted threads to end, for a bounded time. */
  static void ended(Collection<Thread> threads) {
    Thread stays = joinAll(threads, TIME_LIMIT);
    if (stays != null) {
      LOG.log(Level.WARNING, "{0} does not end", stays.getName());
    }
  }

  /** Waits until threads have ended; returns a thread that has not ended in time, or null. */
  private static @Nullable Thread joinAll(Collection<Thread> threads, Duration timeLimit) {
    Instant until = Instant.now().plus(timeLimit);
    try {
      for (Thread t : threads) {
        if (t != Thread.currentThread() && !t.join(Duration.between(Instant.now(), until))) {
          return t;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }

  /** Closes the listener; data read by connections is counted when this returns. */
  @Override
  public void close() {
    closed = true;
    try {
      server.close();
    } catch (IOException e) {
      // it was to end anyway
    }
    connections.forEach(LogStreamListener::close);
    // A record that was being read is still passed on, which an interrupt would prevent.
    joinAll(threads, LAST);
    threads.forEach(Thread::interrupt);
    ended(threads);
  }
}
