package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.delivery.OutboxOptions.Retry;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Circuit breaker: pauses sending to a failing remote system. After {@link #TRIPS_AFTER} failures
 * without a success, sending pauses for a growing time; then one probe request is sent. A retry
 * time given by the remote system is respected.
 *
 * <p>Not safe for threads.
 */
final class Breaker {
  /** Failures in a row that mean that the destination is down. */
  static final int TRIPS_AFTER = 5;

  private final Retry retry;
  private final RandomGenerator random;
  private int failures;
  private int trips;
  private boolean probing;
  private boolean paused;
  private long until;
  private long trippedAt;

  Breaker(Retry retry, RandomGenerator random) {
    this.retry = retry;
    this.random = random;
  }

  void success() {
    failures = 0;
    trips = 0;
    probing = false;
  }

  /**
   * Records a failed request.
   *
   * @param startedAt time at which the request was sent; requests sent before a pause carry no new
   *     information
   * @param after retry delay requested by the destination; zero if unspecified
   */
  void failure(long startedAt, long now, Duration after) {
    failures++;
    if (probing ? startedAt - trippedAt > 0 : failures >= TRIPS_AFTER) {
      trips++;
      trippedAt = now;
      failures = 0;
      probing = true;
      pause(now, Backoff.pause(retry, trips, random));
    }
    if (after.isPositive()) {
      pause(now, after);
    }
  }

  private void pause(long now, Duration d) {
    long end = now + d.toNanos();
    if (!paused || end - until > 0) {
      until = end;
    }
    paused = true;
  }

  /** Returns the remaining pause; 0 if requests may be sent. */
  long pauseNanos(long now) {
    if (paused && until - now <= 0) {
      paused = false;
    }
    return paused ? until - now : 0;
  }

  /** Whether only a single probe request may be sent. */
  boolean isProbing() {
    return probing;
  }
}
