package dev.tethys.control.api;

import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.config.Durations;
import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.ItemRates;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.versions.AgentVersions;
import dev.tethys.control.versions.ConfigVersion;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Agents and rollouts as JSON. */
public final class AgentJson {
  private AgentJson() {}

  /**
   * Renders an agent.
   *
   * @param runs the version that it is to run
   * @param rate null if unknown
   * @param whole whether to include health of components and the effective configuration
   */
  public static ObjectNode of(
      AgentState a, AgentVersions.Wanted runs, ItemRates.@Nullable Rate rate, boolean whole) {
    ConfigVersion wanted = a.acceptsConfiguration() ? runs.version() : null;
    ObjectNode n = JsonMapper.shared().createObjectNode();
    n.put("uid", a.uid().toString()).put("connected", a.connected());
    n.put("transport", a.transport()).put("lastSeenMillis", a.seenMillis());
    n.put("acceptsConfiguration", a.acceptsConfiguration());
    ObjectNode labels = n.putObject("labels");
    a.labels().forEach(labels::put);
    ComponentHealth h = a.health();
    if (h != null) {
      n.set("health", health(h, whole));
    }
    ObjectNode c = n.putObject("configuration");
    RemoteStatus s = a.remote();
    c.put("state", a.configState().name().toLowerCase(Locale.ROOT));
    c.put("hash", a.remoteHash()).put("error", s == null ? "" : s.error());
    if (wanted != null) {
      c.put("name", wanted.name()).put("version", wanted.number());
      c.put(
          "current",
          wanted.hash().equals(a.configHash()) && a.configState() == RemoteStatus.State.APPLIED);
    }
    if (!runs.why().isEmpty() && a.acceptsConfiguration()) {
      c.put("kept", runs.why());
    }
    n.put("acceptsPackages", a.acceptsPackages());
    if (a.packages() != null) {
      ObjectNode packages = n.putObject("packages");
      packages.put("state", a.packageState().name().toLowerCase(Locale.ROOT));
      packages.put("error", a.packageError());
      ArrayNode all = packages.putArray("packages");
      a.packages()
          .packages()
          .forEach(
              (name, p) ->
                  all.addObject()
                      .put("name", name)
                      .put("version", p.hasVersion())
                      .put("offeredVersion", p.offeredVersion())
                      .put("state", p.state().name().toLowerCase(Locale.ROOT))
                      .put("error", p.error())
                      .put("percent", p.percent()));
    }
    Totals t = a.totals();
    if (t != null) {
      ObjectNode items = n.putObject("items");
      if (t.memory() > 0) {
        n.put("memoryBytes", t.memory());
      }
      items.put("in", t.in()).put("out", t.out()).put("queued", t.queued());
      items.put("deadLettered", t.deadLettered()).put("returned", t.returned());
      if (rate != null) {
        items.put("inPerSecond", rate.in()).put("outPerSecond", rate.out());
      }
      ObjectNode dropped = items.putObject("dropped");
      t.dropped().forEach(dropped::put);
      if (whole) {
        ObjectNode exporters = items.putObject("exporters");
        t.exporters()
            .forEach(
                (name, x) -> {
                  ObjectNode e = exporters.putObject(name).put("in", x.in()).put("out", x.out());
                  e.put("queued", x.queued());
                  if (x.oldestMillis() >= 0) {
                    e.put("oldestMillis", x.oldestMillis());
                  }
                });
      }
    }
    if (whole) {
      n.put("effectiveConfiguration", a.config());
      if (!a.configOmitted().isEmpty()) {
        n.put("effectiveConfigurationOmitted", a.configOmitted());
      }
    }
    return n;
  }

  /**
   * Checks of fidelity, added up over agents.
   *
   * @param agents agents that report checks count
   */
  public static ArrayNode fidelity(Collection<AgentState> agents) {
    Map<String, Map<String, Long>> sums = new TreeMap<>();
    Map<String, Integer> reporting = new TreeMap<>();
    for (AgentState a : agents) {
      Totals t = a.totals();
      if (t != null) {
        t.fidelity()
            .forEach(
                (check, results) -> {
                  reporting.merge(check, 1, Integer::sum);
                  Map<String, Long> to = sums.computeIfAbsent(check, k -> new TreeMap<>());
                  results.forEach((result, n) -> to.merge(result, n, Long::sum));
                });
      }
    }
    ArrayNode out = JsonMapper.shared().createArrayNode();
    sums.forEach(
        (check, results) -> {
          int at = check.lastIndexOf('@');
          ObjectNode n = out.addObject();
          n.put("check", at < 0 ? check : check.substring(0, at));
          n.put("signal", at < 0 ? "" : check.substring(at + 1));
          n.put("agents", reporting.getOrDefault(check, 0));
          results.forEach(n::put);
        });
    return out;
  }

  private static ObjectNode health(ComponentHealth h, boolean whole) {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    n.put("healthy", h.healthy()).put("status", h.status()).put("error", h.error());
    if (whole && !h.parts().isEmpty()) {
      ObjectNode parts = n.putObject("components");
      h.parts().forEach((name, part) -> parts.set(name, health(part, true)));
    }
    return n;
  }

  /**
   * Renders a rollout; called under the lock of its owner.
   *
   * @param scope agents that are shown; outputs are compared over all agents of the rollout, so
   *     users with a smaller scope get the reason why there are none
   */
  public static ObjectNode of(Rollout r, Fleet fleet, Selector scope) {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    n.put("id", r.id).put("configuration", r.configuration).put("version", r.version);
    n.put("selector", r.selector.toString()).put("state", r.state.word());
    n.put("stateReason", r.stateReason).put("stage", r.stage + 1);
    n.put("resumesByItself", r.pausedBySilence);
    n.put("author", r.author).put("reason", r.reason).put("startedMillis", r.startedMillis);
    n.put("endedMillis", r.endedMillis);
    n.put("previousVersion", r.before == null ? 0 : r.before.version());
    n.put("applyTimeout", Durations.format(r.guard.applyTimeout()));
    n.put("soak", Durations.format(r.guard.soak()));
    n.put("maxLost", r.guard.maxLost()).put("query", r.guard.query());
    n.put("maxOutputChange", r.guard.maxOutputChange());
    n.put("maxMemoryGrowth", r.guard.maxMemoryGrowth());
    n.put("maxQueueAge", Durations.format(r.guard.maxQueueAge()));
    n.put("minItems", r.guard.minItems()).put("maxWait", Durations.format(r.guard.maxWait()));
    if (r.acceptedStage >= 0) {
      n.put("acceptedStage", r.acceptedStage + 1);
    }
    boolean seesAll = r.selector.isWithin(scope);
    if (seesAll) {
      r.outputs.put(n);
      if (!r.notJudged.isEmpty()) {
        ArrayNode not = n.putArray("notJudged");
        r.notJudged.forEach(not::add);
      }
    } else {
      n.put("scope", scope.toString());
      n.put(
          "outputsHidden",
          "outputs are compared over all agents of the rollout, also those outside of the scope of"
              + " the token: "
              + scope);
    }
    ArrayNode agents = n.putArray("agents");
    r.reached.forEach(
        (uid, x) -> {
          AgentState a = seesAll ? null : fleet.agent(uid);
          if (seesAll || a != null && scope.matches(a.labels())) {
            agents.addObject().put("uid", uid.toString()).put("applied", x.applied);
          }
        });
    return n;
  }
}
