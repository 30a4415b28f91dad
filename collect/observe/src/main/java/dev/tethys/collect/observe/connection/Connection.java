package dev.tethys.collect.observe.connection;

import dev.tethys.collect.observe.protocol.Direction;
import dev.tethys.collect.observe.protocol.ProtocolConnection;
import org.jspecify.annotations.Nullable;

/**
 * TCP connection of one process. Both ends of a connection within this machine are two of these.
 * Guarded by the lock of its {@link ConnectionTracker}.
 */
public final class Connection {
  private static final int MAX_SEARCHES = 20;

  final int remotePort;
  private @Nullable Owner owner;
  private final boolean outbound;
  private final boolean sideKnown;
  private @Nullable Peer peer;

  /** Time when the client called connect, 0 if that was before the agent started. */
  final long started;

  /** 0 until the kernel has chosen one. */
  int localPort;

  boolean established;
  long sent;
  long received;
  long retransmits;

  /** False until the counts before its discovery are known. */
  boolean counted = true;

  /** Number of searches for the owner; a runtime may have to be queried for it first. */
  private int searches;

  private @Nullable ProtocolConnection payloads;
  private boolean decrypted;
  private @Nullable Object context;
  private int process;

  /** Process first seen with the socket: the caller of connect. */
  final int opener;

  /** Last pass over all sockets that contained it. */
  int pass;

  Connection(
      SocketView at,
      @Nullable Owner owner,
      boolean outbound,
      boolean sideKnown,
      @Nullable Peer peer,
      long started) {
    this.localPort = at.localPort;
    this.remotePort = at.remotePort;
    this.opener = at.process;
    this.owner = owner;
    this.outbound = outbound;
    this.sideKnown = sideKnown;
    this.peer = peer;
    this.started = started;
  }

  /** Owner of this end; null if it is unknown yet or not observed. */
  public @Nullable Owner owner() {
    return owner;
  }

  /** Searches for the owner when it is unknown; returns whether it was found by this. */
  boolean findOwner(Owner.Resolver owners, SocketView v) {
    if (owner != null || searches >= MAX_SEARCHES) {
      return false;
    }
    searches++;
    owner = owners.ownerOf(v.cgroup, v.process);
    return owner != null;
  }

  /** False after enough unsuccessful searches for the owner. */
  boolean mayHaveOwner() {
    return owner != null || searches < MAX_SEARCHES;
  }

  /** Sets the destination, once it is known or may be looked up. */
  void peer(@Nullable Peer p) {
    peer = p;
  }

  /** Parser of the payloads, once one was seen. */
  public @Nullable ProtocolConnection payloads() {
    return payloads;
  }

  public void payloads(ProtocolConnection parser) {
    payloads = parser;
  }

  /** Returns the process that sent or received last; 0 before any did. */
  int process() {
    return process;
  }

  public void process(int pid) {
    process = pid;
  }

  /** Returns the state that a payload reader keeps with the connection. */
  public @Nullable Object context() {
    return context;
  }

  public void context(Object state) {
    context = state;
  }

  /** True if the parser reads decrypted TLS data, from a library. */
  public boolean isDecrypted() {
    return decrypted;
  }

  public void decrypted(boolean is) {
    decrypted = is;
  }

  /** True at the end that connected, or seems to have. */
  public boolean isOutbound() {
    return outbound;
  }

  /** Direction of requests; null if the agent has not seen which side connected. */
  public @Nullable Direction requestDirection() {
    if (!sideKnown) {
      return null;
    }
    return outbound ? Direction.SENT : Direction.RECEIVED;
  }

  /** Counts of the destination; null for inbound and uncounted connections. */
  public @Nullable Peer peer() {
    return peer;
  }
}
