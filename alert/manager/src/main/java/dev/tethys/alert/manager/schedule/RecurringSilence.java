package dev.tethys.alert.manager.schedule;

import dev.tethys.alert.manager.config.TimeInterval;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.state.SharedRecords;
import dev.tethys.alert.manager.state.Silence;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A recurring silence.
 *
 * @param schedule the times as configured: a list of {@code time_intervals} in YAML
 * @param times the parsed times; it is active during any of them
 * @param until permanent end; null for never
 * @param withdrawn whether it was withdrawn; kept so that other members learn of it
 */
public record RecurringSilence(
    String id,
    LabelMatchers matchers,
    String schedule,
    List<TimeInterval> times,
    @Nullable Instant until,
    String createdBy,
    String comment,
    Instant updatedAt,
    boolean withdrawn)
    implements SharedRecords.Item {
  /** Annotation that identifies silences created from the schedule. */
  public static final String ANNOTATION = "tethys_recurring_silence";

  /** Maximum time for which it may be active without a pause. */
  static final Duration LONGEST = Duration.ofDays(31);

  /** Maximum time from its creation to the next occurrence. */
  static final Duration HORIZON = Duration.ofDays(400);

  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** A time when it is active, to the minute. */
  public record Occurrence(Instant start, Instant end) {}

  /** Whether it is active at a time. */
  boolean holds(Instant at) {
    return (until == null || at.isBefore(until)) && times.stream().anyMatch(t -> t.contains(at));
  }

  /** Returns the first occurrence that ends after {@code from} and starts before {@code before}. */
  public @Nullable Occurrence next(Instant from, Instant before) {
    Instant first = from.truncatedTo(ChronoUnit.MINUTES);
    for (Instant t = first; t.isBefore(before); t = t.plus(MINUTE)) {
      if (holds(t)) {
        return new Occurrence(t.equals(first) ? begin(t) : t, end(t));
      }
    }
    return null;
  }

  private Instant begin(Instant holding) {
    Instant t = holding;
    Instant earliest = holding.minus(LONGEST);
    while (t.isAfter(earliest) && holds(t.minus(MINUTE))) {
      t = t.minus(MINUTE);
    }
    return t;
  }

  private Instant end(Instant holding) {
    Instant t = holding;
    Instant latest = holding.plus(LONGEST).plus(MINUTE);
    while (t.isBefore(latest) && holds(t)) {
      t = t.plus(MINUTE);
    }
    return until != null && until.isBefore(t) ? until : t;
  }

  /**
   * Creates the regular silence for one occurrence. Its ID and contents depend only on this silence
   * and occurrence, so all cluster members create the same one, and one that a user ended is not
   * created again.
   */
  Silence silence(Occurrence o) {
    String name = id + "/" + o.start().getEpochSecond();
    return new Silence(
        UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString(),
        matchers,
        o.start(),
        o.end(),
        // Older than any change that a user makes to it.
        o.start().minus(RecurringSilences.AHEAD).minus(LONGEST),
        createdBy,
        comment,
        Map.of(ANNOTATION, id));
  }

  RecurringSilence withdrawnAt(Instant now) {
    return new RecurringSilence(
        id, matchers, schedule, times, until, createdBy, comment, now, true);
  }
}
