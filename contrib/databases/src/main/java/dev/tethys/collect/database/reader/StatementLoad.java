package dev.tethys.collect.database.reader;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Calls and time of statements between two readings. Not thread-safe.
 *
 * @param <K> identifies a statement at its server
 */
public final class StatementLoad<K> {
  /** Calls and seconds of one statement. */
  public static final class Load {
    private double calls;
    private double seconds;
    private double other;

    /** Number of calls. */
    public double calls() {
      return calls;
    }

    /** Total time of the calls. */
    public double seconds() {
      return seconds;
    }

    /** Seconds of the engine's third total: of PostgreSQL I/O, of MySQL locks. */
    public double other() {
      return other;
    }
  }

  private final Map<K, Load> loads = new HashMap<>();

  private Load of(K k) {
    return loads.computeIfAbsent(k, _ -> new Load());
  }

  /**
   * Adds the difference of two totals. Totals that shrank were reset between the readings, so the
   * new ones count.
   */
  public void addDifference(K k, double[] from, double[] to) {
    boolean reset = to[0] < from[0] || to[1] < from[1];
    double calls = reset ? to[0] : to[0] - from[0];
    double seconds = reset ? to[1] : to[1] - from[1];
    double other = reset ? to[2] : Math.max(0, to[2] - from[2]);
    if (calls > 0 || seconds > 0) {
      Load l = of(k);
      l.calls += calls;
      l.seconds += seconds;
      l.other += other;
    }
  }

  /** Adds a call that still runs. */
  public void addRunning(K k, double seconds, double other) {
    Load l = of(k);
    l.calls++;
    l.seconds += seconds;
    l.other += other;
  }

  /** Subtracts what an earlier reading counted for a call that has ended since. */
  public void subtractCounted(K k, double seconds, double other) {
    Load l = loads.get(k);
    if (l == null) {
      return;
    }
    if (l.calls > 0 && l.seconds > seconds) {
      l.calls--;
      l.seconds -= seconds;
    }
    if (l.other > other) {
      l.other -= other;
    }
  }

  /** All loads by statement. */
  public Map<K, Load> loads() {
    return loads;
  }

  /** Statements with calls, those with the most time first. */
  public List<K> busiest() {
    List<Map.Entry<K, Load>> all = new ArrayList<>(loads.entrySet());
    all.removeIf(e -> e.getValue().seconds <= 0);
    all.sort(Comparator.comparingDouble((Map.Entry<K, Load> e) -> e.getValue().seconds).reversed());
    return all.stream().map(Map.Entry::getKey).toList();
  }
}
