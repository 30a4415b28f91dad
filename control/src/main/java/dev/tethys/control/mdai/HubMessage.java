package dev.tethys.control.mdai;

import dev.tethys.control.mdai.HubEvent.Subject;
import dev.tethys.control.mdai.Resource.Hub;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * All changes caused by an event, before they become visible: variable values, journal entries and
 * replays. Each change of a variable is an event, which is handled in its turn.
 */
public final class HubMessage {
  /** Hub rule, and the event that triggered it. */
  public record Match(Hub hub, HubRule rule, HubEvent event) {}

  private final Hubs hubs;
  private final Hubs.Reaction rules;
  private final Deque<HubEvent> events = new ArrayDeque<>();
  final Variables.Change change;
  final List<HubJournal.Entry> entries = new ArrayList<>();
  final List<HubEvent> seen = new ArrayList<>(); // changes of variables
  final List<Runnable> afterwards = new ArrayList<>(); // changes of replays

  HubMessage(Hubs hubs, Hubs.Reaction rules) {
    this.hubs = hubs;
    this.rules = rules;
    this.change = hubs.variables().change();
  }

  /**
   * Records and handles an event sent by a user or another system.
   *
   * @param actor user or system that sent it
   */
  public void accept(String actor, HubEvent e) {
    publish(actor, e, null);
    handle(e);
  }

  /** Handles an event and its consequences. */
  void handle(HubEvent e) {
    events.add(e);
    handleEvents();
  }

  /** Handles the events of changes until now. */
  public void handleEvents() {
    while (!events.isEmpty()) {
      HubEvent e = events.removeFirst();
      if (e.subject().ofVariable()) {
        seen.add(e);
      }
      rules.handle(this, e);
    }
  }

  void publish(String actor, HubEvent e, HubJournal.@Nullable Change values) {
    Map<String, String> fields = fields(e);
    fields.put("publish_success", "true");
    entries.add(new HubJournal.Entry(actor, "event", e.hub() + "/" + e.name(), fields, values));
  }

  /** Records that a rule has ended. */
  public void end(Match r, boolean success) {
    Map<String, String> fields = fields(r.event);
    fields.put("automation_name", r.rule.name());
    fields.put("automation_succeeded", Boolean.toString(success));
    entries.add(
        new HubJournal.Entry(
            actor(r.rule),
            success ? "rule" : "rule_failed",
            r.hub.meta().name() + "/" + r.rule.name(),
            fields,
            null));
  }

  private static String actor(HubRule rule) {
    return "automation:" + rule.name();
  }

  /** Sets a variable; returns its values before and after, for the journal. */
  HubJournal.Change set(Hub hub, HubVariable v, Value next) {
    String before = text(change.value(hub, v));
    change.set(hub, v, next);
    return new HubJournal.Change(before, text(next));
  }

  /**
   * Applies an action of a rule that is not a webhook.
   *
   * @throws IllegalArgumentException if it is not possible with the texts of the event
   */
  public void apply(Match r, HubAction a) {
    Interpolation texts = Interpolation.of(r.event);
    switch (a) {
      case HubAction.SetVariable s -> {
        HubVariable v = defined(r.hub, s.scalar());
        Value next = v.type().readText(texts.required(s.value()));
        HubJournal.Change values = set(r.hub, v, next);
        note(r, v, "set", "Set " + v.type().word() + " value", text(next), values);
      }
      case HubAction.ChangeSet s -> {
        HubVariable v = defined(r.hub, s.set());
        String element = texts.required(s.value());
        HubJournal.Change values =
            set(r.hub, v, Variables.with(change.value(r.hub, v), element, s.add()));
        note(
            r,
            v,
            s.add() ? "added" : "removed",
            s.add() ? "Add element to set" : "Remove element from set",
            element,
            values);
      }
      case HubAction.ChangeMap m -> {
        HubVariable v = defined(r.hub, m.map());
        String key = texts.required(m.key());
        String value = m.add() ? texts.required(m.value()) : null;
        HubJournal.Change values =
            set(r.hub, v, Variables.with(change.value(r.hub, v), key, value));
        note(
            r,
            v,
            m.add() ? "set" : "removed",
            m.add() ? "Set map entry" : "Remove map entry",
            value == null ? key : value,
            values);
      }
      case HubAction.DeployReplay d -> {
        ReplayRequest q = ReplayRequest.of(r.hub, d.spec(), r.event);
        hubs.replays().check(q);
        note(r, "Deploy replay", q.name());
        afterwards.add(() -> hubs.replays().start(q));
      }
      case HubAction.CleanUpReplay c -> {
        String name = ReplayRequest.ended(r.event);
        note(r, "Clean up replay", name);
        afterwards.add(() -> hubs.replays().end(name));
      }
      case HubAction.CallWebhook w ->
          throw new IllegalStateException("webhooks are sent separately");
    }
  }

  private void note(Match r, String operation, String replay) {
    entries.add(
        new HubJournal.Entry(
            actor(r.rule),
            "replay",
            r.hub.meta().name() + "/" + replay,
            fields(
                "timestamp", hubs.now(),
                "hub_name", r.hub.meta().name(),
                "event_id", r.event.id(),
                "operation", operation,
                "target", replay,
                "correlation_id", r.event.correlationId(),
                "recursion_depth", Integer.toString(r.event.depth())),
            null));
  }

  private void note(
      Match r,
      HubVariable v,
      String change,
      String operation,
      String data,
      HubJournal.Change values) {
    entries.add(
        new HubJournal.Entry(
            actor(r.rule),
            "variable",
            r.hub.meta().name() + "/" + v.key(),
            fields(
                "timestamp", hubs.now(),
                "hub_name", r.hub.meta().name(),
                "event_id", r.event.id(),
                "operation", operation,
                "target", v.key(),
                "variable_ref", data,
                "variable", data,
                "correlation_id", r.event.correlationId(),
                "recursion_depth", Integer.toString(r.event.depth())),
            values));
    events.add(
        variableEvent(
            r.hub,
            v,
            change,
            JsonMapper.shared().valueToTree(data),
            HubEvent.OF_ACTIONS,
            r.event.correlationId(),
            r.event.depth() + 1));
  }

  private static String text(Value v) {
    return Variables.text(v, null);
  }

  private static HubVariable defined(Hub hub, String key) {
    HubVariable v = hub.variable(key);
    if (v == null) {
      throw new IllegalArgumentException("hub " + hub.meta().name() + " has no variable " + key);
    }
    return v;
  }

  private static Map<String, String> fields(String... namesAndValues) {
    Map<String, String> out = new TreeMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (!namesAndValues[i + 1].isEmpty()) {
        out.put(namesAndValues[i], namesAndValues[i + 1]);
      }
    }
    return out;
  }

  HubEvent variableEvent(
      Hub hub,
      HubVariable v,
      String change,
      JsonNode data,
      String source,
      String correlationId,
      int depth) {
    ObjectNode payload = JsonMapper.shared().createObjectNode();
    payload.put("variableRef", v.key()).put("dataType", v.type().word());
    payload.put("operation", change).set("data", data);
    return new HubEvent(
        hubs.newId(),
        "var." + change,
        hubs.now(),
        payload.toString(),
        source,
        "",
        correlationId,
        hub.meta().name(),
        depth,
        new Subject(true, v.key(), change));
  }

  private static Map<String, String> fields(HubEvent e) {
    return fields(
        "id", e.id(),
        "name", e.name(),
        "timestamp", e.timestamp(),
        "payload", e.payload(),
        "source", e.source(),
        "source_id", e.sourceId(),
        "correlation_id", e.correlationId(),
        "hub_name", e.hub());
  }
}
