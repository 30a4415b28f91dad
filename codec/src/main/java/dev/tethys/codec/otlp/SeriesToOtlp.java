package dev.tethys.codec.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.remote.RequestFamilies;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricFamilies.Family;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Converts a remote write 1.0 request to OTLP metrics, by the rules of OpenTelemetry's
 * compatibility page.
 *
 * <p>{@code job} and {@code instance} name the resource, {@code target_info} describes it, {@code
 * otel_scope_*} labels name the scope. Families of known type become sums, histograms and
 * summaries, others gauges. A staleness marker is a point without a value.
 *
 * <p>The type of a family comes from the metadata of the request's source, or from that in the
 * request. The parts of a classic histogram or summary are joined if they are in one request, as
 * with a single scrape. Parts that do not form an OTLP point (counts that are not integers, a
 * summary without its count) are gauges under their own names. The metadata of each metric holds
 * the information for the reverse conversion, see {@link PrometheusOrigin}.
 */
public final class SeriesToOtlp {
  private static final String TARGET_INFO = "target_info";
  private static final List<String> TARGET = List.of("job", "instance");

  private static final MetricMetadata UNKNOWN = new MetricMetadata(MetricType.UNKNOWN, "", "");

  private final RequestFamilies families;
  private final Map<Labels, Target> targets = new LinkedHashMap<>();

  private SeriesToOtlp(@Nullable MetricFamilies source) {
    families = new RequestFamilies(source);
  }

  /**
   * Conversion result.
   *
   * @param points number of data points in the metrics
   * @param leftOut samples without an OTLP form: native histograms of gauges or of extreme width
   */
  public record Converted(MetricsData metrics, int points, int leftOut) {}

  /**
   * Converts a request that is not compressed.
   *
   * @throws CodecException if it is malformed
   */
  public static Converted convert(byte[] request, int offset, int length) {
    return convert(request, offset, length, null);
  }

  /**
   * Converts a request that is not compressed.
   *
   * @param source known metadata of its source in addition to the request's; null if none
   * @throws CodecException if it is malformed
   */
  public static Converted convert(
      byte[] request, int offset, int length, @Nullable MetricFamilies source) {
    return new SeriesToOtlp(source).read(request, offset, length);
  }

  private Converted read(byte[] request, int offset, int length) {
    WriteRequestReader in = new WriteRequestReader().reset(request, offset, length, families);
    while (in.nextSeries()) {
      series(in, in.labels());
    }
    MetricsData out = new MetricsData();
    int leftOut = 0;
    for (Target t : targets.values()) {
      leftOut += t.finish();
      if (!t.group.scopes().isEmpty()) {
        out.resources().add(t.group);
      }
    }
    return new Converted(out, out.itemCount(), leftOut);
  }

  private void series(WriteRequestReader in, Labels labels) {
    Target target = targets.computeIfAbsent(labels.keep(TARGET), Target::new);
    if (labels.metricName().equals(TARGET_INFO)) {
      if (in.next() == SeriesEvent.SAMPLE && Samples.isStale(in.value())) {
        // The end of the series is a point, as a resource has no end.
        target.series(null, labels, false).sample(in.timestamp(), in.value());
        return;
      }
      for (Labels.Label l : labels.toList()) {
        if (!TARGET.contains(l.name()) && !l.name().equals(Labels.METRIC_NAME)) {
          target.group.resource().attributes().put(l.name(), l.value());
        }
      }
      return; // its value says nothing
    }
    String name = labels.metricName();
    Family family = families.of(name);
    boolean isStart = family != null && name.equals(family.name() + "_created");
    boolean isNative = false;
    FamilySeries part = null;
    for (SeriesEvent e; (e = in.next()) != SeriesEvent.END; ) {
      if (part == null || isNative != (e == SeriesEvent.HISTOGRAM)) {
        isNative = e == SeriesEvent.HISTOGRAM;
        part = target.series(family, labels, isNative);
      }
      switch (e) {
        case SAMPLE -> {
          part.sample(in.timestamp(), in.value());
          if (isStart && family != null && !Samples.isStale(in.value())) {
            target.starts(family.name(), labels).put(labels, in.value());
          }
        }
        case HISTOGRAM -> part.histogram(in.timestamp(), in.histogram());
        case EXEMPLAR -> {
          if (in.exemplar() != null) {
            part.exemplar(in.exemplar());
          }
        }
        case END -> throw new AssertionError();
      }
    }
  }

  /** Resource of one job and instance, and its families as they grow. */
  private final class Target {
    final ResourceGroup<Metric> group = new ResourceGroup<>();
    private final Map<Labels, ScopeGroup<Metric>> scopes = new LinkedHashMap<>();
    private final Map<FamilyKey, FamilySeries> families = new LinkedHashMap<>();
    private final Map<FamilyKey, FamilySeries.Starts> starts = new HashMap<>();

    Target(Labels identity) {
      Resource r = new Resource();
      String job = identity.get("job");
      if (!job.isEmpty()) {
        r.attributes().put("service.name", job);
      }
      String instance = identity.get("instance");
      if (!instance.isEmpty()) {
        r.attributes().put("service.instance.id", instance);
      }
      group.setResource(r);
    }

    /** Start timestamps of a family in the scope of a series. */
    FamilySeries.Starts starts(String family, Labels labels) {
      return starts.computeIfAbsent(
          new FamilyKey(FamilySeries.scope(labels), family, MetricType.UNKNOWN, false),
          k -> new FamilySeries.Starts());
    }

    /** Returns the metric a series is part of, creating it for the first series. */
    FamilySeries series(@Nullable Family family, Labels labels, boolean isNative) {
      String name = labels.metricName();
      MetricMetadata m = family == null ? UNKNOWN : family.metadata();
      boolean assembled =
          family != null && !isNative && isPart(m.type(), family.name(), name, labels);
      if (isNative && m.type() != MetricType.HISTOGRAM) {
        m = new MetricMetadata(MetricType.HISTOGRAM, m.help(), m.unit());
      } else if (!isNative && !assembled && isAssembled(m.type())
          || family != null && name.equals(family.name() + "_created")) {
        m = new MetricMetadata(MetricType.UNKNOWN, m.help(), "");
      }
      MetricMetadata described = m;
      String metricName = assembled && family != null ? family.name() : name;
      Labels scope = FamilySeries.scope(labels);
      FamilySeries f =
          families.computeIfAbsent(
              new FamilyKey(scope, metricName, m.type(), isNative),
              k -> {
                Metric metric = new Metric();
                metric.setName(metricName);
                PrometheusOrigin.mark(metric, described);
                scope(scope).items().add(metric);
                return FamilySeries.of(
                    metric,
                    described.type(),
                    isNative,
                    starts(family == null ? name : family.name(), labels));
              });
      f.enter(name.substring(metricName.length()), labels);
      return f;
    }

    private static boolean isAssembled(MetricType type) {
      return type == MetricType.HISTOGRAM || type == MetricType.SUMMARY;
    }

    /** Whether a series is a part of a point with several. */
    private static boolean isPart(MetricType type, String family, String name, Labels labels) {
      String suffix = name.substring(family.length());
      return switch (suffix) {
        case "_sum", "_count" -> isAssembled(type);
        case "_bucket" ->
            type == MetricType.HISTOGRAM && AssembledSeries.bound(labels.get("le")) != null;
        case "" ->
            type == MetricType.SUMMARY && AssembledSeries.bound(labels.get("quantile")) != null;
        default -> false;
      };
    }

    private ScopeGroup<Metric> scope(Labels labels) {
      return scopes.computeIfAbsent(
          labels,
          l -> {
            ScopeGroup<Metric> s = FamilySeries.scopeGroup(l);
            group.scopes().add(s);
            return s;
          });
    }

    /** Ends all families; returns the number of samples that did not fit. */
    int finish() {
      int leftOut = 0;
      for (FamilySeries f : List.copyOf(families.values())) {
        leftOut += f.finish(this::rest);
      }
      for (ScopeGroup<Metric> s : group.scopes()) {
        s.items().removeIf(m -> empty(m.data()));
      }
      group.scopes().removeIf(s -> s.items().isEmpty());
      return leftOut;
    }

    /** Adds a sample that does not fit the metric of its family as a gauge with its own name. */
    private void rest(Labels labels, long millis, double value) {
      series(null, labels, false).sample(millis, value);
    }

    private static boolean empty(@Nullable MetricData<?> data) {
      return data == null || data.points().isEmpty();
    }
  }

  private record FamilyKey(Labels scope, String name, MetricType type, boolean isNative) {}
}
