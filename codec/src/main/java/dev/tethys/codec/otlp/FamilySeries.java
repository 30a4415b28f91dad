package dev.tethys.codec.otlp;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The series of one metric family on their way into one OTLP metric. */
abstract sealed class FamilySeries permits FamilySeries.Numbers, AssembledSeries, NativeSeries {
  static final long NANOS = 1_000_000L;

  final Metric metric;

  FamilySeries(Metric metric) {
    this.metric = metric;
  }

  /**
   * Start timestamps of one family, nanoseconds since the epoch, by the labels of its points but
   * their names and bounds.
   */
  static final class Starts {
    private final Map<Labels, Long> all = new HashMap<>();

    void put(Labels point, double seconds) {
      all.put(point.dropMetricName(), (long) (seconds * 1e9));
    }

    long of(Labels point) {
      return all.isEmpty() ? 0 : all.getOrDefault(point.dropMetricName(), 0L);
    }
  }

  /**
   * Receives samples that do not fit the metric of their family, each as a metric with its own
   * name.
   */
  interface Rest {
    void sample(Labels series, long millis, double value);
  }

  static FamilySeries of(Metric metric, MetricType type, boolean isNative, Starts starts) {
    if (isNative) {
      return new NativeSeries(metric);
    }
    return switch (type) {
      case COUNTER -> new Numbers(metric, true, starts);
      case HISTOGRAM -> new AssembledSeries.Classic(metric, starts);
      case SUMMARY -> new AssembledSeries.Summaries(metric, starts);
      default -> new Numbers(metric, false, starts);
    };
  }

  /** Starts a series, to which the following events belong. */
  abstract void enter(String suffix, Labels labels);

  abstract void sample(long millis, double value);

  void histogram(long millis, Histogram h) {
    throw new IllegalStateException("not a family of native histograms");
  }

  abstract void exemplar(Exemplar e);

  /**
   * Builds the points that are assembled from several series.
   *
   * @return number of samples that OTLP cannot represent
   */
  abstract int finish(Rest rest);

  static <P extends DataPoint> P point(P p, Labels labels, long millis, double value) {
    attributes(labels, p.attributes());
    p.setTimeUnixNano(millis * NANOS);
    if (Samples.isStale(value)) {
      p.setFlags(DataPoint.NO_RECORDED_VALUE);
    }
    return p;
  }

  private static final String SCOPE_NAME = "otel_scope_name";
  private static final List<String> SCOPE =
      List.of(SCOPE_NAME, "otel_scope_version", "otel_scope_schema_url");
  private static final Set<String> NO_ATTRIBUTES = Set.of(Labels.METRIC_NAME, "job", "instance");

  /**
   * Returns the labels that describe a scope; empty for a scope without a name, since it cannot be
   * identified.
   */
  static Labels scope(Labels labels) {
    return isOfScope(labels) ? labels.keep(SCOPE) : Labels.EMPTY;
  }

  static boolean isOfScope(Labels labels) {
    return !labels.get(SCOPE_NAME).isEmpty();
  }

  /** Scope for the given labels. */
  static ScopeGroup<Metric> scopeGroup(Labels scope) {
    ScopeGroup<Metric> s = new ScopeGroup<>();
    s.scope().setName(scope.get(SCOPE_NAME));
    s.scope().setVersion(scope.get("otel_scope_version"));
    s.setSchemaUrl(scope.get("otel_scope_schema_url"));
    return s;
  }

  static void attributes(Labels labels, Attributes out) {
    boolean scoped = isOfScope(labels);
    for (Labels.Label l : labels.toList()) {
      if (!NO_ATTRIBUTES.contains(l.name()) && !(scoped && SCOPE.contains(l.name()))) {
        out.add(l.name(), l.value());
      }
    }
  }

  static dev.tethys.model.telemetry.Exemplar exemplarOf(Exemplar e) {
    dev.tethys.model.telemetry.Exemplar out = new dev.tethys.model.telemetry.Exemplar();
    out.setDouble(e.value());
    out.setTimeUnixNano(e.timestamp() * NANOS);
    for (Labels.Label l : e.labels().toList()) {
      long[] id = id(l);
      if (id == null) {
        out.attributes().add(l.name(), l.value());
      } else if (id.length == 2) {
        out.setTraceId(id[0], id[1]);
      } else {
        out.setSpanId(id[0]);
      }
    }
    return out;
  }

  /** The id in a label that has this name and holds one. */
  private static long @Nullable [] id(Labels.Label l) {
    int digits = l.name().equals("trace_id") ? 32 : l.name().equals("span_id") ? 16 : 0;
    if (digits == 0 || l.value().length() != digits) {
      return null;
    }
    long[] out = new long[digits / 16];
    for (int i = 0; i < out.length; i++) {
      try {
        out[i] = HexFormat.fromHexDigitsToLong(l.value(), i * 16, i * 16 + 16);
      } catch (IllegalArgumentException e) {
        return null;
      }
    }
    return out;
  }

  static final class Numbers extends FamilySeries {
    private final MetricData<NumberDataPoint> data;
    private final Starts starts;
    private final List<Labels> series = new ArrayList<>(); // of each point
    private Labels labels = Labels.EMPTY;
    private @Nullable NumberDataPoint last;

    Numbers(Metric metric, boolean counter, Starts starts) {
      super(metric);
      this.starts = starts;
      if (counter) {
        MetricData.Sum sum = new MetricData.Sum();
        sum.setMonotonic(true);
        sum.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
        data = sum;
      } else {
        data = new MetricData.Gauge();
      }
      metric.setData(data);
    }

    @Override
    void enter(String suffix, Labels of) {
      labels = of;
      last = null;
    }

    @Override
    void sample(long millis, double value) {
      NumberDataPoint p = point(new NumberDataPoint(), labels, millis, value);
      if (p.flags() == 0) {
        p.setDouble(value);
      }
      data.points().add(p);
      series.add(labels);
      last = p;
    }

    @Override
    void exemplar(Exemplar e) {
      if (last != null) {
        last.exemplars().add(exemplarOf(e));
      }
    }

    @Override
    int finish(Rest rest) {
      if (data instanceof MetricData.Sum) {
        for (int i = 0; i < series.size(); i++) {
          data.points().get(i).setStartTimeUnixNano(starts.of(series.get(i)));
        }
      }
      return 0;
    }
  }
}
