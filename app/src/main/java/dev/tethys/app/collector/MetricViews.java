package dev.tethys.app.collector;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Point;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.histogram.HistogramAccumulator;
import dev.tethys.pipeline.grammar.OwnView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Metrics as {@code views} of {@code service.telemetry.metrics} have them. Each view that is about
 * a metric makes one of it; what no view is about stays as it is.
 */
final class MetricViews {
  private final Map<OwnView, Pattern> views = new LinkedHashMap<>();

  MetricViews(List<OwnView> views) {
    for (OwnView v : views) {
      this.views.put(v, glob(v.name().isEmpty() ? "*" : v.name()));
    }
  }

  /** Text in which {@code *} and {@code ?} stand for any. */
  static Pattern glob(String pattern) {
    return Pattern.compile(
        pattern
            .codePoints()
            .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c)))
            .collect(Collectors.joining()),
        Pattern.DOTALL);
  }

  /** Whether a view gives this name to counters. */
  boolean gives(String name) {
    return views.keySet().stream()
        .anyMatch(v -> !v.rename().isEmpty() && CollectorNames.withSuffix(v.rename()).equals(name));
  }

  /** What is shown of what there is, sorted by name. */
  List<MetricFamily> of(List<MetricFamily> families) {
    if (views.isEmpty()) {
      return families;
    }
    Map<String, MetricFamily> out = new TreeMap<>();
    for (MetricFamily f : families) {
      boolean seen = false;
      for (Map.Entry<OwnView, Pattern> e : views.entrySet()) {
        if (isAbout(e.getKey(), e.getValue(), f)) {
          seen = true;
          if (!e.getKey().drop()) {
            MetricFamily shown = shown(e.getKey(), f);
            out.putIfAbsent(shown.name(), shown);
          }
        }
      }
      if (!seen) {
        out.putIfAbsent(f.name(), f);
      }
    }
    return List.copyOf(out.values());
  }

  private static boolean isAbout(OwnView v, Pattern name, MetricFamily f) {
    OwnView.Kind kind = v.kind();
    boolean ofKind =
        kind == null
            || switch (kind) {
              case COUNTER -> f.type() == MetricType.COUNTER;
              case GAUGE -> f.type() == MetricType.GAUGE;
              case HISTOGRAM -> f.type() == MetricType.HISTOGRAM;
            };
    return ofKind
        && (name.matcher(f.name()).matches()
            || name.matcher(CollectorNames.instrument(f.name())).matches());
  }

  private static MetricFamily shown(OwnView v, MetricFamily f) {
    String name = f.name();
    if (!v.rename().isEmpty()) {
      name = f.type() == MetricType.COUNTER ? CollectorNames.withSuffix(v.rename()) : v.rename();
    }
    return new MetricFamily(
        name,
        f.type(),
        v.description().isEmpty() ? f.help() : v.description(),
        f.unit(),
        v.included().isEmpty() && v.excluded().isEmpty() ? f.metrics() : fewer(v, f));
  }

  /** With fewer labels, under which several may become one. */
  private static List<Metric> fewer(OwnView v, MetricFamily f) {
    Map<Labels, List<Metric>> groups = new LinkedHashMap<>();
    for (Metric m : f.metrics()) {
      Labels l = m.labels().drop(v.excluded());
      groups
          .computeIfAbsent(
              v.included().isEmpty() ? l : l.keep(v.included()), k -> new ArrayList<>())
          .add(m);
    }
    List<Metric> out = new ArrayList<>(groups.size());
    groups.forEach(
        (labels, some) -> {
          Point p = some.getFirst().point();
          for (Metric m : some.subList(1, some.size())) {
            p = together(f.type(), p, m.point());
          }
          out.add(
              new Metric(
                  labels,
                  p,
                  some.getLast().timestamp(),
                  some.stream().mapToLong(Metric::startTimestamp).min().orElse(0)));
        });
    return out;
  }

  /** Counts are added up; of what is not counted the last one holds. */
  private static Point together(MetricType type, Point a, Point b) {
    return switch (a) {
      case Value x when b instanceof Value y ->
          new Value(type == MetricType.COUNTER ? x.value() + y.value() : y.value(), null);
      case Buckets x when b instanceof Buckets y -> added(x, y);
      case Quantiles x when b instanceof Quantiles y ->
          new Quantiles(x.count() + y.count(), x.sum() + y.sum(), new double[0], new double[0]);
      case Native x when b instanceof Native y -> {
        HistogramAccumulator both = new HistogramAccumulator(x.histogram());
        both.add(y.histogram());
        Buckets classic = x.classic();
        Buckets other = y.classic();
        yield new Native(
            both.toHistogram(),
            classic == null || other == null ? null : added(classic, other),
            List.of());
      }
      default -> b;
    };
  }

  /** With the bounds that both have, +Inf at least. */
  private static Buckets added(Buckets a, Buckets b) {
    TreeSet<Double> all = new TreeSet<>();
    Arrays.stream(a.bounds()).filter(d -> at(b, d) >= 0).forEach(all::add);
    double[] bounds = all.stream().mapToDouble(d -> d).toArray();
    double[] cumulative =
        Arrays.stream(bounds)
            .map(d -> a.cumulative()[at(a, d)] + b.cumulative()[at(b, d)])
            .toArray();
    return new Buckets(a.count() + b.count(), a.sum() + b.sum(), bounds, cumulative, List.of());
  }

  private static int at(Buckets b, double bound) {
    return Arrays.binarySearch(b.bounds(), bound);
  }
}
