package dev.tethys.web.s3;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Attempts of a request to S3 that fails for a while.
 *
 * @param attempts maximum number of attempts; 1 disables retries
 * @param first pause after the first attempt; it doubles each time, and up to half of it is random
 * @param longest pause
 */
public record S3Retry(int attempts, Duration first, Duration longest) {
  /** The usual attempts. */
  public static final S3Retry USUAL =
      new S3Retry(4, Duration.ofMillis(100), Duration.ofSeconds(20));

  /**
   * The pause after an attempt.
   *
   * @param attempt attempt number, starting at 1
   */
  Duration pause(int attempt) {
    long most = longest.toMillis();
    long pause = Math.min(most, first.toMillis() << Math.min(attempt - 1, 20));
    return Duration.ofMillis(pause - ThreadLocalRandom.current().nextLong(pause / 2 + 1));
  }
}
