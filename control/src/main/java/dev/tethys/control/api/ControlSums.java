package dev.tethys.control.api;

import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.live.ControlCounts;
import dev.tethys.control.live.Controls;
import dev.tethys.control.live.LiveControl;
import dev.tethys.control.live.QuotaWatch;
import dev.tethys.control.opamp.Offers;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sums of the counts and states of all controls over the fleet, computed in one pass over the
 * agents.
 */
final class ControlSums {
  private static final class Sum {
    private final Map<String, Integer> states = new TreeMap<>();
    private ControlCounts.Sum counts = ControlCounts.Sum.NONE;
    private String step = "";
  }

  private final Controls.State of;
  private final Map<String, Sum> sums = new HashMap<>();

  private ControlSums(Controls.State of) {
    this.of = of;
  }

  /**
   * Sums over agents.
   *
   * @param all whether the sums include agents that are gone
   */
  static ControlSums over(
      Controls.State of,
      List<AgentState> agents,
      ControlCounts counts,
      Offers offers,
      boolean all) {
    ControlSums out = new ControlSums(of);
    of.all.keySet().forEach(id -> out.sums.put(id, new Sum()));
    agents.forEach(a -> out.add(a, offers.common(a)));
    of.all.forEach(
        (id, c) -> {
          Sum s = out.sums.get(id);
          if (s != null && all) {
            s.counts = counts.of(c, agents);
          } else if (s != null) {
            agents.forEach(a -> s.counts = s.counts.plus(counts.of(c, a)));
          }
        });
    return out;
  }

  /** Adds an agent's state; an ended control has counts at agents but no state. */
  private void add(AgentState a, String common) {
    Totals t = a.totals();
    if (t != null && t.controls() != null) {
      for (String id : t.controls().keySet()) {
        Sum s = sums.get(id);
        LiveControl c = of.all.get(id);
        if (s != null && c != null) {
          PipelineAccounts.Control n = c.countsIn(t);
          for (PipelineAccounts.QuotaUse u : n.quotas()) {
            s.step = QuotaWatch.further(s.step, u.step());
          }
        }
      }
    }
    for (LiveControl c : of.active) {
      Sum s = sums.get(c.control().id());
      if (s != null && c.selector().matches(a.labels())) {
        s.states.merge(Offers.of(c, a, common), 1, Integer::sum);
      }
    }
  }

  /** Returns the state that was summed. */
  Controls.State of() {
    return of;
  }

  void put(ObjectNode n, LiveControl c) {
    Sum s = sums.getOrDefault(c.control().id(), new Sum());
    n.put("matched", s.counts.matched()).put("dropped", s.counts.dropped());
    n.put("changed", s.counts.changed()).put("removedBytes", s.counts.removedBytes());
    if (!s.step.isEmpty()) {
      n.put("quotaStep", s.step);
    }
    ObjectNode states = n.putObject("agentStates");
    s.states.forEach(states::put);
  }
}
