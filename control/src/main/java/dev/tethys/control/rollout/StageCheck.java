package dev.tethys.control.rollout;

import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.pipeline.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Judgment of the agents that a rollout has reached, by the list of checks of its guard. The first
 * check that returns undo undoes the rollout; the stage passes when all checks pass. A reason to
 * wait is not a fault that all agents share; if it lasts, it is a reason to undo the rollout.
 * Called under the lock of the rollouts.
 */
final class StageCheck {
  private final Fleet fleet;
  private final Rollout r;
  private final SilenceCheck silence;
  private final ApplyCheck apply;
  private final ResourceCheck resources;
  private final List<GuardCheck> checks; // users see the first reason
  private String lacking = "";

  /**
   * @param holds time for which the version holds items on purpose; null if it is unknown
   * @param queries PromQL queries for guards; null without a Prometheus
   */
  StageCheck(
      Scheduler clock,
      Fleet fleet,
      Rollout r,
      ConfigVersion version,
      @Nullable Duration holds,
      @Nullable GuardQueries queries) {
    this.fleet = fleet;
    this.r = r;
    OtherAgents others = new OtherAgents(fleet, r);
    silence = new SilenceCheck(clock, fleet, r);
    apply = new ApplyCheck(clock, fleet, r, version);
    resources = new ResourceCheck(clock, fleet, r);
    checks =
        List.of(
            silence,
            apply,
            new ProcessCheck(clock, fleet, r),
            new LossCheck(clock, fleet, r, others),
            new MinItemsCheck(r),
            new RefusalCheck(clock, fleet, r, others),
            new DeliveryCheck(clock, fleet, r, others, holds),
            new IntakeCheck(clock, fleet, r),
            resources,
            new OutputCheck(fleet, r, apply),
            new QueryCheck(r, queries));
  }

  /** Evaluates the current state of the stage; called once. */
  CheckResult judge() {
    for (Map.Entry<UUID, Reached> e : r.reached.entrySet()) {
      ReachedAgent agent = new ReachedAgent(e.getKey(), e.getValue(), fleet.agent(e.getKey()));
      for (GuardCheck check : checks) {
        CheckResult v = check.add(agent);
        if (v.isUndo()) {
          return v;
        }
      }
    }
    r.notJudged = resources.notJudged();
    boolean passes = true;
    String waiting = "";
    for (GuardCheck check : checks) {
      CheckResult v = check.answer();
      if (v.isUndo()) {
        return v;
      }
      if (v.limited() && r.acceptedStage >= r.stage) {
        continue; // a user decided in place of the check
      }
      passes &= v.isPass();
      if (v.limited()) {
        lacking = lacking.isEmpty() ? v.reason() : lacking;
      } else {
        waiting = waiting.isEmpty() ? v.reason() : waiting;
      }
    }
    return passes ? CheckResult.PASS : CheckResult.await(waiting.isEmpty() ? lacking : waiting);
  }

  /** Whether an agent that is not excused has not connected since the control plane was started. */
  boolean hasSilent() {
    return silence.hasSilent();
  }

  /**
   * Returns the reason why an agent has not returned within the usual time after a start; "" if
   * none.
   */
  String overdue() {
    return silence.overdue();
  }

  /** Returns the evidence still missing after the longest wait of the guard; "" if none. */
  String lackingTooLong() {
    return !lacking.isEmpty() && apply.hasWaitedEnough() ? lacking : "";
  }
}
