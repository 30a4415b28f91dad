package dev.tethys.collect.observe.connection;

/**
 * Port of the machine that a runtime forwards to a container.
 *
 * @param proxy label {@code proxy}: the forwarding program
 * @param address of the machine, or the wildcard
 */
public record PublishedPort(String proxy, IpAddress address, int port) {}
