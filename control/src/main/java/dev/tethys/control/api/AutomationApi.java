package dev.tethys.control.api;

import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.automation.Alert;
import dev.tethys.control.automation.Automation;
import dev.tethys.control.automation.AutomationRule;
import dev.tethys.control.automation.EventNames;
import dev.tethys.control.automation.EventTriggers;
import dev.tethys.control.automation.HeldActions;
import dev.tethys.control.automation.QueryTrigger;
import dev.tethys.control.automation.StepLog;
import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Webhook for Alertmanager at {@code /alerts/alertmanager}, and results of automation. */
public final class AutomationApi {
  public static final String WEBHOOK = "/alerts/alertmanager";

  private static final int MAX_BODY = 10 << 20;
  private static final JsonMapper JSON = JsonMapper.shared();

  private final Automation automation;
  private final EventTriggers events;
  private final Tokens tokens;
  private final Scheduler clock;

  public AutomationApi(
      Automation automation, EventTriggers events, Tokens tokens, Scheduler clock) {
    this.events = events;
    this.automation = automation;
    this.tokens = tokens;
    this.clock = clock;
  }

  public void addTo(Routes routes) {
    routes.post(WEBHOOK, ControlApi.answering(tokens, Tokens.Role.OPERATOR, this::receive));
    routes.post(
        ControlApi.ROOT + "/automation/webhooks/{name}",
        ControlApi.on(tokens, Tokens.Role.OPERATOR, this::event));
    routes.get(
        ControlApi.ROOT + "/automation",
        ControlApi.on(tokens, Tokens.Role.VIEWER, (q, u) -> state(q)));
  }

  /** Handles a message, responding with the members of MDAI's gateway and in the envelope. */
  private void receive(HttpRequest q, HttpResponse r, String user) throws IOException {
    tokens.requireScope(q, "automation", Selector.ALL);
    String type = q.header("Content-Type");
    if (type == null || !type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")) {
      throw new HttpException(415, "Content-Type is " + type + "; it must be application/json");
    }
    Automation.Applied applied =
        automation.apply(Alert.read(q.bodyBytes(MAX_BODY)), user.isEmpty() ? "alertmanager" : user);
    ObjectNode out = JSON.createObjectNode().put("status", "success");
    out.put("message", "Processed Prometheus alerts").put("total", applied.alerts());
    out.put("successful", applied.alerts() - applied.skipped()).put("skipped", applied.skipped());
    out.set("data", json(applied.steps()));
    ArrayNode hubs = out.putArray("hubSteps");
    applied.hubs().forEach(s -> MdaiApi.put(hubs.addObject(), s));
    r.status(201);
    ControlApi.send(r, out);
  }

  /** Handles an event from another program; its rules are triggered as by an alert. */
  private JsonNode event(HttpRequest q, String user) throws IOException {
    tokens.requireScope(q, "automation", Selector.ALL);
    String name = EventNames.WEBHOOK + q.pathParam("name");
    if (automation.rules().stream().noneMatch(r -> r.alert().equals(name))) {
      throw new NotFoundException(
          "no rule has the trigger webhook " + Texts.shortened(q.pathParam("name"), 80));
    }
    JsonNode body = ControlApi.body(q);
    ControlApi.checkKeys(body, "status", "key", "labels", "annotations");
    String status = ControlApi.text(body, "status", false);
    if (!status.isEmpty() && !status.equals("firing") && !status.equals("resolved")) {
      throw new IllegalArgumentException(
          "status is \"" + Texts.shortened(status, 80) + "\", not firing or resolved");
    }
    Alert event =
        Alert.ofEvent(
            name,
            ControlApi.text(body, "key", false),
            !status.equals("resolved"),
            texts(body, "labels"),
            texts(body, "annotations"),
            clock.millis());
    return json(automation.apply(List.of(event), user.isEmpty() ? "webhook" : user).steps());
  }

  private static Map<String, String> texts(JsonNode body, String member) {
    Map<String, String> out = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : body.path(member).properties()) {
      if (!e.getValue().isString()) {
        throw new IllegalArgumentException(
            "member \"" + member + "\" must have texts, but " + e.getKey() + " is none");
      }
      out.put(e.getKey(), e.getValue().stringValue());
    }
    return out;
  }

  private JsonNode state(HttpRequest q) {
    ObjectNode out = JSON.createObjectNode();
    ArrayNode rules = out.putArray("rules");
    for (AutomationRule r : automation.rules()) {
      ObjectNode n = rules.addObject().put("name", r.name()).put("alert", r.alert());
      n.put("status", r.status()).put("dryRun", r.dryRun()).put("undo", r.undo());
      n.put("coolDown", r.coolDown().toMillis() / 1000.0 + "s");
      ObjectNode labels = n.putObject("labels");
      r.labels().forEach(labels::put);
      n.put("startControls", r.starts().size());
      ArrayNode ends = n.putArray("endControls");
      r.ends().forEach(ends::add);
      ArrayNode actions = n.putArray("actions");
      r.actions().forEach(a -> a.keySet().forEach(actions::add));
      List<StepLog.Step> waiting = automation.waiting(r);
      if (!waiting.isEmpty()) {
        n.set("waiting", json(waiting));
      }
      Map<String, HeldActions.Held> holders = automation.holders(r);
      if (!holders.isEmpty()) {
        ArrayNode variables = n.putArray("variables");
        holders.forEach(
            (target, h) ->
                variables
                    .addObject()
                    .put("variable", target)
                    .put("value", h.value())
                    .put("heldBy", h.rule()));
      }
      QueryTrigger query = r.query();
      if (query != null) {
        n.put("query", query.expression()).put("queryError", events.error(r.name()));
      }
    }
    List<StepLog.Step> steps = automation.steps();
    out.set(
        "steps", json(steps.subList(0, Math.min(steps.size(), ControlApi.limit(q.query(), 1000)))));
    return out;
  }

  private static ArrayNode json(List<StepLog.Step> steps) {
    ArrayNode out = JSON.createArrayNode();
    for (StepLog.Step s : steps) {
      ObjectNode n = out.addObject().put("timeMillis", s.millis()).put("rule", s.rule());
      n.put("alert", s.alert()).put("fingerprint", s.fingerprint());
      n.put("action", s.action()).put("control", s.control());
      n.put("result", s.result()).put("error", s.error());
      if (!s.detail().isEmpty()) {
        n.put("detail", s.detail());
      }
      if (s.startsMillis() > 0) {
        n.put("startsMillis", s.startsMillis());
      }
    }
    return out;
  }
}
