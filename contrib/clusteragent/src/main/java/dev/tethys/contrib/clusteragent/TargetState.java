package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.model.exposition.MetricFamily;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Result of the last reading of a database.
 *
 * @param error message of the failure, empty if none
 * @param since time of the last change of the status
 * @param readAt end of the last reading, null before the first one
 * @param seconds duration of the last reading
 * @param retryAt time of the next attempt to log in, null unless paused
 * @param parts parts of the last reading
 * @param statements number of statements of all readings
 * @param families metrics with all labels
 */
record TargetState(
    DatabaseTarget target,
    Status status,
    String error,
    Instant since,
    @Nullable Instant readAt,
    double seconds,
    @Nullable Instant retryAt,
    List<DatabaseReading.Part> parts,
    long statements,
    List<MetricFamily> families) {
  /** Statuses of a database. */
  enum Status {
    /** Not read yet. */
    WAITING("waiting"),
    /** All parts were read. */
    OK("ok"),
    /** Some parts were refused. */
    PARTIAL("partial"),
    /** The last reading failed; the next one follows after a pause that grows. */
    FAILING("failing"),
    /** The login was refused; it is tried again after minutes, or when the password changes. */
    PAUSED("paused"),
    /** Found without a login; it is not connected to. */
    NO_CREDENTIALS("no credentials"),
    /** Found with settings that are not supported; it is not connected to. */
    NOT_READ("not read");

    private final String text;

    Status(String text) {
      this.text = text;
    }

    /** Word in the API and in labels. */
    String text() {
      return text;
    }
  }

  /** State before the first reading, or of a target that is not read. */
  static TargetState waiting(DatabaseTarget target, Instant now) {
    DatabaseTarget.Obstacle why = target.obstacle();
    return new TargetState(
        target,
        why == null ? Status.WAITING : why.status(),
        why == null ? "" : why.text(),
        now,
        null,
        0,
        null,
        List.of(),
        0,
        List.of());
  }
}
