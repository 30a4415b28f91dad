package dev.tethys.control.api;

import dev.tethys.config.Durations;
import dev.tethys.control.access.Actor;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.rollout.Guard;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.text.Texts;
import dev.tethys.control.versions.AgentVersions;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.Packages;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Rollouts: list, start and changes. */
public final class RolloutsApi {
  /** Time for download, check and start of a package. */
  private static final Duration PACKAGE_TIMEOUT = Duration.ofMinutes(15);

  private final Fleet fleet;
  private final ConfigStore store;
  private final Packages packages;
  private final Rollouts rollouts;
  private final Tokens tokens;

  public RolloutsApi(
      Fleet fleet, ConfigStore store, Packages packages, Rollouts rollouts, Tokens tokens) {
    this.fleet = fleet;
    this.store = store;
    this.packages = packages;
    this.rollouts = rollouts;
    this.tokens = tokens;
  }

  public void addTo(Routes routes) {
    String path = ControlApi.ROOT + "/rollouts";
    routes.get(path, ControlApi.on(tokens, Tokens.Role.VIEWER, (q, u) -> rollouts(q)));
    routes.post(path, ControlApi.on(tokens, Tokens.Role.OPERATOR, this::start));
    routes.post(path + "/{id}/{change}", ControlApi.on(tokens, Tokens.Role.OPERATOR, this::change));
  }

  private JsonNode rollouts(HttpRequest q) {
    Selector scope = tokens.scope(q);
    return rollouts.read(
        (all, assignments) -> {
          ArrayNode out = JsonMapper.shared().createArrayNode();
          all.reversed().forEach(r -> out.add(AgentJson.of(r, fleet, scope)));
          return out;
        });
  }

  private JsonNode start(HttpRequest q, String user) throws IOException {
    JsonNode body = ControlApi.body(q);
    ControlApi.checkKeys(
        body,
        "configuration",
        "version",
        "package",
        "packageVersion",
        "selector",
        "author",
        "reason",
        "applyTimeout",
        "soak",
        "maxLost",
        "query",
        "minItems",
        "maxWait",
        "maxOutputChange",
        "maxMemoryGrowth",
        "maxQueueAge");
    String ofPackage = ControlApi.text(body, "package", false);
    boolean isPackage = !ofPackage.isEmpty();
    String reason = ControlApi.requiredReason(body);
    String name =
        isPackage ? Packages.PREFIX + ofPackage : ControlApi.text(body, "configuration", true);
    int number =
        isPackage
            ? packageNumber(ofPackage, ControlApi.text(body, "packageVersion", false))
            : versionNumber(body, name);
    boolean named =
        isPackage ? !ControlApi.text(body, "packageVersion", false).isEmpty() : body.has("version");
    if (!named) {
      refuseUndone(name, number, isPackage);
    }
    JsonNode lost = body.path("maxLost");
    if (!lost.isMissingNode() && !lost.isNumber()) {
      throw new IllegalArgumentException("member \"maxLost\" must be a number from 0 to 1");
    }
    JsonNode change = body.path("maxOutputChange");
    if (!change.isMissingNode() && !change.isNumber()) {
      throw new IllegalArgumentException("member \"maxOutputChange\" must be a number from 0");
    }
    JsonNode growth = body.path("maxMemoryGrowth");
    if (!growth.isMissingNode() && !growth.isNumber()) {
      throw new IllegalArgumentException("member \"maxMemoryGrowth\" must be a number from 0");
    }
    JsonNode items = body.path("minItems");
    if (!items.isMissingNode() && !items.canConvertToLong()) {
      throw new IllegalArgumentException("member \"minItems\" must be a number from 0");
    }
    Guard guard =
        new Guard(
            duration(
                body, "applyTimeout", isPackage ? PACKAGE_TIMEOUT : Guard.DEFAULT.applyTimeout()),
            duration(body, "soak", Guard.DEFAULT.soak()),
            lost.isMissingNode() ? Guard.DEFAULT.maxLost() : lost.doubleValue(),
            ControlApi.text(body, "query", false),
            items.isMissingNode() ? Guard.DEFAULT.minItems() : items.longValue(),
            duration(body, "maxWait", Guard.DEFAULT.maxWait()),
            change.isMissingNode() ? 0 : change.doubleValue(),
            growth.isMissingNode() ? Guard.DEFAULT.maxMemoryGrowth() : growth.doubleValue(),
            duration(body, "maxQueueAge", Guard.DEFAULT.maxQueueAge()));
    if (!guard.query().isEmpty() && !rollouts.hasQueries()) {
      throw new IllegalArgumentException(
          "query requires a Prometheus: start the control plane with --prometheus.url");
    }
    for (Selector holds : rollouts.assigned(name)) { // or a token could withdraw what others gave
      tokens.requireScope(q, "the present version of " + name, holds);
    }
    Rollout r =
        rollouts.start(
            name,
            number,
            Selector.parse(ControlApi.text(body, "selector", false)).and(tokens.scope(q)),
            guard,
            Actor.user(ControlApi.author(body, user)),
            reason);
    return rollouts.read((all, assignments) -> AgentJson.of(r, fleet, tokens.scope(q)));
  }

  private int versionNumber(JsonNode body, String name) {
    if (name.startsWith(Packages.PREFIX)) {
      throw new IllegalArgumentException("name a package with the member \"package\"");
    }
    JsonNode version = body.path("version");
    if (!version.isMissingNode() && !version.isInt()) {
      throw new IllegalArgumentException("member \"version\" must be a number");
    }
    return version.isMissingNode() ? store.versions(name).size() : version.intValue();
  }

  /** Rejects the latest version if it was undone, unless the request names it. */
  private void refuseUndone(String name, int number, boolean isPackage) {
    String why = rollouts.undone(name, number);
    if (why.isEmpty()) {
      return;
    }
    Packages.AgentPackage p =
        isPackage ? packages.find(name.substring(Packages.PREFIX.length()), "") : null;
    String version = p == null ? number + "" : p.version();
    throw new ConflictException(
        "the latest version of "
            + name
            + " is "
            + version
            + ", and "
            + why
            + "; to roll it out anyway, name it: "
            + (p == null
                ? "\"version\": " + version + ", or tool control rollout " + name + " " + version
                : "\"packageVersion\": \"" + version + "\""));
  }

  private int packageNumber(String name, String version) {
    Packages.AgentPackage p = packages.find(name, version);
    if (p == null) {
      throw new NotFoundException("unknown package " + Texts.shortened(name + " " + version, 160));
    }
    return p.number();
  }

  private static Duration duration(JsonNode body, String name, Duration otherwise) {
    String text = ControlApi.text(body, name, false);
    return text.isEmpty() ? otherwise : Durations.parse(text);
  }

  private JsonNode change(HttpRequest q, String user) throws IOException {
    long id = ControlApi.number("rollout", q.pathParam("id"));
    JsonNode body = ControlApi.body(q);
    ControlApi.checkKeys(body, "author", "reason");
    String author = ControlApi.author(body, user);
    tokens.requireScope(q, "rollout " + id, rollouts.selector(id));
    String reason = ControlApi.requiredReason(body);
    Rollout r =
        switch (q.pathParam("change")) {
          case "pause" -> rollouts.pause(id, author, reason);
          case "resume" -> rollouts.resume(id, author, reason);
          case "cancel" -> rollouts.cancel(id, Actor.user(author), reason);
          case "undo" -> rollouts.undo(id, Actor.user(author), reason);
          default ->
              throw new NotFoundException(
                  "a rollout can be changed by pause, resume, cancel and undo, not "
                      + Texts.shortened(q.pathParam("change"), 80));
        };
    Selector scope = tokens.scope(q);
    ObjectNode out = rollouts.read((all, assignments) -> AgentJson.of(r, fleet, scope));
    if (!r.state.stands()) {
      returns(out.putArray("returns"), r, scope);
    }
    return out;
  }

  /**
   * Adds the versions to which the agents of an undone rollout return, with the reason for agents
   * that cannot return.
   */
  private void returns(ArrayNode out, Rollout r, Selector scope) {
    Map<String, ObjectNode> rows = new TreeMap<>();
    for (AgentState a : r.isPackage() ? List.<AgentState>of() : rollouts.agents(r)) {
      if (scope.matches(a.labels())) {
        AgentVersions.Wanted w = rollouts.wanted(a);
        String why = w.kind() == AgentVersions.Kind.UNKNOWN ? "it keeps that" : w.why();
        ObjectNode row =
            rows.computeIfAbsent(
                w.kind() + w.text() + why,
                k ->
                    JsonMapper.shared()
                        .createObjectNode()
                        .put("to", w.text())
                        .put("agents", 0)
                        .put("why", why));
        row.put("agents", row.path("agents").asInt(0) + 1);
      }
    }
    rows.values().forEach(out::add);
  }
}
