package dev.tethys.pipeline.extension.opamp;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Timing of the connection to a server.
 *
 * @param first initial pause after a failure
 * @param longest maximum pause
 * @param request timeout of connecting and of one request
 * @param heartbeat interval of pings over a WebSocket
 * @param silence how long a WebSocket may be silent before it is considered dead
 * @param gap minimum time between messages, so that a server that requests full state in every
 *     response gets bounded traffic
 * @param checkInterval interval of exporter health checks
 * @param farewell timeout of the last message at shutdown
 */
record ReconnectBackoff(
    Duration first,
    Duration longest,
    Duration request,
    Duration heartbeat,
    Duration silence,
    Duration gap,
    Duration checkInterval,
    Duration farewell) {
  static final ReconnectBackoff USUAL =
      new ReconnectBackoff(
          Duration.ofMillis(500),
          Duration.ofMinutes(1),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(90),
          Duration.ofSeconds(1),
          Duration.ofSeconds(1),
          Duration.ofSeconds(2));

  /** Largest factor of a pause by chance. */
  private static final double MOST = 1.5;

  /**
   * Returns the maximum time that a client is disconnected from a server that accepts connections.
   */
  Duration longestAbsence() {
    return Duration.ofNanos((long) (longest.toNanos() * MOST)).plus(request);
  }

  /** Returns the pause after a number of consecutive failures, half of it random. */
  Duration pause(int failures) {
    double nanos = first.toNanos() * Math.pow(1.5, Math.min(failures, 64) - 1.0);
    nanos = Math.min(nanos, longest.toNanos());
    return Duration.ofNanos((long) (nanos * (MOST - RandomGenerator.getDefault().nextDouble())));
  }
}
