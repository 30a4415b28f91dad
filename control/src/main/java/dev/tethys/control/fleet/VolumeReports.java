package dev.tethys.control.fleet;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the last volume reports of each agent. Thread-safe.
 *
 * <p>Invariants: a report has at most {@link #MAX_REPORT} bytes, all together {@link #MAX_ALL};
 * reports beyond that are dropped, and their agent counts as one without volumes. Reports before
 * the last ones may use half of that, those before the last two a quarter. Of an agent at most
 * {@link #MAX_KEPT} are kept, and none before {@link #SPAN} but one.
 */
public final class VolumeReports {
  static final int MAX_REPORT = 128 << 10;
  static final long MAX_ALL = 256L << 20;

  /** Maximum number of reports kept per agent. */
  static final int MAX_KEPT = 8;

  /**
   * Time span over which reports are kept and rates are computed, once an agent has reported for
   * that long.
   */
  static final Duration SPAN = Duration.ofMinutes(1);

  /**
   * Volume report from an agent.
   *
   * @param state state of the agent when the report arrived: its process and the offered
   *     configuration
   * @param former time of the previous report; its own for the first one
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  public record Report(byte[] json, long nanos, String state, long former) {}

  @GuardedBy("this")
  private final Map<UUID, List<Report>> reports = new HashMap<>(); // latest last

  @GuardedBy("this")
  private long bytes; // of all reports

  private final FleetMemory account;

  VolumeReports(FleetMemory account) {
    this.account = account;
  }

  /**
   * Adds a report of an agent.
   *
   * @param nanos monotonic time of the report
   * @param state agent state; counts from different states are not compared
   */
  synchronized void put(UUID agent, byte[] report, long nanos, String state) {
    List<Report> before = reports.getOrDefault(agent, List.of());
    remove(agent);
    if (report.length == 0 || report.length > MAX_REPORT || !fits(agent, report, MAX_ALL)) {
      return;
    }
    List<Report> kept = new ArrayList<>();
    kept.add(new Report(report, nanos, state, before.isEmpty() ? nanos : before.getLast().nanos));
    bytes += report.length;
    for (Report r : before.reversed()) {
      long most = kept.size() == 1 ? MAX_ALL / 2 : MAX_ALL / 4;
      boolean old = kept.size() > 1 && nanos - kept.getLast().nanos >= SPAN.toNanos();
      if (old || !fits(agent, r.json, most)) {
        break;
      }
      kept.add(r);
      bytes += r.json.length;
    }
    if (kept.size() > MAX_KEPT) {
      free(agent, kept.remove(closest(kept)));
    }
    reports.put(agent, kept.reversed());
  }

  /**
   * Returns the index of the report closest in time to its neighbors, excluding the first and the
   * last three.
   */
  private static int closest(List<Report> latestFirst) {
    int out = 3;
    long least = Long.MAX_VALUE;
    for (int i = 3; i < latestFirst.size() - 1; i++) {
      long time = latestFirst.get(i - 1).nanos - latestFirst.get(i + 1).nanos;
      if (time < least) {
        least = time;
        out = i;
      }
    }
    return out;
  }

  synchronized void remove(UUID agent) {
    List<Report> all = reports.remove(agent);
    if (all != null) {
      all.forEach(r -> free(agent, r));
    }
  }

  /** Whether one more report fits, with the bytes of all together up to a limit; it is charged. */
  @GuardedBy("this")
  private boolean fits(UUID agent, byte[] report, long most) {
    return bytes + report.length <= most
        && account.set(
            agent,
            FleetMemory.Part.VOLUMES,
            account.of(agent, FleetMemory.Part.VOLUMES) + report.length);
  }

  @GuardedBy("this")
  private void free(UUID agent, Report r) {
    bytes -= r.json.length;
    account.set(
        agent,
        FleetMemory.Part.VOLUMES,
        account.of(agent, FleetMemory.Part.VOLUMES) - r.json.length);
  }

  /** Returns the last reports of an agent, most recent last; empty if none. */
  synchronized List<Report> all(UUID agent) {
    return List.copyOf(reports.getOrDefault(agent, List.of()));
  }

  /** Returns the last report of an agent; null if none. */
  synchronized @Nullable Report last(UUID agent) {
    List<Report> all = reports.get(agent);
    return all == null ? null : all.getLast();
  }
}
