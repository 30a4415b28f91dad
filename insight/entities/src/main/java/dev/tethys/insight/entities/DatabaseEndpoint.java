package dev.tethys.insight.entities;

import java.util.Set;

/**
 * Address at which a database accepts connections.
 *
 * @param system kind of the server, as telemetry names it
 * @param name of the database entity
 * @param host address or name
 * @param addresses all known addresses of the same server as {@code host:port}
 */
public record DatabaseEndpoint(
    String system, String name, String host, int port, Set<String> addresses) {
  public DatabaseEndpoint {
    addresses = Set.copyOf(addresses);
  }
}
