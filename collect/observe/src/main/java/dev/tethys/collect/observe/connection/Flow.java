package dev.tethys.collect.observe.connection;

/** Addresses and ports of a TCP connection, in the direction from its client to its server. */
record Flow(IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {}
