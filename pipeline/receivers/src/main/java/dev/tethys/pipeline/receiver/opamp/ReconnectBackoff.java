package dev.tethys.pipeline.receiver.opamp;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How fast a server is talked to.
 *
 * @param first pause after a failure; it grows from there
 * @param longest pause
 * @param request for how long connecting, or one request, may take
 * @param heartbeat between signs of life over a WebSocket
 * @param silence of a WebSocket after which its server counts as gone
 * @param gap between messages, so that a server which asks with every answer is told no faster
 * @param look between looks at exporters
 * @param farewell for how long the end waits for the last message to be sent
 */
record ReconnectBackoff(
    Duration first,
    Duration longest,
    Duration request,
    Duration heartbeat,
    Duration silence,
    Duration gap,
    Duration look,
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

  /** The pause after so many failures in a row, half of it by chance. */
  Duration pause(int failures) {
    double nanos = first.toNanos() * Math.pow(1.5, Math.min(failures, 64) - 1.0);
    nanos = Math.min(nanos, longest.toNanos());
    return Duration.ofNanos((long) (nanos * (0.5 + RandomGenerator.getDefault().nextDouble())));
  }
}
