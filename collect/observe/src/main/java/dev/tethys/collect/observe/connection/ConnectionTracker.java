package dev.tethys.collect.observe.connection;

import dev.tethys.collect.observe.protocol.ProtocolConnection;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Tracks connections and listening sockets of the host, from socket state changes and from passes
 * over all sockets. Every table is bounded; entries beyond the limit are counted.
 *
 * <p>Safe for use by several threads; a source of events holds {@link #lock} for a batch.
 */
public final class ConnectionTracker implements Collector {
  /** A client's socket may outlive its descriptor while it sends its last bytes. */
  private static final int PASSES_UNSEEN = 12;

  private static final int MAX_CONNECTIONS = 200_000;

  /** Each may hold some kilobytes of incomplete messages. */
  private static final int MAX_PARSERS = 50_000;

  private static final int MAX_LISTENERS = 20_000;

  /** Listening socket; its owner is resolved once a process is known. */
  static final class Listener {
    final IpAddress address;
    final int port;
    final int namespace;
    final int process;
    final @Nullable Owner owner;
    int pass;

    Listener(SocketView v, @Nullable Owner owner) {
      this.address = v.localAddress();
      this.port = v.localPort;
      this.namespace = v.namespace;
      this.process = v.process;
      this.owner = owner;
    }
  }

  /** Fair: otherwise a reader of metrics would wait long during a stream of events. */
  private final ReentrantLock lock = new ReentrantLock(true);

  private final Owner.Resolver owners;
  private final ConnectionFilter filter;
  private final LocalAddresses localAddresses;
  private final Map<Long, Connection> connections = new HashMap<>();
  private final Map<Long, Listener> listeners = new HashMap<>();
  private final Peers peers;
  private final UnresolvedDestinations unresolved;
  private int pass;
  private int openParsers;
  private long shedConnections;

  /** Finder of destinations after address translation. */
  interface Translations {
    /** Response to an offered destination. */
    enum Outcome {
      /** The result will be passed to {@link #resolved}. */
      QUEUED,
      /** There is currently no memory for it. */
      FULL,
      /** Nothing is translated on this machine. */
      NONE
    }

    Outcome offer(UnresolvedDestination u);
  }

  public ConnectionTracker(
      Owner.Resolver owners, ConnectionFilter filter, LocalAddresses localAddresses) {
    this.owners = owners;
    this.filter = filter;
    this.localAddresses = localAddresses;
    this.peers = new Peers(filter);
    this.unresolved = new UnresolvedDestinations(peers);
  }

  /** Enables the lookup of destinations. Must be called before connections are added. */
  void translations(Translations t) {
    unresolved.translations(t);
  }

  /** Lock of all state, taken by each method that needs it. */
  public ReentrantLock lock() {
    return lock;
  }

  /**
   * Applies a change of a socket's state.
   *
   * @param time monotonic timestamp
   * @param v the socket after it; the process is that of the caller of connect or listen
   */
  public void onStateChange(long time, int oldState, SocketView v) {
    lock.lock();
    try {
      switch (v.state) {
        case TcpState.SYN_SENT -> connecting(time, v);
        case TcpState.ESTABLISHED -> established(time, oldState, v);
        case TcpState.LISTEN -> listening(v);
        case TcpState.CLOSE -> closed(time, oldState, v);
        default -> {} // states in between are of no interest
      }
    } finally {
      lock.unlock();
    }
  }

  private void connecting(long time, SocketView v) {
    remove(v.socket); // its close was lost
    Owner owner = owners.ownerOf(v.cgroup, v.process);
    Peer p = owner == null || !tracks(v) ? null : direct(owner, v);
    if (p != null) {
      p.lastUsed = time;
    }
    add(v, new Connection(v, owner, true, true, p, time));
  }

  private void established(long time, int oldState, SocketView v) {
    if (oldState != TcpState.SYN_SENT) {
      if (oldState == TcpState.SYN_RECV) {
        remove(v.socket);
        Connection c = new Connection(v, null, false, true, null, time);
        c.established = true;
        add(v, c);
      }
      return;
    }
    Connection c = connections.get(v.socket);
    if (c == null || c.established) {
      return; // the agent started in between
    }
    c.established = true;
    c.localPort = v.localPort;
    Peer p = assignDestination(c, v, c.opener);
    if (p != null) {
      p.connects++;
      p.connectNanos += Math.max(0, time - c.started);
      p.active++;
      p.lastUsed = time;
    }
    count(c, v);
  }

  private void closed(long time, int oldState, SocketView v) {
    if (oldState == TcpState.LISTEN) {
      listeners.remove(v.socket);
      return;
    }
    Connection c = connections.get(v.socket);
    if (c == null) {
      return;
    }
    count(c, v);
    Peer p = c.peer();
    if (p != null) {
      p.lastUsed = time;
      if (oldState == TcpState.SYN_SENT) {
        p.failed++;
      }
    }
    remove(v.socket);
  }

  private void listening(SocketView v) {
    if (filter.isEphemeral(v.localPort)) {
      return;
    }
    if (listeners.size() >= MAX_LISTENERS && !listeners.containsKey(v.socket)) {
      shedConnections++;
      return;
    }
    Listener l = new Listener(v, owners.ownerOf(v.cgroup, v.process));
    l.pass = pass;
    listeners.put(v.socket, l);
  }

  /** False if there was no space. */
  private boolean add(SocketView v, Connection c) {
    if (connections.size() >= MAX_CONNECTIONS) {
      shedConnections++;
      return false;
    }
    c.pass = pass;
    connections.put(v.socket, c);
    return true;
  }

  private void remove(long socket) {
    Connection c = connections.remove(socket);
    if (c == null) {
      return;
    }
    Peer p = c.peer();
    if (p != null && c.established) {
      p.active--;
    }
    unresolved.abandon(c);
    ProtocolConnection payloads = c.payloads();
    if (payloads != null) {
      payloads.close();
      openParsers--;
    }
  }

  /** Records the addresses of a domain. The caller must hold the lock. */
  public void learn(String domain, List<String> addresses) {
    peers.learn(domain, addresses);
  }

  /** Owner of a socket that is not a TCP connection; null if it is not observed. */
  public @Nullable Owner ownerOf(SocketView v) {
    return owners.ownerOf(v.cgroup, v.process);
  }

  /**
   * Connection of a payload; an unknown one is added. The caller must hold the lock.
   *
   * @param v socket and process of the payload
   * @return null if it is not observed
   */
  public @Nullable Connection connectionOf(long time, SocketView v) {
    Connection c = connections.get(v.socket);
    boolean same =
        c != null
            && c.remotePort == v.remotePort
            && (c.localPort == 0 || c.localPort == v.localPort);
    if (c == null || !same) {
      remove(v.socket);
      c = found(time, v, FirstSeenOrigin.KNOWN);
      if (c == null) {
        return null;
      }
      c.counted = false;
    }
    claim(c, v);
    return c.owner() == null || c.isOutbound() && c.peer() == null ? null : c;
  }

  /** Finds the owner of a connection without one, and its destination, which depends on it. */
  private void claim(Connection c, SocketView v) {
    if (c.findOwner(owners, v) && c.isOutbound() && c.peer() == null) {
      Peer p = assignDestination(c, v, v.process);
      if (p != null && c.established) {
        p.active++;
        p.connects += c.started > 0 ? 1 : 0;
      }
    }
  }

  /**
   * Whether a connection without an owner may get one, because its payloads are still relevant. The
   * caller must hold the lock.
   */
  public boolean mayHaveOwner(SocketView v) {
    Connection c = connections.get(v.socket);
    return c != null && c.owner() == null && c.mayHaveOwner();
  }

  /**
   * Assigns a new parser to a connection, unless there are too many. The caller must hold the lock.
   *
   * @return whether there was space
   */
  public boolean open(Connection c, ProtocolConnection parser) {
    ProtocolConnection before = c.payloads();
    if (before != null) {
      before.close();
      openParsers--;
    }
    if (openParsers >= MAX_PARSERS) {
      shedConnections++;
      return false;
    }
    openParsers++;
    c.payloads(parser);
    return true;
  }

  /** Makes all parsers report requests that a pause has completed. */
  public void flushIdle(long now) {
    lock.lock();
    try {
      for (Connection c : connections.values()) {
        ProtocolConnection p = c.payloads();
        if (p != null) {
          p.flushIdle(now);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records that payloads of processes were lost, so that their parsers no longer know where
   * messages start.
   */
  public void resynchronise(IntPredicate processes) {
    lock.lock();
    try {
      for (Connection c : connections.values()) {
        ProtocolConnection p = c.payloads();
        if (p != null && processes.test(c.process())) {
          p.resynchronise();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Adds the counts of a connection since the last call. */
  private static void count(Connection c, SocketView v) {
    if (!c.counted) {
      c.counted = true;
      c.sent = v.sent;
      c.received = v.received;
      c.retransmits = v.retransmits;
    }
    Peer p = c.peer();
    if (p != null) {
      p.sent += Math.max(0, v.sent - c.sent);
      p.received += Math.max(0, v.received - c.received);
      p.retransmits += Math.max(0, v.retransmits - c.retransmits);
    }
    c.sent = Math.max(c.sent, v.sent);
    c.received = Math.max(c.received, v.received);
    c.retransmits = Math.max(c.retransmits, v.retransmits);
  }

  private boolean tracks(SocketView v) {
    return filter.tracksDestination(
        v.remoteAddress(), v.remotePort, localAddresses.isHost(v.namespace));
  }

  private @Nullable Peer direct(Owner owner, SocketView v) {
    Flow flow = flow(v);
    return peers.of(owner, flow, flow);
  }

  private static Flow flow(SocketView v) {
    return new Flow(v.localAddress(), v.localPort, v.remoteAddress(), v.remotePort);
  }

  /**
   * Sets the destination of a connection that is open.
   *
   * @param process a process in its network namespace
   * @return null if it is not counted
   */
  private @Nullable Peer assignDestination(Connection c, SocketView v, int process) {
    Owner owner = c.owner();
    Peer p =
        owner == null || !tracks(v)
            ? null
            : unresolved.destination(owner, c, flow(v), v.namespace, process);
    c.peer(p);
    return p;
  }

  /** Handles destinations whose {@link UnresolvedDestination#answer} is now known. */
  void resolved(Collection<UnresolvedDestination> all) {
    lock.lock();
    try {
      unresolved.resolved(all);
    } finally {
      lock.unlock();
    }
  }

  /** Origin of sockets that a pass is the first to show. */
  public enum FirstSeenOrigin {
    /** They existed before, or their events have not arrived yet. */
    KNOWN,
    /** They were opened since the last pass. */
    OPENED
  }

  /** Starts a pass over all sockets. */
  public void beginPass() {
    lock.lock();
    try {
      pass++;
      peers.beginPass();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records a listening socket of the pass; called before the others, which are compared with
   * these.
   */
  public void listenerInPass(SocketView v) {
    lock.lock();
    try {
      Listener l = listeners.get(v.socket);
      if (l == null || l.port != v.localPort) {
        listening(v);
      } else {
        l.pass = pass;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Records another socket of the pass; returns false if it is unknown. */
  public boolean knownInPass(long time, SocketView v) {
    if (isUnconnected(v)) {
      return true;
    }
    lock.lock();
    try {
      Connection c = connections.get(v.socket);
      if (c == null || c.remotePort != v.remotePort) {
        return false; // the kernel reuses the memory of sockets
      }
      inPass(c, time, v);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private static boolean isUnconnected(SocketView v) {
    return v.state == TcpState.SYN_SENT || v.state == TcpState.CLOSE || v.remotePort == 0;
  }

  /** Records another socket of the pass, which may be new. */
  public void connectionInPass(long time, SocketView v, FirstSeenOrigin unseen) {
    if (isUnconnected(v)) {
      return;
    }
    lock.lock();
    try {
      Connection c = connections.get(v.socket);
      if (c != null && c.remotePort != v.remotePort) {
        remove(v.socket); // the kernel reuses the memory of sockets
        c = null;
      }
      if (c == null) {
        c = found(time, v, unseen);
        if (c == null) {
          return;
        }
      } else if (c.pass == pass && unseen == FirstSeenOrigin.KNOWN) {
        return;
      } else if (!c.established && unseen == FirstSeenOrigin.OPENED) {
        c.established = true;
      }
      inPass(c, time, v);
    } finally {
      lock.unlock();
    }
  }

  private void inPass(Connection c, long time, SocketView v) {
    c.pass = pass;
    claim(c, v);
    unresolved.offerAgain(c);
    count(c, v);
    Peer p = c.peer();
    if (p != null && c.established) {
      p.lastUsed = time;
      if (v.smoothedRttMicros > 0) {
        p.nextRttMicros += v.smoothedRttMicros;
        p.nextRttCount++;
      }
    }
  }

  /** Adds an unknown connection; null if there is no space. */
  private @Nullable Connection found(long time, SocketView v, FirstSeenOrigin unseen) {
    boolean outbound = !listensOn(v);
    Owner owner = owners.ownerOf(v.cgroup, v.process);
    Connection c = new Connection(v, owner, outbound, false, null, time);
    c.established = true;
    if (unseen == FirstSeenOrigin.KNOWN) {
      c.sent = v.sent;
      c.received = v.received;
      c.retransmits = v.retransmits;
    }
    if (!add(v, c)) {
      return null;
    }
    Peer p = outbound ? assignDestination(c, v, v.process) : null;
    if (p != null) {
      p.active++;
      p.connects += unseen == FirstSeenOrigin.OPENED ? 1 : 0;
    }
    return c;
  }

  private boolean listensOn(SocketView v) {
    for (Listener l : listeners.values()) {
      if (l.port == v.localPort
          && l.namespace == v.namespace
          && (l.address.isUnspecified() || l.address.equals(v.localAddress()))) {
        return true;
      }
    }
    return filter.isEphemeral(v.remotePort) && !filter.isEphemeral(v.localPort);
  }

  /**
   * Ends a pass that contained all sockets.
   *
   * @param onlyDescriptors the pass contained sockets with a descriptor only
   */
  public void endPass(long time, boolean onlyDescriptors) {
    lock.lock();
    try {
      int oldest = onlyDescriptors ? pass - PASSES_UNSEEN : pass;
      for (Map.Entry<Long, Connection> e : List.copyOf(connections.entrySet())) {
        if (e.getValue().pass < oldest) {
          remove(e.getKey());
        }
      }
      listeners.values().removeIf(l -> l.pass < oldest);
      peers.endPass(time);
    } finally {
      lock.unlock();
    }
  }

  /** Connections now open. */
  public int openConnections() {
    lock.lock();
    try {
      return connections.size();
    } finally {
      lock.unlock();
    }
  }

  /** Connections and listening sockets that were not tracked because too many were open. */
  public long shedConnections() {
    lock.lock();
    try {
      return shedConnections;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the number of connections counted without their destination after address translation.
   */
  public long shedTranslations() {
    lock.lock();
    try {
      return unresolved.shed();
    } finally {
      lock.unlock();
    }
  }

  /** Connections counted under a common destination because an owner had too many. */
  public long shedPeers() {
    lock.lock();
    try {
      return peers.shed();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    List<ConnectionMetrics.PeerValues> values;
    Collection<Listener> open;
    lock.lock();
    try {
      values = peers.values();
      open = List.copyOf(listeners.values());
    } finally {
      lock.unlock();
    }
    ConnectionMetrics.collect(values, open, owners.published(), localAddresses, to);
  }
}
