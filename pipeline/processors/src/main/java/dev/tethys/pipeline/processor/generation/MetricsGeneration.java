package dev.tethys.pipeline.processor.generation;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.Points;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code metricsgeneration} processors: derive further metrics from gauges and sums of one
 * resource by rules.
 */
public final class MetricsGeneration {
  private static final Section SECTION =
      new Section("metricsgeneration", "Generates metrics from existing ones.");
  private static final Key<List<GenerationRule>> RULES =
      SECTION.key(
          "rules", Type.list(GenerationRule.RULE), List.of(), "Rules, one for each new metric.");
  private static final Key<Boolean> MATCH_ATTRIBUTES =
      SECTION.key(
          "match_attributes",
          Type.BOOL,
          false,
          "If true, points without conflicting attributes are combined; if "
              + "false, the first point of metric2 is combined with every point of "
              + "metric1.");

  private final List<GenerationRule> rules;
  private final boolean matchAttributes;

  private MetricsGeneration(List<GenerationRule> rules, boolean matchAttributes) {
    this.rules = rules;
    this.matchAttributes = matchAttributes;
  }

  public static ProcessorFactory<?> factory() {
    return new TreeEditorFactory<>(
        "metricsgeneration",
        "Derives metrics from other metrics.",
        SECTION.type(o -> new MetricsGeneration(o.get(RULES), o.get(MATCH_ATTRIBUTES))),
        Set.of(Signal.METRICS),
        (settings, _, _) -> (data, _) -> settings.generate((MetricsData) data));
  }

  private boolean generate(MetricsData data) {
    boolean changed = false;
    for (ResourceGroup<Metric> r : data.resources()) {
      Map<String, Metric> known =
          new HashMap<>(); // generated metrics are not operands of other rules
      for (ScopeGroup<Metric> s : r.scopes()) {
        for (Metric m : s.items()) {
          known.put(m.name(), m);
        }
      }
      for (GenerationRule rule : rules) {
        Metric second = rule.second() == null ? null : known.get(rule.second());
        if (known.containsKey(rule.first()) && (rule.second() == null || second != null)) {
          changed |= generate(r, rule, second);
        }
      }
    }
    return changed;
  }

  private boolean generate(ResourceGroup<Metric> r, GenerationRule rule, @Nullable Metric second) {
    boolean changed = false;
    for (ScopeGroup<Metric> s : r.scopes()) {
      for (Metric m : List.copyOf(s.items())) {
        if (m.name().equals(rule.first())) {
          Metric made = make(rule, m, second);
          if (made != null) {
            s.items().add(made);
            changed = true;
          }
        }
      }
    }
    return changed;
  }

  /** Creates the metric of a rule; null if no point can be computed. */
  private @Nullable Metric make(GenerationRule rule, Metric first, @Nullable Metric second) {
    List<NumberDataPoint> points = numbers(first);
    if (points == null) {
      return null;
    }
    List<NumberDataPoint> made;
    if (second == null) {
      made = withNumber(rule, points, rule.scaleBy());
    } else {
      List<NumberDataPoint> others = numbers(second);
      if (others == null || others.isEmpty()) {
        return null;
      }
      made =
          matchAttributes
              ? withMatching(rule, points, others)
              : withNumber(rule, points, Points.value(others.getFirst()));
    }
    if (made.isEmpty()) {
      return null;
    }
    Metric m = new Metric();
    m.setName(rule.name());
    m.setUnit(rule.unit());
    m.setData(like(Objects.requireNonNull(first.data()), made));
    return m;
  }

  /** Points of a gauge or a sum; null for any other metric. */
  private static @Nullable List<NumberDataPoint> numbers(Metric m) {
    return switch (m.data()) {
      case MetricData.Gauge g -> g.points();
      case MetricData.Sum s -> s.points();
      case null, default -> null;
    };
  }

  private static List<NumberDataPoint> withNumber(
      GenerationRule rule, List<NumberDataPoint> points, double number) {
    return Points.each(points, p -> point(p, rule.operation().of(Points.value(p), number)));
  }

  private static List<NumberDataPoint> withMatching(
      GenerationRule rule, List<NumberDataPoint> points, List<NumberDataPoint> others) {
    List<NumberDataPoint> made = new ArrayList<>();
    for (NumberDataPoint a : points) {
      for (NumberDataPoint b : others) {
        if (!contradict(a.attributes(), b.attributes())) {
          NumberDataPoint p = point(a, rule.operation().of(Points.value(a), Points.value(b)));
          if (p != null) {
            b.attributes().forEach((k, v) -> p.attributes().put(k, v));
            made.add(p);
          }
        }
      }
    }
    return made;
  }

  private static boolean contradict(Attributes a, Attributes b) {
    for (int i = 0; i < a.size(); i++) {
      int j = b.indexOf(a.key(i));
      if (j >= 0 && !Objects.equals(a.value(i), b.value(j))) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable NumberDataPoint point(NumberDataPoint from, double value) {
    if (Double.isNaN(value)) {
      return null; // division by zero, or an operand that is not a number
    }
    NumberDataPoint p = from.copy();
    p.setDouble(value);
    return p;
  }

  /** Returns data of the same kind as the first operand. */
  private static MetricData<?> like(MetricData<?> first, List<NumberDataPoint> points) {
    if (first instanceof MetricData.Sum sum) {
      MetricData.Sum s = new MetricData.Sum();
      s.setTemporality(sum.temporality());
      s.setMonotonic(sum.isMonotonic());
      s.points().addAll(points);
      return s;
    }
    MetricData.Gauge g = new MetricData.Gauge();
    g.points().addAll(points);
    return g;
  }
}
