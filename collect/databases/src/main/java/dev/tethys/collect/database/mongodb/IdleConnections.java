package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.mongodb.wire.MongoUri;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Connections between two scrapes ({@code --mongodb.global-conn-pool}), a few for each server: as
 * many as scrapes of it at once. One that its server has closed is found out when it is taken.
 */
final class IdleConnections implements AutoCloseable {
  private static final int MOST = 4;

  private final Map<MongoUri, Deque<MongoConnection>> waiting = new HashMap<>(); // guarded by this
  private boolean closed;

  /** The connection that was used last, null for none. */
  synchronized @Nullable MongoConnection take(MongoUri uri) {
    Deque<MongoConnection> of = waiting.get(uri);
    return of == null ? null : of.pollLast();
  }

  /** Keeps a connection, or closes it where there are enough. */
  synchronized void put(MongoUri uri, MongoConnection c) {
    Deque<MongoConnection> of = waiting.computeIfAbsent(uri, u -> new ArrayDeque<>());
    if (closed || of.size() >= MOST || !c.rest()) {
      c.close();
    } else {
      of.addLast(c);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    waiting.values().forEach(of -> of.forEach(MongoConnection::close));
    waiting.clear();
  }
}
