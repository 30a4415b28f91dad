package dev.tethys.app.collector;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.JoinedPoint;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.regex.Glob;
import dev.tethys.model.regex.Regex;
import dev.tethys.pipeline.config.OwnView;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Metrics after applying the {@code views} of {@code service.telemetry.metrics}. Each matching view
 * creates a metric; metrics without a view stay unchanged.
 */
final class MetricViews {
  private static final System.Logger LOG = JulLogger.of(MetricViews.class.getName());

  private final Map<OwnView, Regex> views = new LinkedHashMap<>();

  /** Names whose metrics are only partly shown. */
  private final Set<String> hidden = ConcurrentHashMap.newKeySet();

  MetricViews(List<OwnView> views) {
    for (OwnView v : views) {
      this.views.put(v, Glob.wildcards(v.name().isEmpty() ? "*" : v.name()));
    }
  }

  /** Whether a view gives this name to counters. */
  boolean namesCounter(String name) {
    return views.keySet().stream()
        .anyMatch(v -> !v.rename().isEmpty() && CollectorNames.withSuffix(v.rename()).equals(name));
  }

  /** Applies the views to metrics; the result is sorted by name. */
  List<MetricFamily> of(List<MetricFamily> families) {
    if (views.isEmpty()) {
      return families;
    }
    Map<String, MetricFamily> out = new TreeMap<>();
    for (MetricFamily f : families) {
      boolean seen = false;
      for (Map.Entry<OwnView, Regex> e : views.entrySet()) {
        if (isAbout(e.getKey(), e.getValue(), f)) {
          seen = true;
          if (!e.getKey().drop()) {
            MetricFamily shown = shown(e.getKey(), f);
            put(out, shown);
          }
        }
      }
      if (!seen) {
        put(out, f);
      }
    }
    return List.copyOf(out.values());
  }

  /** Adds a family; if two views assign the same name, the first one is shown. */
  private void put(Map<String, MetricFamily> out, MetricFamily f) {
    if (out.putIfAbsent(f.name(), f) != null && hidden.add(f.name())) {
      LOG.log(
          Level.WARNING,
          "service.telemetry.metrics.views give several metrics the name {0}: one of them is shown",
          f.name());
    }
  }

  private static boolean isAbout(OwnView v, Regex name, MetricFamily f) {
    OwnView.Kind kind = v.kind();
    boolean ofKind =
        kind == null
            || switch (kind) {
              case COUNTER -> f.type() == MetricType.COUNTER;
              case GAUGE -> f.type() == MetricType.GAUGE;
              case HISTOGRAM -> f.type() == MetricType.HISTOGRAM;
            };
    return ofKind && (name.matches(f.name()) || name.matches(CollectorNames.instrument(f.name())));
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

  /** Reduces the labels, which may merge several metrics. */
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
          out.add(
              new Metric(
                  labels,
                  JoinedPoint.of(f.type(), some),
                  some.getLast().timestamp(),
                  some.stream().mapToLong(Metric::startTimestamp).min().orElse(0)));
        });
    return out;
  }
}
