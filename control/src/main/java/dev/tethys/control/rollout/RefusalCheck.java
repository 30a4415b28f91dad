package dev.tethys.control.rollout;

import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.pipeline.Scheduler;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;

/**
 * Checks for agents that reject a larger share of their items than before, as with a memory limit
 * that is too low. Nothing is lost while their sources retry, but they will not do so forever. An
 * agent that keeps rejecting is a reason to undo, unless agents without the version do so as well.
 */
final class RefusalCheck implements GuardCheck {
  /**
   * Time for which an agent must reject more than before until the version is considered faulty.
   */
  static final Duration REFUSING = Duration.ofSeconds(10);

  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;
  private final OtherAgents others;
  private String undecided = "";
  private String problem = "";

  RefusalCheck(Scheduler clock, Fleet fleet, Rollout r, OtherAgents others) {
    this.clock = clock;
    this.fleet = fleet;
    this.r = r;
    this.others = others;
  }

  @Override
  public CheckResult add(ReachedAgent agent) {
    Totals then = agent.reached().atApply;
    Totals now = agent.totals();
    if (then != null && now != null && agent.reached().stage > r.acceptedStage) {
      add(agent.uid(), agent.reached(), then, now);
    }
    return CheckResult.PASS;
  }

  @Override
  public CheckResult answer() {
    return CheckResult.of(problem, undecided);
  }

  private void add(UUID uid, Reached reached, Totals then, Totals now) {
    long in = now.in() - then.in();
    long back = now.returned() - then.returned();
    double before = share(then);
    double allowed = before + r.guard.maxLost();
    if (in < Guard.MIN_COMPARED || back <= allowed * in) {
      reached.refusesSince = null;
      return;
    }
    String text =
        String.format(
            Locale.ROOT,
            "agent %s has refused %d of %d items (%.1f %%) since it applied the version, before it"
                + " %.1f %%; their sources have them",
            fleet.nameOf(uid),
            back,
            in,
            100.0 * back / in,
            100 * before);
    undecided = undecided.isEmpty() ? text : undecided;
    Long since = reached.refusesSince;
    Totals from = reached.refusesFrom;
    if (since == null || from == null) {
      reached.refusesSince = clock.nanos();
      reached.refusesFrom = now;
    } else if (clock.nanos() - since >= REFUSING.toNanos()) {
      // Rejections during the update do not indicate a problem of the version.
      long more = now.returned() - from.returned();
      boolean continues =
          more >= Guard.MIN_MOSTLY_LOST && more > allowed * Math.max(more, now.in() - from.in());
      if (continues && !others.refuse()) {
        problem = problem.isEmpty() ? text : problem;
      } else if (!continues) {
        reached.refusesSince = null;
      }
    }
  }

  /** Returns the fraction of items that an agent rejected. */
  static double share(Totals t) {
    return t.in() <= 0 ? 0 : (double) t.returned() / t.in();
  }
}
