package dev.tethys.config;

import java.time.Duration;

/**
 * How a client of HTTP uses its connections, where that is not left to the process. Zero is what
 * was not asked for.
 *
 * @param cookies whether cookies that servers set go along with later calls
 * @param most connections to one server at once
 * @param idle most connections that wait for a call
 * @param idleEach most of them to one server
 * @param idleTime after which one that waits is ended
 * @param single whether each call has a connection of its own
 * @param anyAddress whether a new connection goes to any address of its server; else to the first
 *     that takes it
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

  /** Whether the client has connections of its own. */
  public boolean ownConnections() {
    return most > 0 || idle > 0 || idleEach > 0 || idleTime.isPositive() || single || anyAddress;
  }
}
