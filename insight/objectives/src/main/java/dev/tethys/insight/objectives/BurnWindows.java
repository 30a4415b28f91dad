package dev.tethys.insight.objectives;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Windows of burn rates of an objective. The factor of a pair is the share of the error budget that
 * may be spent in its long window, in relation to the objective's window. Shares of 28 and 30 days
 * are those of Google's SRE workbook, those of 7 days are Sloth's. For other windows the shares of
 * the workbook apply with a factor of at least 1, since a slower rate never spends the whole
 * budget.
 *
 * @param page pairs that page
 * @param ticket pairs that open a ticket
 * @param minPoints least share of points that must be present in the long window; 0 for no
 *     condition
 */
public record BurnWindows(List<BurnPair> page, List<BurnPair> ticket, double minPoints) {
  /** Shortest window of an objective whose policy is Google's: it exceeds all windows of rates. */
  public static final Duration MIN_GOOGLE = Duration.ofDays(7);

  /** Shortest window of an objective whose policy is Coroot's. */
  public static final Duration MIN_COROOT = Duration.ofDays(1);

  private static final Duration WEEK = Duration.ofDays(7);
  private static final Set<Duration> KNOWN = Set.of(WEEK, Duration.ofDays(28), Duration.ofDays(30));
  private static final double[] SHARES = {2, 5, 10, 10};
  private static final double[] SHARES_OF_WEEK = {8, 12.5, 20, 42};

  /** Windows of a policy for the window of an objective. */
  public static BurnWindows of(BurnPolicy policy, Duration period) {
    return switch (policy) {
      case GOOGLE -> google(period);
      case COROOT ->
          new BurnWindows(
              List.of(
                  new BurnPair(Duration.ofMinutes(5), Duration.ofHours(1), 14.4),
                  new BurnPair(Duration.ofMinutes(15), Duration.ofHours(6), 6)),
              List.of(),
              0.5);
    };
  }

  private static BurnWindows google(Duration period) {
    double[] shares = period.equals(WEEK) ? SHARES_OF_WEEK : SHARES;
    boolean known = KNOWN.contains(period);
    return new BurnWindows(
        List.of(
            pair(Duration.ofMinutes(5), Duration.ofHours(1), shares[0], period, known),
            pair(Duration.ofMinutes(30), Duration.ofHours(6), shares[1], period, known)),
        List.of(
            pair(Duration.ofHours(2), Duration.ofDays(1), shares[2], period, known),
            pair(Duration.ofHours(6), Duration.ofDays(3), shares[3], period, known)),
        0);
  }

  private static BurnPair pair(
      Duration shortWindow, Duration longWindow, double percent, Duration period, boolean exact) {
    double hours = percent * (period.toMillis() / 3.6e6) / 100;
    double factor = hours / (longWindow.toMillis() / 3.6e6);
    return new BurnPair(shortWindow, longWindow, exact ? factor : Math.max(1, factor));
  }

  /** Returns the window pairs of all severities. */
  public List<BurnPair> pairs() {
    List<BurnPair> out = new ArrayList<>(page);
    out.addAll(ticket);
    return out;
  }

  /** Windows, the shortest first. */
  public List<Duration> all() {
    TreeSet<Duration> out = new TreeSet<>();
    for (BurnPair p : pairs()) {
      out.add(p.shortWindow());
      out.add(p.longWindow());
    }
    return List.copyOf(out);
  }
}
