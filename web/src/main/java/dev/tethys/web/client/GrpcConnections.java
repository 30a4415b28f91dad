package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.UrlText;
import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Connections of a {@link GrpcChannel}: one to each address of its name, opened on demand by one of
 * the callers for all that wait.
 *
 * <p>Invariant: no lookup, connect or TLS handshake runs under the lock, so callers wait at most
 * until their own deadline and {@link #close} never waits.
 */
final class GrpcConnections {
  /** Lifetime of resolved addresses. */
  private static final long RESOLVE_NANOS = Duration.ofSeconds(30).toNanos();

  private record Peer(@Nullable InetSocketAddress address) {}

  /** Connection attempt in progress. */
  private static final class Dial {
    final long deadline;
    final CompletableFuture<Http2Connection> made = new CompletableFuture<>();

    @GuardedBy("this")
    private @Nullable Closeable socket;

    @GuardedBy("this")
    private boolean over;

    Dial(long deadline) {
      this.deadline = deadline;
    }

    synchronized void opened(Closeable s) {
      socket = s;
      if (over) {
        closed(s);
      }
    }

    /** Ends it wherever it is. */
    synchronized void abort() {
      over = true;
      if (socket != null) {
        closed(socket);
      }
    }
  }

  private final GrpcChannel.Options options;
  private final NameLookup names;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<Peer, Http2Connection> connections = new HashMap<>();

  @GuardedBy("lock")
  private final Map<Peer, Dial> dials = new HashMap<>();

  @GuardedBy("lock")
  private List<Peer> peers = List.of();

  @GuardedBy("lock")
  private long resolvedAt;

  @GuardedBy("lock")
  private boolean resolving; // whether it is looked up anew meanwhile

  @GuardedBy("lock")
  private int turn;

  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("stamped")
  private ClientTls.@Nullable Setup setup;

  @GuardedBy("stamped")
  private List<ClientTls.Stamp> stamps = List.of();

  private final Object stamped = new Object();
  private volatile @Nullable SSLSession session;

  GrpcConnections(GrpcChannel.Options options) {
    this(options, NameLookup.SYSTEM);
  }

  GrpcConnections(GrpcChannel.Options options, NameLookup names) {
    this.options = options;
    this.names = names;
  }

  /**
   * The connection for the next call: without turns that to the first address that has one.
   *
   * @param deadline deadline as a {@link System#nanoTime} value
   */
  Http2Connection next(long deadline) throws IOException, InterruptedException {
    List<Peer> all = peers(deadline);
    Http2Connection there = options.roundRobin() ? null : open(all);
    if (there != null) {
      return there;
    }
    IOException failure = null;
    int start = turn(all.size());
    for (int i = 0; i < all.size(); i++) {
      try {
        // Each attempt gets a share of the time, so that a silent address leaves some for the
        // others.
        long now = System.nanoTime();
        long share = now + (deadline - now) / (all.size() - i);
        return to(all.get((start + i) % all.size()), share);
      } catch (IOException e) {
        failure = e;
      }
    }
    lock.lock();
    try {
      if (peers.equals(all)) {
        peers = List.of(); // those who come next look the name up anew
      }
    } finally {
      lock.unlock();
    }
    throw failure == null
        ? new IOException("lookup " + options.host() + ": no such host")
        : failure;
  }

  private @Nullable Http2Connection open(List<Peer> all) {
    lock.lock();
    try {
      for (Peer p : all) {
        Http2Connection c = connections.get(p);
        if (c != null && c.isOpen()) {
          return c;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private int turn(int size) {
    lock.lock();
    try {
      return options.roundRobin() && size > 1 ? (turn++ & Integer.MAX_VALUE) % size : 0;
    } finally {
      lock.unlock();
    }
  }

  /** An open connection, a new one, or one already being opened. */
  private Http2Connection to(Peer p, long deadline) throws IOException, InterruptedException {
    while (true) {
      Dial d;
      boolean mine = false;
      lock.lock();
      try {
        if (closed) {
          throw new IOException("the channel is closed");
        }
        Http2Connection c = connections.get(p);
        if (c != null && c.isOpen()) {
          return c;
        }
        d = dials.get(p);
        if (d == null) {
          d = new Dial(deadline);
          dials.put(p, d);
          mine = true;
        }
      } finally {
        lock.unlock();
      }
      if (mine) {
        Dial begun = d;
        Thread.ofVirtual().name("grpc-dial").start(() -> dial(p, begun));
      }
      try {
        return d.made.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (mine) {
          d.abort();
        }
        throw timedOut(p, e);
      } catch (ExecutionException e) {
        boolean othersTime = !mine && d.deadline - deadline < 0;
        if (!othersTime || !isTimeout(e.getCause()) || System.nanoTime() - deadline >= 0) {
          throw e.getCause() instanceof IOException why
              ? new IOException(why.getMessage(), why) // a stack trace of this thread
              : new IOException("connect: " + e.getCause(), e);
        }
        // It was being opened by a call with a shorter deadline.
      }
    }
  }

  private static boolean isTimeout(@Nullable Throwable t) {
    return t != null && (t instanceof SocketTimeoutException || isTimeout(t.getCause()));
  }

  private IOException timedOut(Peer p, Exception e) {
    SocketTimeoutException cause = new SocketTimeoutException("timed out");
    cause.initCause(e);
    Object place = options.unixSocket() != null ? options.unixSocket() : p.address();
    return new IOException("connect: " + place + ": timed out", cause);
  }

  /** Opens a connection for all waiting calls. */
  private void dial(Peer p, Dial d) {
    Http2Connection c = null;
    Throwable failure;
    try {
      c = connect(p, d);
      failure = null;
    } catch (IOException | RuntimeException | Error e) {
      failure = System.nanoTime() - d.deadline >= 0 ? timedOut(p, new Exception(e)) : e;
    }
    lock.lock();
    try {
      dials.remove(p, d);
      if (c != null && closed) {
        c.close();
        failure = new IOException("the channel is closed");
      } else if (c != null) {
        connections.put(p, c);
      }
    } finally {
      lock.unlock();
    }
    if (failure != null) {
      d.made.completeExceptionally(failure);
    } else {
      d.made.complete(c);
    }
  }

  /** Addresses of the name; known ones stay in use while the name is resolved again. */
  private List<Peer> peers(long deadline) throws IOException {
    if (options.unixSocket() != null) {
      return List.of(new Peer(null));
    }
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the channel is closed");
      }
      if (!peers.isEmpty()) {
        if (System.nanoTime() - resolvedAt > RESOLVE_NANOS && !resolving) {
          resolving = true;
          Thread.ofVirtual().name("grpc-lookup").start(this::resolveAnew);
        }
        return peers;
      }
    } finally {
      lock.unlock();
    }
    return resolve(deadline);
  }

  private void resolveAnew() {
    try {
      resolve(System.nanoTime() + RESOLVE_NANOS);
    } catch (IOException e) {
      // A failed lookup does not prove that the server is gone: its connections show that.
    } finally {
      lock.lock();
      try {
        resolving = false;
        resolvedAt = System.nanoTime();
      } finally {
        lock.unlock();
      }
    }
  }

  private List<Peer> resolve(long deadline) throws IOException {
    if (options.port() < 0 || options.port() > UrlText.MAX_PORT) {
      throw new IOException("dial tcp: address " + options.port() + ": invalid port");
    }
    List<Peer> found = new ArrayList<>();
    try {
      for (InetAddress a : names.find(options.host(), deadline)) {
        found.add(new Peer(new InetSocketAddress(a, options.port())));
      }
    } catch (UnknownHostException e) {
      throw new IOException("lookup " + options.host() + ": no such host", e);
    }
    lock.lock();
    try {
      peers = List.copyOf(found);
      resolvedAt = System.nanoTime();
      // Connections to addresses that the name no longer has are closed after their calls.
      connections
          .entrySet()
          .removeIf(
              e -> {
                boolean gone = !found.contains(e.getKey());
                if (gone) {
                  e.getValue().retire();
                }
                return gone;
              });
      return peers;
    } finally {
      lock.unlock();
    }
  }

  private static int left(Dial d) {
    return (int)
        Math.clamp((d.deadline - System.nanoTime()) / 1_000_000, 1, (long) Integer.MAX_VALUE);
  }

  private Http2Connection connect(Peer p, Dial d) throws IOException {
    ConnectionStreams wire;
    if (options.unixSocket() != null) {
      wire = ConnectionStreams.unix(options.unixSocket()).dial(d::opened);
    } else {
      try {
        Socket plain = new Socket();
        d.opened(plain);
        wire =
            ConnectionStreams.of(connected(plain, Objects.requireNonNull(p.address()), d), plain);
      } catch (ConnectException e) {
        String why = String.valueOf(e.getMessage());
        throw new IOException(
            "connect: "
                + p.address()
                + ": "
                + (why.startsWith("Connection refused") ? "connection refused" : why),
            e);
      } catch (SocketTimeoutException e) {
        throw new IOException("connect: " + p.address() + ": timed out", e);
      }
    }
    try {
      return Http2Connection.start(
          wire,
          options.tls() != null,
          options.shownAuthority(),
          GrpcChannel.MAX_ANSWER,
          options.keepaliveTime(),
          options.keepaliveTimeout(),
          options.keepaliveIdle());
    } catch (IOException e) {
      wire.abort();
      throw e;
    }
  }

  private Socket connected(Socket socket, InetSocketAddress address, Dial d) throws IOException {
    try {
      socket.setTcpNoDelay(true);
      socket.connect(address, left(d));
      TlsConfig tls = options.tls();
      if (tls == null) {
        return socket;
      }
      ClientTls.Setup s = setup(tls);
      String name = options.authority().isEmpty() ? options.host() : host(options.authority());
      SSLSocket secured =
          (SSLSocket)
              s.context().getSocketFactory().createSocket(socket, name, options.port(), true);
      SSLParameters parameters = secured.getSSLParameters();
      parameters.setProtocols(s.protocols().toArray(String[]::new));
      parameters.setApplicationProtocols(new String[] {"h2"});
      if (!tls.insecureSkipVerify()) {
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
      }
      secured.setSSLParameters(parameters);
      socket.setSoTimeout(left(d));
      secured.startHandshake();
      socket.setSoTimeout(0);
      if (!"h2".equals(secured.getApplicationProtocol())) {
        throw new IOException(options.host() + " does not support HTTP/2 (ALPN h2)");
      }
      session = secured.getSession();
      return secured;
    } catch (IOException | RuntimeException e) {
      closed(socket);
      throw e;
    }
  }

  private static String host(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon > 0 && authority.indexOf(']') < colon ? authority.substring(0, colon) : authority;
  }

  /** Returns the session of the newest secured connection, or null if there was none. */
  @Nullable SSLSession session() {
    return session;
  }

  /** Files that have changed are read again for the next connection. */
  private ClientTls.Setup setup(TlsConfig tls) throws IOException {
    synchronized (stamped) {
      List<ClientTls.Stamp> now = ClientTls.stamps(tls);
      ClientTls.Setup s = setup;
      if (s == null || !now.equals(stamps)) {
        s = ClientTls.setup(tls);
        setup = s;
        stamps = now;
      }
      return s;
    }
  }

  private static void closed(Closeable c) {
    try {
      c.close();
    } catch (IOException e) {
      // it is over anyway
    }
  }

  /** Closes all connections, including those being opened. */
  void close() {
    List<Dial> begun;
    lock.lock();
    try {
      closed = true;
      connections.values().forEach(Http2Connection::close);
      connections.clear();
      begun = List.copyOf(dials.values());
    } finally {
      lock.unlock();
    }
    begun.forEach(Dial::abort);
  }
}
