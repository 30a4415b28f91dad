package dev.tethys.alert.manager.schedule;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.manager.config.TimeInterval;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.schedule.RecurringSilence.Occurrence;
import dev.tethys.alert.manager.state.SharedRecords;
import dev.tethys.alert.manager.state.SharedState;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.alert.manager.state.SilenceException;
import dev.tethys.alert.manager.state.Silences;
import dev.tethys.config.ConfigException;
import dev.tethys.model.log.JulLogger;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Recurring silences. Shortly before an occurrence starts, an ordinary silence is created for it,
 * which API v2, amtool and the other members of a cluster see and may expire like any other.
 *
 * <p>Invariants: each recurring silence is on disk before it is acknowledged. An occurrence has at
 * most one silence, regardless of the member that creates it.
 */
public final class RecurringSilences implements Closeable {
  /** The file in the storage folder. */
  public static final String FILE = "recurring-silences.log";

  /** Maximum number of recurring silences, including withdrawn ones. */
  public static final int MAX = 10_000;

  /**
   * Time before an occurrence at which its silence is created; longer than the interval of {@link
   * #tick}.
   */
  static final Duration AHEAD = Duration.ofMinutes(5);

  private static final System.Logger LOG = JulLogger.of(RecurringSilences.class.getName());

  private final Silences silences;
  private final InstantSource clock;
  private final Duration retention;
  private final SharedRecords<RecurringSilence> records;

  @GuardedBy("itself")
  private final Map<String, Instant> madeUntil = new HashMap<>();

  /**
   * Opens recurring silences in a folder.
   *
   * @param retention retention of deleted ones, so that all members receive the deletion
   * @throws IOException if they cannot be read or created
   */
  public RecurringSilences(Path folder, Duration retention, Silences silences, InstantSource clock)
      throws IOException {
    this.silences = silences;
    this.clock = clock;
    this.retention = retention;
    this.records =
        new SharedRecords<>(folder.resolve(FILE), MAX, new RecurringSilenceJson(), r -> {});
  }

  /** Returns the state shared with the cluster. */
  public SharedState shared() {
    return records;
  }

  /**
   * Creates a recurring silence.
   *
   * @param schedule a list of {@code time_intervals} as in {@code alertmanager.yml}, in YAML or
   *     JSON
   * @throws SilenceException if it has no meaning, or too much
   * @throws ConfigException if the schedule is invalid, with the place
   * @throws SharedRecords.FullException if there are too many
   * @throws IOException if it could not be written to disk
   */
  public RecurringSilence add(
      LabelMatchers matchers,
      String schedule,
      @Nullable Instant until,
      String createdBy,
      String comment)
      throws SilenceException, SharedRecords.FullException, IOException {
    Instant now = clock.instant();
    RecurringSilence r = checked(matchers, schedule, until, createdBy, comment, now);
    records.put(r);
    make(r, now);
    return r;
  }

  /**
   * Creates one instead of another, which is withdrawn.
   *
   * @return the new one, with a new id; null if there is no other of that id
   * @throws SilenceException and the others as {@link #add} does; nothing has changed then
   */
  public @Nullable RecurringSilence replace(
      String id,
      LabelMatchers matchers,
      String schedule,
      @Nullable Instant until,
      String createdBy,
      String comment)
      throws SilenceException, SharedRecords.FullException, IOException {
    if (get(id) == null) {
      return null;
    }
    RecurringSilence r = add(matchers, schedule, until, createdBy, comment);
    withdraw(id); // after: what both silence is never told of in between
    return r;
  }

  /**
   * Returns the next occurrences of a recurring silence without creating it.
   *
   * @param most maximum number of occurrences
   * @throws SilenceException if the silence is invalid or exceeds a limit
   * @throws ConfigException if the schedule is invalid, with the position
   */
  public List<Occurrence> preview(
      LabelMatchers matchers, String schedule, @Nullable Instant until, int most)
      throws SilenceException {
    Instant now = clock.instant();
    RecurringSilence r = checked(matchers, schedule, until, "preview", "preview", now);
    List<Occurrence> out = new ArrayList<>();
    Instant from = now;
    Instant horizon = now.plus(RecurringSilence.HORIZON);
    while (out.size() < most) {
      Occurrence o = r.next(from, horizon);
      if (o == null || !o.end().isAfter(from)) {
        break;
      }
      out.add(o);
      from = o.end();
    }
    return out;
  }

  private RecurringSilence checked(
      LabelMatchers matchers,
      String schedule,
      @Nullable Instant until,
      String createdBy,
      String comment,
      Instant now)
      throws SilenceException {
    List<TimeInterval> times = TimeInterval.parse("schedule", schedule);
    if (times.isEmpty()) {
      throw SilenceException.invalid("schedule: expected at least one time interval");
    }
    RecurringSilence r =
        new RecurringSilence(
            UUID.randomUUID().toString(),
            matchers,
            schedule,
            times,
            until,
            createdBy,
            comment,
            now,
            false);
    Occurrence first = r.next(now, now.plus(RecurringSilence.HORIZON));
    if (first == null) {
      throw SilenceException.invalid(
          "schedule: it has no occurrence in the next "
              + RecurringSilence.HORIZON.toDays()
              + " days");
    }
    if (Duration.between(first.start(), first.end()).compareTo(RecurringSilence.LONGEST) > 0) {
      throw SilenceException.invalid(
          "schedule: it is active for more than "
              + RecurringSilence.LONGEST.toDays()
              + " days without a pause; create an ordinary silence");
    }
    silences.check(r.silence(first));
    return r;
  }

  /**
   * Withdraws a recurring silence, and expires the silence created for it.
   *
   * @return whether the ID exists
   * @throws IOException if the withdrawal could not be written to disk
   */
  public boolean withdraw(String id) throws IOException {
    RecurringSilence r = get(id);
    if (r == null) {
      return false;
    }
    Instant now = clock.instant();
    try {
      records.put(r.withdrawnAt(now));
    } catch (SharedRecords.FullException e) {
      throw new IllegalStateException(e); // it replaces one
    }
    endSilences(id, now);
    return true;
  }

  private void endSilences(String id, Instant now) throws IOException {
    for (Silence s : silences.all()) {
      if (id.equals(s.annotations().get(RecurringSilence.ANNOTATION))
          && s.stateAt(now) != Silence.State.EXPIRED) {
        try {
          silences.expire(s.id());
        } catch (SilenceException e) {
          LOG.log(Level.DEBUG, "silence {0} no longer exists", s.id());
        }
      }
    }
  }

  /** Returns a recurring silence unless it was deleted. */
  public @Nullable RecurringSilence get(String id) {
    RecurringSilence r = records.get(id);
    return r == null || r.withdrawn() ? null : r;
  }

  /** Returns the recurring silences that have not been withdrawn. */
  public List<RecurringSilence> all() {
    return records.all().stream().filter(r -> !r.withdrawn()).toList();
  }

  /** Creates the silences of upcoming occurrences; must be called every minute. */
  public void tick() {
    Instant now = clock.instant();
    for (RecurringSilence r : records.all()) {
      if (r.withdrawn()) {
        endOnce(r, now);
      } else {
        make(r, now);
      }
    }
  }

  /** Ends the silence of one that another member withdrew. */
  private void endOnce(RecurringSilence r, Instant now) {
    synchronized (madeUntil) {
      if (madeUntil.remove(r.id()) == null) {
        return;
      }
    }
    try {
      endSilences(r.id(), now);
    } catch (IOException e) {
      LOG.log(Level.ERROR, "a silence of {0} could not be ended: {1}", r.id(), e.getMessage());
    }
  }

  private void make(RecurringSilence r, Instant now) {
    synchronized (madeUntil) {
      Instant until = madeUntil.get(r.id());
      if (until != null && now.plus(AHEAD).isBefore(until)) {
        return;
      }
    }
    // Continues after the last created silence, if the next occurrence is near.
    Instant from = now;
    while (true) {
      Occurrence o = r.next(from, now.plus(AHEAD));
      if (o == null || !o.end().isAfter(from)) {
        return;
      }
      try {
        silences.setUnlessKnown(r.silence(o));
      } catch (SilenceException e) {
        LOG.log(Level.ERROR, "recurring silence {0} is not applied: {1}", r.id(), e.problem());
        return;
      } catch (IOException e) {
        LOG.log(
            Level.ERROR,
            "recurring silence {0} is not applied, its silence cannot be written to disk: {1}",
            r.id(),
            e.getMessage());
        return;
      }
      synchronized (madeUntil) {
        madeUntil.put(r.id(), o.end());
      }
      from = o.end();
      if (!from.isBefore(now.plus(AHEAD))) {
        return;
      }
    }
  }

  /** Removes recurring silences withdrawn or ended longer ago than their retention. */
  public void collectGarbage() {
    Instant horizon = clock.instant().minus(retention);
    records.removeIf(
        r -> {
          Instant until = r.until();
          return r.withdrawn()
              ? r.updatedAt().isBefore(horizon)
              : until != null && until.isBefore(horizon);
        });
    synchronized (madeUntil) {
      madeUntil.keySet().removeIf(id -> records.get(id) == null);
    }
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
