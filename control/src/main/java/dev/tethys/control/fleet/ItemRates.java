package dev.tethys.control.fleet;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Items in a second of agents, by the times of their reports. A rate is unknown before two reports
 * of a process; that is not 0.
 *
 * <p>Keeps at most {@link #MAX_KEPT} reports of each agent. Not safe for threads.
 */
public final class ItemRates {
  /**
   * Time over which rates are computed; senders send in batches, so a shorter window would
   * fluctuate.
   */
  static final Duration SPAN = Duration.ofSeconds(30);

  static final int MAX_KEPT = 12;

  /** Shortest time span for computing a rate. */
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  /**
   * Silence after which an agent's counts are considered unchanged, because it reports only
   * changes.
   */
  private static final Duration SILENCE = Duration.ofSeconds(25);

  /** Items per second accepted by receivers and delivered by exporters. */
  public record Rate(double in, double out) {}

  private record Point(long in, long out, long nanos) {}

  private final Map<UUID, Deque<Point>> agents = new HashMap<>(); // the latest last

  void put(UUID agent, Totals t, long nanos) {
    Deque<Point> all = agents.computeIfAbsent(agent, k -> new ArrayDeque<>());
    Point last = all.peekLast();
    if (last != null && (t.in() < last.in || t.out() < last.out)) { // it counts anew
      all.clear();
    }
    if (all.size() > 1) {
      // A report soon after the previous one takes its place, so that the span has space.
      Point newest = all.removeLast();
      Point before = all.getLast();
      if (newest.nanos - before.nanos >= SPAN.toNanos() / (MAX_KEPT - 2)) {
        all.addLast(newest);
      }
    }
    all.addLast(new Point(t.in(), t.out(), nanos));
    while (all.size() > 2 && nanos - second(all).nanos >= SPAN.toNanos()) {
      all.removeFirst();
    }
    if (all.size() > MAX_KEPT) {
      all.removeFirst();
    }
  }

  private static Point second(Deque<Point> all) {
    var each = all.iterator();
    each.next();
    return each.next();
  }

  void remove(UUID agent) {
    agents.remove(agent);
  }

  /** Returns the rate of an agent at a time; null if unknown. */
  @Nullable Rate of(UUID agent, long nanos) {
    Deque<Point> all = agents.get(agent);
    if (all == null || all.size() < 2) {
      return null;
    }
    Point first = all.getFirst();
    Point last = all.getLast();
    long end = nanos - last.nanos > SILENCE.toNanos() ? nanos : last.nanos;
    for (Point p : all) {
      first = end - p.nanos >= SPAN.toNanos() ? p : first;
    }
    long span = end - first.nanos;
    return span < SHORTEST.toNanos()
        ? null
        : new Rate((last.in - first.in) * 1e9 / span, (last.out - first.out) * 1e9 / span);
  }
}
