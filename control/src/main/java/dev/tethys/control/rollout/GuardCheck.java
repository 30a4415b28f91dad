package dev.tethys.control.rollout;

/**
 * Condition of a rollout's guard. A check lives for one step of a rollout: it is given each agent
 * with the version, then returns a verdict for all of them. What must outlast the step is in {@link
 * Rollout}.
 */
interface GuardCheck {
  /** Checks an agent that the rollout has reached; the response is for this agent only. */
  default CheckResult add(ReachedAgent agent) {
    return CheckResult.PASS;
  }

  /** Returns the result for the rollout, after all agents were checked. */
  default CheckResult answer() {
    return CheckResult.PASS;
  }
}
