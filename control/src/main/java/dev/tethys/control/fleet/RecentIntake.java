package dev.tethys.control.fleet;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Items that agents received within the last minutes of their current configuration: in total, of
 * each signal and of each receiver, by the keys of {@link Totals#intake}. An agent that returns to
 * its former configuration continues with its points, so that reduced intake with an undone version
 * does not count as usual.
 *
 * <p>Has at most {@link #MAX_POINTS} points of {@link #MAX_KEYS} counts for each configuration of
 * an agent, and those of two configurations. Not safe for threads.
 */
public final class RecentIntake {
  /** Time span over which the usual intake is computed. */
  static final Duration MINUTE = Duration.ofMinutes(1);

  /** Part of that span whose rate is computed separately. */
  static final Duration PART = Duration.ofSeconds(15);

  /** Minimum time that reports must span for a usual intake. */
  static final Duration SHORTEST = Duration.ofSeconds(10);

  /** Time of reports from which the silences between them are known. */
  static final Duration ENOUGH = Duration.ofSeconds(30);

  /** Time after a change of counts within which agents report it. */
  private static final Duration REPORTED = Duration.ofSeconds(10);

  /** Time within which the first report of a configuration counts as its start. */
  private static final Duration SOON = Duration.ofSeconds(2);

  private static final Duration SPACING = Duration.ofSeconds(5);
  private static final Duration SPAN = Duration.ofMinutes(4);
  private static final int MAX_POINTS = 26;

  /** Recent points, at full resolution. */
  private static final int CLOSE = 14;

  /**
   * Reports with more items than the previous one that show a usual intake: fewer may be a burst.
   */
  private static final int FEWEST = 3;

  static final int MAX_KEYS = 32;

  /**
   * Usual intake of a key.
   *
   * @param perSecond items in a second over the last minute
   * @param least items in a second over the {@link #PART} of it with the fewest: bursts are not
   *     usual
   * @param silence the longest time without items
   */
  public record Usual(double perSecond, double least, Duration silence) {}

  private record Point(long nanos, long[] counts) {
    long of(int key) {
      return key < counts.length ? counts[key] : 0;
    }
  }

  /** Points of an agent with one configuration, the latest last. */
  private static final class Points {
    private final String configuration;
    private final List<Point> all = new ArrayList<>();
    private @Nullable Points former;

    Points(String configuration) {
      this.configuration = configuration;
    }
  }

  /** Intake state of an agent. */
  private static final class Agent {
    private final List<String> keys = new ArrayList<>();
    private Points points;

    Agent(String configuration) {
      points = new Points(configuration);
    }
  }

  private final Map<UUID, Agent> agents = new HashMap<>();

  /** Returns the maximum bytes used by the points of an agent. */
  static long bytes(int keys) {
    return 2L * MAX_POINTS * (64 + 8L * Math.min(keys, MAX_KEYS));
  }

  /**
   * Adds a report.
   *
   * @param configuration identifies the agent's configuration
   */
  void put(UUID agent, String configuration, Totals t, long nanos) {
    Agent a = agents.computeIfAbsent(agent, k -> new Agent(configuration));
    Map<String, Long> intake = t.intake();
    for (String key : intake.keySet()) {
      if (a.keys.size() < MAX_KEYS && !a.keys.contains(key)) {
        a.keys.add(key);
      }
    }
    long[] counts = new long[a.keys.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = intake.getOrDefault(a.keys.get(i), 0L);
    }
    Point now = new Point(nanos, counts);
    if (!a.points.configuration.equals(configuration)) {
      Points former = a.points.former;
      a.points.former = null;
      Points next =
          former != null && former.configuration.equals(configuration)
              ? resumed(former, now)
              : begun(configuration, last(a.points));
      next.former = a.points;
      a.points = next;
    }
    List<Point> all = a.points.all;
    Point last = last(a.points);
    if (last != null && countsAnew(last, now)) {
      all.clear();
    }
    // The first report of a configuration, after the last one of the previous, has items of both.
    int first = a.points.former == null ? 1 : 2;
    if (all.size() > first) {
      Point newest = all.removeLast();
      if (newest.nanos - all.getLast().nanos >= SPACING.toNanos()) {
        all.add(newest);
      }
    }
    all.add(now);
    while (all.size() > 2 && nanos - all.get(1).nanos >= SPAN.toNanos()) {
      all.removeFirst();
    }
    if (all.size() > MAX_POINTS) {
      int closest = first;
      for (int i = first + 1; i < all.size() - CLOSE; i++) {
        closest = gap(all, i) < gap(all, closest) ? i : closest;
      }
      all.remove(closest);
    }
  }

  private static long gap(List<Point> all, int i) {
    return all.get(i + 1).nanos - all.get(i - 1).nanos;
  }

  private static @Nullable Point last(Points p) {
    return p.all.isEmpty() ? null : p.all.getLast();
  }

  private static boolean countsAnew(Point before, Point now) {
    for (int i = 0; i < before.counts.length; i++) {
      if (now.of(i) < before.counts[i]) {
        return true;
      }
    }
    return false;
  }

  /** Starts with the previous point, since the first one after it already has items. */
  private static Points begun(String configuration, @Nullable Point last) {
    Points out = new Points(configuration);
    if (last != null) {
      out.all.add(last);
    }
    return out;
  }

  /** Continues at a later point, as if nothing had been counted since the last one. */
  private static Points resumed(Points former, Point now) {
    Points out = new Points(former.configuration);
    Point last = last(former);
    if (last != null) {
      for (Point p : former.all) {
        long[] moved = new long[now.counts.length];
        for (int i = 0; i < moved.length; i++) {
          moved[i] = p.of(i) + now.counts[i] - last.of(i);
        }
        out.all.add(new Point(p.nanos + now.nanos - last.nanos, moved));
      }
      out.all.removeLast(); // which is now
    }
    return out;
  }

  void remove(UUID agent) {
    agents.remove(agent);
  }

  /**
   * Returns the usual intake by key, for keys with items; empty if the reports cover too short a
   * time.
   */
  Map<String, Usual> usual(UUID agent, long nanos) {
    Map<String, Usual> out = new TreeMap<>();
    Agent a = agents.get(agent);
    List<Point> all = a == null ? List.of() : shown(a.points, nanos);
    if (a == null || all.size() < 2 || nanos - all.getFirst().nanos < SHORTEST.toNanos()) {
      return out;
    }
    long unknown = Math.max(0, ENOUGH.toNanos() - (nanos - all.getFirst().nanos));
    Point from = at(all, nanos - MINUTE.toNanos());
    Point last = all.getLast();
    for (int i = 0; i < a.keys.size(); i++) {
      long items = last.of(i) - from.of(i);
      long silence = silence(all, i, nanos);
      // A single arrival within the time does not show an interval.
      if (items > 0 && changes(all, i) >= FEWEST && nanos - all.getFirst().nanos >= 2 * silence) {
        out.put(
            a.keys.get(i),
            new Usual(
                items * 1e9 / (nanos - from.nanos),
                least(all, i, from.nanos),
                Duration.ofNanos(Math.max(silence, unknown))));
      }
    }
    return out;
  }

  /**
   * Returns the points of a configuration, preceded by those of the previous one if it has run too
   * briefly.
   */
  private static List<Point> shown(Points p, long nanos) {
    List<Point> out = new ArrayList<>(p.all);
    Points former = p.former;
    if (former != null && !out.isEmpty()) {
      Point first = out.getFirst();
      if (nanos - first.nanos < SHORTEST.toNanos()) {
        out.addAll(
            0,
            former.all.stream()
                .filter(e -> e.nanos - first.nanos < 0 && !countsAnew(e, first))
                .toList());
      }
    }
    return out;
  }

  private static double least(List<Point> all, int key, long from) {
    double out = Double.MAX_VALUE;
    int begin = 0;
    for (int end = 1; end < all.size(); end++) {
      while (all.get(end).nanos - all.get(begin + 1).nanos >= PART.toNanos()) {
        begin++;
      }
      Point b = all.get(begin);
      Point e = all.get(end);
      if (b.nanos - from >= 0 && e.nanos - b.nanos >= PART.toNanos()) {
        out = Math.min(out, (e.of(key) - b.of(key)) * 1e9 / (e.nanos - b.nanos));
      }
    }
    return out == Double.MAX_VALUE ? 0 : out;
  }

  private static int changes(List<Point> all, int key) {
    int out = 0;
    for (int i = 1; i < all.size(); i++) {
      out += all.get(i).of(key) > all.get(i - 1).of(key) ? 1 : 0;
    }
    return out;
  }

  /** Returns the longest time without items, which agents do not report. */
  private static long silence(List<Point> all, int key, long nanos) {
    long longest = 0;
    long since = all.getFirst().nanos;
    for (int i = 1; i < all.size(); i++) {
      Point p = all.get(i);
      if (p.of(key) > all.get(i - 1).of(key)) {
        longest = Math.max(longest, p.nanos - REPORTED.toNanos() - since);
        since = p.nanos;
      }
    }
    return Math.max(longest, nanos - REPORTED.toNanos() - since);
  }

  /** Returns the last point up to a time, or else the first one. */
  private static Point at(List<Point> all, long nanos) {
    Point out = all.getFirst();
    for (Point p : all) {
      out = p.nanos - nanos <= 0 ? p : out;
    }
    return out;
  }

  /**
   * Returns the items received under a key within a time limit up to now; -1 if the configuration
   * has run for less time.
   *
   * @param nanos current time; a silent agent received none
   */
  long taken(UUID agent, String key, Duration over, long nanos) {
    Agent a = agents.get(agent);
    List<Point> all = a == null ? List.of() : List.copyOf(a.points.all);
    long from = nanos - over.toNanos();
    if (a == null || all.isEmpty() || all.getFirst().nanos - from > 0) {
      return -1;
    }
    int i = a.keys.indexOf(key);
    Point base = at(all, from);
    boolean former = all.size() > 1 && base.nanos == all.getFirst().nanos;
    if (former && all.get(1).nanos - from <= SOON.toNanos()) {
      base = all.get(1); // the previous report may lack items of the previous configuration
    }
    return i < 0 ? 0 : all.getLast().of(i) - base.of(i);
  }
}
