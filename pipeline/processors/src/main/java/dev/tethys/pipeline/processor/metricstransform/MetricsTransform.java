package dev.tethys.pipeline.processor.metricstransform;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.processor.Points;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * {@code metricstransform} processor: a list of transforms for the metrics they include. They
 * rename ({@code update}), copy ({@code insert}), merge ({@code combine}) or move metrics to their
 * own resource ({@code group}).
 */
public final class MetricsTransform {
  private enum Action {
    UPDATE,
    INSERT,
    COMBINE,
    GROUP
  }

  private static final Section SECTION =
      new Section("transform", "Transformation of the matching metrics.");
  private static final Key<String> INCLUDE =
      SECTION.required(
          "include",
          Type.STRING,
          "Name of the metrics, or an RE2 expression with match_type regexp.");
  private static final Key<String> MATCH_TYPE =
      SECTION.key("match_type", Type.STRING, "strict", "Type of the comparison: strict or regexp.");
  private static final Key<Map<String, String>> MATCH_LABELS =
      SECTION.key(
          "experimental_match_labels",
          Type.map(Type.STRING),
          Map.of(),
          "Attributes and values that points must have.");
  private static final Key<Action> ACTION =
      SECTION.required(
          "action",
          Type.lowerCase("action", Action.class),
          "Action on the metrics: update, insert, combine or group.");
  private static final Key<String> NEW_NAME =
      SECTION.key(
          "new_name", Type.STRING, "", "New name of the metric; may contain $1 and ${name}.");
  private static final Key<Points.Aggregation> AGGREGATION =
      SECTION.key(
          "aggregation_type",
          Type.lowerCase("aggregation", Points.Aggregation.class),
          Points.Aggregation.SUM,
          "Aggregation of points with equal attributes when metrics are combined.");
  private static final Key<String> SUBMATCH_CASE =
      SECTION.key(
          "submatch_case",
          Type.STRING,
          "",
          "Case of submatches of the expression: lower or upper.");
  private static final Key<Map<String, String>> GROUP_LABELS =
      SECTION.key(
          "group_resource_labels",
          Type.map(Type.STRING),
          Map.of(),
          "Attributes of the new resource; only with action group.");
  private static final Key<List<Operation>> OPERATIONS =
      SECTION.key(
          "operations", Type.list(Operation.TYPE), List.of(), "Operations on the data points.");

  private static final Section ALL =
      new Section("metricstransform", "Renames, copies, combines and aggregates metrics.");
  private static final Key<List<MetricsTransform>> TRANSFORMS =
      ALL.required(
          "transforms",
          Type.list(SECTION.type(MetricsTransform::new)),
          "Transformations in order.");

  private static final LimitedLog PEER_LOG =
      new LimitedLog(JulLogger.of("dev.tethys.pipeline.processor"));

  private final String include;
  private final @Nullable Pattern pattern;
  private final Map<String, Predicate<String>> matchLabels = new LinkedHashMap<>();
  private final Action action;
  private final String newName;
  private final Points.Aggregation aggregation;
  private final String submatchCase;
  private final Map<String, String> groupLabels;
  private final List<Operation> operations;

  /** Most recently logged problem of metrics that cannot be combined; repeats are not logged. */
  private volatile @Nullable String loggedProblem;

  private MetricsTransform(YamlObject o) {
    include = o.get(INCLUDE);
    pattern =
        switch (o.get(MATCH_TYPE)) {
          case "strict" -> null;
          case "regexp" -> {
            try {
              yield Pattern.compile(include);
            } catch (PatternSyntaxException e) {
              throw o.error(INCLUDE, "is not a valid RE2 regular expression: " + e.getMessage());
            }
          }
          default -> throw o.error(MATCH_TYPE, "is strict or regexp");
        };
    o.get(MATCH_LABELS).forEach((k, v) -> matchLabels.put(k, label(o, v)));
    action = o.get(ACTION);
    newName = o.get(NEW_NAME);
    aggregation = o.get(AGGREGATION);
    submatchCase = o.get(SUBMATCH_CASE);
    groupLabels = o.get(GROUP_LABELS);
    operations = o.get(OPERATIONS);
    if (newName.isEmpty() && (action == Action.INSERT || action == Action.COMBINE)) {
      throw o.error(NEW_NAME, "is needed to insert and to combine");
    }
    if (groupLabels.isEmpty() && action == Action.GROUP) {
      throw o.error(GROUP_LABELS, "is needed to group");
    }
    if (!List.of("", "lower", "upper").contains(submatchCase)) {
      throw o.error(SUBMATCH_CASE, "is lower or upper");
    }
  }

  /** Returns the matcher of a label value, with the match type of the metric name. */
  private Predicate<String> label(YamlObject o, String value) {
    if (pattern == null) {
      return value::equals;
    }
    try {
      Pattern p = Pattern.compile(value);
      return v -> p.matcher(v).find();
    } catch (PatternSyntaxException e) {
      throw o.error(MATCH_LABELS, "contains an invalid RE2 regular expression: " + e.getMessage());
    }
  }

  public static ProcessorFactory<List<MetricsTransform>> factory() {
    return new TreeEditorFactory<>(
        "metricstransform",
        List.of("metrics_transform"),
        "Renames, copies, combines and aggregates metrics.",
        ALL.type(o -> o.get(TRANSFORMS)),
        Set.of(Signal.METRICS),
        dev.tethys.pipeline.ledger.Drops.FILTERED,
        (transforms, _, _) ->
            (data, _) -> {
              transforms.forEach(t -> t.run((MetricsData) data));
              return true;
            });
  }

  private void run(MetricsData data) {
    List<ResourceGroup<Metric>> made = new ArrayList<>();
    for (ResourceGroup<Metric> r : data.resources()) {
      ResourceGroup<Metric> group = new ResourceGroup<>();
      for (ScopeGroup<Metric> s : r.scopes()) {
        if (action == Action.COMBINE) {
          combine(s);
          continue;
        }
        ScopeGroup<Metric> moved = new ScopeGroup<>();
        moved.setScope(s.scope().copy());
        List<Metric> inserted = new ArrayList<>();
        for (Metric m : List.copyOf(s.items())) {
          Matcher match = match(m);
          if (match == null && !isStrictMatch(m)) {
            continue;
          }
          switch (action) {
            case UPDATE -> update(m, match);
            case INSERT -> {
              Metric copy = m.copy();
              keepMatching(copy.data());
              update(copy, match);
              inserted.add(copy);
            }
            case GROUP -> {
              s.items().remove(m);
              keepMatching(m.data());
              update(m, match);
              moved.items().add(m);
            }
            case COMBINE -> throw new AssertionError();
          }
        }
        s.items().addAll(inserted);
        s.items().removeIf(m -> m.data() != null && m.data().points().isEmpty());
        if (!moved.items().isEmpty()) {
          group.scopes().add(moved);
        }
      }
      if (!group.scopes().isEmpty()) {
        group.setResource(r.resource().copy());
        groupLabels.forEach((k, v) -> group.resource().attributes().put(k, v));
        made.add(group);
      }
    }
    data.resources().addAll(made);
  }

  private @Nullable Matcher match(Metric m) {
    if (pattern == null || !labelsMatch(m)) {
      return null;
    }
    Matcher match = pattern.matcher(m.name());
    return match.find() ? match : null;
  }

  private boolean isStrictMatch(Metric m) {
    return pattern == null && include.equals(m.name()) && labelsMatch(m);
  }

  private boolean labelsMatch(Metric m) {
    if (matchLabels.isEmpty() || m.data() == null) {
      return matchLabels.isEmpty();
    }
    return m.data().points().stream().anyMatch(this::labelsMatch);
  }

  private boolean labelsMatch(DataPoint p) {
    return matchLabels.entrySet().stream()
        .allMatch(e -> e.getValue().test(ValueText.of(p.attributes().get(e.getKey()))));
  }

  private <P extends DataPoint> void keepMatching(@Nullable MetricData<P> data) {
    if (data != null && !matchLabels.isEmpty()) {
      data.points().removeIf(p -> !labelsMatch(p));
    }
  }

  private void update(Metric m, @Nullable Matcher match) {
    // If only some points match, the operation changes them and not the metric's name.
    boolean whole =
        action != Action.UPDATE
            || m.data() == null
            || m.data().points().stream().allMatch(this::labelsMatch);
    if (!newName.isEmpty() && whole) {
      m.setName(match == null ? newName : expanded(match));
    }
    operations.forEach(o -> o.apply(m, this::labelsMatch, whole));
  }

  private String expanded(Matcher m) {
    StringBuilder sb = new StringBuilder();
    int at = 0;
    while (at < newName.length()) {
      char c = newName.charAt(at);
      if (c != '$' || at + 1 == newName.length()) {
        sb.append(c);
        at++;
        continue;
      }
      boolean braces = newName.charAt(at + 1) == '{';
      int start = at + (braces ? 2 : 1);
      int end = start;
      while (end < newName.length()
          && (Character.isLetterOrDigit(newName.charAt(end)) || newName.charAt(end) == '_')) {
        end++;
      }
      sb.append(cased(group(m, newName.substring(start, end))));
      at = end + (braces && end < newName.length() ? 1 : 0);
    }
    return sb.toString();
  }

  private static String group(Matcher m, String name) {
    Integer i = m.pattern().namedGroups().get(name);
    if (i == null) {
      try {
        i = Integer.parseInt(name);
      } catch (NumberFormatException e) {
        return "";
      }
    }
    String g = i <= m.groupCount() ? m.group(i) : null;
    return g == null ? "" : g;
  }

  private String cased(String s) {
    return switch (submatchCase) {
      case "lower" -> s.toLowerCase(Locale.ROOT);
      case "upper" -> s.toUpperCase(Locale.ROOT);
      default -> s;
    };
  }

  /**
   * Combines all matches into one metric whose points have the groups of the expression as
   * attributes; points that do not match are dropped. Incompatible metrics stay unchanged.
   */
  private void combine(ScopeGroup<Metric> s) {
    List<Metric> some = new ArrayList<>();
    for (Metric m : s.items()) {
      if ((match(m) != null || isStrictMatch(m)) && m.data() != null) {
        some.add(m);
      }
    }
    if (some.isEmpty()) {
      return;
    }
    String unlike = unlike(some);
    if (unlike != null) {
      if (!unlike.equals(loggedProblem)) {
        PEER_LOG.log(
            Level.WARNING, "Metrics not combined processor=metricstransform why={0}", unlike);
      }
      loggedProblem = unlike;
      return;
    }
    Metric into = some.getFirst();
    Matcher first = match(into);
    for (Metric m : some) {
      Matcher match = match(m);
      keepMatching(m.data());
      if (match != null) {
        name(match, Objects.requireNonNull(m.data()));
      }
      s.items().remove(m);
      if (m != into) {
        addAll(into.data(), Objects.requireNonNull(m.data()));
      }
    }
    into.setName(first == null ? newName : expanded(first));
    Points.aggregate(Objects.requireNonNull(into.data()), aggregation);
    operations.forEach(o -> o.apply(into, this::labelsMatch, true));
    s.items().add(into);
  }

  /** Sets the capture groups of the expression as attributes of points: by name, or as $1. */
  private void name(Matcher match, MetricData<?> data) {
    Map<Integer, String> names = new HashMap<>();
    match.pattern().namedGroups().forEach((name, group) -> names.put(group, name));
    for (int i = 1; i <= match.groupCount(); i++) {
      String value = match.group(i);
      if (value != null && !value.isEmpty()) {
        for (DataPoint p : data.points()) {
          p.attributes().put(names.getOrDefault(i, "$" + i), cased(value));
        }
      }
    }
  }

  /** Returns the reason why metrics cannot be combined, or null if they can. */
  private static @Nullable String unlike(List<Metric> some) {
    Metric first = some.getFirst();
    MetricData<?> a = Objects.requireNonNull(first.data());
    for (Metric m : some) {
      MetricData<?> b = Objects.requireNonNull(m.data());
      String what =
          b instanceof MetricData.Summary
              ? "are summaries"
              : a.getClass() != b.getClass()
                  ? "have different types"
                  : !first.unit().equals(m.unit())
                      ? "have different units"
                      : !keys(a).equals(keys(b))
                          ? "have different attributes"
                          : a instanceof MetricData.Aggregated<?> x
                                  && b instanceof MetricData.Aggregated<?> y
                                  && x.temporality() != y.temporality()
                              ? "have different aggregation temporalities"
                              : a instanceof MetricData.Sum x
                                      && b instanceof MetricData.Sum y
                                      && x.isMonotonic() != y.isMonotonic()
                                  ? "have different monotonicity"
                                  : null;
      if (what != null) {
        return (m == first ? m.name() : first.name() + " and " + m.name())
            + " cannot be combined: they "
            + what;
      }
    }
    return null;
  }

  private static Set<String> keys(MetricData<?> data) {
    Set<String> keys = new HashSet<>();
    data.points().forEach(p -> p.attributes().forEach((k, _) -> keys.add(k)));
    return keys;
  }

  @SuppressWarnings("unchecked") // both have the same class
  private static void addAll(@Nullable MetricData<?> to, MetricData<?> from) {
    ((List<DataPoint>) Objects.requireNonNull(to).points()).addAll(from.points());
  }
}
