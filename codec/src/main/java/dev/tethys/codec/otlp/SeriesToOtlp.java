package dev.tethys.codec.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
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
 * Turns a remote write 1.0 request into OTLP metrics, by the rules of OpenTelemetry's compatibility
 * page: {@code job} and {@code instance} name the resource, {@code target_info} describes it,
 * {@code otel_scope_*} labels name the scope; families of known type become sums, histograms and
 * summaries, others gauges; a staleness marker is a point without a value.
 *
 * <p>The type of a family is known when the request carries its metadata; the parts of a classic
 * histogram or summary are put together when they are in one request, which those of one scrape
 * are.
 */
public final class SeriesToOtlp {
  private static final String TARGET_INFO = "target_info";
  private static final List<String> TARGET = List.of("job", "instance");

  private final Map<String, MetricMetadata> metadata = new HashMap<>();
  private final Map<Labels, Target> targets = new LinkedHashMap<>();

  private SeriesToOtlp() {}

  /**
   * What became of a request.
   *
   * @param points data points that it holds
   * @param leftOut samples that OTLP has no place for: native histograms of gauges or of absurd
   *     width, and parts of histograms and summaries that cannot be read
   */
  public record Converted(MetricsData metrics, int points, int leftOut) {}

  /**
   * Converts a request that is not compressed.
   *
   * @throws CodecException when it is malformed
   */
  public static Converted convert(byte[] request, int offset, int length) {
    return new SeriesToOtlp().read(request, offset, length);
  }

  private Converted read(byte[] request, int offset, int length) {
    WriteRequestReader in = new WriteRequestReader().reset(request, offset, length);
    while (in.nextMetadata()) {
      metadata.put(in.metricFamily(), in.metadata());
    }
    in.reset(request, offset, length);
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
      for (Labels.Label l : labels.toList()) {
        if (!TARGET.contains(l.name()) && !l.name().equals(Labels.METRIC_NAME)) {
          target.group.resource().attributes().put(l.name(), l.value());
        }
      }
      while (in.next() != SeriesEvent.END) {
        continue; // its value says nothing
      }
      return;
    }
    String name = labels.metricName();
    boolean isNative = false;
    FamilySeries part = null;
    for (SeriesEvent e; (e = in.next()) != SeriesEvent.END; ) {
      if (part == null || isNative != (e == SeriesEvent.HISTOGRAM)) {
        isNative = e == SeriesEvent.HISTOGRAM;
        part = target.series(name, labels, isNative);
      }
      switch (e) {
        case SAMPLE -> part.sample(in.timestamp(), in.value());
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

  /** The resource that a job and an instance are, and its families as they grow. */
  private final class Target {
    final ResourceGroup<Metric> group = new ResourceGroup<>();
    private final Map<Labels, ScopeGroup<Metric>> scopes = new LinkedHashMap<>();
    private final Map<FamilyKey, FamilySeries> families = new LinkedHashMap<>();

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

    FamilySeries series(String name, Labels labels, boolean isNative) {
      String family = name;
      MetricMetadata known = metadata.get(name);
      if (known == null) {
        for (String suffix : FamilySeries.SUFFIXES) {
          if (name.endsWith(suffix)) {
            String base = name.substring(0, name.length() - suffix.length());
            MetricMetadata m = metadata.get(base);
            if (m != null && FamilySeries.isPart(m.type(), suffix)) {
              family = base;
              known = m;
              break;
            }
          }
        }
      }
      MetricType type =
          isNative ? MetricType.HISTOGRAM : known == null ? MetricType.UNKNOWN : known.type();
      MetricMetadata m = known == null ? new MetricMetadata(type, "", "") : known;
      Labels scope = FamilySeries.scope(labels);
      String base = family;
      FamilySeries f =
          families.computeIfAbsent(
              new FamilyKey(scope, base, type, isNative),
              k -> {
                Metric metric = new Metric();
                metric.setName(base);
                metric.setDescription(m.help());
                metric.setUnit(m.unit());
                scope(scope).items().add(metric);
                return FamilySeries.of(metric, type, isNative);
              });
      f.enter(name.substring(base.length()), labels);
      return f;
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

    /** Ends all families; returns how many samples had no place. */
    int finish() {
      int leftOut = 0;
      for (FamilySeries f : families.values()) {
        leftOut += f.finish();
      }
      for (ScopeGroup<Metric> s : group.scopes()) {
        s.items().removeIf(m -> empty(m.data()));
      }
      group.scopes().removeIf(s -> s.items().isEmpty());
      return leftOut;
    }

    private static boolean empty(@Nullable MetricData<?> data) {
      return data == null || data.points().isEmpty();
    }
  }

  private record FamilyKey(Labels scope, String name, MetricType type, boolean isNative) {}
}
