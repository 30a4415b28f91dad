package dev.tethys.control.api;

import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.automation.HubRules;
import dev.tethys.control.automation.Replays;
import dev.tethys.control.mdai.HubEvent;
import dev.tethys.control.mdai.HubVariable;
import dev.tethys.control.mdai.Hubs;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.control.mdai.PrometheusRules;
import dev.tethys.control.mdai.Resource;
import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.control.mdai.Variables;
import dev.tethys.control.text.Texts;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * HTTP API of MDAI's gateway, {@code /variables} and {@code /audit}, with its responses; and the
 * state of hubs under {@code /api/v1/control/mdai}.
 */
public final class MdaiApi {
  private static final int MAX_LISTED = 10_000;
  private static final JsonMapper JSON = JsonMapper.shared();

  private final Hubs hubs;
  private final HubRules rules;
  private final Replays replays;
  private final AuditLog audit;
  private final Tokens tokens;

  public MdaiApi(Hubs hubs, HubRules rules, Replays replays, AuditLog audit, Tokens tokens) {
    this.hubs = hubs;
    this.rules = rules;
    this.replays = replays;
    this.audit = audit;
    this.tokens = tokens;
  }

  public void addTo(Routes routes) {
    routes.get("/variables/list", plain((q, r, u) -> send(r, 200, lists())));
    routes.get("/variables/list/hub/{hub}", plain((q, r, u) -> send(r, 200, list(hub(q)))));
    routes.get("/variables/values/hub/{hub}/var/{name}", plain((q, r, u) -> value(q, r)));
    String path = "/variables/hub/{hub}/var/{name}";
    routes.post(path, changing((q, r, u) -> send(r, 201, change(q, u, true))));
    routes.delete(path, changing((q, r, u) -> send(r, 200, change(q, u, false))));
    routes.get("/audit", plain((q, r, u) -> send(r, 200, events(q))));
    routes.get(
        ControlApi.ROOT + "/mdai", ControlApi.on(tokens, Tokens.Role.VIEWER, (q, u) -> state(q)));
    routes.get(
        ControlApi.ROOT + "/mdai/hubs/{hub}/rules.yaml",
        plain((q, r, u) -> r.send("application/yaml", bytes(PrometheusRules.of(hub(q))))));
  }

  private dev.tethys.web.HttpHandler plain(ControlApi.Answer a) {
    return ControlApi.answering(tokens, Tokens.Role.VIEWER, a);
  }

  private dev.tethys.web.HttpHandler changing(ControlApi.Answer a) {
    return ControlApi.answering(tokens, Tokens.Role.OPERATOR, a);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void send(HttpResponse r, int status, JsonNode n) throws IOException {
    r.status(status);
    r.send("application/json", bytes(n + "\n"));
  }

  private Manifests manifests() {
    return hubs.variables().now().manifests();
  }

  private Hub hub(HttpRequest q) {
    Hub h = manifests().hub(q.pathParam("hub"));
    if (h == null) {
      throw new NotFoundException("unknown hub " + Texts.shortened(q.pathParam("hub"), 80));
    }
    return h;
  }

  private static HubVariable manual(Hub hub, HttpRequest q) {
    HubVariable v = hub.variable(q.pathParam("name"));
    if (v == null || !v.manual()) {
      throw new NotFoundException(
          "hub "
              + hub.meta().name()
              + " has no variable "
              + Texts.shortened(q.pathParam("name"), 80)
              + " of the type manual");
    }
    return v;
  }

  private ObjectNode lists() {
    ObjectNode out = JSON.createObjectNode();
    for (Hub h : manifests().hubs()) {
      ObjectNode one = list(h);
      if (!one.isEmpty()) {
        out.set(h.meta().name(), one);
      }
    }
    if (out.isEmpty()) {
      throw new NotFoundException("no hub has variables of the type manual");
    }
    return out;
  }

  private static ObjectNode list(Hub h) {
    ObjectNode out = JSON.createObjectNode();
    for (HubVariable v : h.variables()) {
      if (v.manual()) {
        out.put(v.key(), v.type().word());
      }
    }
    return out;
  }

  private void value(HttpRequest q, HttpResponse r) throws IOException {
    Hub h = hub(q);
    HubVariable v = manual(h, q);
    ObjectNode out = JSON.createObjectNode();
    out.set(v.key(), hubs.variables().now().value(h, v).json());
    send(r, 200, out);
  }

  private JsonNode change(HttpRequest q, String user, boolean add) throws IOException {
    Hub h = hub(q);
    HubVariable v = manual(h, q);
    tokens.requireScope(q, "a variable", Selector.ALL);
    JsonNode body = ControlApi.body(q);
    ControlApi.checkKeys(body, "data");
    JsonNode data = body.path("data");
    if (data.isMissingNode() || data.isNull()) {
      throw new IllegalArgumentException("member \"data\" is missing");
    }
    HubEvent event = hubs.change(user.isEmpty() ? "anonymous" : user, h, v, add, data);
    ObjectNode out = event.json();
    for (HubRules.Step s : rules.steps()) {
      if (s.correlationId().equals(event.correlationId()) && s.result().equals("failed")) {
        out.withArray("failed")
            .addObject()
            .put("rule", s.rule())
            .put("action", s.action())
            .put("error", s.error());
      }
    }
    return out;
  }

  /** Returns events in MDAI's format, newest first; other changes by their actor and target. */
  private ArrayNode events(HttpRequest q) {
    ArrayNode out = JSON.createArrayNode();
    String before = q.query().first("before");
    for (String line :
        audit.latest(
            ControlApi.limit(q.query(), MAX_LISTED),
            before == null ? Long.MAX_VALUE : ControlApi.number("before", before),
            "")) {
      JsonNode n = JSON.readTree(line);
      ObjectNode e = out.addObject();
      e.put("sequence", n.path("sequence").asLong());
      if (n.path("action").asString("").startsWith(Journal.PREFIX)) {
        for (Map.Entry<String, JsonNode> f : n.path("after").properties()) {
          if (!f.getKey().equals(Journal.VALUE)) { // not of MDAI
            e.set(f.getKey(), f.getValue());
          }
        }
      } else {
        e.put("timestamp", n.path("time").asString(""));
        e.put("operation", n.path("action").asString(""));
        e.put("target", n.path("target").asString(""));
        e.put("actor", n.path("actor").asString(""));
      }
    }
    return out;
  }

  private JsonNode state(HttpRequest q) {
    Variables.Snapshot now = hubs.variables().now();
    ObjectNode out = JSON.createObjectNode();
    ArrayNode resources = out.putArray("resources");
    for (Resource r : now.manifests().resources()) {
      ObjectNode n = resources.addObject();
      n.put("kind", r.meta().kind()).put("namespace", r.meta().namespace());
      n.put("name", r.meta().name()).put("place", r.meta().where());
      n.put("applied", r instanceof Hub || r instanceof Resource.Replay);
      if (r instanceof Hub h) {
        put(n, h, now);
      }
    }
    ArrayNode ignored = out.putArray("ignored");
    now.manifests().ignored().forEach(ignored::add);
    out.set("replays", replays.json());
    List<HubRules.Step> steps = rules.steps();
    ArrayNode results = out.putArray("steps");
    for (HubRules.Step s :
        steps.subList(0, Math.min(steps.size(), ControlApi.limit(q.query(), 1000)))) {
      put(results.addObject(), s);
    }
    return out;
  }

  private static void put(ObjectNode n, Hub h, Variables.Snapshot now) {
    ArrayNode variables = n.putArray("variables");
    for (HubVariable v : h.variables()) {
      ObjectNode one = variables.addObject().put("key", v.key()).put("type", v.type().word());
      one.put("manual", v.manual()).set("value", now.value(h, v).json());
    }
    ObjectNode environment = n.putObject("environment");
    now.environment(h.meta().name()).texts().forEach(environment::put);
    ArrayNode rules = n.putArray("rules");
    h.rules()
        .forEach(
            r -> {
              ObjectNode one = rules.addObject().put("name", r.name());
              one.put(r.trigger().ofVariable() ? "variable" : "alert", r.trigger().name());
              one.put("change", r.trigger().change());
              ArrayNode actions = one.putArray("actions");
              r.actions().forEach(a -> actions.add(a.type() + " " + a.target()));
            });
    n.put("alerts", h.alerts().size());
  }

  static void put(ObjectNode n, HubRules.Step s) {
    n.put("timeMillis", s.millis()).put("hub", s.hub()).put("rule", s.rule());
    n.put("event", s.event()).put("correlationId", s.correlationId());
    n.put("action", s.action()).put("target", s.target());
    n.put("result", s.result()).put("error", s.error());
  }

  /** Journal of hubs in the audit log. */
  public record Journal(AuditLog audit) implements dev.tethys.control.mdai.HubJournal {
    /** Start of the actions of these entries. */
    static final String PREFIX = "mdai.";

    /** Field for the value of a variable before and after a change. */
    static final String VALUE = "value";

    @Override
    public void add(List<Entry> entries) throws IOException {
      List<AuditLog.Entry> out = new ArrayList<>();
      for (Entry e : entries) {
        Change c = e.change();
        Map<String, String> after = new TreeMap<>(e.fields());
        if (c != null) {
          after.put(VALUE, c.after());
        }
        out.add(
            new AuditLog.Entry(
                e.actor(),
                PREFIX + e.action(),
                "hub/" + e.target(),
                "",
                c == null ? Map.of() : Map.of(VALUE, c.before()),
                after));
      }
      audit.append(out);
    }
  }
}
