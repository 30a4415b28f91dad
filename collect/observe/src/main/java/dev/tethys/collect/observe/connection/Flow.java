package dev.tethys.collect.observe.connection;

/** Addresses and ports of a TCP connection, in the direction from its client to its server. */
record Flow(IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
  /** Whether another flow ends at the same address and port. */
  boolean hasDestinationOf(Flow other) {
    return destination.equals(other.destination) && destinationPort == other.destinationPort;
  }
}
