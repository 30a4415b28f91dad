package dev.tethys.control;

import dev.tethys.control.Totals.Losses;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Items and losses of agents within the last one to two minutes. Guards compare with them, since
 * the sums since the start of an agent would hide or exaggerate what it loses now.
 *
 * <p>Has an entry of bounded size for each agent that reported accounts. Not safe for threads.
 */
final class RecentAccounts {
  /** Shortest time that a window has, once an agent has reported for as long. */
  static final Duration SPAN = Duration.ofMinutes(1);

  private record Point(Map<String, Losses> losses, long nanos) {
    Losses of(String key) {
      return losses.getOrDefault(key, Losses.NONE);
    }

    /** Whether some count is smaller than in an earlier point. */
    boolean countsAnewAfter(Point earlier) {
      Losses now = of(Totals.ALL);
      Losses then = earlier.of(Totals.ALL);
      return now.in() < then.in() || now.lost() < then.lost();
    }
  }

  private record Points(Point from, Point next, Point last) {}

  /** Items within a time. */
  record Window(long in, long lost, double seconds) {
    static final Window EMPTY = new Window(0, 0, 0);

    Window plus(Window other) {
      return new Window(in + other.in, lost + other.lost, Math.max(seconds, other.seconds));
    }

    /** Part of the items that was lost, 0 to 1. */
    double lostShare() {
      return in <= 0 ? 0 : Math.min(1, (double) lost / in);
    }

    double inPerSecond() {
      return seconds <= 0 ? 0 : in / seconds;
    }
  }

  private final Map<UUID, Points> agents = new HashMap<>();

  void put(UUID agent, Totals t, long nanos) {
    Point now = new Point(t.losses(), nanos);
    Points p = agents.get(agent);
    if (p == null || now.countsAnewAfter(p.last)) {
      agents.put(agent, new Points(now, now, now));
    } else if (nanos - p.next.nanos >= SPAN.toNanos()) {
      agents.put(agent, new Points(p.next, now, now));
    } else {
      agents.put(agent, new Points(p.from, p.next, now));
    }
  }

  void remove(UUID agent) {
    agents.remove(agent);
  }

  /** Window of an agent up to a time; empty where it has not reported accounts. */
  Window window(UUID agent, long nanos) {
    return windows(agent, nanos).getOrDefault(Totals.ALL, Window.EMPTY);
  }

  /** The same by signal, and of all together; a signal that counts anew has no losses. */
  Map<String, Window> windows(UUID agent, long nanos) {
    Points p = agents.get(agent);
    if (p == null) {
      return Map.of();
    }
    double seconds = (nanos - p.from.nanos) / 1e9;
    Map<String, Window> out = new TreeMap<>();
    for (Map.Entry<String, Losses> e : p.last.losses.entrySet()) {
      Losses from = p.from.of(e.getKey());
      long in = Math.max(0, e.getValue().in() - from.in());
      long lost = Math.max(0, e.getValue().lost() - from.lost());
      out.put(e.getKey(), new Window(in, lost, seconds));
    }
    return out;
  }
}
