package dev.tethys.collect.observe.connection;

import org.jspecify.annotations.Nullable;

/**
 * TCP connection of one process. Both ends of a connection within this machine are two of these.
 * Guarded by the lock of its {@link ConnectionTracker}.
 */
public final class Connection {
  final int localPort;
  final int remotePort;
  private @Nullable Owner owner;
  private final boolean outbound;
  private final @Nullable Peer peer;

  /** Time at which the client called connect, 0 when that was before the agent started. */
  final long started;

  boolean established;
  long sent;
  long received;
  long retransmits;

  /** Last pass over all sockets that contained it. */
  int pass;

  Connection(
      SocketView at, @Nullable Owner owner, boolean outbound, @Nullable Peer peer, long started) {
    this.localPort = at.localPort;
    this.remotePort = at.remotePort;
    this.owner = owner;
    this.outbound = outbound;
    this.peer = peer;
    this.started = started;
  }

  /** Owner of this end; null when it is unknown yet or not observed. */
  public @Nullable Owner owner() {
    return owner;
  }

  void owner(@Nullable Owner found) {
    owner = found;
  }

  /** True at the end that connected. */
  public boolean isOutbound() {
    return outbound;
  }

  /** Counts of the destination; null for inbound connections and for those that are not counted. */
  public @Nullable Peer peer() {
    return peer;
  }
}
