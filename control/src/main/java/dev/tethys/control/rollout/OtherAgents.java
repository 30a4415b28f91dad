package dev.tethys.control.rollout;

import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.RecentAccounts;
import dev.tethys.control.fleet.RecentIntake;
import dev.tethys.control.fleet.Totals;
import dev.tethys.pipeline.opamp.PipelineAccounts.Exporter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Agents in the scope of a rollout that it has not reached. A problem that they share with the
 * reached agents is not caused by the version.
 */
final class OtherAgents {
  /** Agents without the version, for comparison with those that have it. */
  private static final int MAX_OTHERS = 1_000;

  private final Fleet fleet;
  private final Rollout r;
  private @Nullable Map<String, RecentAccounts.Window> windows;

  OtherAgents(Fleet fleet, Rollout r) {
    this.fleet = fleet;
    this.r = r;
  }

  /** Accounts of connected agents that a rollout is for and has not reached. */
  static Map<UUID, Totals> totals(Fleet fleet, Rollout r) {
    Map<UUID, Totals> out = new LinkedHashMap<>();
    for (AgentState a : fleet.agents(r.selector)) {
      Totals t = a.totals();
      if (t != null
          && a.connected()
          && !r.reached.containsKey(a.uid())
          && out.size() < MAX_OTHERS) {
        out.put(a.uid(), t);
      }
    }
    return out;
  }

  /** Returns the usual intake of these agents. */
  static Map<UUID, Map<String, RecentIntake.Usual>> usualIntake(Fleet fleet, Rollout r) {
    Map<UUID, Map<String, RecentIntake.Usual>> out = new LinkedHashMap<>();
    r.othersThen.keySet().forEach(uid -> out.put(uid, fleet.usualIntake(uid)));
    return out;
  }

  /**
   * Returns the recent items, by signal, of the agents selected by the rollout but not reached yet.
   */
  static Map<String, RecentAccounts.Window> recent(Fleet fleet, Rollout r) {
    Map<String, RecentAccounts.Window> sums = new TreeMap<>();
    for (AgentState a : fleet.agents(r.selector)) {
      if (a.connected() && !r.reached.containsKey(a.uid())) {
        fleet
            .recentBySignal(a.uid())
            .forEach((signal, w) -> sums.merge(signal, w, RecentAccounts.Window::plus));
      }
    }
    return sums;
  }

  /**
   * Returns the increase, since the stage started, of the share lost by agents without the version.
   */
  double lossRise(String signal) {
    Map<String, RecentAccounts.Window> known = windows;
    if (known == null) {
      known = recent(fleet, r);
      windows = known;
    }
    RecentAccounts.Window w = known.getOrDefault(signal, RecentAccounts.Window.EMPTY);
    double before = LossSums.share(r.othersLostBefore, signal);
    return w.in() < Guard.MIN_COMPARED ? 0 : Math.max(0, w.lostShare() - before);
  }

  /** Whether agents without the version reject more than before as well. */
  boolean refuse() {
    double in = 0;
    double back = 0;
    double allowed = 0;
    for (BeforeAndAfterTotals o : all()) {
      double more = Math.max(0, o.now().in() - o.then().in());
      in += more;
      back += Math.max(0, o.now().returned() - o.then().returned());
      allowed += more * (RefusalCheck.share(o.then()) + r.guard.maxLost());
    }
    return in >= Guard.MIN_COMPARED && back > allowed;
  }

  /**
   * Whether agents without the version deliver less than half of their input in the meantime, such
   * as when the destination fails for all.
   */
  boolean hold(String exporter) {
    long in = 0;
    long out = 0;
    for (BeforeAndAfterTotals o : all()) {
      Exporter was = DeliveryCheck.of(o.then(), exporter);
      Exporter is = DeliveryCheck.of(o.now(), exporter);
      in += Math.max(0, is.in() - was.in());
      out += Math.max(0, is.out() - was.out());
    }
    return in >= Guard.MIN_COMPARED && out < in / 2;
  }

  /** Whether an exporter of another agent, with the version or without, has delivered. */
  boolean deliver(UUID uid, String exporter) {
    for (AgentState a : fleet.agents(r.selector)) {
      Totals t = a.totals();
      if (t != null
          && !a.uid().equals(uid)
          && t.deliveries().getOrDefault(exporter, DeliveryCheck.NONE).out() > 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether another agent, with the version or without, has delivered. */
  boolean deliver(UUID uid) {
    for (AgentState a : fleet.agents(r.selector)) {
      Totals t = a.totals();
      if (t != null && t.out() > 0 && !a.uid().equals(uid)) {
        return true;
      }
    }
    return false;
  }

  /** Accounts of an agent without the version, at the start of the stage and now. */
  private record BeforeAndAfterTotals(Totals then, Totals now) {}

  private List<BeforeAndAfterTotals> all() {
    List<BeforeAndAfterTotals> out = new ArrayList<>();
    r.othersThen.forEach(
        (uid, then) -> {
          AgentState a = r.reached.containsKey(uid) ? null : fleet.agent(uid);
          Totals now = a == null || !a.connected() ? null : a.totals();
          if (now != null) {
            out.add(new BeforeAndAfterTotals(then, now));
          }
        });
    return out;
  }
}
