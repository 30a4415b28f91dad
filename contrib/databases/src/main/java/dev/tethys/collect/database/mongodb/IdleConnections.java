package dev.tethys.collect.database.mongodb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.mongodb.wire.MongoUri;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Connections kept between scrapes ({@code --mongodb.global-conn-pool}), a few for each server, for
 * concurrent scrapes. A connection closed by its server is detected when it is taken. Connections
 * of a server that is no longer scraped expire; they are closed when another connection is
 * returned.
 */
final class IdleConnections implements AutoCloseable {
  private static final int MOST = 4;

  /** Maximum idle time of a connection, longer than usual scrape intervals. */
  static final Duration TIME_LIMIT = Duration.ofMinutes(10);

  private record Waiting(MongoConnection connection, long sinceNanos) {}

  private final LongSupplier nanos;

  @GuardedBy("this")
  private final Map<MongoUri, Deque<Waiting>> waiting = new HashMap<>();

  private boolean closed;

  /**
   * @param nanos such as {@link System#nanoTime}
   */
  IdleConnections(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Removes and returns the most recently used connection; null if none. */
  synchronized @Nullable MongoConnection take(MongoUri uri) {
    Deque<Waiting> of = waiting.get(uri);
    Waiting last = of == null ? null : of.pollLast();
    return last == null ? null : last.connection;
  }

  /** Keeps a connection, or closes it if there are enough. */
  synchronized void put(MongoUri uri, MongoConnection c) {
    long now = nanos.getAsLong();
    closeExpired(now);
    if (closed) {
      c.close();
      return;
    }
    Deque<Waiting> of = waiting.computeIfAbsent(uri, u -> new ArrayDeque<>());
    if (of.size() >= MOST || !c.park()) {
      c.close();
    } else {
      of.addLast(new Waiting(c, now));
    }
  }

  @GuardedBy("this")
  private void closeExpired(long now) {
    for (Iterator<Deque<Waiting>> all = waiting.values().iterator(); all.hasNext(); ) {
      Deque<Waiting> of = all.next();
      while (!of.isEmpty() && now - of.getFirst().sinceNanos > TIME_LIMIT.toNanos()) {
        of.removeFirst().connection.close();
      }
      if (of.isEmpty()) {
        all.remove();
      }
    }
  }

  /** Returns the number of servers with idle connections. */
  synchronized int servers() {
    return waiting.size();
  }

  @Override
  public synchronized void close() {
    closed = true;
    waiting.values().forEach(of -> of.forEach(w -> w.connection.close()));
    waiting.clear();
  }
}
