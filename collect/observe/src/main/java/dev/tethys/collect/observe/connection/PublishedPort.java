package dev.tethys.collect.observe.connection;

/**
 * Port of the machine that a runtime forwards to a container.
 *
 * @param proxy label {@code proxy}: the forwarding program
 * @param address host address, or the wildcard address
 */
public record PublishedPort(String proxy, IpAddress address, int port) {}
