package dev.tethys.model.guard;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.function.LongSupplier;

/**
 * Token bucket: tokens arrive at a constant rate, up to a capacity. It is full initially.
 * Thread-safe.
 */
public final class TokenBucket {
  /** Sums of fractions of tokens are this inexact. */
  private static final double ROUNDING = 1e-9;

  private final double nanosPerToken;
  private final double capacity;
  private final LongSupplier nanos;

  @GuardedBy("this")
  private double tokens; // below 0 after a reservation beyond the content

  @GuardedBy("this")
  private long filledAt;

  /**
   * A full bucket.
   *
   * @param nanosPerToken interval between two tokens, above 0
   * @param capacity most tokens that it holds, at least 1
   * @param nanos monotonic clock
   */
  public TokenBucket(double nanosPerToken, double capacity, LongSupplier nanos) {
    this.nanosPerToken = nanosPerToken;
    this.capacity = capacity;
    this.nanos = nanos;
    this.tokens = capacity;
    this.filledAt = nanos.getAsLong();
  }

  /** Creates a full bucket refilled at the given rate per second. */
  public static TokenBucket perSecond(double rate, double capacity, LongSupplier nanos) {
    return new TokenBucket(1e9 / rate, capacity, nanos);
  }

  @GuardedBy("this")
  private void fill() {
    long now = nanos.getAsLong();
    if (now - filledAt > 0) {
      tokens = Math.min(capacity, tokens + (now - filledAt) / nanosPerToken);
      filledAt = now;
    }
  }

  /** Takes some tokens, or none if there are too few. */
  public synchronized boolean tryTake(long n) {
    fill();
    if (tokens + ROUNDING < n) {
      return false;
    }
    tokens -= n;
    return true;
  }

  /**
   * Takes {@code n} tokens, or none if there are fewer. A number above the capacity is taken from a
   * full bucket; the deficit delays later callers.
   */
  public synchronized boolean tryTakeLarge(long n) {
    fill();
    if (tokens + ROUNDING < Math.min(n, capacity)) {
      return false;
    }
    tokens -= n;
    return true;
  }

  /**
   * Takes tokens, including future ones.
   *
   * @return nanoseconds until they are available
   */
  public synchronized long reserve(long n) {
    fill();
    tokens -= n;
    return tokens >= 0 ? 0 : (long) Math.ceil(-tokens * nanosPerToken);
  }

  /** Returns unused tokens. */
  public synchronized void refund(long unused) {
    tokens = Math.min(capacity, tokens + unused);
  }
}
