package dev.tethys.collect.observe.connection;

/**
 * Counts of the connections of one owner to one destination. Guarded by the lock of its {@link
 * ConnectionTracker}.
 */
public final class Peer {
  private final Owner owner;
  private final String destination;
  private final String actualDestination;
  private final String address;

  long connects;
  long connectNanos;
  long failed;
  long retransmits;
  long sent;
  long received;
  int active;

  /** Round trip times of open connections, summed up at each pass over all sockets. */
  long rttMicros;

  int rttCount;

  /** The same of the pass that runs. */
  long nextRttMicros;

  int nextRttCount;
  long lastUsed;

  Peer(Owner owner, String destination, String actualDestination, String address) {
    this.owner = owner;
    this.destination = destination;
    this.actualDestination = actualDestination;
    this.address = address;
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

  /** Address that answered, without the port; empty for the common name. */
  String address() {
    return address;
  }
}
