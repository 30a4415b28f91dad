package dev.tethys.control.rollout;

import dev.tethys.config.Durations;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.RecentIntake.Usual;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.AgentContract;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Check of the intake of agents with the version: in total, of each signal and of each receiver. A
 * listener that moved, or a missing pipeline, loses nothing that could be counted. The rate over a
 * sliding window, which is {@code applyTimeout} or longer for rare items, is compared with that of
 * the minute before the version.
 */
final class IntakeCheck implements GuardCheck {
  /** Longest window of a package, whose {@code applyTimeout} is that of a download. */
  private static final Duration PACKAGE_WINDOW = Duration.ofMinutes(1);

  /** Time without a message after which it is unknown what an agent receives. */
  private static final Duration SILENT = Duration.ofSeconds(15);

  /** Minimum number of items expected within a window. */
  private static final double EXPECTED = 10;

  /** Fall of the rate from which a version is at fault. */
  private static final double FAULT = 0.9;

  /** Fall of the rate from which a stage waits. */
  private static final double WAITS = 0.5;

  /** Minimum number of items expected if there is any intake. */
  private static final double EXPECTED_OF_SOME = 50;

  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;
  private final Map<String, Double> vanished = new TreeMap<>(); // former rates by signal
  private String problem = "";
  private String undecided = "";

  IntakeCheck(Scheduler clock, Fleet fleet, Rollout r) {
    this.clock = clock;
    this.fleet = fleet;
    this.r = r;
  }

  /** The window of a rollout, before which no stage ends if its agents had any intake. */
  static Duration window(Rollout r) {
    Duration w = r.guard.applyTimeout();
    return r.isPackage() && w.compareTo(PACKAGE_WINDOW) > 0 ? PACKAGE_WINDOW : w;
  }

  @Override
  public CheckResult add(ReachedAgent agent) {
    AgentState a = agent.state();
    if (a != null && agent.reached().stage > r.acceptedStage) {
      add(agent.uid(), agent.reached(), a);
    }
    return CheckResult.PASS;
  }

  @Override
  public CheckResult answer() {
    r.outputs.vanish(vanished);
    return CheckResult.of(problem, undecided);
  }

  private void add(UUID uid, Reached reached, AgentState a) {
    if (!reached.applied || !a.connected() || r.guard.maxLost() >= 1) {
      return;
    }
    if (clock.millis() - a.seenMillis() > SILENT.toMillis() && !reached.intakeBefore.isEmpty()) {
      if (reached.stage == r.stage) {
        undecided = "agent " + fleet.nameOf(uid) + " has sent no message for a while";
      }
      return; // a connected agent sends heartbeats
    }
    for (Map.Entry<String, Usual> e : reached.intakeBefore.entrySet()) {
      Duration over = over(e.getValue());
      if (over.compareTo(longest()) <= 0) {
        add(uid, reached, e.getKey(), e.getValue(), over);
      }
    }
  }

  /** Returns the time within which items of a key must have arrived. */
  private Duration over(Usual before) {
    Duration regular =
        before.silence().multipliedBy(3).dividedBy(2).plus(AgentContract.REPORTED_WITHIN);
    Duration seldom = Duration.ofNanos((long) (EXPECTED / before.perSecond() * 1e9));
    Duration most = regular.compareTo(seldom) > 0 ? regular : seldom;
    return most.compareTo(window(r)) > 0 ? most : window(r);
  }

  private Duration longest() {
    Duration w = window(r);
    return r.guard.maxWait().compareTo(w) > 0 ? r.guard.maxWait() : w;
  }

  private void add(UUID uid, Reached reached, String key, Usual before, Duration over) {
    long now = clock.nanos();
    long since = now - reached.appliedNanos;
    if (since < window(r).toNanos()) {
      undecided =
          "the intake of agent "
              + fleet.nameOf(uid)
              + " is compared with that before the version over "
              + Durations.format(window(r));
      return;
    }
    long taken = fleet.taken(uid, key, over);
    boolean known = since >= over.toNanos() && taken >= 0;
    if (!known) {
      long first = fleet.taken(uid, key, Duration.ofNanos(since));
      if (first <= 0 && reached.stage == r.stage && undecided.isEmpty()) {
        undecided =
            "agent " + fleet.nameOf(uid) + " has taken no " + items(key) + " yet with the version";
      }
      return;
    }
    double seconds = over.toNanos() / 1e9;
    double expected = before.perSecond() * seconds;
    double least = Math.min(expected, before.least() * seconds);
    boolean some = least >= EXPECTED_OF_SOME;
    double fall = taken == 0 ? 1 : some ? 1 - taken / least : 0;
    boolean fault = taken == 0 || fall >= FAULT;
    boolean waits = fall >= WAITS;
    if (!fault && !waits || fall <= r.guard.maxLost() || isElsewhere(uid, reached, key, over)) {
      return;
    }
    String text =
        String.format(
            Locale.ROOT,
            "agent %s has taken %d %s within %s with the version (%.1f %%); before, it took %.1f a"
                + " second",
            fleet.nameOf(uid),
            taken,
            items(key),
            Durations.format(over),
            -100 * (1 - taken / expected),
            before.perSecond());
    boolean shared = othersTakeLess(key, over);
    if (fault && !shared) {
      problem = problem.isEmpty() ? text : problem;
      int at = key.indexOf(Totals.SIGNAL);
      if (taken == 0 && at == 0) {
        vanished.merge(key.substring(1), before.perSecond(), Double::sum);
      }
    } else if (reached.stage == r.stage) {
      undecided = text + (shared ? ", and agents without the version take less as well" : "");
    }
  }

  /** Items of a key, with its receiver. */
  private static String items(String key) {
    int at = key.indexOf(Totals.SIGNAL);
    if (at < 0) {
      return "items";
    }
    String items = LossSums.items(key.substring(at + 1));
    return at == 0 ? items : items + " by receiver " + key.substring(0, at);
  }

  /** Whether another receiver of the agent takes the items that are missing. */
  private boolean isElsewhere(UUID uid, Reached reached, String key, Duration over) {
    int at = key.indexOf(Totals.SIGNAL);
    Usual receiver = reached.intakeBefore.get(key);
    Usual signal = at <= 0 ? null : reached.intakeBefore.get(key.substring(at));
    if (receiver == null || signal == null) {
      return false;
    }
    double seconds = over.toNanos() / 1e9;
    double missing = receiver.perSecond() - fleet.taken(uid, key, over) / seconds;
    double missingOfAll = signal.perSecond() - fleet.taken(uid, key.substring(at), over) / seconds;
    return missingOfAll < missing / 2;
  }

  /** Whether the intake of agents without the version fell by more than half as well. */
  private boolean othersTakeLess(String key, Duration over) {
    double before = 0;
    double now = 0;
    for (Map.Entry<UUID, Map<String, Usual>> e : r.othersIntake.entrySet()) {
      Usual u = e.getValue().get(key);
      AgentState a = r.reached.containsKey(e.getKey()) ? null : fleet.agent(e.getKey());
      long taken = a == null || !a.connected() ? -1 : fleet.taken(e.getKey(), key, over);
      if (u != null && taken >= 0) {
        before += u.perSecond();
        now += taken * 1e9 / over.toNanos();
      }
    }
    return before > 0 && now < before / 2;
  }
}
