package dev.tethys.control.api;

import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.FleetVolumes;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Agents of the fleet, with their volumes and fidelity. */
public final class AgentsApi {
  private final Fleet fleet;
  private final Rollouts rollouts;
  private final Tokens tokens;
  private final Scheduler clock;

  public AgentsApi(Fleet fleet, Rollouts rollouts, Tokens tokens, Scheduler clock) {
    this.fleet = fleet;
    this.rollouts = rollouts;
    this.tokens = tokens;
    this.clock = clock;
  }

  public void addTo(Routes routes) {
    routes.get(
        ControlApi.ROOT + "/agents", ControlApi.on(tokens, Tokens.Role.VIEWER, this::agents));
    routes.get(
        ControlApi.ROOT + "/agents/{uid}", ControlApi.on(tokens, Tokens.Role.VIEWER, this::agent));
    routes.get(
        ControlApi.ROOT + "/volumes", ControlApi.on(tokens, Tokens.Role.VIEWER, this::volumes));
    routes.get(
        ControlApi.ROOT + "/fidelity", ControlApi.on(tokens, Tokens.Role.VIEWER, this::fidelity));
  }

  private JsonNode agents(HttpRequest q, String user) {
    String selector = q.query().first("selector");
    int limit = ControlApi.limit(q.query(), ControlApi.MAX_LISTED);
    ArrayNode out = JsonMapper.shared().createArrayNode();
    for (AgentState a :
        fleet.agents(Selector.parse(selector == null ? "" : selector).and(tokens.scope(q)))) {
      if (out.size() >= limit) {
        break;
      }
      out.add(json(a, false));
    }
    return out;
  }

  private JsonNode agent(HttpRequest q, String user) {
    UUID uid;
    try {
      uid = UUID.fromString(q.pathParam("uid"));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(q.pathParam("uid") + " is not the UUID of an agent", e);
    }
    AgentState a = fleet.agent(uid);
    if (a == null || !tokens.scope(q).matches(a.labels())) {
      throw new NotFoundException("unknown agent " + uid);
    }
    return json(a, true);
  }

  private ObjectNode json(AgentState a, boolean whole) {
    ObjectNode out = AgentJson.of(a, rollouts.wanted(a), fleet.rate(a), whole);
    UUID of = fleet.duplicateOf(a.uid());
    if (of != null) {
      out.put("duplicateOf", of.toString());
    }
    return out;
  }

  private JsonNode fidelity(HttpRequest q, String user) {
    String selector = q.query().first("selector");
    return AgentJson.fidelity(
        fleet.agents(Selector.parse(selector == null ? "" : selector).and(tokens.scope(q))));
  }

  private JsonNode volumes(HttpRequest q, String user) {
    String selector = q.query().first("selector");
    String by = q.query().first("by");
    String signal = q.query().first("signal");
    String order = q.query().first("order");
    return fleet
        .volumes()
        .sum(
            fleet.agents(Selector.parse(selector == null ? "" : selector).and(tokens.scope(q))),
            by == null ? "" : by,
            signal == null ? "" : signal,
            ControlApi.limit(q.query(), ControlApi.MAX_LISTED),
            clock.nanos(),
            order == null ? FleetVolumes.Order.RATE : FleetVolumes.Order.of(order));
  }
}
