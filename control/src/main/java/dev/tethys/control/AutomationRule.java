package dev.tethys.control;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.control.mdai.Interpolation;
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
 * Rule that starts and ends live controls when an alert fires or is resolved, or another event.
 *
 * @param alert name of the alert; of another event with {@link #AGENT}, {@link #WEBHOOK} or {@link
 *     #SCHEDULE} before it
 * @param labels that the alert must have
 * @param status of the alert: {@code firing} or {@code resolved}
 * @param starts controls with references to the event in their texts
 * @param ends ids of controls
 * @param undo whether the controls that it started end when the alert is resolved
 * @param schedule in which it fires; null for other events
 */
record AutomationRule(
    String name,
    String alert,
    Map<String, String> labels,
    String status,
    List<Map<String, Object>> starts,
    List<String> ends,
    boolean dryRun,
    Duration coolDown,
    boolean undo,
    @Nullable DailyWindow schedule) {
  /** Before the state of an agent. */
  static final String AGENT = "agent:";

  /** Before the name of a webhook. */
  static final String WEBHOOK = "webhook:";

  /** Before the name of the rule. */
  static final String SCHEDULE = "schedule:";

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");
  private static final int MAX_RULES = 1000;
  private static final int MAX_ACTIONS = 10;

  private static final Section TRIGGER = new Section("trigger", "Alert that triggers a rule.");
  private static final Key<String> ALERT =
      TRIGGER.optional("alert", Type.STRING, "Name of the alert.");
  private static final Key<String> OF_AGENT =
      TRIGGER.optional(
          "agent",
          Type.oneOf("state", EventTriggers.words()),
          "State of an agent: unhealthy, disconnected or dropping.");
  private static final Key<String> OF_WEBHOOK =
      TRIGGER.optional("webhook", Type.STRING, "Name of a webhook.");
  private static final Key<DailyWindow> OF_SCHEDULE =
      TRIGGER.optional("schedule", DailyWindow.TYPE, "Part of each day.");
  private static final Key<String> STATUS =
      TRIGGER.key(
          "status",
          Type.oneOf("status", List.of("firing", "resolved")),
          "firing",
          "firing or resolved.");
  private static final Key<Map<String, String>> LABELS =
      TRIGGER.key("labels", Type.map(Type.STRING), Map.of(), "Labels that the alert must have.");

  /** Keys of a rule without its name. */
  static final Section SPEC = new Section("rule", "Rule of automation.");

  private static final Key<YamlObject> RULE_TRIGGER =
      SPEC.required("trigger", TRIGGER.type(o -> o), "Alert that triggers the rule.");
  private static final Key<List<YamlNode>> STARTS =
      SPEC.key("start_controls", Type.list(Type.ANY), List.of(), "Controls to start.");
  private static final Key<List<String>> ENDS =
      SPEC.key("end_controls", Type.list(Type.STRING), List.of(), "Ids of controls to end.");
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
   * @throws ConfigException where a rule is wrong
   * @throws IOException when it cannot be read
   */
  static List<AutomationRule> read(Path file) throws IOException {
    return read(YamlDocument.read(file));
  }

  static List<AutomationRule> read(YamlDocument document) {
    YamlObject o = document.root().object(FILE);
    List<AutomationRule> out = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (YamlNode n : o.get(RULES)) {
      YamlObject rule = n.object(RULE);
      AutomationRule r = read(rule.get(RULE_NAME), rule);
      if (!names.add(r.name)) {
        throw n.error("there is another rule " + r.name);
      }
      out.add(r);
    }
    if (out.size() > MAX_RULES) {
      throw o.error(RULES, "has " + out.size() + " entries; at most " + MAX_RULES);
    }
    return List.copyOf(out);
  }

  /**
   * Reads a rule.
   *
   * @param o with the keys of {@link #SPEC}
   * @throws ConfigException where it is wrong
   */
  static AutomationRule read(String name, YamlObject o) {
    if (!NAME.matcher(name).matches()) {
      throw o.error(
          "the name \""
              + Texts.shortened(name, 80)
              + "\" must have 1 to 40 characters of a-z, 0-9 and '-', the first a letter or digit");
    }
    List<YamlNode> starts = o.get(STARTS);
    if (starts.isEmpty() && o.get(ENDS).isEmpty()) {
      throw o.error("start_controls or end_controls is required");
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
        t.find(OF_SCHEDULE));
  }

  /** Name of the one event that a trigger has. */
  private static String event(String name, YamlObject t) {
    List<String> all = new ArrayList<>();
    String alert = t.find(ALERT);
    if (alert != null) {
      if (alert.isEmpty() || isEvent(alert)) {
        throw t.error(ALERT, "must be the name of an alert, not \"" + alert + "\"");
      }
      all.add(alert);
    }
    String agent = t.find(OF_AGENT);
    if (agent != null) {
      all.add(AGENT + agent);
    }
    String webhook = t.find(OF_WEBHOOK);
    if (webhook != null) {
      if (!NAME.matcher(webhook).matches()) {
        throw t.error(OF_WEBHOOK, "must have 1 to 40 characters of a-z, 0-9 and '-'");
      }
      all.add(WEBHOOK + webhook);
    }
    if (t.find(OF_SCHEDULE) != null) {
      all.add(SCHEDULE + name);
    }
    if (all.size() != 1) {
      throw t.error("must have one of alert, agent, webhook and schedule");
    }
    return all.getFirst();
  }

  /** Whether a name is of an event of the control plane, which no alert can have. */
  static boolean isEvent(String name) {
    return name.startsWith(AGENT) || name.startsWith(WEBHOOK) || name.startsWith(SCHEDULE);
  }

  private static Map<String, Object> template(YamlNode n) {
    if (!n.isMap()) {
      throw n.error("must be a control with action and scope");
    }
    Map<String, Object> out = new LinkedHashMap<>();
    n.entries().forEach((k, e) -> out.put(k, e.value().asTree()));
    for (String key : List.of("id", "author", "window")) {
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
      throw (ConfigException) n.error(String.valueOf(e.getMessage())).initCause(e);
    }
    return out;
  }

  /** The rule with the keys of {@link #SPEC}, which reads the same. */
  Map<String, Object> tree() {
    Map<String, Object> trigger = new LinkedHashMap<>();
    if (schedule != null) {
      trigger.put("schedule", schedule.tree());
    } else if (alert.startsWith(AGENT)) {
      trigger.put("agent", alert.substring(AGENT.length()));
    } else if (alert.startsWith(WEBHOOK)) {
      trigger.put("webhook", alert.substring(WEBHOOK.length()));
    } else {
      trigger.put("alert", alert);
    }
    trigger.put("status", status);
    if (!labels.isEmpty()) {
      trigger.put("labels", new TreeMap<>(labels));
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("trigger", trigger);
    if (!starts.isEmpty()) {
      out.put("start_controls", starts);
    }
    if (!ends.isEmpty()) {
      out.put("end_controls", ends);
    }
    out.put("dry_run", dryRun);
    out.put("cool_down", coolDown);
    out.put("undo", undo);
    return out;
  }

  /** Whether a control has the id of one that this rule starts. */
  boolean starts(String id) {
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
   * Identity of the control that an action starts for an alert: the same after a restart, so that
   * it can be ended then.
   */
  String controlId(int action, Alert a) {
    return name
        + "-"
        + Texts.sha256(a.fingerprint()).substring(0, 8)
        + (action == 0 ? "" : "-" + action);
  }

  /**
   * The control of an action for an alert.
   *
   * @throws ConfigException where it is wrong for that alert
   * @throws IllegalArgumentException where a reference has no value
   */
  ControlRequest control(int action, Alert a) {
    Interpolation event = Interpolation.of(a.event("", ""));
    Map<String, @Nullable Object> m = new TreeMap<>();
    // Each text is interpolated once: a value of the alert that looks like a reference stays a
    // text.
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

  private static String interpolated(
      Interpolation event, String text, UnaryOperator<String> quoting) {
    String missing = event.missing(text);
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "a reference has no value in the alert: " + Texts.shortened(missing, 500));
    }
    return event.replaced(text, quoting);
  }

  /** Keeps a value inside of its quotes in an OTTL condition. */
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
