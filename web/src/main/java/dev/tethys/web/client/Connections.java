package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Connections without a proxy, nearly all of them without TLS, that wait for their next call. At
 * most {@link #MAX_IDLE} of all servers together, each for at most {@link #KEEP} unless the client
 * sets less; beyond that the one that has been idle longest is closed, as with Go's client. The one
 * used last is used next, so that those that are too many run out of time. Thread-safe.
 *
 * <p>Invariant: an idle connection is in the queue of its server and in the chain of all, in both
 * ordered by the time since when it is idle. Connections are closed here by threads other than
 * their users', without waiting for a close_notify.
 */
final class Connections implements AutoCloseable {
  static final int MAX_IDLE = 16_384;

  /** Longer than any usual scrape interval, or each scrape would make a new connection. */
  static final long KEEP = TimeUnit.MINUTES.toNanos(5);

  private static final long SWEEP = TimeUnit.MINUTES.toNanos(1);

  /**
   * Server and TLS setup of its connections. Its equality is written by hand: the one generated for
   * records is several times slower.
   *
   * @param tls TLS setup, the same object until it changes; null without TLS
   */
  record Server(String host, int port, @Nullable Object tls) {
    /** Creates a server without TLS. */
    Server(String host, int port) {
      this(host, port, null);
    }

    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Server s && s.port == port && s.tls == tls && s.host.equals(host);
    }

    @Override
    public int hashCode() {
      return host.hashCode() * 31 + port;
    }
  }

  private static final class Idle {
    final Server server;
    final ConnectionStreams wire;
    final long since;
    @Nullable Idle older;
    @Nullable Idle newer;

    Idle(Server server, ConnectionStreams wire, long since) {
      this.server = server;
      this.wire = wire;
      this.since = since;
    }
  }

  private final ScheduledExecutorService timer;
  private final LongSupplier nanos;
  private final int maxIdle;
  private final int maxIdleEach;
  private final long keep;

  @GuardedBy("this")
  private final Map<Server, ArrayDeque<Idle>> idle = new HashMap<>();

  @GuardedBy("this")
  private @Nullable Idle oldest;

  @GuardedBy("this")
  private @Nullable Idle newest;

  @GuardedBy("this")
  private int size;

  @GuardedBy("this")
  private boolean sweeping;

  @GuardedBy("this")
  private boolean closed;

  Connections(ScheduledExecutorService timer, LongSupplier nanos) {
    this(timer, nanos, MAX_IDLE, MAX_IDLE, KEEP);
  }

  /**
   * Creates connections for some clients only.
   *
   * @param maxIdle maximum number of idle connections to all servers
   * @param maxIdleEach maximum number of idle connections to a single server
   * @param keep nanoseconds
   */
  Connections(
      ScheduledExecutorService timer, LongSupplier nanos, int maxIdle, int maxIdleEach, long keep) {
    this.timer = timer;
    this.nanos = nanos;
    this.maxIdle = maxIdle;
    this.maxIdleEach = maxIdleEach;
    this.keep = keep;
  }

  /** Takes an apparently open connection; null if there is none. */
  @Nullable ConnectionStreams take(Server server) {
    while (true) {
      ConnectionStreams wire = pollIdle(server);
      if (wire == null || wire.isQuiet()) {
        return wire;
      }
      wire.abort();
    }
  }

  /** The same; the connection may be closed, but has no unexpected data. */
  @Nullable ConnectionStreams takeIdle(Server server) {
    while (true) {
      ConnectionStreams wire = pollIdle(server);
      if (wire == null || !wire.hasUnreadData()) {
        return wire;
      }
      wire.abort();
    }
  }

  private @Nullable ConnectionStreams pollIdle(Server server) {
    while (true) {
      Idle i = poll(server);
      if (i == null) {
        return null;
      }
      if (nanos.getAsLong() - i.since < keep) {
        return i.wire;
      }
      i.wire.abort();
    }
  }

  private synchronized @Nullable Idle poll(Server server) {
    ArrayDeque<Idle> all = idle.get(server);
    if (all == null) {
      return null;
    }
    Idle i = all.pollLast();
    if (all.isEmpty()) {
      idle.remove(server);
    }
    if (i != null) {
      unchain(i);
    }
    return i;
  }

  @GuardedBy("this")
  private void chain(Idle i) {
    i.older = newest;
    if (newest == null) {
      oldest = i;
    } else {
      newest.newer = i;
    }
    newest = i;
    size++;
  }

  @GuardedBy("this")
  private void unchain(Idle i) {
    if (i.older == null) {
      oldest = i.newer;
    } else {
      i.older.newer = i.newer;
    }
    if (i.newer == null) {
      newest = i.older;
    } else {
      i.newer.older = i.older;
    }
    size--;
  }

  /** Ends the one of all that has waited longest, which is the first of its server's. */
  @GuardedBy("this")
  private void end(Idle i) {
    ArrayDeque<Idle> all = idle.get(i.server);
    if (all != null) {
      all.pollFirst();
      if (all.isEmpty()) {
        idle.remove(i.server);
      }
    }
    unchain(i);
    i.wire.abort();
  }

  /** Returns a connection whose response was read completely. */
  void release(Server server, ConnectionStreams wire) {
    synchronized (this) {
      ArrayDeque<Idle> all = idle.get(server);
      if (!closed && (all == null || all.size() < maxIdleEach)) {
        if (all == null) {
          all = new ArrayDeque<>(1);
          idle.put(server, all);
        }
        Idle i = new Idle(server, wire, nanos.getAsLong());
        all.addLast(i);
        chain(i);
        if (size > maxIdle && oldest != null) {
          end(oldest);
        }
        if (!sweeping) {
          sweeping = true;
          timer.schedule(this::sweep, Math.min(SWEEP, keep), TimeUnit.NANOSECONDS);
        }
        return;
      }
    }
    wire.abort();
  }

  /** Closes those that have waited too long. */
  synchronized void sweep() {
    long now = nanos.getAsLong();
    while (oldest != null && now - oldest.since >= keep) {
      end(oldest);
    }
    sweeping = size > 0 && !closed;
    if (sweeping) {
      timer.schedule(this::sweep, Math.min(SWEEP, keep), TimeUnit.NANOSECONDS);
    }
  }

  /** Returns the number of idle connections. */
  synchronized int size() {
    return size;
  }

  @Override
  public synchronized void close() {
    closed = true;
    while (oldest != null) {
      end(oldest);
    }
  }
}
