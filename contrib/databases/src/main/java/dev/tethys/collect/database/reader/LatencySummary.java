package dev.tethys.collect.database.reader;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Average, maximum and quantiles of call durations that are known by class only. Each class has a
 * number of calls and their total time; all its calls count with the class average.
 */
public final class LatencySummary {
  private record CallClass(double average, double calls) {}

  private final List<CallClass> classes = new ArrayList<>();
  private double calls;
  private double seconds;

  /** Adds a class of calls; without calls it is ignored. */
  public void add(double totalSeconds, double count) {
    if (count > 0) {
      classes.add(new CallClass(totalSeconds / count, count));
      calls += count;
      seconds += totalSeconds;
    }
  }

  /**
   * The values by name: {@code avg}, {@code max} and {@code p50} for a quantile of 50.
   *
   * @param quantiles in percent, above 0 and at most 100; with another one the result is empty
   */
  public Map<String, Double> values(double... quantiles) {
    Map<String, Double> out = new LinkedHashMap<>();
    if (classes.isEmpty() || quantiles.length == 0) {
      return out;
    }
    List<CallClass> sorted = new ArrayList<>(classes);
    sorted.sort(Comparator.comparingDouble(CallClass::average));
    out.put("avg", seconds / calls);
    out.put("max", sorted.getLast().average());
    for (double q : quantiles) {
      if (!(q > 0 && q <= 100)) {
        return Map.of();
      }
      double rank = Math.floor(calls * q / 100);
      double seen = 0;
      for (CallClass c : sorted) {
        seen += c.calls();
        if (seen >= rank) {
          out.put("p" + String.format(Locale.ROOT, q % 1 == 0 ? "%.0f" : "%s", q), c.average());
          break;
        }
      }
    }
    return out;
  }
}
