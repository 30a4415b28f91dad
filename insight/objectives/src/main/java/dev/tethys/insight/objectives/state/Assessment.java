package dev.tethys.insight.objectives.state;

import dev.tethys.insight.objectives.BurnPair;
import dev.tethys.insight.objectives.BurnWindows;
import dev.tethys.insight.objectives.state.ObjectiveState.BurnRate;
import dev.tethys.insight.objectives.state.ObjectiveState.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Burn rates and the remaining budget out of ratios of failed events.
 *
 * @param ratio ratio of good events over the objective's window; NaN without events
 */
record Assessment(
    double ratio, double budget, List<BurnRate> burn, Status status, String severity) {
  /**
   * Computes it.
   *
   * @param failed share of failed events that is allowed
   * @param ratios ratio of failed events by window; without those that have no events
   */
  static Assessment of(
      double failed, Duration window, BurnWindows windows, Map<Duration, Double> ratios) {
    SortedMap<Duration, Double> rates = new TreeMap<>();
    for (Duration w : windows.all()) {
      Double r = ratios.get(w);
      if (r != null && Double.isFinite(r)) {
        rates.put(w, rate(r, failed));
      }
    }
    double inWindow = ratios.getOrDefault(window, Double.NaN);
    double budget = Double.isNaN(inWindow) ? Double.NaN : 1 - rate(inWindow, failed);
    String severity =
        exceeds(windows.page(), rates) ? "page" : exceeds(windows.ticket(), rates) ? "ticket" : "";
    Status status;
    if (Double.isNaN(budget) && rates.isEmpty()) {
      status = Status.NO_DATA;
    } else if (budget <= 0) {
      status = Status.EXHAUSTED;
    } else {
      status = severity.isEmpty() ? Status.OK : Status.BURNING;
    }
    List<BurnRate> burn = new ArrayList<>();
    rates.forEach((w, r) -> burn.add(new BurnRate(w, r)));
    return new Assessment(1 - inWindow, budget, burn, status, severity);
  }

  /** Failures in relation to those allowed; without any allowed, the first one spends all. */
  private static double rate(double ratio, double allowed) {
    return allowed > 0 ? ratio / allowed : ratio > 0 ? Double.MAX_VALUE : 0;
  }

  private static boolean exceeds(List<BurnPair> pairs, Map<Duration, Double> rates) {
    return pairs.stream()
        .anyMatch(
            p ->
                rates.getOrDefault(p.shortWindow(), 0.0) > p.factor()
                    && rates.getOrDefault(p.longWindow(), 0.0) > p.factor());
  }
}
