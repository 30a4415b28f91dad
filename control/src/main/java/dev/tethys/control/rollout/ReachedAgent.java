package dev.tethys.control.rollout;

import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout.Reached;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Agent reached by a rollout, at one step.
 *
 * @param reached state of the agent known to the rollout
 * @param state null if it has not connected since the control plane was started
 * @param running whether it is connected and had applied the version before this step
 */
record ReachedAgent(UUID uid, Reached reached, @Nullable AgentState state, boolean running) {
  ReachedAgent(UUID uid, Reached reached, @Nullable AgentState state) {
    this(uid, reached, state, state != null && state.connected() && reached.applied);
  }

  /**
   * Whether nothing is known about it: the control plane was started after the agent got the
   * version.
   */
  boolean isSilent() {
    return state == null && !reached.heard;
  }

  /** Returns the current item counts of the agent; null if unknown. */
  @Nullable Totals totals() {
    return state == null ? null : state.totals();
  }
}
