package dev.tethys.collect.database.mongodb;

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
 * Connections between two scrapes ({@code --mongodb.global-conn-pool}), a few for each server: as
 * many as scrapes of it at once. A connection that its server has closed is found out when it is
 * taken; those of a server that no scrape asks for any more are closed after a while, when one of
 * another server comes back.
 */
final class IdleConnections implements AutoCloseable {
  private static final int MOST = 4;

  /** How long one waits at most: more than there is between scrapes, mostly. */
  static final Duration TIME_LIMIT = Duration.ofMinutes(10);

  private record Waiting(MongoConnection connection, long sinceNanos) {}

  private final LongSupplier nanos;
  private final Map<MongoUri, Deque<Waiting>> waiting = new HashMap<>(); // guarded by this
  private boolean closed;

  /**
   * @param nanos such as {@link System#nanoTime}
   */
  IdleConnections(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** The connection that was used last, null for none. */
  synchronized @Nullable MongoConnection take(MongoUri uri) {
    Deque<Waiting> of = waiting.get(uri);
    Waiting last = of == null ? null : of.pollLast();
    return last == null ? null : last.connection;
  }

  /** Keeps a connection, or closes it where there are enough. */
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

  /** Of how many servers there are some. */
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
