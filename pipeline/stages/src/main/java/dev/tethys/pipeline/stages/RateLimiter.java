package dev.tethys.pipeline.stages;

/**
 * A bucket of tokens, full at first, into which so many come a second. Safe for several threads.
 */
final class RateLimiter {
  private final double perNano;
  private final double burst;
  private final StageClock clock;
  private double tokens;
  private long at;

  /**
   * A full bucket.
   *
   * @param rate tokens a second, above 0
   * @param burst the most that it holds, at least 1
   */
  RateLimiter(double rate, long burst, StageClock clock) {
    this.perNano = rate / 1e9;
    this.burst = burst;
    this.clock = clock;
    this.tokens = burst;
    this.at = clock.nanos();
  }

  private void fill() {
    long now = clock.nanos();
    if (now > at) {
      tokens = Math.min(burst, tokens + (now - at) * perNano);
      at = now;
    }
  }

  /**
   * Takes so many tokens if they are there. More than the bucket holds are there once it is full,
   * and are owed: what comes next waits the longer.
   */
  synchronized boolean tryTake(long wanted) {
    fill();
    if (tokens < Math.min(wanted, burst)) {
      return false;
    }
    tokens -= wanted;
    return true;
  }

  /** Takes so many tokens, and waits until they have come. */
  void take(long wanted) {
    long wait;
    synchronized (this) {
      fill();
      tokens -= wanted;
      wait = tokens >= 0 ? 0 : (long) Math.ceil(-tokens / perNano);
    }
    if (wait > 0) {
      clock.sleep(wait);
    }
  }

  /** Puts tokens back that were taken for nothing. */
  synchronized void giveBack(long unused) {
    tokens = Math.min(burst, tokens + unused);
  }
}
