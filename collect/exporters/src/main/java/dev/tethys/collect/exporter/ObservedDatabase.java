package dev.tethys.collect.exporter;

import java.util.Set;

/**
 * Database server that telemetry shows: a process that listens, or the other end of calls.
 *
 * @param system kind of the server, as the attribute {@code db.system} or the node agent names it
 * @param host address or name
 * @param name of the database in the service map
 * @param addresses all known addresses of the server as {@code host:port}
 */
public record ObservedDatabase(
    String system, String host, int port, String name, Set<String> addresses) {
  public ObservedDatabase {
    addresses = Set.copyOf(addresses);
  }
}
