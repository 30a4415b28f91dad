package dev.tethys.insight.objectives.file;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.insight.objectives.BurnPolicy;
import dev.tethys.insight.objectives.BurnWindows;
import dev.tethys.insight.objectives.ErrorRatio;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveAlert;
import dev.tethys.model.GoFloat;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads objects of OpenSLO, {@code apiVersion: openslo/v1}. Objects may refer to those of other
 * documents and files, so that all are registered before objectives are read.
 */
final class OpenSloReader {
  static final String VERSION = "openslo/v1";

  private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,5})([mhdwMQY])");
  private static final Duration DEFAULT_WINDOW = Duration.ofDays(30);
  private static final Duration MAX_WINDOW = Duration.ofDays(366);
  private static final Duration MAX_LOOKBACK = Duration.ofDays(7);
  private static final Set<String> SOURCES = Set.of("prometheus");

  private static final Type<Map<String, String>> TEXTS =
      Type.map(Type.of("string", "", YamlNode::asString));

  /** Labels may have several values. */
  private static final Type<Map<String, String>> LABEL_MAP =
      Type.map(Type.of("string or list", "", OpenSloReader::joined));

  private static final Type<Duration> SHORTHAND =
      Type.of("duration", null, n -> n.parse(OpenSloReader::duration));

  private enum Kind {
    SLO("SLO"),
    SLI("SLI"),
    SERVICE("Service"),
    DATA_SOURCE("DataSource"),
    ALERT_POLICY("AlertPolicy"),
    ALERT_CONDITION("AlertCondition"),
    ALERT_NOTIFICATION_TARGET("AlertNotificationTarget");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  private static final Section METADATA = new Section("metadata", "Name and labels.");
  private static final Key<String> NAME = METADATA.required("name", Type.STRING, "Name.");
  private static final Key<String> DISPLAY_NAME =
      METADATA.key("displayName", Type.STRING, "", "Name for people.");
  private static final Key<Map<String, String>> LABELS =
      METADATA.key("labels", LABEL_MAP, Map.of(), "Labels.");
  private static final Key<Map<String, String>> ANNOTATIONS =
      METADATA.key("annotations", TEXTS, Map.of(), "Annotations.");

  private static final Section OBJECT = new Section("object of OpenSLO", "Object.");
  private static final Key<String> API_VERSION =
      OBJECT.key("apiVersion", Type.STRING, VERSION, "openslo/v1.");
  private static final Key<Kind> KIND =
      OBJECT.optional("kind", Type.oneOf("kind", Kind.values(), k -> k.text), "Kind.");
  private static final Key<YamlObject> OBJECT_METADATA =
      OBJECT.optional("metadata", METADATA.type(o -> o), "Name and labels.");
  private static final Key<YamlNode> SPEC = OBJECT.required("spec", Type.ANY, "Contents.");

  private static final Section SOURCE_SPEC = new Section("spec", "Query.");
  private static final Key<YamlNode> QUERY = SOURCE_SPEC.optional("query", Type.ANY, "PromQL.");
  private static final Key<YamlNode> PROMQL = SOURCE_SPEC.optional("promql", Type.ANY, "PromQL.");

  private static final Section METRIC_SOURCE = new Section("metricSource", "Source of a metric.");
  private static final Key<String> SOURCE_REF =
      METRIC_SOURCE.key("metricSourceRef", Type.STRING, "", "Name of a DataSource.");
  private static final Key<String> SOURCE_TYPE =
      METRIC_SOURCE.key("type", Type.STRING, "", "Type of the source.");
  private static final Key<YamlObject> METRIC_SPEC =
      METRIC_SOURCE.required("spec", SOURCE_SPEC.type(o -> o), "Query.");

  private static final Section METRIC = new Section("metric", "Metric.");
  private static final Key<YamlObject> METRIC_OF =
      METRIC.required("metricSource", METRIC_SOURCE.type(o -> o), "Source.");
  private static final Type<YamlObject> METRIC_OBJECT = METRIC.type(o -> o);

  private static final Section RATIO = new Section("ratioMetric", "Good and all events.");
  private static final Key<Boolean> COUNTER =
      RATIO.key("counter", Type.BOOL, false, "Whether the metrics are counters.");
  private static final Key<YamlObject> GOOD = RATIO.optional("good", METRIC_OBJECT, "Good events.");
  private static final Key<YamlObject> BAD = RATIO.optional("bad", METRIC_OBJECT, "Failed events.");
  private static final Key<YamlObject> TOTAL =
      RATIO.optional("total", METRIC_OBJECT, "All events.");
  private static final Key<String> RAW_TYPE =
      RATIO.optional(
          "rawType", Type.oneOf("rawType", List.of("success", "failure")), "Counted events.");
  private static final Key<YamlObject> RAW = RATIO.optional("raw", METRIC_OBJECT, "Ratio.");

  private static final Section SLI_SPEC = new Section("spec", "Indicator.");
  static final Key<String> SLI_DESCRIPTION =
      SLI_SPEC.key("description", Type.STRING, "", "Text for people.");
  private static final Key<YamlObject> THRESHOLD_METRIC =
      SLI_SPEC.optional("thresholdMetric", METRIC_OBJECT, "Values that are compared.");
  private static final Key<YamlObject> RATIO_METRIC =
      SLI_SPEC.optional("ratioMetric", RATIO.type(o -> o), "Good and all events.");

  private static final Section CALENDAR = new Section("calendar", "Start of a calendar window.");
  private static final Section TIME_WINDOW = new Section("timeWindow", "Window.");
  private static final Key<Duration> WINDOW_DURATION =
      TIME_WINDOW.required("duration", SHORTHAND, "Length.");
  private static final Key<Boolean> ROLLING =
      TIME_WINDOW.optional("isRolling", Type.BOOL, "Whether the window rolls.");

  static {
    TIME_WINDOW.notBuilt(
        CALENDAR.name(), "windows aligned to a calendar; write isRolling: true without calendar");
  }

  private static final Section OBJECTIVE = new Section("objective", "Target.");
  private static final Key<String> OBJECTIVE_NAME =
      OBJECTIVE.key("displayName", Type.STRING, "", "Name for people.");
  private static final Key<String> OP =
      OBJECTIVE.optional(
          "op", Type.oneOf("operator", List.of("lte", "gte", "lt", "gt")), "Comparison.");
  private static final Key<Double> VALUE =
      OBJECTIVE.optional("value", Type.FLOAT, "Value that is compared.");
  private static final Key<Double> TARGET = OBJECTIVE.optional("target", Type.FLOAT, "Ratio.");
  private static final Key<Double> TARGET_PERCENT =
      OBJECTIVE.optional("targetPercent", Type.FLOAT, "Percentage.");

  static {
    String composite = "objectives with their own indicators; write one SLO for each";
    OBJECTIVE
        .notBuilt("timeSliceTarget", "time slices; use budgetingMethod: Occurrences")
        .notBuilt("timeSliceWindow", "time slices; use budgetingMethod: Occurrences")
        .notBuilt("indicator", composite)
        .notBuilt("indicatorRef", composite)
        .notBuilt("compositeWeight", composite);
  }

  private static final Section SLO_SPEC = new Section("spec", "Objective.");
  private static final Key<String> SLO_DESCRIPTION =
      SLO_SPEC.key("description", Type.STRING, "", "Text for people.");
  private static final Key<String> SERVICE = SLO_SPEC.required("service", Type.STRING, "Service.");
  private static final Key<YamlObject> INDICATOR =
      SLO_SPEC.optional("indicator", OBJECT.type(o -> o), "Indicator.");
  private static final Key<String> INDICATOR_REF =
      SLO_SPEC.key("indicatorRef", Type.STRING, "", "Name of an SLI.");
  private static final Key<List<YamlObject>> TIME_WINDOWS =
      SLO_SPEC.key("timeWindow", Type.list(TIME_WINDOW.type(o -> o)), List.of(), "Window.");
  private static final Key<String> METHOD =
      SLO_SPEC.key(
          "budgetingMethod",
          Type.oneOf("budgetingMethod", List.of("Occurrences", "Timeslices", "RatioTimeslices")),
          "Occurrences",
          "Account of the budget.");
  private static final Key<List<YamlObject>> OBJECTIVES =
      SLO_SPEC.required("objectives", Type.list(OBJECTIVE.type(o -> o)), "Targets.");
  private static final Key<List<YamlNode>> POLICIES =
      SLO_SPEC.key("alertPolicies", Type.list(Type.ANY), List.of(), "Alerts.");

  private static final Section SOURCE_OBJECT = new Section("spec", "Source.");
  static final Key<String> SOURCE_DESCRIPTION =
      SOURCE_OBJECT.key("description", Type.STRING, "", "Text for people.");
  private static final Key<String> DATA_SOURCE_TYPE =
      SOURCE_OBJECT.required("type", Type.STRING, "Type.");
  private static final Key<YamlNode> CONNECTION =
      SOURCE_OBJECT.optional("connectionDetails", Type.ANY, "Connection.");

  private static final Section POLICY_SPEC = new Section("spec", "Alerts.");
  private static final Key<String> POLICY_DESCRIPTION =
      POLICY_SPEC.key("description", Type.STRING, "", "Text for people.");
  private static final Key<Boolean> WHEN_NO_DATA =
      POLICY_SPEC.key("alertWhenNoData", Type.BOOL, false, "Alert without data.");
  private static final Key<Boolean> WHEN_RESOLVED =
      POLICY_SPEC.key("alertWhenResolved", Type.BOOL, false, "Notification of the end.");
  private static final Key<Boolean> WHEN_BREACHING =
      POLICY_SPEC.key("alertWhenBreaching", Type.BOOL, false, "Alert on the condition.");
  private static final Key<List<YamlNode>> CONDITIONS =
      POLICY_SPEC.required("conditions", Type.list(Type.ANY), "Condition.");
  private static final Key<List<YamlNode>> TARGETS =
      POLICY_SPEC.key("notificationTargets", Type.list(Type.ANY), List.of(), "Receivers.");

  private static final Section CONDITION = new Section("condition", "Condition on the burn rate.");
  static final Key<String> CONDITION_KIND =
      CONDITION.key("kind", Type.oneOf("kind", List.of("burnrate")), "burnrate", "burnrate.");
  private static final Key<String> CONDITION_OP =
      CONDITION.required(
          "op", Type.oneOf("operator", List.of("lte", "gte", "lt", "gt")), "Comparison.");
  private static final Key<Double> THRESHOLD =
      CONDITION.required("threshold", Type.FLOAT, "Burn rate.");
  private static final Key<Duration> LOOKBACK =
      CONDITION.required("lookbackWindow", SHORTHAND, "Window of the burn rate.");
  private static final Key<Duration> AFTER =
      CONDITION.key(
          "alertAfter",
          Type.of("duration", null, n -> n.parse(OpenSloReader::holdDuration)),
          Duration.ZERO,
          "Time for which it holds.");

  private static final Section CONDITION_SPEC = new Section("spec", "Condition.");
  private static final Key<String> CONDITION_DESCRIPTION =
      CONDITION_SPEC.key("description", Type.STRING, "", "Text for people.");
  private static final Key<String> SEVERITY =
      CONDITION_SPEC.required("severity", Type.STRING, "Severity.");
  private static final Key<YamlObject> CONDITION_OF =
      CONDITION_SPEC.required("condition", CONDITION.type(o -> o), "Condition.");

  private static final Section TARGET_SPEC = new Section("spec", "Receiver.");
  static final Key<String> TARGET_NAME =
      TARGET_SPEC.required("target", Type.STRING, "Kind of receiver.");
  static final Key<String> TARGET_DESCRIPTION =
      TARGET_SPEC.key("description", Type.STRING, "", "Text for people.");

  private static final Section SERVICE_SPEC = new Section("spec", "Service.");
  static final Key<String> SERVICE_DESCRIPTION =
      SERVICE_SPEC.key("description", Type.STRING, "", "Text for people.");

  private static final Section CONDITION_REF = new Section("condition", "Reference.");
  private static final Key<String> CONDITION_REF_NAME =
      CONDITION_REF.required("conditionRef", Type.STRING, "Name of an AlertCondition.");
  private static final Section TARGET_REF = new Section("notification target", "Reference.");
  private static final Key<String> TARGET_REF_NAME =
      TARGET_REF.required("targetRef", Type.STRING, "Name of an AlertNotificationTarget.");
  private static final Section POLICY_REF = new Section("alert policy", "Reference.");
  private static final Key<String> POLICY_REF_NAME =
      POLICY_REF.required("alertPolicyRef", Type.STRING, "Name of an AlertPolicy.");

  private final Map<Kind, Map<String, YamlObject>> objects = new TreeMap<>();
  private final List<String> notices = new ArrayList<>();

  /** Remarks about settings that have no effect here. */
  List<String> notices() {
    return notices;
  }

  /** Registers the objects of a document; registering one again is harmless. */
  void register(YamlNode root) {
    for (YamlNode n : each(root)) {
      n.attempt(() -> register(n.object(OBJECT), n));
    }
  }

  private static List<YamlNode> each(YamlNode root) {
    return root.isList() ? root.items() : List.of(root);
  }

  private void register(YamlObject o, YamlNode n) {
    if (!o.get(API_VERSION).equals(VERSION)) {
      throw o.error(
          API_VERSION,
          "apiVersion is \"" + o.get(API_VERSION) + "\"; only " + VERSION + " is supported");
    }
    Kind kind = o.find(KIND);
    if (kind == null) {
      throw o.error("kind is missing; write SLO, SLI or another kind of OpenSLO");
    }
    String name = name(o);
    YamlObject before = objects.computeIfAbsent(kind, _ -> new TreeMap<>()).put(name, o);
    if (before != null && !before.node().where().equals(n.where())) {
      throw o.error(
          OBJECT_METADATA,
          "another "
              + kind.text
              + " is named \""
              + name
              + "\", at "
              + before.node().where()
              + "; names must be unique");
    }
  }

  private static String name(YamlObject o) {
    YamlObject metadata = o.find(OBJECT_METADATA);
    if (metadata == null) {
      throw o.error("metadata is missing; write metadata with a name");
    }
    String name = metadata.get(NAME);
    if (name.isBlank() || name.length() > ObjectiveText.MAX_NAME) {
      throw metadata.error(NAME, "name must have 1 to " + ObjectiveText.MAX_NAME + " characters");
    }
    return name;
  }

  /** Reads the objectives of a document, and checks its other objects. */
  List<Objective> read(YamlNode root, String file) {
    List<Objective> out = new ArrayList<>();
    for (YamlNode n : each(root)) {
      n.attempt(() -> read(n.object(OBJECT), file, out));
    }
    return out;
  }

  private void read(YamlObject o, String file, List<Objective> out) {
    Kind kind = o.find(KIND);
    if (kind == null) {
      throw o.error("kind is missing; write SLO, SLI or another kind of OpenSLO");
    }
    YamlNode spec = o.get(SPEC);
    switch (kind) {
      case SLO -> out.addAll(objectives(o, spec.object(SLO_SPEC), file));
      case SLI -> spec.object(SLI_SPEC).readAll();
      case SERVICE -> spec.object(SERVICE_SPEC).readAll();
      case DATA_SOURCE -> source(o);
      case ALERT_POLICY -> spec.object(POLICY_SPEC).readAll();
      case ALERT_CONDITION -> spec.object(CONDITION_SPEC).readAll();
      case ALERT_NOTIFICATION_TARGET -> spec.object(TARGET_SPEC).readAll();
    }
  }

  private void source(YamlObject o) {
    YamlObject spec = o.get(SPEC).object(SOURCE_OBJECT);
    checkSource(spec, DATA_SOURCE_TYPE);
    YamlNode connection = spec.at(CONNECTION);
    if (connection != null && !connection.isNull()) {
      String notice =
          connection.where() + ": connectionDetails has no effect: queries read this server";
      if (!notices.contains(notice)) {
        notices.add(notice);
      }
    }
  }

  private static void checkSource(YamlObject o, Key<String> type) {
    String t = o.get(type);
    if (!SOURCES.contains(t.toLowerCase(Locale.ROOT))) {
      throw o.error(
          type, "type is \"" + t + "\"; only Prometheus is supported: queries read this server");
    }
  }

  private YamlObject referred(YamlObject from, Key<?> key, Kind kind, String name) {
    YamlObject found = objects.getOrDefault(kind, Map.of()).get(name);
    if (found == null) {
      throw from.error(
          key, "there is no " + kind.text + " named \"" + name + "\"; add it to one of the files");
    }
    return found;
  }

  private List<Objective> objectives(YamlObject o, YamlObject spec, String file) {
    String name = name(o);
    String service = spec.get(SERVICE);
    if (service.isBlank() || service.length() > ObjectiveText.MAX_NAME) {
      throw spec.error(SERVICE, "service must have 1 to " + ObjectiveText.MAX_NAME + " characters");
    }
    if (!spec.get(METHOD).equals("Occurrences")) {
      throw spec.error(
          METHOD,
          "budgetingMethod is "
              + spec.get(METHOD)
              + ", which is not built in Tethys yet; use Occurrences");
    }
    Duration window = window(spec);
    YamlObject sli = indicator(spec);
    YamlObject metadata = Objects.requireNonNull(o.find(OBJECT_METADATA));
    Map<String, String> labels = new TreeMap<>();
    metadata.get(LABELS).forEach((k, v) -> labels.put(safe(k), v));
    labels.values().removeIf(String::isEmpty);
    Map<String, String> annotations = new TreeMap<>();
    metadata.get(ANNOTATIONS).forEach((k, v) -> annotations.put(safe(k), v));
    List<YamlObject> targets = spec.get(OBJECTIVES);
    if (targets.isEmpty()) {
      throw spec.error(OBJECTIVES, "there is no objective; write at least one");
    }
    List<ObjectiveAlert> alerts = new ArrayList<>();
    for (YamlNode p : spec.get(POLICIES)) {
      alerts.add(alert(p, annotations));
    }
    List<Objective> out = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      YamlObject t = targets.get(i);
      String own = targets.size() == 1 ? name : name + "-" + i;
      String shown =
          t.get(OBJECTIVE_NAME).isEmpty() ? metadata.get(DISPLAY_NAME) : t.get(OBJECTIVE_NAME);
      out.add(
          new Objective(
              service + "-" + own,
              own,
              service,
              "",
              spec.get(SLO_DESCRIPTION).isEmpty() ? shown : spec.get(SLO_DESCRIPTION),
              t.node().where(),
              file,
              VERSION,
              percent(t),
              window,
              BurnPolicy.GOOGLE,
              ratio(sli, t),
              labels,
              alerts));
    }
    return out;
  }

  private static String safe(String key) {
    String name = key.replaceAll("[^A-Za-z0-9_]", "_");
    return Character.isDigit(name.isEmpty() ? '0' : name.charAt(0)) ? "_" + name : name;
  }

  private static String joined(YamlNode n) {
    return n.isList()
        ? String.join(",", n.items().stream().map(YamlNode::asString).toList())
        : n.asString();
  }

  private static double percent(YamlObject o) {
    Double ratio = o.find(TARGET);
    Double percent = o.find(TARGET_PERCENT);
    if ((ratio == null) == (percent == null)) {
      throw o.error("an objective needs either target or targetPercent");
    }
    if (ratio != null && !(ratio > 0 && ratio < 1)) {
      throw o.error(TARGET, "target is " + ratio + "; it must be above 0 and below 1");
    }
    if (percent != null && !(percent > 0 && percent < 100)) {
      throw o.error(
          TARGET_PERCENT, "targetPercent is " + percent + "; it must be above 0 and below 100");
    }
    return percent != null
        ? percent
        : BigDecimal.valueOf(ratio == null ? 0 : ratio).movePointRight(2).doubleValue();
  }

  private static Duration window(YamlObject spec) {
    List<YamlObject> all = spec.get(TIME_WINDOWS);
    if (all.isEmpty()) {
      return DEFAULT_WINDOW;
    }
    if (all.size() > 1) {
      throw spec.error(TIME_WINDOWS, "timeWindow has " + all.size() + " items; write exactly one");
    }
    YamlObject w = all.getFirst();
    Boolean rolling = w.find(ROLLING);
    if (rolling == null || !rolling) {
      throw w.error(
          ROLLING,
          "a window that does not roll is aligned to a calendar, which is not built in Tethys yet;"
              + " write isRolling: true");
    }
    Duration d = w.get(WINDOW_DURATION);
    if (d.compareTo(BurnWindows.MIN_GOOGLE) < 0 || d.compareTo(MAX_WINDOW) > 0) {
      throw w.error(WINDOW_DURATION, "duration must be from 7d to 366d: burn rates need 3d");
    }
    return d;
  }

  private YamlObject indicator(YamlObject spec) {
    YamlObject inline = spec.find(INDICATOR);
    String ref = spec.get(INDICATOR_REF);
    if ((inline == null) == ref.isEmpty()) {
      throw spec.error("an SLO needs either indicator or indicatorRef");
    }
    YamlObject o = inline == null ? referred(spec, INDICATOR_REF, Kind.SLI, ref) : inline;
    return o.get(SPEC).object(SLI_SPEC);
  }

  private YamlNode query(YamlObject metric) {
    YamlObject source = metric.get(METRIC_OF);
    String ref = source.get(SOURCE_REF);
    if (!ref.isEmpty()) {
      YamlObject data = referred(source, SOURCE_REF, Kind.DATA_SOURCE, ref);
      checkSource(data.get(SPEC).object(SOURCE_OBJECT), DATA_SOURCE_TYPE);
    }
    if (!source.get(SOURCE_TYPE).isEmpty()) {
      checkSource(source, SOURCE_TYPE);
    }
    YamlObject spec = source.get(METRIC_SPEC);
    YamlNode query = spec.find(QUERY);
    YamlNode promql = spec.find(PROMQL);
    if (query != null && promql == null) {
      return query;
    }
    if (promql != null && query == null) {
      return promql;
    }
    throw spec.error("spec of a metric needs either query or promql");
  }

  private ErrorRatio ratio(YamlObject sli, YamlObject target) {
    YamlObject threshold = sli.find(THRESHOLD_METRIC);
    YamlObject ratio = sli.find(RATIO_METRIC);
    if ((threshold == null) == (ratio == null)) {
      throw sli.error("an SLI needs either thresholdMetric or ratioMetric");
    }
    if (threshold != null) {
      String op = target.find(OP);
      Double value = target.find(VALUE);
      if (op == null || value == null) {
        throw target.error("the SLI has a thresholdMetric; the objective needs op and value");
      }
      String good =
          "("
              + IndicatorQuery.readPoints(query(threshold))
              + ") "
              + operator(op)
              + " bool "
              + GoFloat.g(value);
      return new ErrorRatio.Ratio("1 - avg(avg_over_time((" + good + ")[{{.window}}:1m]))");
    }
    YamlObject r = Objects.requireNonNull(ratio);
    YamlObject good = r.find(GOOD);
    YamlObject bad = r.find(BAD);
    YamlObject total = r.find(TOTAL);
    YamlObject raw = r.find(RAW);
    String rawType = r.find(RAW_TYPE);
    if (raw != null) {
      if (good != null || bad != null || total != null || rawType == null) {
        throw r.error("raw needs rawType, and excludes good, bad and total");
      }
      YamlNode n = query(raw);
      String mean =
          n.asString().contains("{{")
              ? IndicatorQuery.read(n).text()
              : "avg(avg_over_time((" + IndicatorQuery.readPoints(n) + ")[{{.window}}:1m]))";
      return new ErrorRatio.Ratio(rawType.equals("failure") ? mean : "1 - (" + mean + ")");
    }
    if (total == null || (good == null) == (bad == null) || rawType != null) {
      throw r.error("ratioMetric needs total with either good or bad, or raw with rawType");
    }
    boolean counter = r.get(COUNTER);
    IndicatorQuery all = IndicatorQuery.readAny(query(total), counter);
    return good != null
        ? IndicatorQuery.good(IndicatorQuery.readAny(query(good), counter), all)
        : IndicatorQuery.failed(
            IndicatorQuery.readAny(query(Objects.requireNonNull(bad)), counter), all, true);
  }

  private static String operator(String op) {
    return switch (op) {
      case "lte" -> "<=";
      case "lt" -> "<";
      case "gte" -> ">=";
      default -> ">";
    };
  }

  private ObjectiveAlert alert(YamlNode n, Map<String, String> metadata) {
    YamlObject o =
        n.isMap() && n.entries().containsKey("alertPolicyRef")
            ? policy(n.object(POLICY_REF))
            : n.object(OBJECT);
    YamlObject policy = o.get(SPEC).object(POLICY_SPEC);
    List<YamlNode> conditions = policy.get(CONDITIONS);
    if (conditions.size() != 1) {
      throw policy.error(CONDITIONS, "conditions has " + conditions.size() + " items; write one");
    }
    YamlNode c = conditions.getFirst();
    YamlObject condition =
        (c.isMap() && c.entries().containsKey("conditionRef")
            ? condition(c.object(CONDITION_REF))
            : c.object(OBJECT));
    YamlObject spec = condition.get(SPEC).object(CONDITION_SPEC);
    YamlObject burn = spec.get(CONDITION_OF);
    Duration lookback = burn.get(LOOKBACK);
    if (lookback.compareTo(MAX_LOOKBACK) > 0) {
      throw burn.error(LOOKBACK, "lookbackWindow must be at most 7d");
    }
    double threshold = burn.get(THRESHOLD);
    if (!(threshold > 0)) {
      throw burn.error(THRESHOLD, "threshold is " + threshold + "; it must be above 0");
    }
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("severity", spec.get(SEVERITY));
    List<String> targets = new ArrayList<>();
    for (YamlNode t : policy.get(TARGETS)) {
      targets.add(target(t));
    }
    if (!targets.isEmpty()) {
      labels.put("notification_targets", String.join(",", targets));
    }
    if (policy.has(WHEN_RESOLVED)) {
      labels.put("alert_when_resolved", String.valueOf(policy.get(WHEN_RESOLVED)));
    }
    ObjectiveText.checkLabels(policy, labels);
    Map<String, String> annotations = new LinkedHashMap<>(metadata);
    for (String text : List.of(policy.get(POLICY_DESCRIPTION), spec.get(CONDITION_DESCRIPTION))) {
      if (!text.isEmpty()) {
        annotations.put("description", text);
      }
    }
    String op = burn.get(CONDITION_OP);
    return new ObjectiveAlert.OnBurnRate(
        name(o),
        threshold,
        op.endsWith("e"),
        lookback,
        burn.get(AFTER),
        policy.get(WHEN_BREACHING),
        policy.get(WHEN_NO_DATA),
        labels,
        annotations);
  }

  private YamlObject policy(YamlObject ref) {
    return referred(ref, POLICY_REF_NAME, Kind.ALERT_POLICY, ref.get(POLICY_REF_NAME));
  }

  private YamlObject condition(YamlObject ref) {
    return referred(ref, CONDITION_REF_NAME, Kind.ALERT_CONDITION, ref.get(CONDITION_REF_NAME));
  }

  private String target(YamlNode n) {
    if (n.isMap() && n.entries().containsKey("targetRef")) {
      YamlObject ref = n.object(TARGET_REF);
      String name = ref.get(TARGET_REF_NAME);
      referred(ref, TARGET_REF_NAME, Kind.ALERT_NOTIFICATION_TARGET, name);
      return name;
    }
    YamlObject o = n.object(OBJECT);
    o.get(SPEC).object(TARGET_SPEC).readAll();
    return name(o);
  }

  private static Duration holdDuration(String s) {
    return s.matches("0[mhdw]") ? Duration.ZERO : duration(s);
  }

  /** Reads a duration of OpenSLO: a month has 30 days, a quarter 90, a year 365. */
  private static Duration duration(String s) {
    Matcher m = DURATION.matcher(s);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "\""
              + s
              + "\" is not a duration of OpenSLO; write a number and one of m, h, d, w, M, Q, Y");
    }
    long n = Long.parseLong(m.group(1));
    return switch (m.group(2).charAt(0)) {
      case 'm' -> Duration.ofMinutes(n);
      case 'h' -> Duration.ofHours(n);
      case 'd' -> Duration.ofDays(n);
      case 'w' -> Duration.ofDays(7 * n);
      case 'M' -> Duration.ofDays(30 * n);
      case 'Q' -> Duration.ofDays(90 * n);
      default -> Duration.ofDays(365 * n);
    };
  }
}
