package dev.tethys.collect.logs;

import java.time.Instant;
import java.time.InstantSource;

/**
 * Times of entries without their own: the current time, but unique and never decreasing, because
 * Loki treats two equal lines with the same time as one. Not thread-safe.
 */
public final class EntryClock {
  private final InstantSource clock;
  private long last;

  public EntryClock(InstantSource clock) {
    this.clock = clock;
  }

  /** Nanoseconds since 1970. */
  public long next() {
    Instant now = clock.instant();
    last = Math.max(last + 1, now.getEpochSecond() * 1_000_000_000L + now.getNano());
    return last;
  }
}
