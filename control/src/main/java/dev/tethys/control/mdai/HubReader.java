package dev.tethys.control.mdai;

import dev.tethys.config.Durations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.control.mdai.HubVariable.Serializer;
import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.control.mdai.Resource.Meta;
import dev.tethys.control.mdai.Resource.PrometheusAlert;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reader of {@code MdaiHub}. */
final class HubReader {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
  private static final int MAX_KEY = 63;

  private static final Section JOIN = new Section("join", "Joins elements.");
  private static final Key<String> DELIMITER =
      JOIN.required("delimiter", Type.STRING, "Text between elements.");
  private static final Section TRANSFORMER = new Section("transformer", "Change of a value.");
  private static final Key<String> TRANSFORMER_TYPE =
      TRANSFORMER.required("type", Type.oneOf("type", List.of("join")), "join.");
  private static final Key<String> TRANSFORMER_JOIN =
      TRANSFORMER.optional("join", JOIN.type(o -> o.get(DELIMITER)), "Settings of join.");
  private static final Section SERIALIZER = new Section("serializeAs", "Name of a value.");
  private static final Key<String> SERIALIZER_NAME =
      SERIALIZER.required("name", Type.STRING, "Name in configurations of agents.");
  private static final Key<List<String>> TRANSFORMERS =
      SERIALIZER.key(
          "transformers", Type.list(TRANSFORMER.type(HubReader::delimiter)), List.of(), "Changes.");

  private static final Section VARIABLE = new Section("variable", "Variable.");
  private static final Key<String> VARIABLE_KEY = VARIABLE.required("key", Type.STRING, "Name.");
  private static final Key<String> VARIABLE_TYPE =
      VARIABLE.key(
          "type",
          Type.oneOf("type", List.of("computed", "manual", "meta")),
          "computed",
          "Origin of the value: rules, users or other variables.");
  private static final Key<DataType> DATA_TYPE =
      VARIABLE.required(
          "dataType",
          Type.oneOf("dataType", new LinkedHashMap<>(DataType.words())),
          "Type of the value.");
  private static final Key<List<Serializer>> SERIALIZERS =
      VARIABLE.key(
          "serializeAs", Type.list(SERIALIZER.type(HubReader::serializer)), List.of(), "Names.");
  private static final Key<List<String>> REFS =
      VARIABLE.key(
          "variableRefs", Type.list(Type.STRING), List.of(), "Variables of a meta variable.");
  private static final Key<YamlNode> DEFAULT =
      VARIABLE.optional("default", Type.ANY, "Default value until one is set.");

  private static final Section ALERT = new Section("prometheusAlert", "Alert.");
  private static final Key<String> ALERT_NAME = ALERT.required("name", Type.STRING, "Name.");
  private static final Key<String> EXPR = ALERT.required("expr", Type.STRING, "PromQL.");
  private static final Key<String> SEVERITY =
      ALERT.required(
          "severity", Type.oneOf("severity", List.of("warning", "critical")), "Severity.");
  private static final Key<String> FOR =
      ALERT.key("for", duration(), "", "Time before the alert fires.");
  private static final Key<String> KEEP =
      ALERT.key("keep_firing_for", duration(), "", "Time for which the alert keeps firing.");

  private static final Section WHEN = new Section("when", "Trigger.");
  private static final Key<String> WHEN_ALERT = WHEN.optional("alertName", Type.STRING, "Alert.");
  private static final Key<String> STATUS =
      WHEN.key("status", Type.STRING, "", "firing or resolved.");
  private static final Key<String> WHEN_VARIABLE =
      WHEN.optional("variableUpdated", Type.STRING, "Variable.");
  private static final Key<String> UPDATE =
      WHEN.key(
          "updateType",
          Type.oneOf("updateType", List.of("added", "removed", "set")),
          "",
          "Kind of change.");
  private static final Section RULE = new Section("rule", "Rule.");
  private static final Key<String> RULE_NAME = RULE.required("name", Type.STRING, "Name.");
  private static final Key<HubTrigger> RULE_WHEN =
      RULE.required("when", WHEN.type(HubReader::trigger), "Trigger.");
  private static final Key<List<HubAction>> THEN =
      RULE.required("then", Type.list(ActionReader.TYPE), "Actions.");

  private static final Section CONFIG = new Section("config", "Settings.");
  private static final Key<String> INTERVAL =
      CONFIG.key("evaluation_interval", duration(), "", "Interval of alerts.");
  private static final Section SPEC = new Section("spec", "Hub.");
  private static final Key<String> SPEC_CONFIG =
      SPEC.key("config", CONFIG.type(o -> o.get(INTERVAL)), "", "Settings.");
  private static final Key<List<HubVariable>> VARIABLES =
      SPEC.key("variables", Type.list(VARIABLE.type(HubReader::variable)), List.of(), "Variables.");
  private static final Key<List<PrometheusAlert>> ALERTS =
      SPEC.key("prometheusAlerts", Type.list(ALERT.type(HubReader::alert)), List.of(), "Alerts.");
  private static final Key<List<HubRule>> RULES =
      SPEC.key("rules", Type.list(RULE.type(HubReader::rule)), List.of(), "Rules.");
  private static final Section HUB = ManifestReader.section("MdaiHub");
  private static final Key<YamlObject> HUB_SPEC = HUB.optional("spec", SPEC.type(o -> o), "Hub.");

  static {
    VARIABLE.optional("storageType", Type.oneOf("storageType", List.of("mdai-valkey")), "Store.");
  }

  private HubReader() {}

  static Hub read(YamlNode n, Meta meta) {
    YamlObject top = n.object(HUB);
    ManifestReader.checkName(n, meta);
    YamlObject spec = top.find(HUB_SPEC);
    if (spec == null) {
      return new Hub(meta, "", List.of(), List.of(), List.of());
    }
    Hub hub =
        new Hub(
            meta, spec.get(SPEC_CONFIG), spec.get(VARIABLES), spec.get(ALERTS), spec.get(RULES));
    check(spec, hub);
    return hub;
  }

  private static Type<String> duration() {
    return Type.of(
        "duration",
        null,
        n -> {
          n.parse(Durations::parse);
          return n.asString();
        });
  }

  private static String delimiter(YamlObject o) {
    String delimiter = o.find(TRANSFORMER_JOIN);
    if (o.get(TRANSFORMER_TYPE).isEmpty() || delimiter == null) {
      throw o.error("join is required for the type join");
    }
    return delimiter;
  }

  private static Serializer serializer(YamlObject o) {
    String name = o.get(SERIALIZER_NAME);
    if (!NAME.matcher(name).matches()) {
      throw o.error(SERIALIZER_NAME, "must have letters, digits and _, not starting with a digit");
    }
    List<String> delimiters = o.get(TRANSFORMERS);
    if (delimiters.size() > 1) {
      throw o.error(TRANSFORMERS, "has " + delimiters.size() + " entries; at most 1");
    }
    return new Serializer(name, delimiters.isEmpty() ? null : delimiters.getFirst());
  }

  private static HubVariable variable(YamlObject o) {
    String key = o.get(VARIABLE_KEY);
    if (!NAME.matcher(key).matches() || key.length() > MAX_KEY) {
      throw o.error(
          VARIABLE_KEY,
          "must have 1 to "
              + MAX_KEY
              + " letters, digits and _, not starting with a digit, not "
              + key);
    }
    DataType type = o.get(DATA_TYPE);
    boolean meta = o.get(VARIABLE_TYPE).equals("meta");
    if (meta != type.isMeta()) {
      throw o.error(
          DATA_TYPE,
          type.word() + " is not allowed for a variable of the type " + o.get(VARIABLE_TYPE));
    }
    List<String> refs = o.get(REFS);
    if (meta && refs.isEmpty()) {
      throw o.error("variableRefs is required for a meta variable");
    }
    if (type == DataType.META_HASH_SET && refs.size() != 2) {
      throw o.error(
          REFS, "has " + refs.size() + " entries; a metaHashSet has 2: a variable and a map");
    }
    if (!meta && !refs.isEmpty()) {
      throw o.error(REFS, "is only allowed for a meta variable");
    }
    return new HubVariable(
        key,
        o.get(VARIABLE_TYPE).equals("manual"),
        type,
        initial(o, type),
        refs,
        o.get(SERIALIZERS));
  }

  private static Value initial(YamlObject o, DataType type) {
    @Nullable YamlNode n = o.find(DEFAULT);
    if (n == null) {
      return Value.empty(type);
    }
    return switch (type) {
      case STRING -> Value.of(n.asString());
      case INT -> type.readText(Long.toString(n.asLong()));
      case FLOAT -> n.parse(type::readText);
      case BOOLEAN -> type.readText(Boolean.toString(n.asBool()));
      case SET -> Value.of(n.items().stream().map(YamlNode::asString).toList());
      case MAP -> {
        Map<String, String> all = new HashMap<>();
        n.entries().forEach((k, e) -> all.put(k, e.value().asString()));
        yield Value.of(all);
      }
      case META_HASH_SET, META_PRIORITY_LIST ->
          throw o.error(DEFAULT, "is not allowed for a meta variable");
    };
  }

  private static PrometheusAlert alert(YamlObject o) {
    String name = o.get(ALERT_NAME);
    if (!NAME.matcher(name).matches()) {
      throw o.error(
          ALERT_NAME, "must have letters, digits and _, not starting with a digit, not " + name);
    }
    return new PrometheusAlert(name, o.get(EXPR), o.get(SEVERITY), o.get(FOR), o.get(KEEP));
  }

  private static HubTrigger trigger(YamlObject o) {
    String alert = o.find(WHEN_ALERT);
    String variable = o.find(WHEN_VARIABLE);
    if ((alert == null) == (variable == null)) {
      throw o.error("exactly one of alertName and variableUpdated is required");
    }
    return alert != null
        ? HubTrigger.alert(alert, o.get(STATUS))
        : HubTrigger.variable(String.valueOf(variable), o.get(UPDATE));
  }

  private static HubRule rule(YamlObject o) {
    HubTrigger when = o.get(RULE_WHEN);
    String name = o.get(RULE_NAME);
    if (name.isEmpty()) {
      throw o.error(RULE_NAME, "must not be empty");
    }
    if (o.get(THEN).isEmpty()) {
      throw o.error(THEN, "must have an action");
    }
    return new HubRule(name, when, o.get(THEN));
  }

  /** Rejects duplicate names and actions on variables of a different type. */
  private static void check(YamlObject spec, Hub hub) {
    Map<String, String> names = new HashMap<>();
    Set<String> keys = new HashSet<>();
    for (HubVariable v : hub.variables()) {
      if (!keys.add(v.key())) {
        throw spec.error(VARIABLES, "variable " + v.key() + " is defined twice");
      }
      for (Serializer s : v.serializers()) {
        String other = names.put(s.name(), v.key());
        if (other != null) {
          throw spec.error(
              VARIABLES,
              "serializeAs name "
                  + s.name()
                  + " is used by the variables "
                  + other
                  + " and "
                  + v.key());
        }
      }
    }
    Set<String> rules = new HashSet<>();
    for (HubRule r : hub.rules()) {
      if (!rules.add(r.name())) {
        throw spec.error(RULES, "rule " + r.name() + " is defined twice");
      }
      for (HubAction a : r.actions()) {
        String problem = problem(hub, a);
        if (!problem.isEmpty()) {
          throw spec.error(RULES, "rule " + r.name() + ": " + problem);
        }
      }
    }
  }

  private static String problem(Hub hub, HubAction a) {
    String wanted =
        switch (a) {
          case HubAction.SetVariable s -> "scalar";
          case HubAction.ChangeSet s -> "set";
          case HubAction.ChangeMap m -> "map";
          case HubAction.CallWebhook w -> "";
          case HubAction.DeployReplay d -> "";
          case HubAction.CleanUpReplay c -> "";
        };
    if (wanted.isEmpty()) {
      return "";
    }
    HubVariable v = hub.variable(a.target());
    if (v == null) {
      return "unknown variable " + a.target();
    }
    boolean fits =
        switch (wanted) {
          case "set" -> v.type() == DataType.SET;
          case "map" -> v.type() == DataType.MAP;
          default -> v.type().isScalar();
        };
    return fits
        ? ""
        : "variable " + v.key() + " has the type " + v.type().word() + ", not " + wanted;
  }
}
