package dev.tethys.web.client;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Connections without a proxy, nearly all of them without TLS, that wait for their next call. At
 * most {@link #MAX_IDLE} of all servers together, each for at most {@link #KEEP}, where nobody asks
 * for less. The one used last is used next, so that those that are too many run out of time. Safe
 * for any number of threads.
 */
final class Connections implements AutoCloseable {
  static final int MAX_IDLE = 16_384;

  /** Longer than any usual scrape interval, or each scrape would make a new connection. */
  static final long KEEP = TimeUnit.MINUTES.toNanos(5);

  private static final long SWEEP = TimeUnit.MINUTES.toNanos(1);

  /** A server. What a record compares by itself costs several times as much at each call. */
  record Server(String host, int port) {
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Server s && s.port == port && s.host.equals(host);
    }

    @Override
    public int hashCode() {
      return host.hashCode() * 31 + port;
    }
  }

  private record Idle(Wire wire, long since) {}

  private final ScheduledExecutorService timer;
  private final LongSupplier nanos;
  private final int maxIdle;
  private final int maxIdleEach;
  private final long keep;
  private final Map<Server, ArrayDeque<Idle>> idle = new HashMap<>(); // guarded by this, like all
  private int size;
  private boolean sweeping;
  private boolean closed;

  Connections(ScheduledExecutorService timer, LongSupplier nanos) {
    this(timer, nanos, MAX_IDLE, MAX_IDLE, KEEP);
  }

  /**
   * Connections of some clients alone.
   *
   * @param maxIdle of all servers together
   * @param maxIdleEach to one server
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

  /** A connection that is still open, as far as one can know; null when there is none. */
  @Nullable Wire take(Server server) {
    while (true) {
      Idle i = poll(server);
      if (i == null) {
        return null;
      }
      if (nanos.getAsLong() - i.since < keep && i.wire.isQuiet()) {
        return i.wire;
      }
      i.wire.close();
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
      size--;
    }
    return i;
  }

  /** Gives back a connection whose answer was read to its end. */
  void give(Server server, Wire wire) {
    synchronized (this) {
      ArrayDeque<Idle> all = idle.get(server);
      if (!closed && size < maxIdle && (all == null || all.size() < maxIdleEach)) {
        if (all == null) {
          all = new ArrayDeque<>(1);
          idle.put(server, all);
        }
        all.addLast(new Idle(wire, nanos.getAsLong()));
        size++;
        if (!sweeping) {
          sweeping = true;
          timer.schedule(this::sweep, Math.min(SWEEP, keep), TimeUnit.NANOSECONDS);
        }
        return;
      }
    }
    wire.close();
  }

  /** Closes those that have waited too long. */
  synchronized void sweep() {
    long now = nanos.getAsLong();
    for (Iterator<ArrayDeque<Idle>> it = idle.values().iterator(); it.hasNext(); ) {
      ArrayDeque<Idle> all = it.next();
      for (Idle i = all.peekFirst(); i != null && now - i.since >= keep; i = all.peekFirst()) {
        all.pollFirst();
        size--;
        i.wire.close();
      }
      if (all.isEmpty()) {
        it.remove();
      }
    }
    sweeping = size > 0 && !closed;
    if (sweeping) {
      timer.schedule(this::sweep, Math.min(SWEEP, keep), TimeUnit.NANOSECONDS);
    }
  }

  /** How many wait. */
  synchronized int size() {
    return size;
  }

  @Override
  public synchronized void close() {
    closed = true;
    idle.values().forEach(all -> all.forEach(i -> i.wire.close()));
    idle.clear();
    size = 0;
  }
}
