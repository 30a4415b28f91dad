package dev.tethys.insight.objectives.file;

import dev.tethys.config.Durations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.insight.objectives.BurnPolicy;
import dev.tethys.insight.objectives.BurnWindows;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveAlert;
import dev.tethys.insight.objectives.TargetOverride;
import dev.tethys.model.regex.Glob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads files in the grammar of Tethys: {@code objectives} and {@code defaults}. */
final class OwnReader {
  static final String SPEC = "tethys/v1";

  private static final Duration MAX_WINDOW = Duration.ofDays(366);
  private static final String ALERT_NAME_DEFAULT = "ErrorBudgetBurn";

  private static final Type<Map<String, String>> TEXTS =
      Type.map(Type.of("string", "", YamlNode::asString));

  private static final Section ALERT = new Section("alert", "Alert of one severity.");
  private static final Key<Boolean> DISABLE =
      ALERT.key("disable", Type.BOOL, false, "Omits the alert.");
  private static final Key<Map<String, String>> ALERT_LABELS =
      ALERT.key("labels", TEXTS, Map.of(), "Labels.");
  private static final Key<Map<String, String>> ALERT_ANNOTATIONS =
      ALERT.key("annotations", TEXTS, Map.of(), "Annotations.");

  private static final Section ALERTS = new Section("alerts", "Alerts of an objective.");
  private static final Key<Boolean> DISABLE_ALL =
      ALERTS.key("disable", Type.BOOL, false, "Omits all alerts.");
  private static final Key<String> ALERT_NAME =
      ALERTS.key("name", Type.STRING, ALERT_NAME_DEFAULT, "Name of the alerts.");
  private static final Key<Map<String, String>> LABELS_OF_ALL =
      ALERTS.key("labels", TEXTS, Map.of(), "Labels of all.");
  private static final Key<Map<String, String>> ANNOTATIONS_OF_ALL =
      ALERTS.key("annotations", TEXTS, Map.of(), "Annotations of all.");
  private static final Key<YamlObject> PAGE =
      ALERTS.optional("page", ALERT.type(o -> o), "Critical alert.");
  private static final Key<YamlObject> TICKET =
      ALERTS.optional("ticket", ALERT.type(o -> o), "Warning alert.");

  private static final Section OBJECTIVE = new Section("objective", "Objective.");
  private static final Key<String> NAME =
      OBJECTIVE.required("name", Type.STRING, "Name, unique in the service.");
  private static final Key<String> SERVICE =
      OBJECTIVE.required("service", Type.STRING, "Name of the service.");
  private static final Key<String> ENTITY =
      OBJECTIVE.key("entity", Type.STRING, "", "Id of an entity other than the service.");
  private static final Key<String> DESCRIPTION =
      OBJECTIVE.key("description", Type.STRING, "", "Text for people.");
  private static final Key<Double> TARGET =
      OBJECTIVE.required("target", Type.FLOAT, "Target in percent.");
  private static final Key<Duration> WINDOW =
      OBJECTIVE.key("window", Type.DURATION, Duration.ofDays(30), "Rolling window.");
  private static final Key<BurnPolicy> BURN_RATES =
      OBJECTIVE.key(
          "burn_rates",
          Type.lowerCase("policy of burn rates", BurnPolicy.class),
          BurnPolicy.GOOGLE,
          "Windows and factors of burn rates.");
  private static final Key<Map<String, String>> LABELS =
      OBJECTIVE.key("labels", TEXTS, Map.of(), "Labels of its rules.");
  private static final Key<YamlObject> INDICATOR =
      OBJECTIVE.required("indicator", Indicators.SECTION.type(o -> o), "Failed events.");
  private static final Key<YamlObject> OBJECTIVE_ALERTS =
      OBJECTIVE.optional("alerts", ALERTS.type(o -> o), "Alerts.");

  private static final Section LATENCY = new Section("latency", "Default objective of latency.");
  private static final Key<Double> LATENCY_TARGET =
      LATENCY.optional("target", Type.FLOAT, "Target in percent, 0 for none.");
  private static final Key<Duration> LATENCY_THRESHOLD =
      LATENCY.optional("threshold", Type.DURATION, "Longest good duration.");

  private static final Section DEFAULT = new Section("default", "Change of default objectives.");
  private static final Key<String> MATCH =
      DEFAULT.required("match", Type.STRING, "Name of services, with * and ?.");
  private static final Key<Double> AVAILABILITY =
      DEFAULT.optional("availability", Type.FLOAT, "Target in percent, 0 for none.");
  private static final Key<YamlObject> DEFAULT_LATENCY =
      DEFAULT.optional("latency", LATENCY.type(o -> o), "Objective of latency.");

  static final Section FILE = new Section("file of objectives", "Objectives.");
  private static final Key<List<YamlObject>> OBJECTIVES =
      FILE.key("objectives", Type.list(OBJECTIVE.type(o -> o)), List.of(), "Objectives.");
  private static final Key<List<YamlObject>> DEFAULTS =
      FILE.key("defaults", Type.list(DEFAULT.type(o -> o)), List.of(), "Default objectives.");

  /** Parsed file contents. */
  record Contents(List<Objective> objectives, List<TargetOverride> overrides) {}

  private OwnReader() {}

  static Contents read(YamlNode root, String file) {
    YamlObject o = root.object(FILE);
    List<Objective> objectives = new ArrayList<>();
    for (YamlObject one : o.get(OBJECTIVES)) {
      one.node().attempt(() -> objectives.add(objective(one, file)));
    }
    List<TargetOverride> overrides = new ArrayList<>();
    for (YamlObject one : o.get(DEFAULTS)) {
      one.node().attempt(() -> overrides.add(override(one)));
    }
    return new Contents(objectives, overrides);
  }

  private static Objective objective(YamlObject o, String file) {
    String name = ObjectiveText.name(o, NAME, o.get(NAME));
    String service = o.get(SERVICE);
    if (service.isEmpty() || service.length() > ObjectiveText.MAX_NAME) {
      throw o.error(SERVICE, "service must have 1 to " + ObjectiveText.MAX_NAME + " characters");
    }
    double percent = o.get(TARGET);
    if (!(percent > 0 && percent < 100)) {
      throw o.error(
          TARGET,
          "target is "
              + percent
              + "; it must be a percentage above 0 and below 100: a target of 100 has no error"
              + " budget");
    }
    BurnPolicy policy = o.get(BURN_RATES);
    Duration window = o.get(WINDOW);
    Duration least = policy == BurnPolicy.GOOGLE ? BurnWindows.MIN_GOOGLE : BurnWindows.MIN_COROOT;
    if (window.compareTo(least) < 0 || window.compareTo(MAX_WINDOW) > 0) {
      throw o.error(
          WINDOW,
          "window is "
              + Durations.format(window)
              + "; it must be from "
              + least.toDays()
              + "d to 366d"
              + (policy == BurnPolicy.GOOGLE
                  ? ", or from 1d with burn_rates: coroot, whose windows are shorter"
                  : ""));
    }
    return new Objective(
        service + "-" + name,
        name,
        service,
        o.get(ENTITY),
        o.get(DESCRIPTION),
        o.node().where(),
        file,
        SPEC,
        percent,
        window,
        policy,
        Indicators.read(o.get(INDICATOR), service),
        ObjectiveText.labels(o, LABELS, o.get(LABELS)),
        alerts(o.find(OBJECTIVE_ALERTS), policy));
  }

  private static List<ObjectiveAlert> alerts(@Nullable YamlObject o, BurnPolicy policy) {
    List<ObjectiveAlert> out = new ArrayList<>();
    YamlObject page = o == null ? null : o.find(PAGE);
    YamlObject ticket = o == null ? null : o.find(TICKET);
    if (o != null && ticket != null && policy == BurnPolicy.COROOT) {
      throw o.error(TICKET, "burn_rates: coroot has no tickets; remove \"ticket\"");
    }
    for (boolean isTicket : new boolean[] {false, true}) {
      YamlObject one = isTicket ? ticket : page;
      if (o != null && o.get(DISABLE_ALL)
          || one != null && one.get(DISABLE)
          || isTicket && policy == BurnPolicy.COROOT) {
        continue;
      }
      Map<String, String> labels = new LinkedHashMap<>();
      Map<String, String> annotations = new LinkedHashMap<>();
      String name = ALERT_NAME_DEFAULT;
      if (o != null) {
        name = o.get(ALERT_NAME);
        labels.putAll(o.get(LABELS_OF_ALL));
        annotations.putAll(o.get(ANNOTATIONS_OF_ALL));
        if (name.isEmpty()) {
          throw o.error(ALERT_NAME, "name is empty; write a name or remove the key");
        }
      }
      if (one != null) {
        labels.putAll(one.get(ALERT_LABELS));
        annotations.putAll(one.get(ALERT_ANNOTATIONS));
      }
      if (o != null) {
        ObjectiveText.checkLabels(o, labels);
        ObjectiveText.checkAnnotations(o, annotations);
      }
      out.add(new ObjectiveAlert.OnPairs(isTicket, name, labels, annotations));
    }
    return out;
  }

  private static TargetOverride override(YamlObject o) {
    YamlObject latency = o.find(DEFAULT_LATENCY);
    Duration threshold = latency == null ? null : latency.find(LATENCY_THRESHOLD);
    if (latency != null && threshold != null && threshold.isZero()) {
      throw latency.error(LATENCY_THRESHOLD, "threshold is 0; it must be above 0");
    }
    return new TargetOverride(
        o.node().where(),
        Glob.wildcards(o.get(MATCH)),
        percent(o, AVAILABILITY),
        latency == null ? null : percent(latency, LATENCY_TARGET),
        threshold == null ? null : threshold.toMillis() / 1e3);
  }

  private static @Nullable Double percent(YamlObject o, Key<Double> key) {
    Double p = o.find(key);
    if (p != null && !(p >= 0 && p < 100)) {
      throw o.error(key, key.name() + " is " + p + "; it must be a percentage from 0 to below 100");
    }
    return p;
  }
}
