package dev.tethys.pipeline.stages;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoFloatReader;
import dev.tethys.model.LabelNames;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Registry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Counts entries and extracted values into metrics of the agent itself. */
final class MetricsStage implements Stage.Change {
  private static final String DEFAULT_PREFIX = "promtail_custom_";
  private static final double[] DEFAULT_BUCKETS = {
    .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10
  };

  private static final Section METRIC = new Section("metric", "Metric of the metrics stage.");
  private static final Key<String> TYPE =
      METRIC.required("type", Type.STRING, "Type of the metric: Counter, Gauge or Histogram.");
  private static final Key<String> DESCRIPTION =
      METRIC.key("description", Type.STRING, "", "Help text of the metric.");
  private static final Key<String> SOURCE =
      METRIC.optional(
          "source",
          Type.STRING,
          "Extracted value that is used; by default that with the metric's name.");
  private static final Key<String> PREFIX =
      METRIC.key("prefix", Type.STRING, DEFAULT_PREFIX, "Prefix of the metric name.");
  private static final Key<Duration> IDLE =
      METRIC.key(
          "max_idle_duration",
          GoDurations.TYPE,
          Duration.ofMinutes(5),
          "Time without a change after which a series is removed; at least 1s.");
  private static final Key<YamlNode> CONFIG =
      METRIC.optional("config", Type.ANY, "Settings that depend on the type of the metric.");

  private static final Section COUNTER = new Section("counter", "Settings of the counter.");
  private static final Key<Boolean> MATCH_ALL =
      COUNTER.key(
          "match_all",
          Type.BOOL,
          false,
          "If true, every entry is counted, regardless of extracted values.");
  private static final Key<Boolean> COUNT_BYTES =
      COUNTER.key(
          "count_entry_bytes",
          Type.BOOL,
          false,
          "If true, the size of the line in bytes is added; requires match_all.");
  private static final Key<String> COUNTER_VALUE =
      COUNTER.optional("value", Type.STRING, "Text that the extracted value must equal.");
  private static final Key<String> COUNTER_ACTION =
      COUNTER.required("action", Type.STRING, "Action of the counter: inc or add.");

  private static final Section GAUGE = new Section("gauge", "Settings of the gauge.");
  private static final Key<String> GAUGE_VALUE =
      GAUGE.optional("value", Type.STRING, "Text that the extracted value must equal.");
  private static final Key<String> GAUGE_ACTION =
      GAUGE.required("action", Type.STRING, "Action of the gauge: set, inc, dec, add or sub.");

  private static final Section HISTOGRAM = new Section("histogram", "Settings of the histogram.");
  private static final Key<String> HISTOGRAM_VALUE =
      HISTOGRAM.optional("value", Type.STRING, "Text that the extracted value must equal.");
  private static final Key<List<Double>> BUCKETS =
      HISTOGRAM.key(
          "buckets", Type.list(Type.FLOAT), List.of(), "Upper bounds of the buckets, ascending.");

  /** One metric of the stage. */
  private interface Rule {
    void count(StageEntry e);
  }

  private final List<Rule> rules;
  private final Runnable close;

  private MetricsStage(List<Rule> rules, Runnable close) {
    this.rules = rules;
    this.close = close;
  }

  static MetricsStage parse(YamlNode config, StageContext context) {
    List<Rule> rules = new ArrayList<>();
    List<CustomMetric<?>> metrics = new ArrayList<>();
    if (config.isNull()) {
      throw config.error("metrics stage requires at least one metric");
    }
    config
        .entries()
        .forEach((name, e) -> rules.add(rule(name, e.value().object(METRIC), metrics, context)));
    Registry registry = context.metrics().registry();
    metrics.forEach(registry::register);
    return new MetricsStage(rules, () -> metrics.forEach(registry::unregister));
  }

  private static Rule rule(
      String name, YamlObject o, List<CustomMetric<?>> metrics, StageContext context) {
    String source = o.get(SOURCE, name);
    Duration idle = o.get(IDLE);
    if (idle.compareTo(Duration.ofSeconds(1)) < 0) {
      throw o.error(IDLE, "max_idle_duration must be at least 1s");
    }
    String prefix = o.get(PREFIX);
    String full = (prefix.isEmpty() ? DEFAULT_PREFIX : prefix) + name;
    if (!LabelNames.isLegacyMetricName(full)) {
      throw o.error("\"" + full + "\" is not a valid metric name");
    }
    YamlNode own = o.find(CONFIG);
    YamlNode config = own == null ? o.node() : own;
    return switch (o.get(TYPE).toLowerCase(Locale.ROOT)) {
      case "counter" -> {
        needConfig(o, own);
        yield counter(
            config.object(COUNTER),
            source,
            add(metrics, full, o, MetricType.COUNTER, Registry.Counter::new, idle, context));
      }
      case "gauge" -> {
        needConfig(o, own);
        yield gauge(
            config.object(GAUGE),
            source,
            add(metrics, full, o, MetricType.GAUGE, Registry.Gauge::new, idle, context));
      }
      case "histogram" -> {
        YamlObject h = own == null ? null : own.object(HISTOGRAM);
        double[] bounds = h == null ? DEFAULT_BUCKETS : buckets(h);
        yield histogram(
            h,
            source,
            add(
                metrics,
                full,
                o,
                MetricType.HISTOGRAM,
                () -> new Registry.BucketHistogram(bounds),
                idle,
                context));
      }
      default ->
          throw o.error(
              TYPE,
              "invalid metric type \""
                  + o.get(TYPE)
                  + "\"; it must be one of counter, gauge and histogram");
    };
  }

  private static void needConfig(YamlObject o, @Nullable YamlNode config) {
    if (config == null) {
      throw o.error(CONFIG, "the metric needs \"config\" with an \"action\"");
    }
  }

  private static <T extends Registry.Instrument> CustomMetric<T> add(
      List<CustomMetric<?>> metrics,
      String name,
      YamlObject o,
      MetricType type,
      Supplier<T> make,
      Duration idle,
      StageContext context) {
    CustomMetric<T> m =
        new CustomMetric<>(name, o.get(DESCRIPTION), type, make, idle.toNanos(), context.clock());
    metrics.add(m);
    return m;
  }

  private static double[] buckets(YamlObject o) {
    double[] bounds = o.get(BUCKETS).stream().mapToDouble(d -> d).toArray();
    for (int i = 1; i < bounds.length; i++) {
      if (!(bounds[i] > bounds[i - 1])) {
        throw o.error(BUCKETS, "buckets must ascend");
      }
    }
    int n = bounds.length;
    if (n > 0 && bounds[n - 1] == Double.POSITIVE_INFINITY) {
      n--;
    }
    return n == 0 ? DEFAULT_BUCKETS : Arrays.copyOf(bounds, n);
  }

  private static String action(YamlObject o, Key<String> key, List<String> allowed) {
    String s = o.get(key).toLowerCase(Locale.ROOT);
    if (!allowed.contains(s)) {
      throw o.error(
          key,
          "action \"" + s + "\" is not valid; it must be one of " + String.join(", ", allowed));
    }
    return s;
  }

  private static Rule counter(YamlObject o, String source, CustomMetric<Registry.Counter> metric) {
    boolean all = o.get(MATCH_ALL);
    boolean bytes = o.get(COUNT_BYTES);
    String value = o.find(COUNTER_VALUE);
    boolean add = action(o, COUNTER_ACTION, List.of("inc", "add")).equals("add");
    if (all && value != null) {
      throw o.error(MATCH_ALL, "match_all cannot be combined with value; remove one of them");
    }
    if (bytes && (!all || !add)) {
      throw o.error(
          COUNT_BYTES, "count_entry_bytes can only be used with match_all: true and action: add");
    }
    return e -> {
      if (!all && !chosen(e, source, value)) {
        return;
      }
      Double n = amount(e, add, bytes, all ? null : source);
      if (n == null || !(n.doubleValue() >= 0)) {
        return; // a counter never decreases
      }
      Registry.Counter c = metric.with(e.labels());
      if (c != null) {
        c.add(n.doubleValue());
      }
    };
  }

  private static @Nullable Double amount(
      StageEntry e, boolean add, boolean bytes, @Nullable String source) {
    if (!add) {
      return 1.0;
    }
    if (bytes) {
      return (double) e.entry.bytes();
    }
    return source == null ? null : number(e.extracted.get(source));
  }

  private static Rule gauge(YamlObject o, String source, CustomMetric<Registry.Gauge> metric) {
    String value = o.find(GAUGE_VALUE);
    String action = action(o, GAUGE_ACTION, List.of("set", "inc", "dec", "add", "sub"));
    return e -> {
      if (!chosen(e, source, value)) {
        return;
      }
      boolean one = action.equals("inc") || action.equals("dec");
      Double n = one ? (Double) 1.0 : number(e.extracted.get(source));
      Registry.Gauge g = n == null ? null : metric.with(e.labels());
      if (g == null || n == null) {
        return;
      }
      switch (action) {
        case "set" -> g.set(n);
        case "dec", "sub" -> g.add(-n);
        default -> g.add(n);
      }
    };
  }

  private static Rule histogram(
      @Nullable YamlObject o, String source, CustomMetric<Registry.BucketHistogram> metric) {
    String value = o == null ? null : o.find(HISTOGRAM_VALUE);
    return e -> {
      Double n = chosen(e, source, value) ? number(e.extracted.get(source)) : null;
      Registry.BucketHistogram h = n == null ? null : metric.with(e.labels());
      if (h != null && n != null) {
        h.observe(n);
      }
    };
  }

  private static boolean chosen(StageEntry e, String source, @Nullable String value) {
    return e.extracted.has(source) && (value == null || value.equals(e.extracted.text(source)));
  }

  /** Parses a number, or a duration as seconds; returns null if the value is neither. */
  static @Nullable Double number(@Nullable Object value) {
    return switch (value) {
      case Number n -> n.doubleValue();
      case Boolean b -> b ? 1.0 : 0.0;
      case String s -> {
        Double d = GoFloatReader.read(s);
        if (d != null) {
          yield d;
        }
        try {
          yield GoDurations.parse(s).toNanos() / 1e9;
        } catch (IllegalArgumentException e) {
          yield null;
        }
      }
      case null, default -> null;
    };
  }

  @Override
  public void change(StageEntry e) {
    for (Rule r : rules) {
      r.count(e);
    }
  }

  @Override
  public void close() {
    close.run();
  }
}
