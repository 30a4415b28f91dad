package dev.tethys.web.internal;

import java.util.function.LongSupplier;

/** Allows one thing an interval, and a burst of them at once. Safe for any thread. */
public final class TokenBucket {
  private final int burst;
  private final long intervalNanos;
  private final LongSupplier nanos;
  private double tokens;
  private long filledAt;

  public TokenBucket(int burst, long intervalNanos, LongSupplier nanos) {
    this.burst = burst;
    this.intervalNanos = intervalNanos;
    this.nanos = nanos;
    this.tokens = burst;
    this.filledAt = nanos.getAsLong();
  }

  /** Takes a token if there is one. */
  public synchronized boolean allow() {
    long now = nanos.getAsLong();
    tokens = Math.min(burst, tokens + (double) (now - filledAt) / intervalNanos);
    filledAt = now;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
