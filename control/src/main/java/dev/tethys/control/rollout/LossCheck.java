package dev.tethys.control.rollout;

import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.pipeline.Scheduler;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Check of the accounts of agents with the version: each separately, and all in total, must take
 * items as before and lose no larger share of them. Records from which accounts on losses count.
 */
final class LossCheck implements GuardCheck {
  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;
  private final OtherAgents others;
  private final LossSums all;
  private String undecided = "";

  LossCheck(Scheduler clock, Fleet fleet, Rollout r, OtherAgents others) {
    this.clock = clock;
    this.fleet = fleet;
    this.r = r;
    this.others = others;
    all = new LossSums(r, others);
  }

  @Override
  public CheckResult add(ReachedAgent agent) {
    Totals now = agent.totals();
    if (now == null) {
      return CheckResult.PASS;
    }
    String problem = agent.running() ? problem(agent.uid(), agent.reached(), now) : "";
    if (!problem.isEmpty()) {
      return CheckResult.undo(problem);
    }
    Totals then = agent.reached().atApply;
    if (then != null) {
      all.add(then, now, agent.reached());
    }
    return CheckResult.PASS;
  }

  @Override
  public CheckResult answer() {
    String problem = problem(all, "the agents of the rollout");
    return CheckResult.of(problem, undecided);
  }

  private String problem(UUID uid, Reached reached, Totals now) {
    @Nullable Totals then = reached.atApply;
    if (then == null
        || now.in() < then.in()
        || now.lost() < then.lost()
        || now.out() < then.out()) {
      // The first report after the version, or after a restart: losses count from there.
      reached.atApply = now;
      reached.reportsAtApply = fleet.reports(uid);
      reached.withVersion = now;
      reached.reportsWithVersion = reached.reportsAtApply;
      return "";
    }
    if (reached.withVersion == null && fleet.reports(uid) > reached.reportsAtApply) {
      reached.withVersion = now;
      reached.reportsWithVersion = fleet.reports(uid);
    }
    long in = now.in() - then.in();
    double seconds = (clock.nanos() - reached.appliedNanos) / 1e9;
    double expected = reached.inPerSecondBefore * seconds;
    if (in == 0
        && r.guard.minItems() > 0
        && expected >= r.guard.minItems()
        && seconds >= r.guard.applyTimeout().toMillis() / 1e3) {
      return String.format(
          Locale.ROOT,
          "agent %s has taken no items since it applied the version; before, it took %.1f a second",
          fleet.nameOf(uid),
          reached.inPerSecondBefore);
    }
    LossSums one = new LossSums(r, others);
    one.add(then, now, reached);
    return problem(one, "agent " + fleet.nameOf(uid));
  }

  private String problem(LossSums losses, String who) {
    String text = losses.problem(who);
    if (!losses.undecided().isEmpty()) {
      undecided = losses.undecided();
    }
    return text;
  }
}
