package dev.tethys.collect.observe.connection;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts of the connections of one owner to one destination. Guarded by the lock of its {@link
 * ConnectionTracker}.
 */
public final class Peer {
  private final Owner owner;
  private final String destination;
  private final String actualDestination;
  private final String address;
  private final @Nullable UnresolvedDestination unresolved;

  long connects;
  long connectNanos;
  long failed;
  long retransmits;
  long sent;
  long received;
  int active;

  /** Round trip times of open connections, summed in each pass over all sockets. */
  long rttMicros;

  int rttCount;

  /** The same of the pass that runs. */
  long nextRttMicros;

  int nextRttCount;
  long lastUsed;

  Peer(Owner owner, String destination, String actualDestination, String address) {
    this(owner, destination, actualDestination, address, null);
  }

  /**
   * Counts of one connection until its destination is known.
   *
   * @param unresolved null for a known destination
   */
  Peer(
      Owner owner,
      String destination,
      String actualDestination,
      String address,
      @Nullable UnresolvedDestination unresolved) {
    this.owner = owner;
    this.destination = destination;
    this.actualDestination = actualDestination;
    this.address = address;
    this.unresolved = unresolved;
  }

  /** Missing data about the destination; null if it is known. */
  @Nullable UnresolvedDestination unresolved() {
    return unresolved;
  }

  /**
   * Calls a function with the peer whose {@link #actualDestination} is known: immediately, or when
   * the kernel has responded; never if the destination turns out not to be counted. The caller must
   * hold the lock, which the function is called with as well.
   */
  public void whenKnown(Consumer<Peer> then) {
    if (unresolved == null) {
      then.accept(this);
    } else {
      unresolved.whenKnown(then);
    }
  }

  /** Adds these counts to the counts of another peer. */
  void addTo(Peer p) {
    p.connects += connects;
    p.connectNanos += connectNanos;
    p.failed += failed;
    p.retransmits += retransmits;
    p.sent += sent;
    p.received += received;
    p.active += active;
    p.nextRttMicros += nextRttMicros;
    p.nextRttCount += nextRttCount;
    p.lastUsed = Math.max(p.lastUsed, lastUsed);
  }

  public Owner owner() {
    return owner;
  }

  /** Address and port that the client connected to, or a common name of many. */
  public String destination() {
    return destination;
  }

  /** Address and port that answered. */
  public String actualDestination() {
    return actualDestination;
  }

  /**
   * Returns the address that accepted the connection, without the port; empty for the common name.
   */
  String address() {
    return address;
  }
}
