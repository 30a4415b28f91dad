package dev.tethys.collect.observe.connection;

import java.util.Collection;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Connections whose translated destination is being looked up, and the requests waiting for it.
 * Bounded; a connection beyond the bound is counted without the translation. Guarded by the lock of
 * the tracker.
 */
final class UnresolvedDestinations {
  private static final int MAX_UNRESOLVED = 65_536;

  /** Maximum number of requests that wait for the destination of their connection. */
  private static final int MAX_WAITING = 10_000;

  private final Peers peers;
  private ConnectionTracker.@Nullable Translations translations;
  private int open;
  private int waiting;
  private long shed;

  UnresolvedDestinations(Peers peers) {
    this.peers = peers;
  }

  /** Enables the lookup of destinations from now on. */
  void translations(ConnectionTracker.Translations t) {
    translations = t;
  }

  /**
   * Returns the number of connections counted without their destination after address translation.
   */
  long shed() {
    return shed;
  }

  /** Handles destinations whose {@link UnresolvedDestination#answer} is now known. */
  void resolved(Collection<UnresolvedDestination> all) {
    for (UnresolvedDestination u : all) {
      settle(u, u.answer);
    }
  }

  /** Counts a connection that ends before its destination was offered without the translation. */
  void abandon(Connection c) {
    Peer p = c.peer();
    UnresolvedDestination u = p == null ? null : p.unresolved();
    if (u != null && !u.queued) {
      shed++;
      settle(u, u.flow);
    }
  }

  /**
   * Destination of a connection that is open.
   *
   * @param process a process in the network namespace
   * @return null if it is not counted
   */
  @Nullable Peer destination(Owner owner, Connection c, Flow flow, int namespace, int process) {
    ConnectionTracker.Translations t = translations;
    if (t != null && flow.sourcePort() != 0 && !peers.isNamed(flow.destination())) {
      UnresolvedDestination u = new UnresolvedDestination(this, owner, c, flow, namespace, process);
      ConnectionTracker.Translations.Outcome outcome =
          open < MAX_UNRESOLVED ? t.offer(u) : ConnectionTracker.Translations.Outcome.NONE;
      if (outcome != ConnectionTracker.Translations.Outcome.NONE) {
        u.queued = outcome == ConnectionTracker.Translations.Outcome.QUEUED;
        open++;
        return u.counts;
      }
      shed += open < MAX_UNRESOLVED ? 0 : 1;
    }
    Peer direct = c.peer();
    return direct != null ? direct : peers.of(owner, flow, flow);
  }

  /** Calls a function with a destination once it is known. */
  void whenKnown(UnresolvedDestination u, Consumer<Peer> then) {
    if (!u.settled && waiting >= MAX_WAITING) {
      shed++;
      settle(u, u.flow);
    }
    if (!u.settled) {
      waiting++;
      u.waiting.add(then);
      return;
    }
    Peer p = settled(u);
    if (p != null) {
      then.accept(p);
    }
  }

  private @Nullable Peer settled(UnresolvedDestination u) {
    boolean same = u.actual.equals(u.flow);
    return same && u.direct != null ? u.direct : peers.of(u.owner, u.flow, u.actual);
  }

  private void settle(UnresolvedDestination u, Flow actual) {
    if (u.settled) {
      return;
    }
    u.settled = true;
    u.actual = actual;
    open--;
    waiting -= u.waiting.size();
    Peer p = settled(u);
    if (u.connection.peer() == u.counts) {
      u.connection.peer(p);
    }
    if (p != null) {
      u.counts.addTo(p);
      for (Consumer<Peer> then : u.waiting) {
        then.accept(p);
      }
    }
    u.waiting.clear();
  }

  /** Looks up the destination of a connection for which there was no capacity before. */
  void offerAgain(Connection c) {
    Peer p = c.peer();
    UnresolvedDestination u = p == null ? null : p.unresolved();
    ConnectionTracker.Translations t = translations;
    if (u != null && t != null && !u.queued) {
      ConnectionTracker.Translations.Outcome outcome = t.offer(u);
      u.queued = outcome == ConnectionTracker.Translations.Outcome.QUEUED;
      if (outcome == ConnectionTracker.Translations.Outcome.NONE) {
        settle(u, u.flow);
      }
    }
  }
}
