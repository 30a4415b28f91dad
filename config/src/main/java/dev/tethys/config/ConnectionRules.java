package dev.tethys.config;

import java.time.Duration;

/**
 * Connection settings of an HTTP client that override the process-wide settings. Zero means that a
 * setting is not given.
 *
 * @param cookies whether cookies of servers are sent with later calls
 * @param most open connections to one server
 * @param idle idle connections in total
 * @param idleEach idle connections to one server
 * @param idleTime idle timeout after which a connection is closed
 * @param single whether each call has a separate connection
 * @param anyAddress whether a new connection uses any address of its server; otherwise the first
 *     that accepts it
 */
public record ConnectionRules(
    boolean cookies,
    int most,
    int idle,
    int idleEach,
    Duration idleTime,
    boolean single,
    boolean anyAddress) {
  /** Connections of the process, without cookies. */
  public static final ConnectionRules USUAL =
      new ConnectionRules(false, 0, 0, 0, Duration.ZERO, false, false);

  /** Connections to any address of their server. */
  public static final ConnectionRules ANY_ADDRESS =
      new ConnectionRules(false, 0, 0, 0, Duration.ZERO, false, true);

  /** Whether the client opens its own connections. */
  public boolean ownConnections() {
    return most > 0 || idle > 0 || idleEach > 0 || idleTime.isPositive() || single || anyAddress;
  }
}
