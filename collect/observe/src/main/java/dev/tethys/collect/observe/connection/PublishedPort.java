package dev.tethys.collect.observe.connection;

/**
 * Port of the machine that a runtime passes on to a container.
 *
 * @param proxy label {@code proxy}: who passes it on
 * @param address of the machine, or the wildcard
 */
public record PublishedPort(String proxy, IpAddress address, int port) {}
