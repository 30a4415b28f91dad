package dev.tethys.tools;

import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.format.PromqlPrinter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Checks that need only the rule, and types of metrics if known. */
final class LintRules {
  /** Finding severity. */
  enum Severity {
    INFORMATION,
    WARNING,
    BUG;

    String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * Lint finding.
   *
   * @param subject the metric or label by which a comment may disable it
   */
  record Problem(String check, String subject, Severity severity, String text) {}

  static final String FOR = "alerts/for";
  static final String COMPARISON = "alerts/comparison";
  static final String TEMPLATE = "alerts/template";
  static final String RATE = "promql/rate";
  static final String COUNTER = "promql/counter";
  static final String MATCHING = "promql/vector_matching";
  static final String REGEXP = "promql/regexp";

  private static final Pattern USED =
      Pattern.compile(
          "\\$labels\\.([A-Za-z_][A-Za-z0-9_]*)|index\\s+\\$labels\\s+\"([^\"]+)\""
              + "|(?<![A-Za-z0-9_$)])\\.Labels\\.([A-Za-z_][A-Za-z0-9_]*)");

  /** Functions that expect counters, or ignore the value. */
  private static final Set<String> COUNTER_FUNCTIONS =
      Set.of(
          "rate",
          "irate",
          "increase",
          "resets",
          "changes",
          "absent",
          "absent_over_time",
          "present_over_time",
          "count_over_time",
          "timestamp",
          "histogram_quantile",
          "histogram_fraction",
          "histogram_avg",
          "histogram_count",
          "histogram_sum",
          "ts_of_last_over_time",
          "ts_of_first_over_time");

  /** Functions that are for gauges. */
  private static final Set<String> GAUGE_FUNCTIONS =
      Set.of("delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing");

  private static final Set<String> RATES = Set.of("rate", "irate", "increase");

  private final Function<String, String> types;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * @param types type of a metric: counter, gauge, histogram …, "" if unknown
   */
  LintRules(Function<String, String> types) {
    this.types = types;
  }

  List<Problem> check(RuleSpec rule) {
    problems.clear();
    walk(promql(rule), false);
    if (rule instanceof RuleSpec.Alerting a) {
      alert(a);
    }
    return List.copyOf(new java.util.LinkedHashSet<>(problems));
  }

  private void add(String check, String subject, Severity severity, String text) {
    problems.add(new Problem(check, subject, severity, text));
  }

  private void alert(RuleSpec.Alerting a) {
    if (a.hold().isZero()) {
      add(
          FOR,
          "",
          Severity.INFORMATION,
          "without `for` it fires at the first evaluation that finds something: one scrape that"
              + " failed is enough");
    }
    if (!decides(promql(a))) {
      add(
          COMPARISON,
          "",
          Severity.WARNING,
          "the expression compares nothing: it fires whenever there is a sample");
    }
    PossibleLabels labels = PossibleLabels.of(promql(a));
    Set<String> reported = new HashSet<>();
    a.labels().forEach((k, v) -> template("label " + k, v, labels, reported));
    a.annotations().forEach((k, v) -> template("annotation " + k, v, labels, reported));
  }

  private void template(String where, String text, PossibleLabels labels, Set<String> reported) {
    boolean queries = text.contains("query") || text.contains("range");
    java.util.regex.Matcher m = USED.matcher(text);
    while (m.find()) {
      // In a range the dot may be another sample.
      String label = m.group(1) != null ? m.group(1) : m.group(2) != null ? m.group(2) : m.group(3);
      if ((m.group(3) == null || !queries) && !labels.can(label) && reported.add(where + label)) {
        add(
            TEMPLATE,
            label,
            Severity.BUG,
            where
                + " uses the label "
                + label
                + ", which the expression never has: "
                + described(labels));
      }
    }
  }

  private static String described(PossibleLabels l) {
    return l.bounded()
        ? l.names().isEmpty()
            ? "its elements have no labels"
            : "its elements have at most " + String.join(", ", l.names())
        : "it is removed before";
  }

  /** Whether an expression returns nothing in the normal state. */
  private static boolean decides(Expr e) {
    return switch (e) {
      case Expr.Paren p -> decides(p.inner());
      case Expr.Unary u -> decides(u.operand());
      case Expr.Aggregate a -> decides(a.inner());
      case Expr.Call c ->
          c.function().name().startsWith("absent")
              || c.arguments().stream().anyMatch(x -> x.type() == ValueType.VECTOR && decides(x));
      case Expr.Binary b ->
          b.op().isComparison() && !b.returnBool()
              || b.op() == BinaryOp.UNLESS
              || b.op() == BinaryOp.AND && (decides(b.left()) || decides(b.right()))
              || b.op() == BinaryOp.OR && decides(b.left()) && decides(b.right())
              || !b.op().isSetOperator() && (decides(b.left()) || decides(b.right()));
      default -> false;
    };
  }

  /**
   * @param counted whether an enclosing expression handles counters
   */
  private void walk(Expr e, boolean counted) {
    switch (e) {
      case Expr.VectorSelector v -> selector(v, counted);
      case Expr.MatrixSelector m -> selector(m.selector(), true);
      case Expr.Call c -> call(c, counted);
      case Expr.Aggregate a -> {
        boolean counts =
            switch (a.op()) {
              case COUNT, GROUP -> true;
              default -> counted;
            };
        walk(a.inner(), counts);
      }
      case Expr.Binary b -> {
        binary(b);
        boolean presence = b.op() == BinaryOp.UNLESS || b.op() == BinaryOp.AND;
        walk(b.left(), counted);
        walk(b.right(), counted || presence);
      }
      default -> e.children().forEach(c -> walk(c, counted));
    }
  }

  private String type(String metric) {
    String known = types.apply(metric);
    if (!known.isEmpty()) {
      return known;
    }
    return metric.indexOf(':') < 0 && metric.endsWith("_total") ? "counter" : "";
  }

  private boolean isCounter(String metric) {
    return type(metric).equals("counter")
        || metric.endsWith("_bucket") && type(base(metric)).equals("histogram");
  }

  private static String base(String metric) {
    int i = metric.lastIndexOf('_');
    return i < 0 ? metric : metric.substring(0, i);
  }

  private void selector(Expr.VectorSelector v, boolean counted) {
    String name = v.name();
    if (!counted && !name.isEmpty() && isCounter(name)) {
      add(
          COUNTER,
          name,
          Severity.WARNING,
          name
              + " is a counter: its value says how long ago it began; ask for rate("
              + name
              + "[…]) or increase");
    }
    for (Matcher m : v.matchers()) {
      boolean regex = m.type() == Matcher.Type.REGEX || m.type() == Matcher.Type.NOT_REGEX;
      if (regex && m.value().chars().noneMatch(c -> "\\.+*?()|[]{}^$".indexOf(c) >= 0)) {
        add(
            REGEXP,
            m.name(),
            Severity.INFORMATION,
            m.name()
                + m.type().operator()
                + "\""
                + m.value()
                + "\" is not a regular expression; "
                + (m.type() == Matcher.Type.REGEX ? "=" : "!=")
                + " is equivalent");
      } else if (regex
          && !m.value().equals("$")
          && (m.value().startsWith("^") || m.value().endsWith("$") && !m.value().endsWith("\\$"))) {
        add(
            REGEXP,
            m.name(),
            Severity.INFORMATION,
            m.name()
                + m.type().operator()
                + "\""
                + m.value()
                + "\": expressions match whole values; ^ and $ have no effect");
      }
    }
  }

  private void call(Expr.Call c, boolean counted) {
    String name = c.function().name();
    for (Expr a : c.arguments()) {
      Expr.VectorSelector of =
          a instanceof Expr.MatrixSelector m
              ? m.selector()
              : a instanceof Expr.Subquery s && s.inner() instanceof Expr.VectorSelector v
                  ? v
                  : null;
      String metric = of == null ? "" : of.name();
      if (RATES.contains(name)) {
        rate(name, a, metric);
      } else if (GAUGE_FUNCTIONS.contains(name) && !metric.isEmpty() && isCounter(metric)) {
        add(
            COUNTER,
            metric,
            Severity.WARNING,
            name + "() is for gauges, and " + metric + " is a counter: resets become jumps");
      }
      walk(a, counted || COUNTER_FUNCTIONS.contains(name) || GAUGE_FUNCTIONS.contains(name));
    }
  }

  private void rate(String name, Expr argument, String metric) {
    if (!metric.isEmpty() && type(metric).equals("gauge")) {
      add(
          RATE,
          metric,
          Severity.BUG,
          name
              + "() is for counters, and "
              + metric
              + " is a gauge: when it falls that counts as a reset; use delta or deriv");
    }
    if (argument instanceof Expr.Subquery s) {
      s.inner()
          .walk(
              x -> {
                if (x instanceof Expr.Aggregate a && a.inner() instanceof Expr.VectorSelector v) {
                  add(
                      RATE,
                      v.name(),
                      Severity.BUG,
                      name
                          + "("
                          + a.op().text()
                          + "(…)) hides resets of single counters; take the rate first: "
                          + a.op().text()
                          + "("
                          + name
                          + "("
                          + v.name()
                          + "[…]))");
                }
              });
    }
  }

  private void binary(Expr.Binary b) {
    Expr.VectorMatching m = b.matching();
    if (m == null
        || b.op() == BinaryOp.OR
        || b.left().type() != ValueType.VECTOR
        || b.right().type() != ValueType.VECTOR) {
      return;
    }
    PossibleLabels left = PossibleLabels.of(b.left());
    PossibleLabels right = PossibleLabels.of(b.right());
    if (m.on()) {
      for (String l : m.labels()) {
        if (left.can(l) != right.can(l)) {
          add(
              MATCHING,
              l,
              Severity.BUG,
              "on("
                  + l
                  + "): the "
                  + (left.can(l) ? "right" : "left")
                  + " side of "
                  + b.op().text()
                  + " never has that label");
        }
      }
    } else {
      sides(b, m, left, right);
    }
    boolean toTheRight = m.cardinality() == Expr.Cardinality.ONE_TO_MANY;
    PossibleLabels one = toTheRight ? left : right;
    for (String l : m.include()) {
      if (!one.can(l)) {
        add(
            MATCHING,
            l,
            Severity.BUG,
            "group_"
                + (toTheRight ? "right(" : "left(")
                + l
                + "): the side that it is to come from never has that label");
      }
    }
  }

  private void sides(
      Expr.Binary b, Expr.VectorMatching m, PossibleLabels left, PossibleLabels right) {
    if (left.bounded() && right.bounded()) {
      Set<String> l = new TreeSet<>(left.names());
      Set<String> r = new TreeSet<>(right.names());
      l.removeAll(m.labels());
      r.removeAll(m.labels());
      if (!l.equals(r)) {
        add(
            MATCHING,
            "",
            Severity.BUG,
            "the sides of "
                + b.op().text()
                + " match only where labels are equal, and the left has "
                + l
                + ", the right "
                + r
                + "; add on(…), or ignoring(…) with group_left or group_right");
      }
      return;
    }
    PossibleLabels free = left.bounded() ? right : left;
    PossibleLabels other = left.bounded() ? left : right;
    boolean scraped = free.series() && (free.can("instance") || free.can("job"));
    boolean covered =
        m.labels().contains("instance") && m.labels().contains("job")
            || other.can("instance") && other.can("job");
    if (left.bounded() != right.bounded() && scraped && !covered) {
      add(
          MATCHING,
          "",
          Severity.WARNING,
          "one side of "
              + b.op().text()
              + " is a series with all its labels ("
              + PromqlPrinter.print(left.bounded() ? b.right() : b.left())
              + "), the other is aggregated to "
              + other.names()
              + ": nothing matches; add on(…) with group_left or group_right");
    }
  }

  /** Returns the expression of a rule over metrics; rules over logs are not checked. */
  static Expr promql(RuleSpec rule) {
    return Objects.requireNonNull(rule.expr(), "rule over logs");
  }
}
