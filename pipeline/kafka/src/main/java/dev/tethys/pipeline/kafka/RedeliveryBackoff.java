package dev.tethys.pipeline.kafka;

import java.time.Duration;

/**
 * Delays between attempts of a batch that was not accepted.
 *
 * @param first initial delay
 * @param longest maximum delay without {@code randomization}
 * @param multiplier factor from one delay to the next
 * @param randomization maximum random part of a delay, 0 to 1
 */
record RedeliveryBackoff(
    Duration first, Duration longest, double multiplier, double randomization) {
  static final RedeliveryBackoff DEFAULT =
      new RedeliveryBackoff(Duration.ofSeconds(1), Duration.ofSeconds(30), 2, 0);

  /** Minimum pause after a broker request that failed immediately. */
  private static final Duration LEAST_OF_BROKERS = Duration.ofMillis(250);

  /**
   * Returns the pause before broker requests are repeated: the initial pause, but long enough that
   * an immediate persistent failure fills neither a core nor the log.
   */
  Duration ofBrokers() {
    return first.compareTo(LEAST_OF_BROKERS) < 0 ? LEAST_OF_BROKERS : first;
  }

  /** Returns the pause after this one. */
  Duration after(Duration pause) {
    double next = pause.toMillis() * multiplier;
    return next >= longest.toMillis() ? longest : Duration.ofMillis((long) next);
  }

  /**
   * Randomizes a pause.
   *
   * @param chance 0 to 1
   */
  Duration spread(Duration pause, double chance) {
    return Duration.ofMillis((long) (pause.toMillis() * (1 + randomization * (2 * chance - 1))));
  }
}
