package dev.tethys.pipeline.stages;

/**
 * A bucket of tokens, full at first, into which so many come a second. Safe for several threads.
 */
public final class RateLimiter {
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
  public RateLimiter(double rate, long burst, StageClock clock) {
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

  /** Takes a token if there is one. */
  public synchronized boolean tryTake() {
    fill();
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }

  /** Takes a token, and waits until it has come. */
  public void take() {
    long wait;
    synchronized (this) {
      fill();
      tokens--;
      wait = tokens >= 0 ? 0 : (long) Math.ceil(-tokens / perNano);
    }
    if (wait > 0) {
      clock.sleep(wait);
    }
  }
}
