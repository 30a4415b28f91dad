package dev.tethys.control;

import dev.tethys.pipeline.extension.opamp.PipelineAccounts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/** Sums of the counts and states of all controls over the fleet, in one pass over the agents. */
final class ControlSums {
  private static final class Sum {
    private final Map<String, Integer> states = new TreeMap<>();
    private long matched;
    private long dropped;
    private long changed;
    private long removedBytes;
    private String step = "";
  }

  private final Controls.State of;
  private final Map<String, Sum> sums = new HashMap<>();

  private ControlSums(Controls.State of) {
    this.of = of;
  }

  static ControlSums over(Controls.State of, List<AgentState> agents, Offers offers) {
    ControlSums out = new ControlSums(of);
    of.all.keySet().forEach(id -> out.sums.put(id, new Sum()));
    agents.forEach(a -> out.add(a, offers.common(a)));
    return out;
  }

  /** An ended control has counts at agents, and no state. */
  private void add(AgentState a, String common) {
    Totals t = a.totals();
    if (t != null && t.controls() != null) {
      for (String id : t.controls().keySet()) {
        Sum s = sums.get(id);
        LiveControl c = of.all.get(id);
        if (s != null && c != null) {
          PipelineAccounts.Control n = t.control(c);
          s.matched += n.matched();
          s.dropped += n.dropped();
          s.changed += n.changed();
          s.removedBytes += n.removedBytes();
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

  /** The state that was summed. */
  Controls.State of() {
    return of;
  }

  void put(ObjectNode n, LiveControl c) {
    Sum s = sums.getOrDefault(c.control().id(), new Sum());
    n.put("matched", s.matched).put("dropped", s.dropped).put("changed", s.changed);
    n.put("removedBytes", s.removedBytes);
    if (!s.step.isEmpty()) {
      n.put("quotaStep", s.step);
    }
    ObjectNode states = n.putObject("agentStates");
    s.states.forEach(states::put);
  }
}
