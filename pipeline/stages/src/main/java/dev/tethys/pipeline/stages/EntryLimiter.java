package dev.tethys.pipeline.stages;

import dev.tethys.model.guard.TokenBucket;
import dev.tethys.model.logs.LogEntry;
import org.jspecify.annotations.Nullable;

/** Limits entries per second, bytes of lines per second, or both. Thread-safe. */
public final class EntryLimiter {
  /**
   * Rate limit.
   *
   * @param perSecond rate per second; greater than 0
   * @param burst maximum burst, at least 1
   */
  public record Rate(double perSecond, long burst) {
    private TokenBucket bucket(StageClock clock) {
      return TokenBucket.perSecond(perSecond, burst, clock::nanos);
    }
  }

  private final StageClock clock;
  private final @Nullable TokenBucket entries;
  private final @Nullable TokenBucket bytes;

  /**
   * Creates a limiter with full buckets.
   *
   * @param entries null for any number
   * @param bytes limit on line bytes in UTF-8, or null for unlimited
   */
  public EntryLimiter(@Nullable Rate entries, @Nullable Rate bytes, StageClock clock) {
    this.clock = clock;
    this.entries = entries == null ? null : entries.bucket(clock);
    this.bytes = bytes == null ? null : bytes.bucket(clock);
  }

  /** Whether an entry may pass. A rejected entry does not use up the limit. */
  public boolean allows(LogEntry e) {
    if (entries != null && !entries.tryTakeLarge(1)) {
      return false;
    }
    if (bytes == null || bytes.tryTakeLarge(e.bytes())) {
      return true;
    }
    if (entries != null) {
      entries.refund(1);
    }
    return false;
  }

  /** Blocks until an entry may pass. */
  public void await(LogEntry e) {
    if (entries != null) {
      await(entries, 1);
    }
    if (bytes != null) {
      await(bytes, e.bytes());
    }
  }

  private void await(TokenBucket bucket, long tokens) {
    long nanos = bucket.reserve(tokens);
    if (nanos > 0) {
      clock.sleep(nanos);
    }
  }
}
