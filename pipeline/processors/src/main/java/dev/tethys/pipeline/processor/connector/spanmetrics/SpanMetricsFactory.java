package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.regex.Glob;
import dev.tethys.model.regex.Regex;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Outputs;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code span_metrics} connectors: the number of spans and their durations, as metrics sent
 * once per interval.
 */
public final class SpanMetricsFactory implements ConnectorFactory<SpanMetricsSettings> {
  /** Distinguishes this process from others that count spans of the same services. */
  private static final String INSTANCE = UUID.randomUUID().toString();

  /** Series of a connector: a million, fewer in a small heap. */
  private static final long MAX_SERIES =
      Math.clamp(Runtime.getRuntime().maxMemory() / 4096, 10_000, 1_000_000);

  private static final int DEFAULT_MAX_SIZE = 160;

  /** Maximum number of buckets of OpenTelemetry's histograms. */
  private static final int LARGEST_MAX_SIZE = 16_384;

  private static final int MOST_EXEMPLARS = 1000;

  private static final Set<String> RESERVED =
      Set.of(
          SpanCounting.SERVICE,
          SpanCounting.NAME,
          SpanCounting.KIND,
          SpanCounting.STATUS,
          SpanCounting.INSTANCE);

  private static final List<Duration> BUCKETS =
      List.of(2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000)
          .stream()
          .map(Duration::ofMillis)
          .toList();

  private static final SequencedMap<String, Boolean> TEMPORALITIES = new LinkedHashMap<>();

  static {
    TEMPORALITIES.put("AGGREGATION_TEMPORALITY_CUMULATIVE", false);
    TEMPORALITIES.put("AGGREGATION_TEMPORALITY_DELTA", true);
    TEMPORALITIES.put("cumulative", false);
    TEMPORALITIES.put("delta", true);
    TEMPORALITIES.put("", false);
  }

  private static final Section DIMENSION =
      new Section("dimension", "Attribute that becomes a label of series.");
  private static final Key<String> NAME =
      DIMENSION.optional(
          "name", Type.STRING, "Attribute of a span or, if absent, of its resource.");
  private static final Key<String> DEFAULT =
      DIMENSION.optional(
          "default",
          Type.STRING,
          "Value if neither has the attribute; without it the dimension is omitted.");
  private static final Key<String> GLOB =
      DIMENSION.optional(
          "glob", Type.STRING, "Glob of attribute keys, each of which becomes a dimension.");
  private static final Type<List<YamlObject>> DIMENSIONS_TYPE = Type.list(DIMENSION.type(o -> o));

  private static final Section EXPLICIT = new Section("explicit", "Buckets with explicit bounds.");
  private static final Key<List<Duration>> EXPLICIT_BUCKETS =
      EXPLICIT.key("buckets", Type.list(GoDurations.TYPE), BUCKETS, "Upper bounds of the buckets.");
  private static final Section EXPONENTIAL =
      new Section(
          "exponential",
          "Exponential buckets, whose resolution decreases when there are too " + "many.");
  private static final Key<Long> MAX_SIZE =
      EXPONENTIAL.key("max_size", Type.INT, (long) DEFAULT_MAX_SIZE, "Maximum number of buckets.");

  private static final Section HISTOGRAM = new Section("histogram", "Histogram of durations.");
  private static final Key<Boolean> DISABLE =
      HISTOGRAM.key("disable", Type.BOOL, false, "If true, no histogram is generated.");
  private static final Key<SpanMetricsSettings.Unit> UNIT =
      HISTOGRAM.key(
          "unit",
          Type.oneOf("unit", SpanMetricsSettings.Unit.values(), SpanMetricsSettings.Unit::text),
          SpanMetricsSettings.Unit.MS,
          "Unit of durations.");
  private static final Key<YamlObject> HISTOGRAM_EXPLICIT =
      HISTOGRAM.optional("explicit", EXPLICIT.type(o -> o), "Buckets with explicit bounds.");
  private static final Key<YamlObject> HISTOGRAM_EXPONENTIAL =
      HISTOGRAM.optional("exponential", EXPONENTIAL.type(o -> o), "Exponential buckets.");
  private static final Key<List<YamlObject>> HISTOGRAM_DIMENSIONS =
      HISTOGRAM.key(
          "dimensions", DIMENSIONS_TYPE, List.of(), "Additional dimensions of the histogram.");

  private static final Section EXEMPLARS = new Section("exemplars", "Exemplars of the metrics.");
  private static final Key<Boolean> EXEMPLARS_ENABLED =
      EXEMPLARS.key("enabled", Type.BOOL, false, "Enables exemplars.");
  private static final Key<Long> MAX_PER_DATA_POINT =
      EXEMPLARS.key(
          "max_per_data_point", Type.INT, 5L, "Maximum number of exemplars of a data point.");

  private static final Section EVENTS = new Section("events", "Counter of span events.");
  private static final Key<Boolean> EVENTS_ENABLED =
      EVENTS.key("enabled", Type.BOOL, false, "Enables the counter of span events.");
  private static final Key<List<YamlObject>> EVENTS_DIMENSIONS =
      EVENTS.key(
          "dimensions", DIMENSIONS_TYPE, List.of(), "Additional dimensions of the event counter.");

  private static final Section SELF_TIME =
      new Section("self_time", "Duration of spans without their children (self time).");
  private static final Key<Boolean> SELF_TIME_ENABLED =
      SELF_TIME.key("enabled", Type.BOOL, false, "Enables self time.");

  private static final Section SECTION =
      new Section("span_metrics", "Generates call counts and durations from spans.");
  private static final Key<YamlObject> HISTOGRAM_KEY =
      SECTION.optional("histogram", HISTOGRAM.type(o -> o), "Histogram of durations.");
  private static final Key<List<YamlObject>> DIMENSIONS =
      SECTION.key(
          "dimensions", DIMENSIONS_TYPE, List.of(), "Additional dimensions of all metrics.");
  private static final Key<List<YamlObject>> CALLS_DIMENSIONS =
      SECTION.key(
          "calls_dimensions",
          DIMENSIONS_TYPE,
          List.of(),
          "Additional dimensions of the call counts.");
  private static final Key<List<String>> EXCLUDE_DIMENSIONS =
      SECTION.key(
          "exclude_dimensions",
          Type.list(Type.STRING),
          List.of(),
          "Default dimensions to exclude.");
  private static final Key<Long> DIMENSIONS_CACHE_SIZE =
      SECTION.optional(
          "dimensions_cache_size",
          Type.INT,
          "No effect: aggregation_cardinality_limit bounds the series.");
  private static final Key<Long> AGGREGATION_CARDINALITY_LIMIT =
      SECTION.key(
          "aggregation_cardinality_limit",
          Type.INT,
          0L,
          "Maximum number of series per metric and resource; further ones are counted together.");
  private static final Key<Long> RESOURCE_METRICS_CACHE_SIZE =
      SECTION.key(
          "resource_metrics_cache_size", Type.INT, 1000L, "Maximum number of cached resources.");
  private static final Key<List<String>> RESOURCE_METRICS_KEY_ATTRIBUTES =
      SECTION.key(
          "resource_metrics_key_attributes",
          Type.list(Type.STRING),
          List.of(),
          "Resource attributes that identify a resource; empty for all.");
  private static final Key<Boolean> AGGREGATION_TEMPORALITY =
      SECTION.key(
          "aggregation_temporality",
          Type.oneOf("temporality", TEMPORALITIES),
          false,
          "Temporality of the metrics: with delta, counts restart in each " + "interval.");
  private static final Key<Duration> METRICS_FLUSH_INTERVAL =
      SECTION.key(
          "metrics_flush_interval",
          GoDurations.TYPE,
          Duration.ofSeconds(60),
          "Interval between flushes.");
  private static final Key<Duration> METRICS_EXPIRATION =
      SECTION.key(
          "metrics_expiration",
          GoDurations.TYPE,
          Duration.ZERO,
          "Duration after which a resource without spans expires; 0 for never.");
  private static final Key<Duration> SERIES_EXPIRATION =
      SECTION.key(
          "series_expiration",
          GoDurations.TYPE,
          Duration.ZERO,
          "Duration after which a single series without spans expires; 0 for never.");
  private static final Key<Long> METRIC_TIMESTAMP_CACHE_SIZE =
      SECTION.key(
          "metric_timestamp_cache_size",
          Type.INT,
          1000L,
          "Maximum number of delta series whose last sending time is cached.");
  private static final Key<String> NAMESPACE =
      SECTION.key("namespace", Type.STRING, "traces.span.metrics", "Prefix of metric names.");
  private static final Key<YamlObject> EXEMPLARS_KEY =
      SECTION.optional("exemplars", EXEMPLARS.type(o -> o), "Exemplars of the metrics.");
  private static final Key<YamlObject> EVENTS_KEY =
      SECTION.optional("events", EVENTS.type(o -> o), "Counter of span events.");
  private static final Key<YamlObject> SELF_TIME_KEY =
      SECTION.optional(
          "self_time",
          SELF_TIME.type(o -> o),
          "Duration of spans without their children (self time).");
  private static final Key<List<String>> INCLUDE_INSTRUMENTATION_SCOPE =
      SECTION.key(
          "include_instrumentation_scope",
          Type.list(Type.STRING),
          List.of(),
          "Names of instrumentation scopes that become attributes of the metrics.");
  private static final Key<Boolean> ADD_RESOURCE_ATTRIBUTES =
      SECTION.key(
          "add_resource_attributes",
          Type.BOOL,
          false,
          "No effect: metrics always keep the resource attributes.");
  private static final Key<Boolean> ENABLE_METRICS_SAMPLING_METHOD =
      SECTION.key(
          "enable_metrics_sampling_method",
          Type.BOOL,
          false,
          "If true, an attribute states whether counts are adjusted for sampling.");

  @Override
  public String type() {
    return "span_metrics";
  }

  @Override
  public List<String> aliases() {
    return List.of("spanmetrics");
  }

  @Override
  public String about() {
    return "Counts spans and how long they took, as metrics.";
  }

  @Override
  public Duration holds(SpanMetricsSettings s) {
    return s.interval();
  }

  @Override
  public Type<SpanMetricsSettings> settings() {
    return SECTION.type(SpanMetricsFactory::read);
  }

  @Override
  public boolean connects(Signal from, Signal to) {
    return from == Signal.TRACES && to == Signal.METRICS;
  }

  @Override
  public Connector create(
      SpanMetricsSettings settings, Signal from, Signal to, Outputs outputs, Context context) {
    if (settings.deprecatedCache()) {
      context
          .logger()
          .log(
              Level.WARNING,
              "{0}: dimensions_cache_size has no effect;"
                  + " aggregation_cardinality_limit bounds series",
              context.name());
    }
    return new SpanMetricsConnector(
        settings, INSTANCE, MAX_SERIES, SeriesMemory.process(), outputs.all(), context);
  }

  private static SpanMetricsSettings read(YamlObject o) {
    o.get(ADD_RESOURCE_ATTRIBUTES);
    boolean delta = o.get(AGGREGATION_TEMPORALITY);
    if (o.get(METRICS_FLUSH_INTERVAL).isZero()) {
      throw o.error(METRICS_FLUSH_INTERVAL, "metrics_flush_interval must be positive");
    }
    if (delta && o.get(METRIC_TIMESTAMP_CACHE_SIZE) <= 0) {
      throw o.error(
          METRIC_TIMESTAMP_CACHE_SIZE,
          "metric_timestamp_cache_size must be at least 1 when counts are deltas");
    }
    YamlObject h = o.find(HISTOGRAM_KEY);
    YamlObject self = o.find(SELF_TIME_KEY);
    SpanMetricsSettings.Unit unit = h == null ? SpanMetricsSettings.Unit.MS : h.get(UNIT);
    return new SpanMetricsSettings(
        o.get(NAMESPACE),
        readDimensions(o.get(DIMENSIONS)),
        readDimensions(o.get(CALLS_DIMENSIONS)),
        Set.copyOf(o.get(EXCLUDE_DIMENSIONS)),
        Set.copyOf(o.get(INCLUDE_INSTRUMENTATION_SCOPE)),
        Set.copyOf(o.get(RESOURCE_METRICS_KEY_ATTRIBUTES)),
        unit,
        histogram(h, unit),
        h == null || !h.get(DISABLE),
        self != null && self.get(SELF_TIME_ENABLED),
        events(o),
        delta,
        o.get(METRICS_FLUSH_INTERVAL),
        exemplars(o.find(EXEMPLARS_KEY)),
        number(o, AGGREGATION_CARDINALITY_LIMIT, 0),
        number(o, RESOURCE_METRICS_CACHE_SIZE, 1),
        o.get(METRICS_EXPIRATION),
        o.get(SERIES_EXPIRATION),
        (int) Math.clamp(o.get(METRIC_TIMESTAMP_CACHE_SIZE), 0, MAX_SERIES),
        o.get(ENABLE_METRICS_SAMPLING_METHOD),
        o.at(DIMENSIONS_CACHE_SIZE) != null);
  }

  private static int number(YamlObject o, Key<Long> key, int least) {
    long n = o.get(key);
    if (n < least) {
      throw o.error(key, key.name() + " must be at least " + least);
    }
    return (int) Math.min(Integer.MAX_VALUE, n);
  }

  private static int exemplars(@Nullable YamlObject o) {
    if (o == null || !o.get(EXEMPLARS_ENABLED)) {
      return 0;
    }
    int n = number(o, MAX_PER_DATA_POINT, 0);
    if (n > MOST_EXEMPLARS) {
      throw o.error(MAX_PER_DATA_POINT, "max_per_data_point must be at most " + MOST_EXEMPLARS);
    }
    return n;
  }

  private static SpanMetricsSettings.@Nullable ResourceDimensions events(YamlObject o) {
    YamlObject e = o.find(EVENTS_KEY);
    if (e == null || !e.get(EVENTS_ENABLED)) {
      return null;
    }
    if (e.get(EVENTS_DIMENSIONS).isEmpty()) {
      throw e.error(
          EVENTS_DIMENSIONS,
          "events.dimensions must have at least one attribute if events are enabled");
    }
    return readDimensions(e.get(EVENTS_DIMENSIONS));
  }

  private static SpanMetricsSettings.Histogram histogram(
      @Nullable YamlObject h, SpanMetricsSettings.Unit unit) {
    YamlObject explicit = h == null ? null : h.find(HISTOGRAM_EXPLICIT);
    YamlObject exponential = h == null ? null : h.find(HISTOGRAM_EXPONENTIAL);
    if (h != null && explicit != null && exponential != null) {
      throw h.error(HISTOGRAM_EXPONENTIAL, "use either explicit or exponential buckets, not both");
    }
    SpanMetricsSettings.ResourceDimensions dimensions =
        readDimensions(h == null ? List.of() : h.get(HISTOGRAM_DIMENSIONS));
    int maxSize = exponential == null ? 0 : number(exponential, MAX_SIZE, 0);
    if (exponential != null && maxSize > LARGEST_MAX_SIZE) {
      throw exponential.error(MAX_SIZE, "max_size is at most " + LARGEST_MAX_SIZE);
    }
    double[] bounds = bounds(explicit, unit);
    return new SpanMetricsSettings.Histogram(
        exponential == null ? bounds : null, maxSize == 0 ? DEFAULT_MAX_SIZE : maxSize, dimensions);
  }

  private static double[] bounds(@Nullable YamlObject o, SpanMetricsSettings.Unit unit) {
    List<Duration> buckets = o == null ? BUCKETS : o.get(EXPLICIT_BUCKETS);
    double[] bounds = new double[buckets.size()];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = unit.of(buckets.get(i).toNanos());
      if (o != null && i > 0 && bounds[i] <= bounds[i - 1]) {
        throw o.error(EXPLICIT_BUCKETS, "the buckets must be in ascending order");
      }
    }
    return bounds;
  }

  private static SpanMetricsSettings.ResourceDimensions readDimensions(List<YamlObject> list) {
    List<SpanMetricsSettings.Named> named = new ArrayList<>();
    Map<YamlNode, Regex> globs = new LinkedHashMap<>();
    Set<String> names = new HashSet<>(RESERVED);
    for (YamlObject o : list) {
      String name = Objects.requireNonNullElse(o.find(NAME), "");
      String glob = Objects.requireNonNullElse(o.find(GLOB), "");
      if (name.isEmpty() == glob.isEmpty()) {
        throw o.error("a dimension needs a name or a glob");
      }
      if (glob.isEmpty()) {
        if (!names.add(name)) {
          throw o.error(NAME, "duplicate dimension name " + name);
        }
        named.add(new SpanMetricsSettings.Named(name, o.find(DEFAULT)));
        continue;
      }
      if (o.find(DEFAULT) != null) {
        throw o.error(DEFAULT, "a dimension with a glob cannot have a default");
      }
      globs.put(o.node(), glob(o, glob));
    }
    globs.forEach(
        (at, glob) -> {
          for (String name : names) {
            if (glob.matches(name)) {
              throw at.error("the glob takes " + name + ", which is a dimension already");
            }
          }
        });
    return new SpanMetricsSettings.ResourceDimensions(named, List.copyOf(globs.values()));
  }

  /**
   * Keys whose parts are separated by dots: {@code *} stays in a part, {@code **} crosses parts.
   */
  private static final Glob.Syntax GLOBS = new Glob.Syntax(".", true, "!", true);

  private static Regex glob(YamlObject o, String glob) {
    try {
      return Glob.compile(glob, GLOBS);
    } catch (IllegalArgumentException e) {
      throw o.error(GLOB, String.valueOf(e.getMessage()));
    }
  }
}
