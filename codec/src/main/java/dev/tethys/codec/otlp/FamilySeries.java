package dev.tethys.codec.otlp;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The series of one metric family on their way into one OTLP metric. */
abstract sealed class FamilySeries {
  /** What series of one family may end with, longest first where one contains another. */
  static final List<String> SUFFIXES =
      List.of("_bucket", "_created", "_count", "_sum", "_total", "_info", "_gcount", "_gsum");

  private static final long NANOS = 1_000_000L;

  final Metric metric;

  private FamilySeries(Metric metric) {
    this.metric = metric;
  }

  static FamilySeries of(Metric metric, MetricType type, boolean isNative) {
    if (isNative) {
      return new Native(metric);
    }
    return switch (type) {
      case COUNTER -> new Numbers(metric, true);
      case HISTOGRAM -> new Classic(metric);
      case SUMMARY -> new Summaries(metric);
      default -> new Numbers(metric, false);
    };
  }

  /** Whether a series that ends so belongs to a family of a type whose name it ends. */
  static boolean isPart(MetricType type, String suffix) {
    return switch (type) {
      case COUNTER -> suffix.equals("_total") || suffix.equals("_created");
      case HISTOGRAM ->
          suffix.equals("_bucket")
              || suffix.equals("_count")
              || suffix.equals("_sum")
              || suffix.equals("_created");
      case SUMMARY -> suffix.equals("_count") || suffix.equals("_sum") || suffix.equals("_created");
      case INFO -> suffix.equals("_info");
      default -> false;
    };
  }

  /** What follows is of this series. */
  abstract void enter(String suffix, Labels labels);

  abstract void sample(long millis, double value);

  void histogram(long millis, Histogram h) {
    throw new IllegalStateException("not a family of native histograms");
  }

  abstract void exemplar(Exemplar e);

  /** Makes the points that had to wait for the others; returns how many samples had no place. */
  abstract int finish();

  private static <P extends DataPoint> P point(P p, Labels labels, long millis, double value) {
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

  /** The labels that are said of a scope; none where it has no name, for that is no scope. */
  static Labels scope(Labels labels) {
    return isOfScope(labels) ? labels.keep(SCOPE) : Labels.EMPTY;
  }

  private static boolean isOfScope(Labels labels) {
    return !labels.get(SCOPE_NAME).isEmpty();
  }

  /** A scope of these labels. */
  static ScopeGroup<Metric> scopeGroup(Labels scope) {
    ScopeGroup<Metric> s = new ScopeGroup<>();
    s.scope().setName(scope.get(SCOPE_NAME));
    s.scope().setVersion(scope.get("otel_scope_version"));
    s.setSchemaUrl(scope.get("otel_scope_schema_url"));
    return s;
  }

  private static void attributes(Labels labels, Attributes out) {
    boolean scoped = isOfScope(labels);
    for (Labels.Label l : labels.toList()) {
      if (!NO_ATTRIBUTES.contains(l.name()) && !(scoped && SCOPE.contains(l.name()))) {
        out.add(l.name(), l.value());
      }
    }
  }

  private static dev.tethys.model.telemetry.Exemplar exemplarOf(Exemplar e) {
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

  /** The id in a label that is called so and holds one. */
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

  private static final class Numbers extends FamilySeries {
    private final MetricData<NumberDataPoint> data;
    private final Map<Labels, Long> starts = new LinkedHashMap<>();
    private Labels labels = Labels.EMPTY;
    private boolean created;
    private @Nullable NumberDataPoint last;

    Numbers(Metric metric, boolean counter) {
      super(metric);
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
      created = suffix.equals("_created");
      last = null;
    }

    @Override
    void sample(long millis, double value) {
      if (created) {
        starts.put(labels.dropMetricName(), (long) (value * 1e9));
        return;
      }
      NumberDataPoint p = point(new NumberDataPoint(), labels, millis, value);
      if (p.flags() == 0) {
        p.setDouble(value);
      }
      data.points().add(p);
      last = p;
    }

    @Override
    void exemplar(Exemplar e) {
      if (last != null) {
        last.exemplars().add(exemplarOf(e));
      }
    }

    @Override
    int finish() {
      if (!starts.isEmpty()) {
        Map<Attributes, Long> byAttributes = new LinkedHashMap<>();
        starts.forEach(
            (l, t) -> {
              Attributes a = new Attributes();
              attributes(l, a);
              byAttributes.put(a, t);
            });
        for (NumberDataPoint p : data.points()) {
          p.setStartTimeUnixNano(byAttributes.getOrDefault(p.attributes(), 0L));
        }
      }
      return 0;
    }
  }

  private record Moment(Labels labels, long millis) {}

  /** What was seen of a classic histogram or of a summary at one time. */
  private static final class Parts {
    final TreeMap<Double, Double> values = new TreeMap<>();
    final List<Exemplar> exemplars = new ArrayList<>();
    double sum = Double.NaN;
    double count = Double.NaN;
    double any;
    int samples;
  }

  /** Families whose points are put together from several series. */
  private abstract static sealed class Assembled extends FamilySeries {
    private final String boundLabel;
    private final Map<Moment, Parts> moments = new LinkedHashMap<>();
    private final Map<Labels, Long> starts = new LinkedHashMap<>();
    private Labels labels = Labels.EMPTY;
    private String suffix = "";
    private @Nullable Double bound;
    private @Nullable Parts last;
    private int unreadable;

    Assembled(Metric metric, String boundLabel) {
      super(metric);
      this.boundLabel = boundLabel;
    }

    @Override
    void enter(String s, Labels of) {
      suffix = s;
      labels = of.drop(List.of(Labels.METRIC_NAME, boundLabel));
      bound = null;
      last = null;
      String text = of.get(boundLabel);
      if (!text.isEmpty()) {
        try {
          bound =
              switch (text) {
                case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
                case "-Inf" -> Double.NEGATIVE_INFINITY;
                default -> Double.parseDouble(text);
              };
        } catch (NumberFormatException e) {
          bound = null;
        }
      }
    }

    @Override
    void sample(long millis, double value) {
      if (suffix.equals("_created")) {
        starts.put(labels, (long) (value * 1e9));
        return;
      }
      boolean bounded = suffix.isEmpty() || suffix.equals("_bucket");
      if (bounded && bound == null) {
        unreadable++;
        return;
      }
      Parts p = moments.computeIfAbsent(new Moment(labels, millis), m -> new Parts());
      last = p;
      p.samples++;
      p.any = value;
      if (suffix.equals("_sum")) {
        p.sum = value;
      } else if (suffix.equals("_count")) {
        p.count = value;
      } else if (bound != null) {
        p.values.put(bound, value);
      }
    }

    @Override
    void exemplar(Exemplar e) {
      if (last != null) {
        last.exemplars.add(e);
      }
    }

    /** Makes a point; null when its parts do not say enough. */
    abstract @Nullable DataPoint assemble(Parts parts, boolean stale);

    @Override
    int finish() {
      int leftOut = unreadable;
      for (Map.Entry<Moment, Parts> e : moments.entrySet()) {
        Parts parts = e.getValue();
        DataPoint p = assemble(parts, Samples.isStale(parts.any));
        if (p == null) {
          leftOut += parts.samples;
          continue;
        }
        point(p, e.getKey().labels(), e.getKey().millis(), parts.any);
        p.setStartTimeUnixNano(starts.getOrDefault(e.getKey().labels(), 0L));
      }
      return leftOut;
    }
  }

  private static final class Classic extends Assembled {
    private final MetricData.Histogram data = new MetricData.Histogram();

    Classic(Metric metric) {
      super(metric, "le");
      data.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
      metric.setData(data);
    }

    @Override
    @Nullable DataPoint assemble(Parts parts, boolean stale) {
      HistogramDataPoint p = new HistogramDataPoint();
      if (!stale) {
        Double all = parts.values.remove(Double.POSITIVE_INFINITY);
        double count = Double.isNaN(parts.count) && all != null ? all : parts.count;
        if (Double.isNaN(count)) {
          return null;
        }
        double[] bounds = new double[parts.values.size()];
        long[] counts = new long[bounds.length + 1];
        int i = 0;
        long before = 0;
        for (Map.Entry<Double, Double> b : parts.values.entrySet()) {
          bounds[i] = b.getKey();
          long upTo = Math.max(before, Math.round(b.getValue()));
          counts[i++] = upTo - before;
          before = upTo;
        }
        counts[i] = Math.max(0, Math.round(count) - before);
        p.setExplicitBounds(bounds);
        p.setBucketCounts(bounds.length == 0 ? new long[0] : counts);
        p.setCount(Math.round(count));
        if (!Double.isNaN(parts.sum)) {
          p.setSum(parts.sum);
        }
        parts.exemplars.forEach(e -> p.exemplars().add(exemplarOf(e)));
      }
      data.points().add(p);
      return p;
    }
  }

  private static final class Summaries extends Assembled {
    private final MetricData.Summary data = new MetricData.Summary();

    Summaries(Metric metric) {
      super(metric, "quantile");
      metric.setData(data);
    }

    @Override
    @Nullable DataPoint assemble(Parts parts, boolean stale) {
      SummaryDataPoint p = new SummaryDataPoint();
      if (!stale) {
        if (Double.isNaN(parts.count)) {
          return null;
        }
        p.setCount(Math.round(parts.count));
        p.setSum(parts.sum);
        p.setQuantiles(parts.values.keySet().stream().mapToDouble(d -> d).toArray());
        p.setQuantileValues(parts.values.values().stream().mapToDouble(d -> d).toArray());
      }
      data.points().add(p);
      return p;
    }
  }

  /** Native histograms: exponential ones, and those with custom bounds as explicit ones. */
  private static final class Native extends FamilySeries {
    private final MetricData.ExponentialHistogram exponential =
        new MetricData.ExponentialHistogram();
    private final MetricData.Histogram explicit = new MetricData.Histogram();
    private Labels labels = Labels.EMPTY;
    private @Nullable DataPoint last;
    private int leftOut;

    Native(Metric metric) {
      super(metric);
      exponential.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
      explicit.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
    }

    @Override
    void enter(String suffix, Labels of) {
      labels = of;
      last = null;
    }

    @Override
    void sample(long millis, double value) {
      leftOut++; // a family of native histograms has no floats
    }

    @Override
    void histogram(long millis, Histogram h) {
      double mark = h.isStale() ? Samples.STALE : 0;
      boolean wide =
          width(h.positiveSpans()) > MAX_BUCKETS || width(h.negativeSpans()) > MAX_BUCKETS;
      if (h.resetHint() == Histogram.ResetHint.GAUGE || (wide && !h.hasCustomBuckets())) {
        leftOut++;
      } else if (h.hasCustomBuckets()) {
        HistogramDataPoint p = point(new HistogramDataPoint(), labels, millis, mark);
        if (!h.isStale()) {
          custom(h, p);
        }
        explicit.points().add(p);
        last = p;
      } else {
        ExponentialHistogramDataPoint p =
            point(new ExponentialHistogramDataPoint(), labels, millis, mark);
        if (!h.isStale()) {
          exponential(h, p);
        }
        exponential.points().add(p);
        last = p;
      }
    }

    private static void custom(Histogram h, HistogramDataPoint p) {
      double[] bounds = h.customBounds() == null ? new double[0] : h.customBounds();
      long[] counts = new long[bounds.length + 1];
      int at = 0;
      int b = 0;
      for (int s = 0; s < h.positiveSpans().length; s += 2) {
        at += h.positiveSpans()[s];
        for (int k = 0; k < h.positiveSpans()[s + 1] && at < counts.length; k++) {
          counts[at++] = Math.round(h.positive()[b++]);
        }
      }
      p.setExplicitBounds(bounds.clone());
      p.setBucketCounts(counts);
      p.setCount(Math.round(h.count()));
      p.setSum(h.sum());
    }

    private static void exponential(Histogram h, ExponentialHistogramDataPoint p) {
      p.setScale(h.schema());
      p.setCount(Math.round(h.count()));
      p.setSum(h.sum());
      p.setZeroCount(Math.round(h.zeroCount()));
      p.setZeroThreshold(h.zeroThreshold());
      if (h.positive().length > 0) {
        p.setPositiveOffset(h.positiveSpans()[0] - 1);
        p.setPositiveCounts(dense(h.positiveSpans(), h.positive()));
      }
      if (h.negative().length > 0) {
        p.setNegativeOffset(h.negativeSpans()[0] - 1);
        p.setNegativeCounts(dense(h.negativeSpans(), h.negative()));
      }
    }

    /** OTLP writes empty buckets too: a histogram with more between its ends is left out. */
    private static final int MAX_BUCKETS = 1 << 16;

    private static long width(int[] spans) {
      long n = 0;
      for (int s = 0; s < spans.length; s += 2) {
        n += (s == 0 ? 0 : spans[s]) + spans[s + 1];
      }
      return n;
    }

    private static long[] dense(int[] spans, double[] counts) {
      long[] out = new long[(int) width(spans)];
      int at = 0;
      int b = 0;
      for (int s = 0; s < spans.length; s += 2) {
        at += s == 0 ? 0 : spans[s];
        for (int k = 0; k < spans[s + 1]; k++) {
          out[at++] = Math.round(counts[b++]);
        }
      }
      return out;
    }

    @Override
    void exemplar(Exemplar e) {
      switch (last) {
        case HistogramDataPoint p -> p.exemplars().add(exemplarOf(e));
        case ExponentialHistogramDataPoint p -> p.exemplars().add(exemplarOf(e));
        case null, default -> {}
      }
    }

    @Override
    int finish() {
      boolean both = !explicit.points().isEmpty() && !exponential.points().isEmpty();
      metric.setData(explicit.points().isEmpty() ? exponential : explicit);
      return leftOut + (both ? exponential.points().size() : 0);
    }
  }
}
