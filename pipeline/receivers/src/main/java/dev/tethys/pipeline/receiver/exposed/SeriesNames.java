package dev.tethys.pipeline.receiver.exposed;

import dev.tethys.codec.otlp.OtlpMetricsReader;
import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.OtlpSink;
import dev.tethys.codec.otlp.TranslationStrategy;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names of metrics and attributes as names of series. They are asked of what turns OTLP into series
 * for everything else, with a metric that holds nothing more, so that a metric has one name
 * whichever way it leaves. An {@link IllegalArgumentException} says that there is none. For one
 * thread.
 */
final class SeriesNames {
  /** Names that are remembered; all are forgotten when there are more. */
  static final int MAX_KNOWN = 50_000;

  private record Asked(String name, String unit, char kind) {}

  private final OtlpMetricsReader reader;
  private final OtlpWriter writer = new OtlpWriter();
  private final Map<Asked, String> metrics = new HashMap<>();
  private final Map<String, String> labels = new HashMap<>();

  /** Names by a strategy; runs of signs become one underscore, as in the Collector. */
  SeriesNames(TranslationStrategy strategy) {
    this.reader =
        new OtlpMetricsReader(
            new OtlpOptions(
                strategy,
                Set.of(),
                false,
                Set.of(),
                false,
                false,
                false,
                false,
                false,
                false,
                OtlpOptions.DEFAULT.lookbackDelta(),
                false));
  }

  /** The name of a metric that holds such data. */
  String metric(String name, String unit, MetricData<?> data) {
    // Only gauges (ratios) and what never falls (totals) have endings of their own.
    char kind =
        switch (data) {
          case MetricData.Gauge g -> 'g';
          case MetricData.Sum s -> s.isMonotonic() ? 'm' : 's';
          default -> 's';
        };
    Asked asked = new Asked(name, unit, kind);
    String known = metrics.get(asked);
    if (known == null) {
      known = ask(name, unit, kind, "").metricName();
      if (metrics.size() >= MAX_KNOWN) {
        metrics.clear();
      }
      metrics.put(asked, known);
    }
    return known;
  }

  /** The name of an attribute as a label. */
  String label(String attribute) {
    String known = labels.get(attribute);
    if (known == null) {
      List<Labels.Label> all = ask("m", "", 'g', attribute).dropMetricName().toList();
      if (all.isEmpty()) {
        throw new IllegalArgumentException(attribute + " cannot be the name of a label");
      }
      known = all.getFirst().name();
      if (labels.size() >= MAX_KNOWN) {
        labels.clear();
      }
      labels.put(attribute, known);
    }
    return known;
  }

  private Labels ask(String name, String unit, char kind, String attribute) {
    NumberDataPoint p = new NumberDataPoint();
    p.setTimeUnixNano(1_000_000);
    p.setDouble(1);
    if (!attribute.isEmpty()) {
      p.attributes().put(attribute, "x");
    }
    Metric m = new Metric();
    m.setName(name);
    m.setUnit(unit);
    if (kind == 'g') {
      MetricData.Gauge g = new MetricData.Gauge();
      g.points().add(p);
      m.setData(g);
    } else {
      MetricData.Sum s = new MetricData.Sum();
      s.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
      s.setMonotonic(kind == 'm');
      s.points().add(p);
      m.setData(s);
    }
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    scope.items().add(m);
    ResourceGroup<Metric> resource = new ResourceGroup<>();
    resource.scopes().add(scope);
    MetricsData data = new MetricsData();
    data.resources().add(resource);
    byte[] request = writer.write(data);
    Answer answer = new Answer();
    reader.read(request, 0, request.length, answer);
    Labels said = answer.labels;
    if (said == null) {
      throw new IllegalArgumentException("\"" + name + "\" cannot be the name of a series");
    }
    return said;
  }

  private static final class Answer implements OtlpSink {
    @Nullable Labels labels;

    @Override
    public @Nullable String sample(
        Labels series, long start, long time, double value, List<Exemplar> exemplars) {
      labels = series;
      return null;
    }

    @Override
    public @Nullable String histogram(
        Labels series, long start, long time, Histogram histogram, List<Exemplar> exemplars) {
      return null;
    }

    @Override
    public void metadata(String family, MetricMetadata metadata) {}
  }
}
