package dev.tethys.pipeline.processor;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.insight.graph.SpanCodes;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.operators.expr.Expression;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.ValueText;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Settings {@code include} and {@code exclude}: every configured property must match: any string of
 * a list, all attributes of a list.
 */
public final class Match {
  /** String of a list, matched strictly or as a regular expression. */
  private record Term(String text, @Nullable Regex pattern) {
    boolean matches(String s) {
      return pattern == null ? text.equals(s) : pattern.find(s);
    }
  }

  private record Attribute(String key, @Nullable Object value, @Nullable Term word) {}

  private record Library(Term name, @Nullable Term version) {}

  private record Severity(long min, boolean undefined) {}

  private static final Section ATTRIBUTE =
      new Section("attribute match", "Attribute that items must have.");
  private static final Key<String> KEY =
      ATTRIBUTE.required("key", Type.STRING, "Key of the attribute.");
  private static final Key<YamlNode> VALUE =
      ATTRIBUTE.optional("value", Type.ANY, "Value of the attribute; any if absent.");
  private static final Section LIBRARY = new Section("library match", "Scope of the items.");
  private static final Key<String> NAME =
      LIBRARY.required("name", Type.STRING, "Name of the scope.");
  private static final Key<String> VERSION =
      LIBRARY.optional("version", Type.STRING, "Version of the scope; any if absent.");
  private static final Section SEVERITY =
      new Section("severity match", "Severities of log records.");
  private static final Key<YamlNode> MIN =
      SEVERITY.required("min", Type.ANY, "Minimum severity: a name such as INFO, or a number.");
  private static final Key<Boolean> UNDEFINED =
      SEVERITY.key(
          "match_undefined", Type.BOOL, false, "If true, records without a severity match.");

  private static final Section SECTION =
      new Section("match properties", "Conditions that select items.");
  private static final Key<String> MATCH_TYPE =
      SECTION.required(
          "match_type",
          Type.STRING,
          "Type of the comparison: strict, regexp or, for metrics, expr.");
  private static final Key<List<String>> SERVICES = words("services", "Values of service.name.");
  private static final Key<List<String>> SPAN_NAMES = words("span_names", "Names of spans.");
  private static final Key<List<String>> SPAN_KINDS =
      words("span_kinds", "Kinds of spans, as SPAN_KIND_SERVER.");
  private static final Key<List<String>> METRIC_NAMES = words("metric_names", "Names of metrics.");
  private static final Key<List<String>> LOG_BODIES = words("log_bodies", "Bodies that are text.");
  private static final Key<List<String>> BODIES = words("bodies", "As log_bodies.");
  private static final Key<List<String>> LOG_SEVERITY_TEXTS =
      words("log_severity_texts", "Texts of severities.");
  private static final Key<List<String>> SEVERITY_TEXTS =
      words("severity_texts", "As log_severity_texts.");
  private static final Key<Severity> LOG_SEVERITY_NUMBER =
      SECTION.optional(
          "log_severity_number",
          SEVERITY.type(Match::severity),
          "Minimum severity of log records.");
  private static final Key<Severity> SEVERITY_NUMBER =
      SECTION.optional(
          "severity_number",
          SEVERITY.type(Match::severity),
          "Minimum severity of log records, as log_severity_number.");
  private static final Key<List<YamlObject>> ATTRIBUTES =
      attributes("attributes", "Attributes of the item.");
  private static final Key<List<YamlObject>> RECORD_ATTRIBUTES =
      attributes("record_attributes", "As attributes.");
  private static final Key<List<YamlObject>> RESOURCES =
      attributes("resources", "Attributes of the resource.");
  private static final Key<List<YamlObject>> RESOURCE_ATTRIBUTES =
      attributes("resource_attributes", "As resources.");
  private static final Key<List<YamlObject>> LIBRARIES =
      SECTION.key("libraries", Type.list(LIBRARY.type(o -> o)), List.of(), "Scopes of the items.");

  private static final Section CACHE =
      new Section("regexp", "Cache of regular expressions, which the Collector has.");

  static {
    CACHE.key("cacheenabled", Type.BOOL, false, "No effect: Tethys has no such cache.");
    CACHE.key("cachemaxnumentries", Type.INT, 0L, "No effect: Tethys has no such cache.");
  }

  /** Settings of a cache that expressions here do not need: taken, for they change no result. */
  public static final Type<YamlObject> REGEXP_CACHE = CACHE.type(o -> o);

  static {
    SECTION.optional("regexp", REGEXP_CACHE, "No effect: regular expressions are not cached.");
  }

  private static final Key<List<YamlNode>> EXPRESSIONS =
      SECTION.key(
          "expressions",
          Type.list(Type.of("expression", null, n -> n)),
          List.of(),
          "Conditions on MetricName, Label(name) and HasLabel(name); only with "
              + "match_type expr.");

  /** {@code include} or {@code exclude}. */
  public static final Type<Match> TYPE = SECTION.type(o -> new Match(o, false));

  /** The same settings for metrics, which also allow the match type {@code expr}. */
  public static final Type<Match> METRICS = SECTION.type(o -> new Match(o, true));

  /** Item on which an expression is evaluated. */
  private record Point(Metric metric, Attributes attributes) {}

  private static final Map<String, Function<Point, @Nullable Object>> NAMES =
      Map.of("MetricName", p -> p.metric().name());
  private static final Map<String, Expression.Own<Point>> FUNCTIONS =
      Map.of(
          "Label",
          new Expression.Own<>(
              1,
              (p, a) ->
                  a[0] instanceof String key && p.attributes().contains(key)
                      ? ValueText.of(p.attributes().get(key))
                      : ""),
          "HasLabel",
          new Expression.Own<>(
              1, (p, a) -> a[0] instanceof String key && p.attributes().contains(key)));

  private final boolean regexp;
  private final List<Term> services;
  private final List<Term> spanNames;
  private final List<String> spanKinds;
  private final List<Term> metricNames;
  private final List<Term> bodies;
  private final List<Term> severityTexts;
  private final @Nullable Severity severity;
  private final List<Attribute> attributes;
  private final List<Attribute> resources;
  private final List<Library> libraries;
  private final List<Expression<Point>> expressions;

  private Match(YamlObject o, boolean ofMetrics) {
    String type = o.get(MATCH_TYPE);
    boolean expr = ofMetrics && type.equals("expr");
    if (!expr && !type.equals("strict") && !type.equals("regexp")) {
      throw o.error(
          MATCH_TYPE,
          ofMetrics
              ? "the match type must be strict, regexp or expr"
              : "the match type must be strict or regexp");
    }
    expressions = o.get(EXPRESSIONS).stream().map(Match::expression).toList();
    if (expr == expressions.isEmpty()) {
      throw o.error(MATCH_TYPE, "must be expr if expressions are set, and only then");
    }
    if (expr && !o.get(METRIC_NAMES).isEmpty()) {
      throw o.error(METRIC_NAMES, "is only valid with strict and regexp; use MetricName");
    }
    regexp = type.equals("regexp");
    services = words(o, SERVICES);
    spanNames = words(o, SPAN_NAMES);
    spanKinds = o.get(SPAN_KINDS);
    metricNames = words(o, METRIC_NAMES);
    bodies = both(words(o, LOG_BODIES), words(o, BODIES));
    severityTexts = both(words(o, LOG_SEVERITY_TEXTS), words(o, SEVERITY_TEXTS));
    Severity s = o.find(LOG_SEVERITY_NUMBER);
    severity = s == null ? o.find(SEVERITY_NUMBER) : s;
    attributes = both(attributes(o.get(ATTRIBUTES)), attributes(o.get(RECORD_ATTRIBUTES)));
    resources = both(attributes(o.get(RESOURCES)), attributes(o.get(RESOURCE_ATTRIBUTES)));
    List<Library> l = new ArrayList<>();
    for (YamlObject i : o.get(LIBRARIES)) {
      String version = i.find(VERSION);
      l.add(
          new Library(
              word(i.node(), i.get(NAME)), version == null ? null : word(i.node(), version)));
    }
    libraries = List.copyOf(l);
  }

  private static Expression<Point> expression(YamlNode n) {
    try {
      return Expression.compile(n.asString(), NAMES, FUNCTIONS);
    } catch (ExpressionException e) {
      throw n.error(String.valueOf(e.getMessage()));
    }
  }

  private static Key<List<String>> words(String key, String doc) {
    return SECTION.key(key, Type.list(Type.STRING), List.of(), doc);
  }

  private static Key<List<YamlObject>> attributes(String key, String doc) {
    return SECTION.key(key, Type.list(ATTRIBUTE.type(o -> o)), List.of(), doc);
  }

  private static <T> List<T> both(List<T> a, List<T> b) {
    List<T> all = new ArrayList<>(a);
    all.addAll(b);
    return List.copyOf(all);
  }

  private List<Term> words(YamlObject o, Key<List<String>> key) {
    List<Term> words = new ArrayList<>();
    for (String s : o.get(key)) {
      words.add(word(o.node(), s));
    }
    return List.copyOf(words);
  }

  private Term word(YamlNode at, String s) {
    if (!regexp) {
      return new Term(s, null);
    }
    try {
      return new Term(s, Regex.compile(s));
    } catch (RegexSyntaxException e) {
      throw at.error("not a regular expression of RE2: " + e.getMessage());
    }
  }

  private List<Attribute> attributes(List<YamlObject> from) {
    List<Attribute> list = new ArrayList<>();
    for (YamlObject o : from) {
      YamlNode v = o.at(VALUE);
      Object value = v == null || v.isNull() ? null : value(v.asTree());
      list.add(
          new Attribute(
              o.get(KEY),
              value,
              regexp && value != null ? word(o.node(), ValueText.of(value)) : null));
    }
    return list;
  }

  /** Converts a configuration scalar to an attribute value. */
  public static @Nullable Object value(@Nullable Object tree) {
    return switch (tree) {
      case Integer i -> (long) i;
      case BigDecimal n when n.scale() != 0 || n.unscaledValue().bitLength() > 63 ->
          n.doubleValue();
      case Number n when !(n instanceof Double) -> n.longValue();
      case List<?> l -> {
        dev.tethys.model.telemetry.ArrayValue a = new dev.tethys.model.telemetry.ArrayValue();
        l.forEach(i -> a.add(value(i)));
        yield a;
      }
      case Map<?, ?> m -> {
        Attributes a = new Attributes();
        m.forEach((k, v) -> a.put(String.valueOf(k), value(v)));
        yield a;
      }
      case null -> null;
      default -> tree;
    };
  }

  private static final Map<String, Long> SEVERITIES = new HashMap<>();

  static {
    String[] names = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    for (int i = 0; i < 24; i++) {
      SEVERITIES.put(names[i / 4] + (i % 4 == 0 ? "" : i % 4 + 1), i + 1L);
    }
    SEVERITIES.put("UNDEFINED", 0L);
  }

  private static Severity severity(YamlObject o) {
    YamlNode min = java.util.Objects.requireNonNull(o.at(MIN));
    Long named = SEVERITIES.get(min.asString().toUpperCase(Locale.ROOT));
    return new Severity(named != null ? named : min.asLong(), o.get(UNDEFINED));
  }

  private static boolean any(List<Term> words, String s) {
    if (words.isEmpty()) {
      return true;
    }
    for (Term w : words) {
      if (w.matches(s)) {
        return true;
      }
    }
    return false;
  }

  private static boolean all(List<Attribute> wanted, Attributes in) {
    for (Attribute a : wanted) {
      int i = in.indexOf(a.key());
      if (i < 0) {
        return false;
      }
      if (a.word() != null
          ? !a.word().matches(ValueText.of(in.value(i)))
          : a.value() != null && !AnyValue.equal(a.value(), in.value(i))) {
        return false;
      }
    }
    return true;
  }

  private boolean matchesContext(Resource r, Scope s) {
    if (!services.isEmpty()
        && !(r.attributes().get("service.name") instanceof String n && any(services, n))) {
      return false;
    }
    if (!all(resources, r.attributes())) {
      return false;
    }
    if (libraries.isEmpty()) {
      return true;
    }
    for (Library l : libraries) {
      if (l.name().matches(s.name()) && (l.version() == null || l.version().matches(s.version()))) {
        return true;
      }
    }
    return false;
  }

  public boolean span(Resource r, Scope s, Span span) {
    return matchesContext(r, s)
        && any(spanNames, span.name())
        && (spanKinds.isEmpty() || spanKinds.contains(SpanCodes.kindName(span.kind())))
        && all(attributes, span.attributes());
  }

  public boolean log(Resource r, Scope s, LogRecord l) {
    if (!bodies.isEmpty() && !(l.body() instanceof String b && any(bodies, b))) {
      return false;
    }
    if (severity != null
        && (l.severityNumber() == 0
            ? !severity.undefined()
            : l.severityNumber() < severity.min())) {
      return false;
    }
    return matchesContext(r, s)
        && any(severityTexts, l.severityText())
        && all(attributes, l.attributes());
  }

  /** Whether no condition is set, so that everything matches. */
  public boolean isEmpty() {
    return Stream.of(
                services,
                spanNames,
                spanKinds,
                metricNames,
                bodies,
                severityTexts,
                attributes,
                resources,
                libraries,
                expressions)
            .allMatch(List::isEmpty)
        && severity == null;
  }

  /**
   * Whether these exclude settings drop a metric. As in the Collector, resource attributes and
   * names each exclude on their own, unless services or libraries, which it does not match for
   * metrics, are configured too.
   */
  public boolean excludes(Resource r, Scope s, Metric m) {
    if (isEmpty()) {
      return false;
    }
    boolean named = !metricNames.isEmpty() || !expressions.isEmpty();
    return named && !resources.isEmpty() && services.isEmpty() && libraries.isEmpty()
        ? all(resources, r.attributes()) || named(m)
        : metric(r, s, m, null);
  }

  /** Whether a metric matches; the attributes of its points are given. */
  public boolean metric(Resource r, Scope s, Metric m, @Nullable Attributes point) {
    return matchesContext(r, s) && (point == null || all(attributes, point)) && named(m);
  }

  private boolean named(Metric m) {
    return any(metricNames, m.name()) && (expressions.isEmpty() || anyPoint(m));
  }

  private boolean anyPoint(Metric m) {
    if (m.data() == null) {
      return false;
    }
    for (DataPoint d : m.data().points()) {
      Point p = new Point(m, d.attributes());
      for (Expression<Point> e : expressions) {
        try {
          if (e.test(p)) {
            return true;
          }
        } catch (ExpressionException x) {
          throw new EvaluationException(String.valueOf(x.getMessage()));
        }
      }
    }
    return false;
  }
}
