package dev.tethys.pipeline.exporter.prometheus;

import dev.tethys.codec.otlp.PrometheusOrigin;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Latest data point of each series, until none has arrived for a while. Consecutive deltas without
 * a gap are accumulated. A series is identified by its labels: data points that differ only in data
 * that is not a label share one, and the later wins.
 *
 * <p>Invariant: {@code series} is the number of points in all families; no family is empty. Guarded
 * by this object; points are immutable, so a page is written without the lock.
 */
final class ExposedMetrics {
  /** Maximum number of series that are shown; further ones are dropped. */
  static final int MAX_SERIES =
      (int) Math.min(1_000_000, Math.max(10_000, Runtime.getRuntime().maxMemory() / 2048));

  /** Reasons for which points are not shown. */
  static final String TOO_MANY = "too_many_series";

  static final String TYPE_CONFLICT = "type_conflict";
  static final String BAD_NAME = "invalid_name";
  static final String NOT_SHOWN = "not_cumulative";
  static final String LATE = "older_than_shown";

  /** A label that distinguishes the parts of a distribution. */
  static final String RESERVED = "reserved_label";

  /** Minimum interval between evictions when the limit is reached: each scans every series. */
  private static final long ROOM_MILLIS = 1_000;

  private static final String TARGET_INFO = "target_info";

  private static final Set<String> SERVICE =
      Set.of("service.name", "service.namespace", "service.instance.id");

  /** Result of adding points: number of dropped points by reason. */
  record Result(Map<String, Integer> dropped) {
    void drop(String reason) {
      dropped.merge(reason, 1, Integer::sum);
    }
  }

  private static final class Family {
    final MetricType type;
    final String help;
    final Map<Labels, ExposedPoint> points = new HashMap<>();

    Family(MetricType type, String help) {
      this.type = type;
      this.help = help;
    }
  }

  /** Attributes of one resource, kept as long as one of its series. */
  private record Target(Labels labels, long updated) {}

  private final ExposedOptions options;
  private final int maxSeries;
  private final SeriesNames names;
  private final String prefix;
  private final String targetInfo;
  private final Map<String, Family> families = new HashMap<>();
  private final Map<Labels, Target> targets = new HashMap<>();
  private int series;
  private long swept = Long.MIN_VALUE;

  ExposedMetrics(ExposedOptions options, int maxSeries) {
    this.options = options;
    this.maxSeries = maxSeries;
    this.names = new SeriesNames(options.strategy());
    this.prefix = options.namespace().isEmpty() ? "" : names.label(options.namespace()) + "_";
    this.targetInfo = prefix + TARGET_INFO;
  }

  /** Receives data points. */
  synchronized Result add(MetricsData data, long now) {
    if (swept == Long.MIN_VALUE || now - swept > options.expirationMillis()) {
      sweep(now);
    }
    Result result = new Result(new HashMap<>());
    for (ResourceGroup<Metric> r : data.resources()) {
      Attributes resource = r.resource().attributes();
      target(resource, now);
      for (ScopeGroup<Metric> s : r.scopes()) {
        for (Metric m : s.items()) {
          MetricData<?> d = m.data();
          if (d != null) {
            add(m, d, resource, s, now, result);
          }
        }
      }
    }
    return result;
  }

  private void add(
      Metric m,
      MetricData<?> data,
      Attributes resource,
      ScopeGroup<Metric> scope,
      long now,
      Result result) {
    String name;
    boolean ofSeries = PrometheusOrigin.keepsName(m);
    MetricType type = type(m, data);
    boolean delta =
        data instanceof MetricData.Aggregated<?> a
            && a.temporality() == MetricData.TEMPORALITY_DELTA;
    try {
      name =
          prefix + (ofSeries ? names.ofSeries(m.name()) : names.metric(m.name(), m.unit(), data));
    } catch (IllegalArgumentException e) {
      data.points().forEach(p -> result.drop(BAD_NAME));
      return;
    }
    boolean shown =
        !(data instanceof MetricData.Aggregated<?> a)
            || a.temporality() == MetricData.TEMPORALITY_CUMULATIVE
            || (delta && !(data instanceof MetricData.Sum s && !s.isMonotonic()));
    Family family = families.get(name);
    if (family != null && family.type != type && shown && ofSeries) {
      endFormer(name, family, data, resource, scope, ofSeries);
      family = families.get(name);
    }
    for (DataPoint p : data.points()) {
      if (!shown) {
        result.drop(NOT_SHOWN);
        continue;
      }
      if (type
          != (family != null ? family.type : name.equals(targetInfo) ? MetricType.GAUGE : type)) {
        result.drop(TYPE_CONFLICT);
        continue;
      }
      Labels labels;
      try {
        labels = labels(p.attributes(), resource, scope, ofSeries);
      } catch (IllegalArgumentException e) {
        result.drop(BAD_NAME);
        continue;
      }
      if (labels.has(type == MetricType.HISTOGRAM ? "le" : "quantile")
          && (type == MetricType.HISTOGRAM || type == MetricType.SUMMARY)) {
        result.drop(RESERVED);
        continue;
      }
      ExposedPoint before = family == null ? null : family.points.get(labels);
      if ((p.flags() & DataPoint.NO_RECORDED_VALUE) != 0) {
        if (family != null && before != null) {
          remove(name, family, labels);
          family = families.get(name);
        }
        continue;
      }
      if (before == null && series >= maxSeries) {
        if (now - swept >= ROOM_MILLIS) {
          sweep(now);
          family = families.get(name);
        }
        if (series >= maxSeries) {
          result.drop(TOO_MANY);
          continue;
        }
      }
      String unfit = ExposedPoint.rejectionReason(p);
      if (unfit != null) {
        result.drop(unfit);
        continue;
      }
      ExposedPoint next = ExposedPoint.of(p, before, delta, now);
      if (next == null) {
        result.drop(LATE);
        continue;
      }
      if (family == null) {
        family = new Family(type, m.description());
        families.put(name, family);
      }
      if (family.points.put(labels, next) == null) {
        series++;
      }
    }
  }

  /**
   * Removes the points of series that come with another type now: their source has changed the
   * type, so that the former streams have ended. Points of other sources stay, and keep the type.
   */
  private void endFormer(
      String name,
      Family family,
      MetricData<?> data,
      Attributes resource,
      ScopeGroup<Metric> scope,
      boolean ofSeries) {
    for (DataPoint p : data.points()) {
      try {
        Labels labels = labels(p.attributes(), resource, scope, ofSeries);
        ExposedPoint former = family.points.get(labels);
        if (former != null && former.isBefore(p)) {
          remove(name, family, labels);
        }
      } catch (IllegalArgumentException e) {
        continue; // counted when points are added
      }
    }
  }

  private static MetricType type(Metric m, MetricData<?> data) {
    return switch (data) {
      case MetricData.Sum s -> s.isMonotonic() ? MetricType.COUNTER : MetricType.GAUGE;
      case MetricData.Histogram h -> MetricType.HISTOGRAM;
      case MetricData.ExponentialHistogram h -> MetricType.HISTOGRAM;
      case MetricData.Summary s -> MetricType.SUMMARY;
      default ->
          "unknown".equals(m.metadata().getString("prometheus.type"))
              ? MetricType.UNKNOWN
              : MetricType.GAUGE;
    };
  }

  private Labels labels(
      Attributes point, Attributes resource, ScopeGroup<Metric> group, boolean ofSeries) {
    LabelsBuilder b = new LabelsBuilder();
    resource.forEach(
        (k, v) -> {
          if (promotes(k)) {
            join(b, names.label(k), AttributeText.text(v));
          }
        });
    point.forEach(
        (k, v) -> {
          // As in the Collector, an attribute of the resource replaces the point's.
          if (!promotes(k) || !resource.contains(k)) {
            join(b, ofSeries ? names.labelOfSeries(k) : names.label(k), AttributeText.text(v));
          }
        });
    if (options.scopes()) {
      Scope scope = group.scope();
      scope
          .attributes()
          .forEach((k, v) -> join(b, names.label("otel_scope_" + k), AttributeText.text(v)));
      b.set("otel_scope_name", scope.name());
      b.set("otel_scope_version", scope.version());
      b.set("otel_scope_schema_url", group.schemaUrl());
    }
    identity(b, resource);
    options.labels().forEach(b::set);
    return b.build();
  }

  private boolean promotes(String key) {
    return switch (options.promoted()) {
      case NONE -> false;
      case WITHOUT_SERVICE -> !SERVICE.contains(key);
      case ALL -> true;
    };
  }

  /** Joins values of attributes whose names map to the same label. */
  private static void join(LabelsBuilder b, String name, String value) {
    String before = b.get(name);
    b.set(name, before.isEmpty() ? value : before + ";" + value);
  }

  private static void identity(LabelsBuilder b, Attributes resource) {
    if (resource.contains("service.name")) {
      String name = AttributeText.text(resource.get("service.name"));
      b.set(
          "job",
          resource.contains("service.namespace")
              ? AttributeText.text(resource.get("service.namespace")) + "/" + name
              : name);
    }
    if (resource.contains("service.instance.id")) {
      b.set("instance", AttributeText.text(resource.get("service.instance.id")));
    }
  }

  private void target(Attributes resource, long now) {
    LabelsBuilder b = new LabelsBuilder();
    identity(b, resource);
    if (b.get("job").isEmpty() || b.get("instance").isEmpty()) {
      return;
    }
    Labels key = b.build();
    if (targets.size() >= maxSeries && !targets.containsKey(key)) {
      return;
    }
    LabelsBuilder all = new LabelsBuilder();
    resource.forEach(
        (k, v) -> {
          if (!SERVICE.contains(k)) {
            try {
              join(all, names.label(k), AttributeText.text(v));
            } catch (IllegalArgumentException e) {
              // It cannot be a label; the others still identify the target.
            }
          }
        });
    identity(all, resource);
    targets.put(key, new Target(all.build(), now));
  }

  private void remove(String name, Family family, Labels labels) {
    family.points.remove(labels);
    series--;
    if (family.points.isEmpty()) {
      families.remove(name);
    }
  }

  private void sweep(long now) {
    swept = now;
    long oldest = now - options.expirationMillis();
    families
        .values()
        .removeIf(
            f -> {
              int size = f.points.size();
              f.points.values().removeIf(p -> p.updated() < oldest);
              series -= size - f.points.size();
              return f.points.isEmpty();
            });
    targets.values().removeIf(t -> t.updated < oldest);
  }

  /** Returns the currently exposed families, by name and labels. */
  List<MetricFamily> families(long now) {
    Map<String, MetricFamily> out = new TreeMap<>();
    synchronized (this) {
      sweep(now);
      families.forEach((name, f) -> out.put(name, family(name, f)));
      MetricFamily info = info();
      if (info != null) {
        out.merge(targetInfo, info, ExposedMetrics::merged);
      }
    }
    return out.values().stream()
        .map(
            f -> {
              List<MetricFamily.Metric> sorted = new ArrayList<>(f.metrics());
              sorted.sort(Comparator.comparing(MetricFamily.Metric::labels));
              return new MetricFamily(f.name(), f.type(), f.help(), f.unit(), sorted);
            })
        .toList();
  }

  private MetricFamily family(String name, Family f) {
    List<MetricFamily.Metric> metrics = new ArrayList<>(f.points.size());
    f.points.forEach(
        (labels, p) ->
            metrics.add(
                new MetricFamily.Metric(
                    labels,
                    p.point(),
                    options.timestamps() ? p.timeNanos() / 1_000_000 : null,
                    p.startNanos() / 1_000_000)));
    return new MetricFamily(name, f.type, f.help, "", metrics);
  }

  /** Merges a pipeline's own target_info with ours. */
  private static MetricFamily merged(MetricFamily own, MetricFamily ours) {
    Map<Labels, MetricFamily.Metric> all = new HashMap<>();
    ours.metrics().forEach(m -> all.put(m.labels(), m));
    own.metrics().forEach(m -> all.put(m.labels(), m));
    return new MetricFamily(
        own.name(), own.type(), own.help(), own.unit(), List.copyOf(all.values()));
  }

  private @Nullable MetricFamily info() {
    return targets.isEmpty()
        ? null
        : new MetricFamily(
            targetInfo,
            MetricType.GAUGE,
            "Target metadata",
            "",
            targets.values().stream().map(t -> new MetricFamily.Metric(t.labels, 1)).toList());
  }
}
