package dev.tethys.collect.cloud.reader;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;

/**
 * Position in a log that is read by time: the newest time, and the ids of entries that a request
 * from that time on would return again. Not thread-safe.
 */
public final class LogCursor {
  private static final int MAX_KNOWN = 20_000;
  private static final long PAST_SECONDS = 7 * 86_400L;
  private static final long FUTURE_SECONDS = 60;

  private final InstantSource clock;
  private Instant since;
  private Instant newest;
  private Set<String> known = new HashSet<>();
  private Set<String> next = new HashSet<>();

  /** Position at the end of a log. */
  public LogCursor(InstantSource clock) {
    this.clock = clock;
    this.since = clock.instant();
    this.newest = since;
  }

  /** Time from which entries are requested. */
  public Instant since() {
    return since;
  }

  /** Whether an entry is new; it is known from then on. */
  public boolean take(String id, Instant time) {
    if (known.contains(id) || next.contains(id)) {
      return false;
    }
    // A time in the future would leave out entries until then.
    if (time.isAfter(newest) && !time.isAfter(clock.instant().plusSeconds(FUTURE_SECONDS))) {
      newest = time;
    }
    if (next.size() < MAX_KNOWN) {
      next.add(id);
    }
    return true;
  }

  /** Moves to the newest entry, when all pages were read. */
  public void advance() {
    if (newest.isAfter(since)) {
      known = next;
      next = new HashSet<>();
      since = newest;
    }
  }

  /** Time of a text; {@code otherwise} if it has no time, or one far from the present. */
  public Instant time(String text, Instant otherwise) {
    try {
      Instant at = Instant.parse(text);
      Instant now = clock.instant();
      boolean far =
          at.isAfter(now.plusSeconds(86_400)) || at.isBefore(now.minusSeconds(PAST_SECONDS));
      return far ? otherwise : at;
    } catch (DateTimeException e) {
      return otherwise;
    }
  }

  /** Unix nanoseconds of a time near the present. */
  public static long nanos(Instant at) {
    return at.getEpochSecond() * 1_000_000_000L + at.getNano();
  }
}
