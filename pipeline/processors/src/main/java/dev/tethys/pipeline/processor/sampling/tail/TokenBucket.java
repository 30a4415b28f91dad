package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.pipeline.Scheduler;

/** Bucket that gets tokens at a rate, up to a capacity; full at first. Safe for threads. */
public final class TokenBucket {
  private final double perSecond;
  private final double capacity;
  private final Scheduler clock;
  private double tokens;
  private long at;

  public TokenBucket(long perSecond, long capacity, Scheduler clock) {
    this.perSecond = perSecond;
    this.capacity = capacity;
    this.clock = clock;
    tokens = capacity;
    at = clock.nanos();
  }

  /** Takes some tokens, or none when there are fewer. */
  public synchronized boolean take(long n) {
    long now = clock.nanos();
    tokens = Math.min(capacity, tokens + (now - at) / 1e9 * perSecond);
    at = now;
    if (tokens < n) {
      return false;
    }
    tokens -= n;
    return true;
  }
}
