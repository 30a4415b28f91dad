package dev.tethys.web.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Slots for the connections of a listener, and the selection of connections to close when slots run
 * out. No client holds more than its share of the slots, except clients on this machine.
 *
 * <p>Invariant: {@link #taken} is the sum of {@link #held}, and at most the number of slots.
 */
final class ConnectionPlaces {
  /** A connection that has waited for its client for less than this is not idle yet. */
  private static final long YOUNG_NANOS = 1_000_000_000;

  /** Variant for a client that has more than half of all connections that there may be. */
  private static final long YOUNG_OF_MANY_NANOS = 250_000_000;

  private static final Registry.Counter EVICTED =
      Registry.process()
          .counter(
              "tethys_http_connections_evicted_total",
              "Idle or slow connections closed to make room for others.");

  private final Collection<ClientConnection> connections;
  private final int maxConnections;

  /** Maximum number of connections of one client that is not on this machine. */
  private final int share;

  private final LongSupplier nanos;

  /** Connections with a place, by client. */
  @GuardedBy("itself")
  private final Map<String, Integer> held = new HashMap<>();

  @GuardedBy("held")
  private int taken;

  /**
   * Creates the connection slots of a listener.
   *
   * @param connections open connections, a live view
   */
  ConnectionPlaces(
      Collection<ClientConnection> connections, int maxConnections, LongSupplier nanos) {
    this.connections = connections;
    this.maxConnections = maxConnections;
    this.share = maxConnections - maxConnections / 8;
    this.nanos = nanos;
  }

  /** Gives a connection a slot; returns true if it has one. */
  boolean take(ClientConnection c) {
    synchronized (held) {
      int ofClient = held.getOrDefault(c.client, 0);
      if (c.hasPlace) {
        return true;
      }
      if (c.ended || taken >= maxConnections || !c.isLocal && ofClient >= share) {
        return false;
      }
      held.put(c.client, ofClient + 1);
      taken++;
      c.hasPlace = true;
      return true;
    }
  }

  /** Releases the place of a connection that has ended. */
  void release(ClientConnection c) {
    synchronized (held) {
      c.ended = true;
      if (c.hasPlace) {
        c.hasPlace = false;
        taken--;
        held.computeIfPresent(c.client, (_, n) -> n > 1 ? n - 1 : null);
      }
    }
  }

  /**
   * Closes a connection of the client with the most connections, to make room for new ones. The
   * longest idle connection is preferred. If all have a request in progress, one is closed whose
   * client has stopped sending the request or reading the response.
   *
   * @return false if there is none
   */
  boolean evict() {
    long now = nanos.getAsLong();
    Map<String, Integer> counts = counts();
    ClientConnection best =
        first(
            c -> isIdleOrSlow(c, now, 2 * counts.getOrDefault(c.client, 0) > maxConnections),
            counts);
    if (best == null) {
      return false;
    }
    best.evicted = true;
    EVICTED.inc();
    Thread.ofVirtual().start(best::abort);
    return true;
  }

  /**
   * Rejects the request that has waited longest for a slot, of the client with the most
   * connections.
   *
   * @return false if there is none
   */
  boolean refuseWaiting() {
    long now = nanos.getAsLong();
    ClientConnection c = first(x -> x.inWork.stream().anyMatch(e -> e.isRefusable(now)), counts());
    if (c == null) {
      return false;
    }
    c.evicted = true;
    EVICTED.inc();
    Runnable refusal = () -> c.inWork.forEach(ConnectionTimeouts.Exchange::refuse);
    if (c.inWork.stream().allMatch(ConnectionTimeouts.Exchange::isBodyRead)) {
      refusal.run();
    } else { // a client that does not send its body would occupy the connection until its response
      Thread.ofVirtual()
          .start(
              () -> {
                c.abort();
                refusal.run();
              });
    }
    return true;
  }

  /** The open connection to close first among those that satisfy a condition. */
  private @Nullable ClientConnection first(
      Predicate<ClientConnection> condition, Map<String, Integer> counts) {
    ClientConnection best = null;
    for (ClientConnection c : connections) {
      if (!c.evicted
          && !c.isClosed()
          && condition.test(c)
          && (best == null || isBefore(c, best, counts))) {
        best = c;
      }
    }
    return best;
  }

  /** Counts the connections of each client. */
  private Map<String, Integer> counts() {
    Map<String, Integer> counts = new HashMap<>();
    for (ClientConnection c : connections) {
      counts.merge(c.client, 1, Integer::sum);
    }
    return counts;
  }

  private static boolean isBefore(
      ClientConnection a, ClientConnection b, Map<String, Integer> counts) {
    int more = Integer.compare(counts.getOrDefault(a.client, 0), counts.getOrDefault(b.client, 0));
    if (more != 0) {
      return more > 0;
    }
    boolean idle = a.inWork.isEmpty();
    return idle == b.inWork.isEmpty() ? a.since - b.since < 0 : idle;
  }

  private static boolean isIdleOrSlow(ClientConnection c, long now, boolean ofMany) {
    if (c.inWork.isEmpty() && now - c.since < (ofMany ? YOUNG_OF_MANY_NANOS : YOUNG_NANOS)) {
      return false; // its request may be on its way
    }
    for (ConnectionTimeouts.Exchange e : c.inWork) {
      if (!e.isSlow(now) && !(ofMany && e.isStalled(now))) {
        return false;
      }
    }
    return true;
  }
}
