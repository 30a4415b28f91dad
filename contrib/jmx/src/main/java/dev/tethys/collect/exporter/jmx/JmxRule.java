package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Conversion rule for values whose bean, attribute and value match a pattern.
 *
 * @param pattern null matches everything
 * @param name metric name, may contain pattern groups; null to derive it from the bean's name
 * @param value metric value, may contain pattern groups; null for the attribute's value
 * @param factor multiplier of numbers
 * @param help help text, may contain pattern groups; null for the attribute's description
 * @param labels names and values with groups, sorted by name
 * @param cached whether the match is cached until the bean is unregistered
 */
record JmxRule(
    @Nullable Pattern pattern,
    @Nullable String name,
    @Nullable String value,
    double factor,
    @Nullable String help,
    Map<String, String> labels,
    Kind type,
    boolean snakeCase,
    boolean cached) {
  /** Metric types. */
  enum Kind {
    COUNTER,
    GAUGE,
    UNTYPED
  }

  /** Applies if there are no rules. */
  static final JmxRule DEFAULT =
      new JmxRule(null, null, null, 1, null, Map.of(), Kind.UNTYPED, false, false);

  private static final Section SECTION =
      new Section("rules", "Rule that maps MBean attributes to metrics.");
  private static final Key<Pattern> PATTERN =
      SECTION.optional(
          "pattern",
          Type.of("regex", null, JmxRule::pattern),
          "Java regular expression; it may match any part of bean, attribute and value.");
  private static final Key<String> NAME =
      SECTION.optional("name", Type.STRING, "Name of the metric, with groups of the pattern.");
  private static final Key<String> VALUE =
      SECTION.optional(
          "value", Type.STRING, "Value of the metric: a number, or groups of the pattern.");
  private static final Key<Double> FACTOR =
      SECTION.key("valueFactor", Type.FLOAT, 1.0, "Factor by which values are multiplied.");
  private static final Key<String> HELP =
      SECTION.optional("help", Type.STRING, "Help text, with groups of the pattern.");
  private static final Key<Map<String, String>> LABELS =
      SECTION.optional("labels", Type.map(Type.STRING), "Labels, with groups of the pattern.");
  private static final Key<Kind> TYPE_KEY =
      SECTION.key("type", Type.oneOf("type", kinds()), Kind.UNTYPED, "Type of the metric.");
  private static final Key<Boolean> SNAKE_CASE =
      SECTION.key(
          "attrNameSnakeCase",
          Type.BOOL,
          false,
          "If true, attribute names are converted to snake case: MyCount becomes my_count.");
  private static final Key<Boolean> CACHE =
      SECTION.key(
          "cache",
          Type.BOOL,
          false,
          "If true, the pattern is matched once for each attribute and does not see values.");

  static final Type<JmxRule> TYPE = SECTION.type(JmxRule::read);

  private static LinkedHashMap<String, Kind> kinds() {
    LinkedHashMap<String, Kind> m = new LinkedHashMap<>();
    m.put("COUNTER", Kind.COUNTER);
    m.put("GAUGE", Kind.GAUGE);
    m.put("UNTYPED", Kind.UNTYPED);
    m.put("UNKNOWN", Kind.UNTYPED);
    return m;
  }

  private static Pattern pattern(YamlNode n) {
    String s = n.asString();
    try {
      return Pattern.compile("^.*(?:" + s + ").*$");
    } catch (PatternSyntaxException e) {
      throw n.error("\"" + s + "\" is not a valid expression: " + e.getDescription());
    }
  }

  private static JmxRule read(YamlObject o) {
    Pattern pattern = o.find(PATTERN);
    String name = o.find(NAME);
    String value = o.find(VALUE);
    String help = o.find(HELP);
    Map<String, String> labels = o.find(LABELS);
    if (name == null && (labels != null || help != null)) {
      throw o.error("Must provide name, if help or labels are given");
    }
    if (pattern == null && (name != null || (value != null && !value.isEmpty()))) {
      throw o.error("Must provide pattern, if name or value is given");
    }
    JmxRule rule =
        new JmxRule(
            pattern,
            name,
            value == null || value.isEmpty() ? null : value,
            o.get(FACTOR),
            help,
            labels == null ? Map.of() : new TreeMap<>(labels),
            o.get(TYPE_KEY),
            o.get(SNAKE_CASE),
            o.get(CACHE));
    if (pattern != null) {
      checkGroups(o, NAME, pattern, name);
      checkGroups(o, VALUE, pattern, value);
      checkGroups(o, HELP, pattern, help);
      rule.labels.forEach(
          (k, v) -> {
            checkGroups(o, LABELS, pattern, k);
            checkGroups(o, LABELS, pattern, v);
          });
    }
    return rule;
  }

  /** Checks group references, since a missing group would otherwise only be noticed on a match. */
  private static void checkGroups(
      YamlObject o, Key<?> key, Pattern pattern, @Nullable String replacement) {
    if (replacement == null) {
      return;
    }
    int groups = pattern.matcher("").groupCount();
    // An expression with as many groups that always matches: only the replacement can be wrong.
    Map<String, Integer> named = pattern.namedGroups();
    StringBuilder same = new StringBuilder();
    for (int i = 1; i <= groups; i++) {
      int group = i;
      String n =
          named.entrySet().stream()
              .filter(e -> e.getValue() == group)
              .map(Map.Entry::getKey)
              .findFirst()
              .orElse(null);
      same.append(n == null ? "(" : "(?<" + n + ">").append(')');
    }
    Matcher m = Pattern.compile(same.toString()).matcher("");
    try {
      m.replaceFirst(replacement);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw o.error(key, "\"" + replacement + "\": " + e.getMessage());
    }
  }
}
