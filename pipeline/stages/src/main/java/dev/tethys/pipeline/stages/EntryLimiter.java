package dev.tethys.pipeline.stages;

import dev.tethys.model.logs.LogEntry;
import org.jspecify.annotations.Nullable;

/** Bounds how many entries pass a second, how many bytes of lines, or both. For several threads. */
public final class EntryLimiter {
  /**
   * Rate limit.
   *
   * @param perSecond above 0
   * @param burst maximum burst, at least 1
   */
  public record Rate(double perSecond, long burst) {
    private RateLimiter limiter(StageClock clock) {
      return new RateLimiter(perSecond, burst, clock);
    }
  }

  private final @Nullable RateLimiter entries;
  private final @Nullable RateLimiter bytes;

  /**
   * Full at first.
   *
   * @param entries null for any number
   * @param bytes of lines in UTF-8; null for any number
   */
  public EntryLimiter(@Nullable Rate entries, @Nullable Rate bytes, StageClock clock) {
    this.entries = entries == null ? null : entries.limiter(clock);
    this.bytes = bytes == null ? null : bytes.limiter(clock);
  }

  /** Whether an entry may pass. One that may not counts for nothing. */
  public boolean lets(LogEntry e) {
    if (entries != null && !entries.tryTake(1)) {
      return false;
    }
    if (bytes == null || bytes.tryTake(e.bytes())) {
      return true;
    }
    if (entries != null) {
      entries.giveBack(1);
    }
    return false;
  }

  /** Waits until an entry may pass. */
  public void await(LogEntry e) {
    if (entries != null) {
      entries.take(1);
    }
    if (bytes != null) {
      bytes.take(e.bytes());
    }
  }
}
