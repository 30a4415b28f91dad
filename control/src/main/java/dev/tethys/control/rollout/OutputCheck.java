package dev.tethys.control.rollout;

import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Check of the outputs of agents with the version against {@code maxOutputChange}. Also keeps the
 * comparison of them up to date, which is shown without a limit as well.
 */
final class OutputCheck implements GuardCheck {
  private final Fleet fleet;
  private final Rollout r;
  private final ApplyCheck apply;

  OutputCheck(Fleet fleet, Rollout r, ApplyCheck apply) {
    this.fleet = fleet;
    this.r = r;
    this.apply = apply;
  }

  @Override
  public CheckResult answer() {
    update();
    double most = r.guard.maxOutputChange();
    if (most <= 0) {
      return CheckResult.PASS;
    }
    String undecided = r.outputs.undecided(most);
    if (!undecided.isEmpty() && apply.hasWaitedEnough() && r.outputs.passesInPart(most)) {
      undecided = "";
    }
    return CheckResult.of(
        r.outputs.problem(most), undecided.isEmpty() ? r.outputs.undelivered(most) : undecided);
  }

  private void update() {
    Map<UUID, Long> applied = new LinkedHashMap<>();
    r.reached.forEach(
        (u, x) -> {
          if (x.applied && applied.size() < OutputComparison.MAX_AGENTS) {
            applied.put(u, x.appliedNanos);
          }
        });
    List<UUID> others = new ArrayList<>();
    for (AgentState a : fleet.agents(r.selector)) {
      if (others.size() < OutputComparison.MAX_AGENTS
          && a.connected()
          && !r.reached.containsKey(a.uid())) {
        others.add(a.uid());
      }
    }
    r.outputs.update(fleet.volumes(), applied, others);
  }
}
