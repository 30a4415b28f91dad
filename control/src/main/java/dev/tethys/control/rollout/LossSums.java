package dev.tethys.control.rollout;

import dev.tethys.control.fleet.RecentAccounts;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.fleet.Totals.Losses;
import dev.tethys.control.rollout.Rollout.Reached;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Counts items lost by agents since they applied the version, for each signal and in total. The
 * loss of all items of a small signal may not be visible in the total.
 */
final class LossSums {
  /** Item names by signal. */
  private static final Map<String, String> ITEMS =
      Map.of(
          Totals.ALL, "items", "logs", "log records", "traces", "spans", "metrics", "data points");

  /** Reasons of a loss that its text names. */
  private static final int MAX_REASONS = 3;

  private final Rollout r;
  private final OtherAgents others;
  private final Map<String, Sum> sums = new TreeMap<>();
  private String undecided = "";

  LossSums(Rollout r, OtherAgents others) {
    this.r = r;
    this.others = others;
  }

  /** Returns the item name of a signal. */
  static String items(String signal) {
    return ITEMS.getOrDefault(signal, "items of " + signal);
  }

  /** Adds an agent with its accounts when it applied the version and now. */
  void add(Totals then, Totals now, Reached reached) {
    now.losses()
        .forEach(
            (signal, x) -> {
              Losses was = then.losses().getOrDefault(signal, Losses.NONE);
              double before = share(reached.lostBefore, signal);
              sums.computeIfAbsent(signal, Sum::new).add(was, x, before + r.guard.maxLost());
            });
  }

  /** Returns the reason to undo the rollout; "" if none. */
  String problem(String who) {
    for (Sum s : sums.values()) {
      String text = s.problem(who);
      if (!text.isEmpty()) {
        return text;
      }
    }
    return "";
  }

  /** Returns losses that also occur at agents without the version; "" if none. */
  String undecided() {
    return undecided;
  }

  /**
   * Returns the share of a signal, or the total share if none was recorded by signal, as in older
   * states.
   */
  static double share(Map<String, Double> shares, String signal) {
    String key = shares.size() == 1 ? Totals.ALL : signal;
    return shares.getOrDefault(key, 0.0);
  }

  /** Returns the fraction of items lost, by signal. */
  static Map<String, Double> shares(Map<String, RecentAccounts.Window> of) {
    Map<String, Double> out = new TreeMap<>();
    of.forEach((signal, w) -> out.put(signal, w.lostShare()));
    return out;
  }

  /**
   * Returns the fractions for one agent: recent losses, or losses since its start if it has
   * received few items since.
   */
  static Map<String, Double> shares(Totals t, Map<String, RecentAccounts.Window> recent) {
    Map<String, Double> out = new TreeMap<>();
    t.losses()
        .forEach(
            (signal, x) -> {
              RecentAccounts.Window w = recent.getOrDefault(signal, RecentAccounts.Window.EMPTY);
              RecentAccounts.Window all = new RecentAccounts.Window(x.in(), x.lost(), 0);
              out.put(signal, (w.in() >= Guard.MIN_COMPARED ? w : all).lostShare());
            });
    return out;
  }

  /** Items of one signal, or of all, with the losses that are permitted. */
  private final class Sum {
    private final String signal;
    private long in;
    private long lost;
    private double allowed;
    private final Map<String, Long> reasons = new TreeMap<>();

    Sum(String signal) {
      this.signal = signal;
    }

    void add(Losses then, Losses now, double share) {
      long more = Math.max(0, now.in() - then.in());
      long moreLost = now.lost() - then.lost();
      in += more;
      lost += Math.max(0, moreLost);
      allowed += share * Math.max(more, moreLost);
      now.reasons()
          .forEach(
              (reason, n) -> {
                long grown = n - then.reasons().getOrDefault(reason, 0L);
                if (grown > 0) {
                  reasons.merge(reason, grown, Long::sum);
                }
              });
    }

    /** Describes the reasons with the most items; "" if none is known. */
    private String describeReasons() {
      return reasons.isEmpty() ? "" : "; by reason: " + mostFrequent();
    }

    private String mostFrequent() {
      return reasons.entrySet().stream()
          .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
          .limit(MAX_REASONS)
          .map(e -> e.getKey() + " " + e.getValue())
          .collect(Collectors.joining(", "));
    }

    private String problem(String who) {
      long all = Math.max(in, lost);
      boolean enough =
          all >= Guard.MIN_COMPARED
              || all >= Guard.MIN_MOSTLY_LOST && lost > all / 2; // too few otherwise
      if (!enough || lost <= allowed) {
        return "";
      }
      String text =
          String.format(
              Locale.ROOT,
              "%s lost %d of %d %s (%.1f %%), at most %.1f %% are allowed%s",
              who,
              lost,
              all,
              items(signal),
              100.0 * lost / all,
              100 * allowed / all,
              describeReasons());
      if (lost > allowed + others.lossRise(signal) * all) {
        return text;
      }
      undecided =
          String.format(
              Locale.ROOT,
              "%s, and agents without the version lose %.1f %% more than before as well",
              text,
              100 * others.lossRise(signal));
      return "";
    }
  }
}
