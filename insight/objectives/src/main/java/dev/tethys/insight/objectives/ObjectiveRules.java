package dev.tethys.insight.objectives;

import dev.tethys.config.Durations;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Recording and alerting rules of objectives, as a rule file of Prometheus. Names of metrics,
 * groups and labels are Sloth's, so that its dashboards show them. Differences in values: a ratio
 * without events is absent instead of NaN.
 */
public final class ObjectiveRules {
  private static final String RATIO = "slo:sli_error:ratio_rate";
  private static final String BUDGET = "slo:error_budget:ratio";
  private static final String PERIOD_BURN = "slo:period_burn_rate:ratio";
  private static final String WINDOW = "sloth_window";

  private final String version;
  private final StringBuilder out = new StringBuilder("groups:\n");

  private ObjectiveRules(String version) {
    this.version = version;
  }

  /**
   * Renders the rules as a rule file.
   *
   * @param version value of the {@code sloth_version} label on {@code sloth_slo_info}
   */
  public static String text(List<Objective> objectives, String version) {
    if (objectives.isEmpty()) {
      return "groups: []\n";
    }
    ObjectiveRules rules = new ObjectiveRules(version);
    objectives.forEach(rules::add);
    return rules.out.toString();
  }

  /** Metric with the error ratio over a window. */
  public static String metric(Duration window) {
    return RATIO + Durations.format(window);
  }

  /** Returns the series matchers of an objective. */
  public static String selector(Objective o) {
    List<String> all = new ArrayList<>();
    identity(o).forEach((k, v) -> all.add(k + "=" + GoQuote.quote(v)));
    return "{" + String.join(", ", all) + "}";
  }

  private static Map<String, String> identity(Objective o) {
    Map<String, String> out = new TreeMap<>();
    out.put("sloth_id", o.id());
    out.put("sloth_service", o.service());
    out.put("sloth_slo", o.name());
    return out;
  }

  private void add(Objective o) {
    group("sloth-slo-sli-recordings-" + o.id());
    for (Duration w : o.recorded()) {
      String expression = w.equals(o.window()) ? mean(o) : o.indicator().expression(w);
      Map<String, String> labels = labels(o);
      labels.put(WINDOW, Durations.format(w));
      record(metric(w), expression, labels);
    }
    group("sloth-slo-meta-recordings-" + o.id());
    Map<String, String> labels = labels(o);
    String target = GoFloat.g(o.target());
    record("slo:objective:ratio", "vector(" + target + ")", labels);
    record(BUDGET, "vector(1-" + target + ")", labels);
    record(
        "slo:time_period:days",
        "vector(" + GoFloat.g(o.window().toMillis() / 8.64e7) + ")",
        labels);
    record("slo:current_burn_rate:ratio", burnRate(o, Objective.CURRENT), labels);
    record(PERIOD_BURN, burnRate(o, o.window()), labels);
    record("slo:period_error_budget_remaining:ratio", "1 - " + PERIOD_BURN + selector(o), labels);
    Map<String, String> info = new TreeMap<>(labels);
    info.put("sloth_version", version);
    info.put("sloth_mode", "tethys");
    info.put("sloth_spec", o.spec());
    info.put("sloth_objective", GoFloat.f(o.percent()));
    record("sloth_slo_info", "vector(1)", info);
    if (!o.alerts().isEmpty()) {
      group("sloth-slo-alerts-" + o.id());
      o.alerts().forEach(a -> alert(o, a));
    }
  }

  private static Map<String, String> labels(Objective o) {
    Map<String, String> out = new TreeMap<>(identity(o));
    out.putAll(o.labels());
    return out;
  }

  /** Mean of the ratios over the shortest window: cheap for windows of weeks. */
  private static String mean(Objective o) {
    String series =
        metric(Objective.CURRENT) + selector(o) + "[" + Durations.format(o.window()) + "]";
    return "sum_over_time("
        + series
        + ")\n/ ignoring ("
        + WINDOW
        + ")\ncount_over_time("
        + series
        + ")";
  }

  private static String burnRate(Objective o, Duration window) {
    return metric(window)
        + selector(o)
        + "\n/ on(sloth_id, sloth_slo, sloth_service) group_left\n"
        + BUDGET
        + selector(o);
  }

  private void alert(Objective o, ObjectiveAlert a) {
    Map<String, String> labels = new LinkedHashMap<>();
    Map<String, String> annotations = new LinkedHashMap<>();
    switch (a) {
      case ObjectiveAlert.OnPairs p -> {
        labels.put("sloth_severity", p.severity());
        annotations.put("title", title(p.severity()));
        annotations.put("summary", SUMMARY);
        labels.putAll(a.labels());
        annotations.putAll(a.annotations());
        alert(a.name(), onPairs(o, p), Duration.ZERO, labels, annotations);
      }
      case ObjectiveAlert.OnBurnRate b -> {
        labels.putAll(a.labels());
        annotations.put("summary", SUMMARY);
        annotations.putAll(a.annotations());
        if (b.breach()) {
          alert(a.name(), onBurnRate(o, b), b.hold(), labels, annotations);
        }
        if (b.noData()) {
          annotations.put("summary", NO_DATA);
          Map<String, String> absent = new LinkedHashMap<>(labels(o));
          absent.putAll(labels);
          alert(
              a.name(),
              "absent(" + metric(b.window()) + selector(o) + ")",
              b.hold(),
              absent,
              annotations);
        }
      }
    }
  }

  private static final String SUMMARY =
      "{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is over expected.";
  private static final String NO_DATA =
      "{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO has no data.";

  private static String title(String severity) {
    return "("
        + severity
        + ") {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too fast.";
  }

  private static String onBurnRate(Objective o, ObjectiveAlert.OnBurnRate b) {
    return "max("
        + metric(b.window())
        + selector(o)
        + (b.inclusive() ? " >= (" : " > (")
        + GoFloat.g(b.threshold())
        + " * "
        + GoFloat.g(o.budget())
        + ")) without ("
        + WINDOW
        + ")";
  }

  private static String onPairs(Objective o, ObjectiveAlert.OnPairs a) {
    BurnWindows w = o.burnWindows();
    List<String> all = new ArrayList<>();
    for (BurnPair p : a.ticket() ? w.ticket() : w.page()) {
      StringBuilder s = new StringBuilder("(\n");
      s.append(exceeds(o, p.shortWindow(), p.factor())).append("    and\n");
      s.append(exceeds(o, p.longWindow(), p.factor()));
      if (w.minPoints() > 0) {
        s.append("    and\n    ").append(points(o, p, w.minPoints())).append('\n');
      }
      all.add(s.append(')').toString());
    }
    return String.join("\nor\n", all);
  }

  private static String exceeds(Objective o, Duration window, double factor) {
    return "    max("
        + metric(window)
        + selector(o)
        + " > ("
        + GoFloat.g(factor)
        + " * "
        + GoFloat.g(o.budget())
        + ")) without ("
        + WINDOW
        + ")\n";
  }

  /** True if enough points of the long window are present. */
  private static String points(Objective o, BurnPair p, double share) {
    return "max(count_over_time("
        + metric(Objective.CURRENT)
        + selector(o)
        + "["
        + Durations.format(p.longWindow())
        + ":1m]) >= "
        + GoFloat.g(p.longWindow().toMinutes() * share)
        + ") without ("
        + WINDOW
        + ")";
  }

  private void group(String name) {
    out.append("- name: ").append(GoQuote.quote(name)).append("\n  rules:\n");
  }

  private void record(String name, String expression, Map<String, String> labels) {
    out.append("  - record: ").append(name).append('\n');
    expression(expression);
    map("labels", labels);
  }

  private void alert(
      String name,
      String expression,
      Duration hold,
      Map<String, String> labels,
      Map<String, String> annotations) {
    out.append("  - alert: ").append(GoQuote.quote(name)).append('\n');
    expression(expression);
    if (!hold.isZero()) {
      out.append("    for: ").append(Durations.format(hold)).append('\n');
    }
    map("labels", labels);
    map("annotations", annotations);
  }

  /** Writes a query as a block, or quoted if a block would change it. */
  private void expression(String text) {
    if (text.indexOf('\n') < 0
        || text.startsWith(" ")
        || !text.chars().allMatch(ObjectiveRules::isPlain)) {
      out.append("    expr: ").append(GoQuote.quote(text)).append('\n');
      return;
    }
    out.append("    expr: |-\n");
    text.lines().forEach(l -> out.append(l.isEmpty() ? "" : "      ").append(l).append('\n'));
  }

  private static boolean isPlain(int c) {
    return c == '\n' || c >= ' ' && c < 0x7f;
  }

  private void map(String key, Map<String, String> all) {
    if (all.isEmpty()) {
      return;
    }
    out.append("    ").append(key).append(":\n");
    new TreeMap<>(all)
        .forEach(
            (k, v) ->
                out.append("      ")
                    .append(GoQuote.quote(k))
                    .append(": ")
                    .append(GoQuote.quote(v))
                    .append('\n'));
  }
}
