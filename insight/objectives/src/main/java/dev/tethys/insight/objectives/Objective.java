package dev.tethys.insight.objectives;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Service level objective: the least share of good events over a rolling window.
 *
 * @param id unique identity, in the label {@code sloth_id}
 * @param entity id of the entity that it is about; "" for that of the service
 * @param where {@code file:line:column}
 * @param file path of the file
 * @param spec format in which it is written
 * @param percent target in percent
 */
public record Objective(
    String id,
    String name,
    String service,
    String entity,
    String description,
    String where,
    String file,
    String spec,
    double percent,
    Duration window,
    BurnPolicy policy,
    ErrorRatio indicator,
    Map<String, String> labels,
    List<ObjectiveAlert> alerts) {
  /** Shortest window of a burn rate, the window of the current one. */
  public static final Duration CURRENT = Duration.ofMinutes(5);

  public Objective {
    labels = Map.copyOf(labels);
    alerts = List.copyOf(alerts);
  }

  /** Target as a ratio, divided as Sloth divides it. */
  public double target() {
    return percent / 100;
  }

  /** Share of events that may fail, subtracted as Sloth does. */
  public double budget() {
    return (100 - percent) / 100;
  }

  /** Returns the burn rate windows. */
  public BurnWindows burnWindows() {
    return BurnWindows.of(policy, window);
  }

  /** Returns the windows over which its ratio is recorded, shortest first, its own window last. */
  public List<Duration> recorded() {
    TreeSet<Duration> out = new TreeSet<>(burnWindows().all());
    for (ObjectiveAlert a : alerts) {
      if (a instanceof ObjectiveAlert.OnBurnRate b) {
        out.add(b.window());
      }
    }
    out.remove(window);
    List<Duration> all = new ArrayList<>(out);
    all.add(window);
    return all;
  }

  /** {@code file:line}. */
  public String source() {
    int column = where.lastIndexOf(':');
    return column > where.indexOf(':') ? where.substring(0, column) : where;
  }
}
