package dev.tethys.control.rollout;

import dev.tethys.config.Durations;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.AgentContract;
import java.time.Duration;

/** Checks that agents with the version have connected since the control plane was started. */
public final class SilenceCheck implements GuardCheck {
  /**
   * Time within which agents reconnect after a control plane restart. The state of an agent that
   * has not done so is unknown.
   */
  public static final Duration RETURN = AgentContract.LONGEST_ABSENCE.plusSeconds(10);

  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;
  private String silent = "";
  private boolean tooLong;

  SilenceCheck(Scheduler clock, Fleet fleet, Rollout r) {
    this.clock = clock;
    this.fleet = fleet;
    this.r = r;
  }

  @Override
  public CheckResult add(ReachedAgent agent) {
    Reached reached = agent.reached();
    if (!agent.isSilent()) {
      reached.heard = true;
      reached.excused = false;
      return CheckResult.PASS;
    }
    if (reached.excused) {
      return CheckResult.PASS;
    }
    Duration most = RETURN.compareTo(r.guard.applyTimeout()) > 0 ? RETURN : r.guard.applyTimeout();
    boolean late = clock.nanos() - reached.sinceNanos > most.toNanos();
    if (silent.isEmpty() || late && !tooLong) {
      silent =
          "agent "
              + fleet.nameOf(agent.uid())
              + " has not connected since the control plane was started"
              + (late ? ", within " : "; agents that run do so within ")
              + Durations.format(most);
    }
    tooLong |= late;
    return CheckResult.PASS;
  }

  @Override
  public CheckResult answer() {
    return silent.isEmpty() ? CheckResult.PASS : CheckResult.await(silent);
  }

  /** Whether an agent that is not excused is silent. */
  boolean hasSilent() {
    return !silent.isEmpty();
  }

  /**
   * Returns the reason why an agent has not returned in time; "" if all have returned or may still
   * do so.
   */
  String overdue() {
    return tooLong ? silent : "";
  }
}
