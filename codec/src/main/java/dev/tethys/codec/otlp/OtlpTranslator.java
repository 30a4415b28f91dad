package dev.tethys.codec.otlp;

import dev.tethys.codec.HistogramResolution;
import dev.tethys.codec.HistogramResolution.SpanBuilder;
import dev.tethys.model.Exemplar;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns data points into series, in the frame of the resource, scope and metric that were begun
 * last. The rules are Prometheus's: {@code job} and {@code instance} from the service attributes,
 * other resource attributes promoted or kept in {@code target_info}, attribute names sanitized with
 * colliding values joined by a semicolon, histograms as classic buckets, custom buckets or native
 * ones. A metric converted from series (see {@link PrometheusOrigin}) becomes the same series
 * again: unchanged names and labels, bounds in the form of a scrape, the scope in labels.
 */
final class OtlpTranslator {
  /** Maximum number of {@code target_info} samples of one resource; older ones are omitted. */
  static final int MAX_TARGET_INFO_SAMPLES = 1000;

  private static final int MAX_CACHED_NAMES = 1024;
  private static final double ZERO_THRESHOLD = 1e-128;
  private static final int SCHEMA_CUSTOM = Histogram.CUSTOM_BUCKETS;
  private static final List<String> IDENTIFYING =
      List.of("service.namespace", "service.name", "service.instance.id");

  private record TargetInfo(Labels labels, long time) {}

  private final OtlpOptions options;
  private final Map<String, String> labelNames = new HashMap<>();
  private final LabelsBuilder builder = new LabelsBuilder();
  private final Attributes resource = new Attributes();
  private final Set<TargetInfo> seenTargetInfo = new HashSet<>();

  private @Nullable OtlpSink sink;
  private OtlpResult result = new OtlpResult();

  private String job = "";
  private String instance = "";
  private Map<String, String> promoted = Map.of();
  private @Nullable String resourceProblem;
  private long earliest;
  private long latest;

  private Map<String, String> scopeLabels = Map.of();
  private Map<String, String> scopeIdentity = Map.of();
  private @Nullable String scopeProblem;

  private MetricKind kind = MetricKind.NONE;
  private boolean delta;
  private boolean ofSeries; // made of series, which it is to become again
  private boolean customBuckets;
  private boolean withoutCount;
  private String family = "";
  private MetricMetadata metadata = new MetricMetadata(MetricType.UNKNOWN, "", "");

  OtlpTranslator(OtlpOptions options) {
    this.options = options;
  }

  void begin(OtlpSink to, OtlpResult into) {
    sink = to;
    result = into;
    seenTargetInfo.clear();
    if (labelNames.size() > MAX_CACHED_NAMES) {
      labelNames.clear();
    }
  }

  void end() {
    sink = null;
  }

  OtlpResult result() {
    return result;
  }

  private OtlpSink sink() {
    return java.util.Objects.requireNonNull(sink);
  }

  /** Resource attributes; must be set before {@link #beginResource}. */
  Attributes resourceAttributes() {
    return resource;
  }

  private String labelName(String attribute) throws OtlpNames.BadName {
    String known = labelNames.get(attribute);
    if (known == null) {
      known = OtlpNames.label(options, attribute);
      if (labelNames.size() < MAX_CACHED_NAMES) {
        labelNames.put(attribute, known);
      }
    }
    return known;
  }

  void beginResource() {
    resource.sort();
    earliest = Long.MAX_VALUE;
    latest = Long.MIN_VALUE;
    String name = resource.get("service.name");
    String namespace = resource.get("service.namespace");
    job = name == null ? "" : namespace == null ? name : namespace + "/" + name;
    String id = resource.get("service.instance.id");
    instance = id == null ? "" : id;
    resourceProblem = null;
    promoted = new HashMap<>();
    try {
      for (Attributes.Attribute a : resource.list()) {
        if (options.promotes(a.key())) {
          promoted.put(labelName(a.key()), a.value());
        }
      }
    } catch (OtlpNames.BadName e) {
      resourceProblem = e.getMessage();
    }
  }

  void beginScope(String name, String version, String schemaUrl, Attributes attributes) {
    scopeProblem = null;
    scopeLabels = Map.of();
    scopeIdentity =
        name.isEmpty()
            ? Map.of()
            : Map.of(
                "otel_scope_name", name,
                "otel_scope_version", version,
                "otel_scope_schema_url", schemaUrl);
    if (!options.promoteScopeMetadata() || name.isEmpty()) {
      return;
    }
    Map<String, String> labels = new HashMap<>();
    try {
      for (Attributes.Attribute a : attributes.list()) {
        String label = labelName("otel_scope_" + a.key());
        if (labels.put(label, a.value()) != null) { // the last stays, as in Prometheus
          result.warn(
              "label_name_collision",
              "OTLP scope attributes collide as label "
                  + GoQuote.quote(label)
                  + " after name sanitization, the last value is kept");
        }
      }
    } catch (OtlpNames.BadName e) {
      scopeProblem = e.getMessage();
    }
    labels.putAll(scopeIdentity);
    scopeLabels = labels;
  }

  /**
   * Starts a metric; returns false if none of its data points can be accepted, which are then
   * counted as rejected.
   */
  boolean beginMetric(
      String name,
      String description,
      String unit,
      Attributes declared,
      MetricKind metricKind,
      int temporality,
      int pointCount) {
    kind = metricKind;
    delta = kind.hasTemporality() && temporality == MetricKind.DELTA;
    ofSeries = !name.isEmpty() && name.equals(declared.get(PrometheusOrigin.NAME));
    customBuckets = ofSeries && "true".equals(declared.get(PrometheusOrigin.CUSTOM_BUCKETS));
    withoutCount = ofSeries && "true".equals(declared.get(PrometheusOrigin.NO_COUNT));
    String problem = resourceProblem != null ? resourceProblem : scopeProblem;
    if (problem == null
        && kind.hasTemporality()
        && temporality != MetricKind.CUMULATIVE
        && !(delta && options.acceptDelta())) {
      problem = "invalid temporality and type combination for metric " + GoQuote.quote(name);
    }
    if (problem == null) {
      try {
        family =
            ofSeries ? name : OtlpNames.metric(options.translationStrategy(), name, unit, kind);
      } catch (OtlpNames.BadName e) {
        problem = e.getMessage();
      }
    }
    if (problem != null) {
      result.reject(pointCount, problem);
      return false;
    }
    if (pointCount == 0) {
      result.warn("empty_data_points", "empty data points. " + name + " is dropped");
      return false;
    }
    metadata = new MetricMetadata(kind.type(temporality), description, OtlpNames.unit(unit, false));
    if (ofSeries) {
      String type = declared.get(PrometheusOrigin.TYPE);
      String own = declared.get(PrometheusOrigin.UNIT);
      metadata =
          new MetricMetadata(
              delta || type == null
                  ? metadata.type()
                  : PrometheusOrigin.type(type, metadata.type()),
              description,
              own == null ? unit : own);
    }
    sink().metadata(family, metadata);
    return true;
  }

  void point(DataPoint p) {
    earliest = Math.min(earliest, DataPoint.millis(p.timeNanos));
    latest = Math.max(latest, DataPoint.millis(p.timeNanos));
    String problem;
    try {
      problem =
          switch (kind) {
            case GAUGE, SUM, MONOTONIC_SUM -> number(p);
            case HISTOGRAM -> histogram(p);
            case EXPONENTIAL_HISTOGRAM -> exponential(p);
            case SUMMARY -> summary(p);
            case NONE -> null;
          };
    } catch (OtlpNames.BadName e) {
      problem = e.getMessage();
    }
    if (problem == null) {
      result.accept();
    } else {
      result.reject(1, problem);
    }
  }

  private @Nullable String histogram(DataPoint p) throws OtlpNames.BadName {
    if (!options.convertHistogramsToNhcb() && !customBuckets) {
      return classic(p);
    }
    String problem = custom(p);
    if (customBuckets) {
      return problem;
    }
    return problem == null && options.keepClassicHistograms() ? classic(p) : problem;
  }

  /** Fills the builder with all labels but the metric name. */
  private void attributes(Attributes from, boolean isResource) throws OtlpNames.BadName {
    builder.clear();
    boolean escapes = options.translationStrategy().escapes() && (isResource || !ofSeries);
    for (Attributes.Attribute a : from.list()) {
      if (isResource
          ? !options.keepIdentifyingResourceAttributes() && IDENTIFYING.contains(a.key())
          : a.key().equals(Labels.METRIC_NAME)) {
        continue;
      }
      if (!escapes) {
        if (a.key().isEmpty()) {
          throw new OtlpNames.BadName("label name is empty");
        }
        builder.set(a.key(), a.value());
        continue;
      }
      String name = labelName(a.key());
      String there = builder.get(name);
      if (there.isEmpty()) {
        builder.set(name, a.value());
      } else {
        result.warn(
            "label_name_collision",
            "OTLP "
                + (isResource ? "resource" : "data point")
                + " attributes collide as label "
                + GoQuote.quote(name)
                + " after name sanitization, values are concatenated with ';'");
        builder.set(name, there + ";" + a.value());
      }
    }
    if (!isResource) {
      promoted.forEach(
          (k, v) -> {
            if (builder.get(k).isEmpty()) {
              builder.set(k, v);
            }
          });
    }
    if (!job.isEmpty()) {
      builder.set("job", job);
    }
    if (!instance.isEmpty()) {
      builder.set("instance", instance);
    }
    if (!isResource) {
      (ofSeries && scopeLabels.isEmpty() ? scopeIdentity : scopeLabels).forEach(builder::set);
      if (options.typeAndUnitLabels()) {
        if (metadata.type() != MetricType.UNKNOWN) {
          builder.set("__type__", metadata.type().text());
        }
        if (!metadata.unit().isEmpty()) {
          builder.set(
              "__unit__",
              OtlpNames.unit(metadata.unit(), !options.translationStrategy().escapes()));
        }
      }
    }
  }

  private Labels named(String name) {
    return builder.set(Labels.METRIC_NAME, name).build();
  }

  private @Nullable String number(DataPoint p) throws OtlpNames.BadName {
    attributes(p.attributes, false);
    return sink()
        .sample(
            named(family),
            DataPoint.millis(p.startNanos),
            DataPoint.millis(p.timeNanos),
            p.noRecordedValue ? Samples.STALE : p.value,
            kind == MetricKind.GAUGE ? List.of() : p.exemplars);
  }

  /** The first problem of several samples. */
  private static @Nullable String first(@Nullable String a, @Nullable String b) {
    return a != null ? a : b;
  }

  private @Nullable String part(
      DataPoint p, String suffix, double value, List<Exemplar> exemplars) {
    return sink()
        .sample(
            named(family + suffix),
            DataPoint.millis(p.startNanos),
            DataPoint.millis(p.timeNanos),
            p.noRecordedValue ? Samples.STALE : value,
            exemplars);
  }

  private @Nullable String classic(DataPoint p) throws OtlpNames.BadName {
    attributes(p.attributes, false);
    String problem = null;
    if (p.hasSum) {
      problem = part(p, "_sum", p.sum, List.of());
    }
    if (!withoutCount) {
      problem = first(problem, part(p, "_count", p.count, List.of()));
    }
    int next = 0;
    double cumulative = 0;
    for (int i = 0; i < p.bounds.size && i < p.counts.size; i++) {
      double bound = p.bounds.values[i];
      cumulative += p.counts.values[i];
      int from = next;
      while (next < p.exemplars.size() && !(p.exemplars.get(next).value() > bound)) {
        next++;
      }
      builder.set("le", bound(bound));
      problem = first(problem, part(p, "_bucket", cumulative, p.exemplars.subList(from, next)));
    }
    builder.set("le", "+Inf");
    return first(
        problem, part(p, "_bucket", p.count, p.exemplars.subList(next, p.exemplars.size())));
  }

  /** A bound as OTLP's readers write it, or as scrapers do. */
  private String bound(double v) {
    return ofSeries ? GoFloat.openMetrics(v) : GoFloat.f(v);
  }

  private @Nullable String summary(DataPoint p) throws OtlpNames.BadName {
    attributes(p.attributes, false);
    String problem =
        first(part(p, "_sum", p.sum, List.of()), part(p, "_count", p.count, List.of()));
    for (int i = 0; i < p.quantiles.size; i += 2) {
      builder.set("quantile", bound(p.quantiles.values[i]));
      problem = first(problem, part(p, "", p.quantiles.values[i + 1], List.of()));
    }
    return problem;
  }

  private @Nullable String custom(DataPoint p) throws OtlpNames.BadName {
    double[] bounds = java.util.Arrays.copyOf(p.bounds.values, p.bounds.size);
    SpanBuilder positive = buckets(p.counts, 0, 0, 0);
    return nativeHistogram(p, SCHEMA_CUSTOM, 0, 0, positive, new SpanBuilder(0), bounds);
  }

  private @Nullable String exponential(DataPoint p) throws OtlpNames.BadName {
    if (p.scale < Histogram.MIN_SCHEMA) {
      return "cannot convert exponential to native histogram. Scale must be >= "
          + Histogram.MIN_SCHEMA
          + ", was "
          + p.scale;
    }
    int down = Math.max(0, p.scale - Histogram.MAX_SCHEMA);
    return nativeHistogram(
        p,
        p.scale - down,
        ofSeries ? p.zeroThreshold : ZERO_THRESHOLD,
        p.zeroCount,
        buckets(p.positive, p.positiveOffset, down, 1),
        buckets(p.negative, p.negativeOffset, down, 1),
        null);
  }

  /**
   * Converts dense counts to buckets: empty buckets are omitted, but gaps of up to two stay within
   * a span. An OTLP exponential bucket of index i is Prometheus's i + 1.
   */
  private static SpanBuilder buckets(DataPoint.Numbers counts, int offset, int down, int shift) {
    SpanBuilder out = new SpanBuilder(counts.size);
    long last = Long.MIN_VALUE;
    for (int i = 0; i < counts.size; i++) {
      double c = counts.values[i];
      if (c == 0) {
        continue;
      }
      long index = ((long) offset + i >> Math.min(down, 62)) + shift;
      if (index == last) {
        out.addToLast(c);
        continue;
      }
      if (last != Long.MIN_VALUE && index - last - 1 <= 2) {
        for (long gap = last + 1; gap < index; gap++) {
          out.add((int) gap, 0);
        }
      }
      out.add((int) index, c);
      last = index;
    }
    return out;
  }

  private @Nullable String nativeHistogram(
      DataPoint p,
      int schema,
      double zeroThreshold,
      double zeroCount,
      SpanBuilder positive,
      SpanBuilder negative,
      double @Nullable [] bounds)
      throws OtlpNames.BadName {
    attributes(p.attributes, false);
    Histogram h;
    if (p.noRecordedValue) {
      h = Histogram.stale();
    } else {
      double sum = p.hasSum ? p.sum : 0;
      if (p.count == 0 && sum != 0) {
        result.warn(
            "histogram_zero_count_non_zero_sum",
            (bounds == null ? "exponential histogram" : "histogram")
                + " data point has zero count, but non-zero sum: "
                + GoFloat.format(sum, 'f', 6));
      }
      h =
          HistogramResolution.storable(
              new Histogram(
                  true,
                  delta ? Histogram.ResetHint.GAUGE : Histogram.ResetHint.UNKNOWN,
                  schema,
                  zeroThreshold,
                  zeroCount,
                  p.count,
                  sum,
                  positive.spans(),
                  positive.buckets(),
                  negative.spans(),
                  negative.buckets(),
                  bounds));
    }
    return sink()
        .histogram(
            named(family),
            DataPoint.millis(p.startNanos),
            DataPoint.millis(p.timeNanos),
            h,
            p.exemplars);
  }

  /** Writes {@code target_info} over the time of the resource's samples. */
  void endResource() {
    if (earliest > latest || resourceProblem != null) {
      return;
    }
    boolean informs = false;
    for (Attributes.Attribute a : resource.list()) {
      informs |= !IDENTIFYING.contains(a.key());
    }
    if (!informs || job.isEmpty() && instance.isEmpty() && !hasIdentifier()) {
      return;
    }
    Labels labels;
    try {
      attributes(resource, true);
      labels = named("target_info");
    } catch (OtlpNames.BadName e) {
      result.reject(0, String.valueOf(e.getMessage()));
      return;
    }
    sink().metadata("target_info", new MetricMetadata(MetricType.GAUGE, "Target metadata", ""));
    long interval = Math.max(1, options.lookbackDelta() / 2);
    List<Long> times = new ArrayList<>();
    long from = earliest;
    long most = interval * (MAX_TARGET_INFO_SAMPLES - 1);
    if (latest - from > most || latest - from < 0) {
      from = latest - most;
    }
    for (long t = from; t < latest; t += interval) {
      times.add(t);
    }
    times.add(latest);
    for (long t : times) {
      if (seenTargetInfo.add(new TargetInfo(labels, t))) {
        // The sender did not send this sample. Rejecting it loses nothing, because it may be older
        // than the sample of another request for the resource.
        sink().sample(labels, 0, t, 1, List.of());
      }
    }
  }

  private boolean hasIdentifier() {
    return resource.get("job") != null || resource.get("instance") != null;
  }
}
