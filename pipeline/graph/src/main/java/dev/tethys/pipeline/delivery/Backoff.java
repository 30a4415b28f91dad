package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.delivery.OutboxOptions.Retry;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** Growing pauses with jitter, so that many clients do not return at the same time. */
final class Backoff {
  private Backoff() {}

  /**
   * Returns the pause after a failure.
   *
   * @param failures number of failures, at least 1
   */
  static Duration pause(Retry r, int failures, RandomGenerator random) {
    double nanos = r.first().toNanos() * Math.pow(r.multiplier(), failures - 1.0);
    nanos = Math.min(nanos, r.longest().toNanos());
    nanos *= 1 + r.jitter() * (2 * random.nextDouble() - 1);
    return Duration.ofNanos((long) nanos);
  }
}
