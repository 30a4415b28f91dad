package dev.tethys.control.fleet;

import dev.tethys.control.fleet.Totals.Losses;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Items and losses of agents within the last one to two minutes of the configuration that they run.
 * Guards compare with them, since the totals since the start of an agent would hide or exaggerate
 * its current losses.
 *
 * <p>Invariant: losses with one version are never in the window of another. An agent that returns
 * to its former configuration continues with the window of that, so that a bad version which was
 * undone does not excuse the losses of the next one.
 *
 * <p>Has an entry of bounded size for each agent that reported accounts. Not safe for threads.
 */
public final class RecentAccounts {
  /** Minimum length of a window, once an agent has reported for that long. */
  public static final Duration SPAN = Duration.ofMinutes(1);

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

  /**
   * Points of an agent with one configuration.
   *
   * @param former accounts with the previous configuration; null if none
   */
  private record Points(
      String configuration, Point from, Point next, Point last, @Nullable Points former) {
    static Points at(String configuration, Point now, @Nullable Points former) {
      return new Points(configuration, now, now, now, former);
    }

    /** Continues at a later point, as if nothing had been counted since the last one. */
    Points resumed(Point now, Points former) {
      return new Points(
          configuration, moved(from, now), moved(next, now), now, former.withoutFormer());
    }

    private Point moved(Point p, Point now) {
      Map<String, Losses> losses = new TreeMap<>();
      now.losses.forEach(
          (signal, x) ->
              losses.put(
                  signal,
                  new Losses(
                      p.of(signal).in() + x.in() - last.of(signal).in(),
                      p.of(signal).lost() + x.lost() - last.of(signal).lost())));
      return new Point(losses, p.nanos + now.nanos - last.nanos);
    }

    Points withoutFormer() {
      return new Points(configuration, from, next, last, null);
    }
  }

  /** Items within a period. */
  public record Window(long in, long lost, double seconds) {
    public static final Window EMPTY = new Window(0, 0, 0);

    public Window plus(Window other) {
      return new Window(in + other.in, lost + other.lost, Math.max(seconds, other.seconds));
    }

    /** Returns the fraction of items that were lost, 0 to 1. */
    public double lostShare() {
      return in <= 0 ? 0 : Math.min(1, (double) lost / in);
    }

    public double inPerSecond() {
      return seconds <= 0 ? 0 : in / seconds;
    }
  }

  private final Map<UUID, Points> agents = new HashMap<>();

  /**
   * Adds a report.
   *
   * @param configuration identifies the agent's configuration
   */
  void put(UUID agent, String configuration, Totals t, long nanos) {
    Point now = new Point(t.lossCounts(), nanos);
    Points p = agents.get(agent);
    if (p == null) {
      agents.put(agent, Points.at(configuration, now, null));
    } else if (!p.configuration.equals(configuration)) {
      Points former = p.former;
      agents.put(
          agent,
          former != null && former.configuration.equals(configuration)
              ? former.resumed(now, p)
              : Points.at(configuration, now, p.withoutFormer()));
    } else if (now.countsAnewAfter(p.last)) {
      agents.put(agent, Points.at(configuration, now, p.former));
    } else if (nanos - p.next.nanos >= SPAN.toNanos()) {
      agents.put(agent, new Points(configuration, p.next, now, now, p.former));
    } else {
      agents.put(agent, new Points(configuration, p.from, p.next, now, p.former));
    }
  }

  void remove(UUID agent) {
    agents.remove(agent);
  }

  /** Returns the window of an agent up to a time; empty if it has not reported accounts. */
  Window window(UUID agent, long nanos) {
    return windows(agent, nanos).getOrDefault(Totals.ALL, Window.EMPTY);
  }

  /** Returns windows by signal and in total; a signal whose counts restarted has no losses. */
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
