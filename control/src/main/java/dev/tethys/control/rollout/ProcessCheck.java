package dev.tethys.control.rollout;

import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.pipeline.Scheduler;
import java.util.UUID;

/** Checks that the processes of agents with the version stay healthy and do not restart. */
final class ProcessCheck implements GuardCheck {
  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;

  ProcessCheck(Scheduler clock, Fleet fleet, Rollout r) {
    this.clock = clock;
    this.fleet = fleet;
    this.r = r;
  }

  @Override
  public CheckResult add(ReachedAgent agent) {
    AgentState a = agent.state();
    if (!agent.running() || a == null) {
      return CheckResult.PASS;
    }
    if (endedAgain(agent.reached(), a)) {
      return CheckResult.undo(
          "the process of agent "
              + fleet.nameOf(agent.uid())
              + " ended after it applied the version, and was started again");
    }
    if (agent.reached().healthyBefore && !a.isHealthy()) {
      return CheckResult.undo(unhealthy(agent.uid(), a));
    }
    return CheckResult.PASS;
  }

  private String unhealthy(UUID uid, AgentState a) {
    return "agent "
        + fleet.nameOf(uid)
        + " became unhealthy: "
        + (a.health() == null ? "" : a.health().error());
  }

  /**
   * Whether the process ended too often. A process that ends and is started again by its service
   * manager is connected most of the time, so that its connection alone does not show it. One start
   * while the stage is observed is too many; later a single one may have another reason.
   */
  private boolean endedAgain(Reached reached, AgentState a) {
    long start = a.processStart();
    if (start == 0 || start == reached.processStart) {
      return false;
    }
    // Supervisors of other agents start the process to apply a configuration, and may report it as
    // applied before that start.
    boolean settling =
        a.totals() == null
            && clock.nanos() - reached.appliedNanos < ApplyCheck.FIRST_ACCOUNTS.toNanos();
    boolean first = reached.processStart == 0;
    reached.processStart = start;
    if (settling || first) {
      return false;
    }
    reached.atApply = null; // counts of the process before say nothing of this one
    reached.withVersion = null;
    reached.restarts++;
    return reached.stage == r.stage || reached.restarts > 1;
  }
}
