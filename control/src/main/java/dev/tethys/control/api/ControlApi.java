package dev.tethys.control.api;

import dev.tethys.codec.opamp.SignedConfig;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.control.access.Actor;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.FleetVolumes;
import dev.tethys.control.rollout.Guard;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.text.Texts;
import dev.tethys.control.validation.VersionCheck;
import dev.tethys.control.versions.AgentVersions;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Diff;
import dev.tethys.control.versions.Packages;
import dev.tethys.model.OneLineText;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** HTTP API of the control plane under {@code /api/v1/control}, with Prometheus's envelope. */
public final class ControlApi {
  public static final String ROOT = "/api/v1/control";

  private static final int MAX_BODY = 4 << 20;

  /** A character that is seen: fillers are letters, and an empty Braille cell is a symbol. */
  private static final Pattern VISIBLE =
      Pattern.compile("[\\p{L}\\p{N}\\p{P}\\p{S}&&[^\\u115F\\u1160\\u2800\\u3164\\uFFA0]]");

  private static final int MAX_REASON = 1024;

  private static final int MAX_LISTED = 10_000;

  /** Time for download, check and start of a package. */
  private static final Duration PACKAGE_TIMEOUT = Duration.ofMinutes(15);

  private static final JsonMapper JSON = JsonMapper.shared();

  private final Fleet fleet;
  private final ConfigStore store;
  private final Packages packages;
  private final Rollouts rollouts;
  private final AuditLog audit;
  private final Tokens tokens;
  private final VersionCheck check;
  private final Scheduler clock;

  public ControlApi(
      Fleet fleet,
      ConfigStore store,
      Packages packages,
      Rollouts rollouts,
      AuditLog audit,
      Tokens tokens,
      VersionCheck check,
      Scheduler clock) {
    this.fleet = fleet;
    this.store = store;
    this.packages = packages;
    this.rollouts = rollouts;
    this.audit = audit;
    this.tokens = tokens;
    this.check = check;
    this.clock = clock;
  }

  /** Answer to a request of a user. */
  interface Action {
    JsonNode answer(HttpRequest q, String user) throws IOException;
  }

  public void addTo(Routes routes) {
    routes.get(ROOT + "/agents", on(Tokens.Role.VIEWER, this::agents));
    routes.get(ROOT + "/agents/{uid}", on(Tokens.Role.VIEWER, this::agent));
    routes.get(ROOT + "/volumes", on(Tokens.Role.VIEWER, this::volumes));
    routes.get(ROOT + "/fidelity", on(Tokens.Role.VIEWER, this::fidelity));
    routes.get(ROOT + "/configurations", on(Tokens.Role.VIEWER, (q, u) -> configurations()));
    routes.post(ROOT + "/configurations", on(Tokens.Role.OPERATOR, this::push));
    routes.get(ROOT + "/configurations/{name}", on(Tokens.Role.VIEWER, this::versions));
    routes.get(ROOT + "/configurations/{name}/{version}", on(Tokens.Role.VIEWER, this::version));
    routes.get(ROOT + "/diff/{name}", on(Tokens.Role.VIEWER, this::diff));
    routes.get(ROOT + "/rollouts", on(Tokens.Role.VIEWER, (q, u) -> rollouts(q)));
    routes.post(ROOT + "/rollouts", on(Tokens.Role.OPERATOR, this::start));
    routes.post(ROOT + "/rollouts/{id}/{change}", on(Tokens.Role.OPERATOR, this::change));
    routes.get(ROOT + "/audit", answering(tokens, Tokens.Role.VIEWER, this::auditLog));
    routes.get(
        ROOT + "/audit/export", answering(tokens, Tokens.Role.ADMIN, (q, r, u) -> export(r)));
    routes.get(ROOT + "/audit/verify", on(Tokens.Role.VIEWER, (q, u) -> verify()));
  }

  private HttpHandler on(Tokens.Role role, Action action) {
    return on(tokens, role, action);
  }

  /** Writes the answer to a request of a user. */
  public interface Answer {
    void write(HttpRequest q, HttpResponse r, String user) throws IOException;
  }

  /** Handler of requests of users with a role, whose answer has the envelope. */
  static HttpHandler on(Tokens tokens, Tokens.Role role, Action action) {
    return answering(
        tokens,
        role,
        (q, r, user) -> {
          ObjectNode out = JSON.createObjectNode().put("status", "success");
          out.set("data", action.answer(q, user));
          send(r, out);
        });
  }

  /** Handler of requests of users with a role; errors have the envelope. */
  public static HttpHandler answering(Tokens tokens, Tokens.Role role, Answer answer) {
    return (q, r) -> {
      try {
        answer.write(q, r, tokens.require(q, role));
      } catch (NotFoundException e) {
        fail(r, 404, "not_found", e.getMessage());
      } catch (ConflictException e) {
        fail(r, 409, "conflict", e.getMessage());
      } catch (ConfigException e) {
        fail(r, 422, "invalid_configuration", e.getMessage());
      } catch (HttpException e) {
        if (e.status() == 401) {
          r.header("WWW-Authenticate", "Bearer");
        }
        fail(r, e.status(), "refused", e.getMessage());
      } catch (IllegalArgumentException e) {
        fail(r, 400, "bad_data", e.getMessage());
      }
    };
  }

  static void send(HttpResponse r, ObjectNode out) throws IOException {
    r.send("application/json", (out + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static void fail(HttpResponse r, int status, String type, @Nullable String message)
      throws IOException {
    ObjectNode out = JSON.createObjectNode().put("status", "error");
    out.put("errorType", type).put("error", String.valueOf(message));
    r.status(status);
    send(r, out);
  }

  static JsonNode body(HttpRequest q) throws IOException {
    byte[] bytes = q.bodyBytes(MAX_BODY);
    try {
      JsonNode n = bytes.length == 0 ? JSON.createObjectNode() : JSON.readTree(bytes);
      if (!n.isObject()) {
        throw new IllegalArgumentException("the body must be a JSON object");
      }
      return n;
    } catch (JacksonException e) {
      throw new IllegalArgumentException("the body is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  static void checkKeys(JsonNode body, String... known) {
    List<String> all = List.of(known);
    for (Map.Entry<String, JsonNode> e : body.properties()) {
      if (!all.contains(e.getKey())) {
        throw new IllegalArgumentException(
            "unknown member \"" + e.getKey() + "\"; there are: " + String.join(", ", all));
      }
    }
  }

  static String text(JsonNode body, String name, boolean required) {
    JsonNode n = body.path(name);
    if (n.isMissingNode() || n.isNull()) {
      if (required) {
        throw new IllegalArgumentException("member \"" + name + "\" is missing");
      }
      return "";
    }
    if (!n.isString()) {
      throw new IllegalArgumentException("member \"" + name + "\" must be a string");
    }
    return n.stringValue();
  }

  /**
   * Reason of a change, which each has.
   *
   * @throws IllegalArgumentException where there is none, or it has no visible character
   */
  static String requiredReason(JsonNode body) {
    return requiredReason("member \"reason\"", text(body, "reason", false));
  }

  /**
   * Checks the reason of a change.
   *
   * @param what name in errors
   */
  static String requiredReason(String what, String text) {
    String wrong =
        text.isEmpty()
            ? " is missing or empty"
            : VISIBLE.matcher(text).find() ? "" : " has no visible character";
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          what + wrong + "; state the reason, which is recorded in the audit log");
    }
    String reason = text.strip();
    if (reason.codePointCount(0, reason.length()) > MAX_REASON) {
      throw new IllegalArgumentException(
          what + " has more than " + MAX_REASON + " characters; shorten it");
    }
    OptionalInt wild = reason.codePoints().filter(OneLineText::isBreaking).findFirst();
    if (wild.isPresent()) {
      throw new IllegalArgumentException(
          what
              + String.format(" has the character U+%04X; write it on one line", wild.getAsInt())
              + " without control characters");
    }
    return reason;
  }

  /** Author of a change: the user of the token, else the author that the body names. */
  static String author(JsonNode body, String user) {
    return author(text(body, "author", false), user);
  }

  /** The user of a token, else a named author. */
  static String author(String named, String user) {
    return !user.isEmpty() ? user : named.isEmpty() ? "anonymous" : Texts.shortened(named, 256);
  }

  static int limit(Params p, int most) {
    String text = p.first("limit");
    try {
      int n = text == null ? Math.min(most, 1000) : Integer.parseInt(text);
      if (n >= 1 && n <= most) {
        return n;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new IllegalArgumentException("limit must be a number from 1 to " + most);
  }

  static int number(String name, @Nullable String text) {
    try {
      if (text != null) {
        return Integer.parseInt(text);
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new IllegalArgumentException(name + " must be a number, not " + text);
  }

  private JsonNode agents(HttpRequest q, String user) {
    String selector = q.query().first("selector");
    int limit = limit(q.query(), MAX_LISTED);
    ArrayNode out = JSON.createArrayNode();
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
            limit(q.query(), MAX_LISTED),
            clock.nanos(),
            order == null ? FleetVolumes.Order.RATE : FleetVolumes.Order.of(order));
  }

  private JsonNode configurations() {
    ArrayNode out = JSON.createArrayNode();
    for (String name : store.names()) {
      List<ConfigVersion> all = store.versions(name);
      out.add(json(all.getLast(), false));
    }
    return out;
  }

  private static ObjectNode json(ConfigVersion v, boolean withText) {
    ObjectNode n = JSON.createObjectNode();
    n.put("name", v.name()).put("version", v.number()).put("timeMillis", v.time());
    n.put("author", v.author()).put("reason", v.reason()).put("hash", v.hash());
    n.put("validation", v.validation()).put("bytes", v.text().length());
    n.put("signed", SignedConfig.of(v.text()).isSigned());
    if (withText) {
      n.put("text", v.text());
    }
    return n;
  }

  private JsonNode push(HttpRequest q, String user) throws IOException {
    JsonNode body = body(q);
    checkKeys(body, "name", "text", "author", "reason", "validate");
    String name = text(body, "name", true);
    String text = text(body, "text", true);
    ConfigStore.checkName(name);
    String author = author(body, user);
    String reason = requiredReason(body);
    if (text.length() > ConfigStore.MAX_TEXT) {
      throw new IllegalArgumentException(
          "configuration of " + text.length() + " characters; at most " + ConfigStore.MAX_TEXT);
    }
    String validation = "not validated: skipped by the author";
    if (body.path("validate").asBoolean(true)) {
      validation = check.check(name, name + ".yaml", text);
    } else {
      check.refuseSecrets(name + ".yaml", text);
    }
    ConfigVersion v =
        store.add(
            name,
            text,
            new ConfigVersion.Author(author, tokens.scope(q).toString()),
            reason,
            validation,
            clock.millis(),
            ConfigStore.noting(audit, author));
    return json(v, false);
  }

  private JsonNode versions(HttpRequest q, String user) {
    List<ConfigVersion> all = store.versions(q.pathParam("name"));
    if (all.isEmpty()) {
      throw new NotFoundException("unknown configuration " + q.pathParam("name"));
    }
    int limit = limit(q.query(), MAX_LISTED);
    Map<Integer, String> undone = rollouts.undone(q.pathParam("name"));
    ArrayNode out = JSON.createArrayNode();
    for (ConfigVersion v : all.reversed()) {
      if (out.size() < limit) {
        ObjectNode n = json(v, false);
        String why = undone.get(v.number());
        if (why != null) {
          n.put("undone", why);
        }
        out.add(n);
      }
    }
    return out;
  }

  private ConfigVersion found(String name, int number) {
    ConfigVersion v = store.find(name, number);
    if (v == null) {
      throw store.notFound(name, number);
    }
    return v;
  }

  private JsonNode version(HttpRequest q, String user) {
    return json(found(q.pathParam("name"), number("version", q.pathParam("version"))), true);
  }

  private JsonNode diff(HttpRequest q, String user) {
    String name = q.pathParam("name");
    ConfigVersion to = found(name, number("to", q.query().first("to")));
    int from = number("from", q.query().first("from"));
    Diff d = Diff.between(from == 0 ? "" : found(name, from).text(), to.text());
    ObjectNode out = JSON.createObjectNode().put("text", d.text());
    ArrayNode components = out.putArray("components");
    for (Diff.Change c : d.components()) {
      ObjectNode n = components.addObject().put("change", c.kind()).put("component", c.component());
      ArrayNode keys = n.putArray("keys");
      c.keys().forEach(keys::add);
    }
    ArrayNode edges = out.putArray("edges");
    d.edges().forEach(edges::add);
    if (!d.problem().isEmpty()) {
      out.put("problem", d.problem());
    }
    return out;
  }

  private JsonNode rollouts(HttpRequest q) {
    Selector scope = tokens.scope(q);
    return rollouts.read(
        (all, assignments) -> {
          ArrayNode out = JSON.createArrayNode();
          all.reversed().forEach(r -> out.add(AgentJson.of(r, fleet, scope)));
          return out;
        });
  }

  private JsonNode start(HttpRequest q, String user) throws IOException {
    JsonNode body = body(q);
    checkKeys(
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
    String ofPackage = text(body, "package", false);
    boolean isPackage = !ofPackage.isEmpty();
    String reason = requiredReason(body);
    String name = isPackage ? Packages.PREFIX + ofPackage : text(body, "configuration", true);
    int number =
        isPackage
            ? packageNumber(ofPackage, text(body, "packageVersion", false))
            : versionNumber(body, name);
    boolean named =
        isPackage ? !text(body, "packageVersion", false).isEmpty() : body.has("version");
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
            text(body, "query", false),
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
            Selector.parse(text(body, "selector", false)).and(tokens.scope(q)),
            guard,
            Actor.user(author(body, user)),
            reason);
    return rollouts.read((all, assignments) -> AgentJson.of(r, fleet, tokens.scope(q)));
  }

  private int versionNumber(JsonNode body, String name) {
    if (name.startsWith(Packages.PREFIX)) {
      throw new IllegalArgumentException("name a package by the member \"package\"");
    }
    JsonNode version = body.path("version");
    if (!version.isMissingNode() && !version.isInt()) {
      throw new IllegalArgumentException("member \"version\" must be a number");
    }
    return version.isMissingNode() ? store.versions(name).size() : version.intValue();
  }

  /** Refuses the latest version where it was undone, unless the request names it. */
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
            + "; to roll it out all the same, name it: "
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
    String text = text(body, name, false);
    return text.isEmpty() ? otherwise : Durations.parse(text);
  }

  private JsonNode change(HttpRequest q, String user) throws IOException {
    long id = number("rollout", q.pathParam("id"));
    JsonNode body = body(q);
    checkKeys(body, "author", "reason");
    String author = author(body, user);
    tokens.requireScope(q, "rollout " + id, rollouts.selector(id));
    String reason = requiredReason(body);
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
   * Adds the versions that the agents of an undone rollout are to return to, with the reason for
   * those that cannot return.
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
                k -> JSON.createObjectNode().put("to", w.text()).put("agents", 0).put("why", why));
        row.put("agents", row.path("agents").asInt(0) + 1);
      }
    }
    rows.values().forEach(out::add);
  }

  private void auditLog(HttpRequest q, HttpResponse r, String user) throws IOException {
    ObjectNode answer = JSON.createObjectNode().put("status", "success");
    answer.set("data", auditEntries(q));
    List<String> gaps = audit.gaps();
    if (!gaps.isEmpty()) {
      ArrayNode warnings = answer.putArray("warnings");
      gaps.forEach(g -> warnings.add("the audit log is incomplete: " + g));
    }
    send(r, answer);
  }

  private ArrayNode auditEntries(HttpRequest q) {
    String before = q.query().first("before");
    String text = q.query().first("text");
    ArrayNode out = JSON.createArrayNode();
    for (String line :
        audit.latest(
            limit(q.query(), MAX_LISTED),
            before == null ? Long.MAX_VALUE : number("before", before),
            text == null ? "" : text)) {
      out.add(JSON.readTree(line));
    }
    return out;
  }

  /** Sends all entries as JSON lines, with their hashes. */
  private void export(HttpResponse r) throws IOException {
    r.header("Content-Type", "application/x-ndjson");
    r.header("Content-Disposition", "attachment; filename=\"audit.jsonl\"");
    try (OutputStream out = r.stream()) {
      audit.copy(out);
    }
  }

  private JsonNode verify() throws IOException {
    AuditLog.Verification v = audit.verify();
    return JSON.createObjectNode()
        .put("intact", v.problem().isEmpty())
        .put("entries", v.entries())
        .put("lastHash", v.last())
        .put("problem", v.problem());
  }
}
