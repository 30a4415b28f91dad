package dev.tethys.control.automation;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.control.access.ControlRequest;
import dev.tethys.control.live.Controls;
import dev.tethys.control.mdai.Interpolation;
import dev.tethys.control.text.Texts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Rule that starts and ends live controls, and other actions, when an alert or another event fires
 * or resolves.
 *
 * @param alert name of the alert; of another event with {@link EventNames#AGENT}, {@link
 *     EventNames#WEBHOOK} or {@link #SCHEDULE} before it
 * @param labels labels required on the alert
 * @param status required alert status: {@code firing} or {@code resolved}
 * @param starts controls with references to the event in their texts
 * @param ends ids of controls
 * @param undo whether the controls that it started end when the alert is resolved
 * @param schedule schedule on which it fires; null for other events
 * @param query query that generates the events; null for other events
 * @param actions others than of controls, with references to the event in their texts
 * @param trigger trigger as written
 */
public record AutomationRule(
    String name,
    String alert,
    Map<String, String> labels,
    String status,
    List<Map<String, Object>> starts,
    List<String> ends,
    boolean dryRun,
    Duration coolDown,
    boolean undo,
    @Nullable DailyWindow schedule,
    @Nullable QueryTrigger query,
    List<Map<String, Object>> actions,
    Map<String, Object> trigger) {
  /** Prefix of the actor of changes made by a rule. */
  private static final String ACTOR = "automation:";

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");
  private static final int MAX_RULES = 1000;
  private static final int MAX_ACTIONS = 10;

  private static final Section TRIGGER = new Section("trigger", "Alert that triggers a rule.");
  private static final Key<String> ALERT =
      TRIGGER.optional("alert", Type.STRING, "Name of the alert.");
  private static final Key<String> OF_AGENT =
      TRIGGER.optional(
          "agent",
          Type.oneOf("state", AgentEvent.words()),
          "State of an agent: unhealthy, disconnected or dropping.");
  private static final Key<String> OF_WEBHOOK =
      TRIGGER.optional("webhook", Type.STRING, "Name of a webhook.");
  private static final Key<DailyWindow> OF_SCHEDULE =
      TRIGGER.optional("schedule", DailyWindow.TYPE, "Part of each day.");
  private static final Key<QueryTrigger> OF_PROMQL =
      TRIGGER.optional("promql", QueryTrigger.PROMQL, "Query of Prometheus.");
  private static final Key<QueryTrigger> OF_BURN_RATE =
      TRIGGER.optional(
          "burn_rate", QueryTrigger.BURN_RATE, "Speed at which an error budget is used.");
  private static final Key<QueryTrigger> OF_LOGS =
      TRIGGER.optional("logs", QueryTrigger.LOG_LINES, "Log lines of a log store.");
  private static final Key<String> OF_ROLLOUT =
      TRIGGER.optional(
          "rollout",
          Type.oneOf("state", List.of("undone", "paused", "done")),
          "State that a rollout reaches: undone, paused or done.");
  private static final Key<String> OF_VARIABLE =
      TRIGGER.optional("variable", Type.STRING, "Hub and name of a variable: HUB/NAME.");
  private static final Key<String> STATUS =
      TRIGGER.key(
          "status",
          Type.oneOf("status", List.of("firing", "resolved")),
          "firing",
          "firing or resolved.");
  private static final Key<Map<String, String>> LABELS =
      TRIGGER.key("labels", Type.map(Type.STRING), Map.of(), "Labels that the alert must have.");

  /** Keys of a rule without its name. */
  public static final Section SPEC = new Section("rule", "Rule of automation.");

  private static final Key<YamlObject> RULE_TRIGGER =
      SPEC.required("trigger", TRIGGER.type(o -> o), "Alert that triggers the rule.");
  private static final Key<List<YamlNode>> STARTS =
      SPEC.key("start_controls", Type.list(Type.ANY), List.of(), "Controls to start.");
  private static final Key<List<String>> ENDS =
      SPEC.key("end_controls", Type.list(Type.STRING), List.of(), "Ids of controls to end.");
  private static final Key<List<YamlNode>> ACTIONS =
      SPEC.key(
          "actions",
          Type.list(Type.ANY),
          List.of(),
          "Further actions, each notify, webhook, set_variable, roll_out or replay.");
  private static final Key<Boolean> DRY_RUN =
      SPEC.key("dry_run", Type.BOOL, false, "If true, results are only recorded.");
  private static final Key<Duration> COOL_DOWN =
      SPEC.key(
          "cool_down",
          Type.DURATION,
          Duration.ofMinutes(1),
          "Time after a start in which the same alert starts no control.");
  private static final Key<Boolean> UNDO =
      SPEC.key("undo", Type.BOOL, true, "If true, the controls end when the alert is resolved.");

  private static final Section RULE = new Section("rule", "Rule of automation.").include(SPEC);
  private static final Key<String> RULE_NAME =
      RULE.required("name", Type.STRING, "Name; part of the ids of its controls.");

  private static final Section FILE = new Section("automation", "Rules of automation.");
  private static final Key<List<YamlNode>> RULES =
      FILE.required("rules", Type.list(Type.ANY), "Rules.");

  /**
   * Reads a file.
   *
   * @throws ConfigException if a rule is invalid
   * @throws IOException if it cannot be read
   */
  public static List<AutomationRule> read(Path file) throws IOException {
    return read(YamlDocument.read(file));
  }

  public static List<AutomationRule> read(YamlDocument document) {
    return document.readWhole(() -> readOnce(document));
  }

  private static List<AutomationRule> readOnce(YamlDocument document) {
    YamlObject o = document.root().object(FILE);
    List<AutomationRule> out = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (YamlNode n : o.get(RULES)) {
      n.attempt(
          () -> {
            YamlObject rule = n.object(RULE);
            AutomationRule r = read(rule.get(RULE_NAME), rule);
            if (!names.add(r.name)) {
              throw n.error("duplicate rule " + r.name);
            }
            out.add(r);
          });
    }
    if (out.size() > MAX_RULES) {
      throw o.error(RULES, "has " + out.size() + " entries; at most " + MAX_RULES);
    }
    return List.copyOf(out);
  }

  /**
   * Reads a rule.
   *
   * @param o object with the keys defined in {@link #SPEC}
   * @throws ConfigException if it is invalid
   */
  public static AutomationRule read(String name, YamlObject o) {
    if (!NAME.matcher(name).matches()) {
      throw o.error(
          "the name \""
              + Texts.shortened(name, 80)
              + "\" must have 1 to 40 characters of a-z, 0-9 and '-', the first a letter or digit");
    }
    List<YamlNode> starts = o.get(STARTS);
    List<YamlNode> actions = o.get(ACTIONS);
    if (starts.isEmpty() && o.get(ENDS).isEmpty() && actions.isEmpty()) {
      throw o.error("start_controls, end_controls or actions is required");
    }
    if (actions.size() > MAX_ACTIONS) {
      throw o.error(ACTIONS, "has " + actions.size() + " entries; at most " + MAX_ACTIONS);
    }
    List<Map<String, Object>> others = new ArrayList<>();
    for (YamlNode n : actions) {
      others.add(action(n));
    }
    if (starts.size() > MAX_ACTIONS) {
      throw o.error(STARTS, "has " + starts.size() + " entries; at most " + MAX_ACTIONS);
    }
    List<Map<String, Object>> templates = new ArrayList<>();
    for (YamlNode n : starts) {
      templates.add(template(n));
    }
    YamlObject t = o.get(RULE_TRIGGER);
    return new AutomationRule(
        name,
        event(name, t),
        t.get(LABELS),
        t.get(STATUS),
        List.copyOf(templates),
        o.get(ENDS),
        o.get(DRY_RUN),
        o.get(COOL_DOWN),
        o.get(UNDO),
        t.find(OF_SCHEDULE),
        query(t),
        List.copyOf(others),
        tree(t));
  }

  private static Map<String, Object> tree(YamlObject t) {
    Map<String, Object> out = new LinkedHashMap<>();
    t.node().entries().forEach((k, e) -> out.put(k, e.value().asTree()));
    return out;
  }

  private static @Nullable QueryTrigger query(YamlObject t) {
    for (Key<QueryTrigger> k : List.of(OF_PROMQL, OF_BURN_RATE, OF_LOGS)) {
      QueryTrigger q = t.find(k);
      if (q != null) {
        return q;
      }
    }
    return null;
  }

  private static Map<String, Object> action(YamlNode n) {
    if (!n.isMap()) {
      throw n.error("must be an action, such as notify: {labels: {severity: page}}");
    }
    Map<String, Object> out = new LinkedHashMap<>();
    n.entries().forEach((k, e) -> out.put(k, e.value().asTree()));
    for (Object keys : out.values()) {
      if (keys instanceof Map<?, ?> m) {
        for (String key : RuleAction.FIXED) {
          if (Interpolation.isTemplate(String.valueOf(m.get(key)))) {
            throw n.error(
                key + " cannot refer to the trigger, which could then choose the destination");
          }
        }
      }
    }
    try {
      RuleAction.Reader.read(sampled(out));
    } catch (ConfigException e) {
      throw (ConfigException) n.error(e.problem()).initCause(e);
    }
    return out;
  }

  /** Returns a copy with a sample text in place of each reference. */
  private static Map<String, @Nullable Object> sampled(Map<String, Object> tree) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    tree.forEach(
        (k, v) -> out.put(k, changed(v, t -> t.replaceAll("\\$\\{trigger:[^}]*\\}", "x"))));
    return out;
  }

  /** Returns the name of a trigger's only event. */
  private static String event(String name, YamlObject t) {
    List<String> all = new ArrayList<>();
    String alert = t.find(ALERT);
    if (alert != null) {
      if (alert.isEmpty() || EventNames.isEvent(alert)) {
        throw t.error(ALERT, "must be the name of an alert, not \"" + alert + "\"");
      }
      all.add(alert);
    }
    String agent = t.find(OF_AGENT);
    if (agent != null) {
      all.add(EventNames.AGENT + agent);
    }
    String webhook = t.find(OF_WEBHOOK);
    if (webhook != null) {
      if (!NAME.matcher(webhook).matches()) {
        throw t.error(OF_WEBHOOK, "must have 1 to 40 characters of a-z, 0-9 and '-'");
      }
      all.add(EventNames.WEBHOOK + webhook);
    }
    if (t.find(OF_SCHEDULE) != null) {
      all.add(EventNames.SCHEDULE + name);
    }
    for (Key<QueryTrigger> k : List.of(OF_PROMQL, OF_BURN_RATE, OF_LOGS)) {
      if (t.find(k) != null) {
        all.add(EventNames.QUERY + name);
      }
    }
    String rollout = t.find(OF_ROLLOUT);
    if (rollout != null) {
      all.add(EventNames.ROLLOUT + rollout);
    }
    String variable = t.find(OF_VARIABLE);
    if (variable != null) {
      if (!variable.matches("[^/\\s]+/[^/\\s]+")) {
        throw t.error(OF_VARIABLE, "must be the name of a hub, a slash and that of a variable");
      }
      all.add(EventNames.VARIABLE + variable);
    }
    if (all.size() != 1) {
      throw t.error(
          "must have one of alert, agent, webhook, schedule, promql, burn_rate, logs, rollout and"
              + " variable");
    }
    return all.getFirst();
  }

  private static Map<String, Object> template(YamlNode n) {
    if (!n.isMap()) {
      throw n.error("must be a control with action and scope");
    }
    Map<String, Object> out = new LinkedHashMap<>();
    n.entries().forEach((k, e) -> out.put(k, e.value().asTree()));
    for (String key : List.of("id", "author", "window", "awaitAgents")) {
      if (out.containsKey(key)) {
        throw n.error(key + " is set by the rule");
      }
    }
    if (Interpolation.isTemplate(String.valueOf(out.get("selector")))) {
      throw n.error("selector cannot refer to the alert: its text could select other agents");
    }
    try { // with a text in place of each reference
      ControlRequest r =
          ControlRequest.read(
              "control", text(out, t -> t.replaceAll("\\$\\{trigger:[^}]*\\}", "x")));
      Duration d = r.duration();
      if (d.isZero() || d.compareTo(Controls.LONGEST) > 0) {
        throw new IllegalArgumentException("duration must be more than 0s and at most 30d");
      }
    } catch (ConfigException | IllegalArgumentException e) {
      // The position is that of the entry; the error's own position refers to text derived from it.
      String problem =
          e instanceof ConfigException c ? c.problem() : String.valueOf(e.getMessage());
      throw (ConfigException) n.error(problem).initCause(e);
    }
    return out;
  }

  /** Returns the rule with the keys of {@link #SPEC}, which can be read back. */
  public Map<String, Object> tree() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("trigger", trigger);
    if (!starts.isEmpty()) {
      out.put("start_controls", starts);
    }
    if (!ends.isEmpty()) {
      out.put("end_controls", ends);
    }
    if (!actions.isEmpty()) {
      out.put("actions", actions);
    }
    out.put("dry_run", dryRun);
    out.put("cool_down", coolDown);
    out.put("undo", undo);
    return out;
  }

  /** Returns the author recorded for its changes. */
  String actor() {
    return actor(name);
  }

  /** Returns the actor recorded for a rule's changes. */
  static String actor(String rule) {
    return ACTOR + rule;
  }

  /** Whether a control has the id of one that this rule starts. */
  public boolean starts(String id) {
    return id.startsWith(name + "-")
        && id.substring(name.length() + 1).matches("[0-9a-f]{8}(-[0-9]+)?");
  }

  /** Whether the rule is for an alert, of any status. */
  boolean isFor(Alert a) {
    return !alert.isEmpty()
        && a.name().equals(alert)
        && labels.entrySet().stream()
            .allMatch(e -> a.labels().getOrDefault(e.getKey(), "").equals(e.getValue()));
  }

  /** Whether an alert triggers the rule. */
  boolean isTriggeredBy(Alert a) {
    return isFor(a) && a.status().equals(status);
  }

  /**
   * Returns the ID of the control started by an action for an alert. It stays the same after a
   * restart, so that the control can then be ended.
   */
  String controlId(int action, Alert a) {
    return name
        + "-"
        + Texts.sha256(a.fingerprint()).substring(0, 8)
        + (action == 0 ? "" : "-" + action);
  }

  /**
   * Returns the control of an action for an alert.
   *
   * @throws ConfigException if it is invalid for that alert
   * @throws IllegalArgumentException if a reference has no value
   */
  ControlRequest control(int action, Alert a) {
    Interpolation event = Interpolation.of(a.event("", ""));
    Map<String, @Nullable Object> m = new TreeMap<>();
    // Each text is interpolated once: a value of the alert that looks like a reference is not
    // expanded.
    starts
        .get(action)
        .forEach(
            (k, v) -> {
              UnaryOperator<String> quoting =
                  k.equals("condition") ? AutomationRule::escaped : UnaryOperator.identity();
              m.put(k, changed(v, t -> interpolated(event, t, quoting)));
            });
    m.put("id", controlId(action, a));
    m.putIfAbsent("owner", "automation:" + name);
    m.putIfAbsent("reason", "alert " + Texts.shortened(a.name(), 200));
    return ControlRequest.read("control", JsonMapper.shared().writeValueAsString(m));
  }

  /**
   * Returns an action for an alert; exceptions as for {@link #control}.
   *
   * @param index index into the list of actions
   */
  RuleAction action(int index, Alert a) {
    Interpolation event = Interpolation.of(a.event("", ""));
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    actions
        .get(index)
        .forEach(
            (k, v) -> m.put(k, changed(v, t -> interpolated(event, t, UnaryOperator.identity()))));
    return RuleAction.Reader.read(m);
  }

  /** Returns the ID of an action for an alert. */
  String actionId(int index, Alert a) {
    return name + "-" + Texts.sha256(a.fingerprint()).substring(0, 8) + "-a" + index;
  }

  private static String interpolated(
      Interpolation event, String text, UnaryOperator<String> quoting) {
    String missing = event.missing(text);
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "a reference has no value in the alert: " + Texts.shortened(missing, 500));
    }
    return event.replaced(text, quoting);
  }

  /** Keeps a value inside its quotes in an OTTL condition. */
  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  private static String text(Map<String, Object> template, UnaryOperator<String> change) {
    Object tree = changed(template, change);
    return JsonMapper.shared().writeValueAsString(tree);
  }

  private static @Nullable Object changed(@Nullable Object tree, UnaryOperator<String> change) {
    return switch (tree) {
      case Map<?, ?> m -> {
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        m.forEach((k, v) -> out.put(String.valueOf(k), changed(v, change)));
        yield out;
      }
      case List<?> l -> {
        List<@Nullable Object> out = new ArrayList<>();
        l.forEach(v -> out.add(changed(v, change)));
        yield out;
      }
      case String s -> change.apply(s);
      case null, default -> tree;
    };
  }
}
