package dev.tethys.pipeline.receiver.statsd;

import dev.tethys.codec.statsd.StatsdKind;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Aggregation of observations of one type: an item of {@code timer_histogram_mapping}.
 *
 * @param buckets explicit bounds by name pattern, first match; other names are exponential
 * @param maxSize buckets of an exponential histogram
 * @param percentiles summary percentiles, 0 to 100
 */
record ObserverForm(
    StatsdKind kind, Shape shape, List<Buckets> buckets, int maxSize, List<Double> percentiles) {
  /**
   * Bucket bounds for the histograms whose names match.
   *
   * @param names somewhere in a metric's name
   * @param bounds upper ones, ascending
   */
  record Buckets(Regex names, List<Double> bounds) {}

  enum Shape {
    GAUGE,
    SUMMARY,
    HISTOGRAM,
    DISABLED
  }

  private static final int DEFAULT_MAX_SIZE = 160;
  private static final List<Double> DEFAULT_PERCENTILES =
      List.of(0.0, 10.0, 50.0, 90.0, 95.0, 100.0);

  static ObserverForm gauge(StatsdKind kind) {
    return new ObserverForm(kind, Shape.GAUGE, List.of(), DEFAULT_MAX_SIZE, DEFAULT_PERCENTILES);
  }

  private static final Section HISTOGRAM = new Section("histogram", "Settings of histograms.");
  private static final Key<Long> MAX_SIZE =
      HISTOGRAM.key(
          "max_size",
          Type.INT,
          (long) DEFAULT_MAX_SIZE,
          "Maximum number of buckets of an exponential histogram.");
  private static final Key<List<YamlObject>> EXPLICIT;
  private static final Key<String> PATTERN;
  private static final Key<List<Double>> BUCKETS;

  static {
    Section explicit =
        new Section("explicit_buckets", "Explicit bounds of the metrics that match.");
    PATTERN =
        explicit.key(
            "matcher_pattern", Type.STRING, ".*", "RE2 expression that matches metric names.");
    BUCKETS =
        explicit.required("buckets", Type.list(Type.FLOAT), "Upper bounds in ascending order.");
    EXPLICIT =
        HISTOGRAM.key(
            "explicit_buckets",
            Type.list(explicit.type(o -> o)),
            List.of(),
            "Explicit bounds instead of exponential buckets; the first matching pattern is used.");
  }

  private static final Section SUMMARY = new Section("summary", "Settings of summaries.");
  private static final Key<List<Double>> PERCENTILES =
      SUMMARY.key(
          "percentiles",
          Type.list(Type.FLOAT),
          DEFAULT_PERCENTILES,
          "Percentiles of the summary, 0 to 100.");

  private static final Section SECTION =
      new Section("timer_histogram_mapping", "Metric type of observations.");
  private static final Key<StatsdKind> KIND =
      SECTION.required(
          "statsd_type",
          kinds(),
          "StatsD type of the observations: timing, histogram or distribution.");
  private static final Key<Shape> SHAPE =
      SECTION.key(
          "observer_type",
          Type.lowerCase("observer type", Shape.class),
          Shape.GAUGE,
          "Metric type of the observations: gauge, summary, histogram or " + "disabled.");
  private static final Key<YamlObject> HISTOGRAM_KEY =
      SECTION.optional("histogram", HISTOGRAM.type(o -> o), "Settings of histograms.");
  private static final Key<YamlObject> SUMMARY_KEY =
      SECTION.optional("summary", SUMMARY.type(o -> o), "Settings of summaries.");

  static final Type<ObserverForm> TYPE = SECTION.type(ObserverForm::read);

  private static Type<StatsdKind> kinds() {
    SequencedMap<String, StatsdKind> m = new LinkedHashMap<>();
    m.put("timing", StatsdKind.TIMING);
    m.put("timer", StatsdKind.TIMING);
    m.put("histogram", StatsdKind.HISTOGRAM);
    m.put("distribution", StatsdKind.DISTRIBUTION);
    return Type.oneOf("statsd_type", m);
  }

  private static ObserverForm read(YamlObject o) {
    YamlObject h = o.find(HISTOGRAM_KEY);
    YamlObject s = o.find(SUMMARY_KEY);
    List<Buckets> buckets = List.of();
    long maxSize = DEFAULT_MAX_SIZE;
    if (h != null) {
      maxSize = h.get(MAX_SIZE);
      if (maxSize < 2 || maxSize > 10_000) {
        throw h.error(MAX_SIZE, "max_size must be 2 to 10000");
      }
      buckets = h.get(EXPLICIT).stream().map(ObserverForm::buckets).toList();
    }
    List<Double> percentiles = s == null ? DEFAULT_PERCENTILES : s.get(PERCENTILES);
    for (double p : percentiles) {
      if (s != null && !(p >= 0 && p <= 100)) {
        throw s.error(PERCENTILES, "percentiles must be 0 to 100, not " + p);
      }
    }
    return new ObserverForm(o.get(KIND), o.get(SHAPE), buckets, (int) maxSize, percentiles);
  }

  private static Buckets buckets(YamlObject o) {
    List<Double> bounds = o.get(BUCKETS);
    for (int i = 1; i < bounds.size(); i++) {
      if (!(bounds.get(i) > bounds.get(i - 1))) {
        throw o.error(BUCKETS, "buckets must ascend: " + bounds);
      }
    }
    try {
      return new Buckets(Regex.compile(o.get(PATTERN)), bounds);
    } catch (RegexSyntaxException e) {
      throw o.error(PATTERN, "not a regular expression: " + e.getMessage());
    }
  }

  /** Creates a histogram for a metric with this name. */
  Aggregate histogram(String name) {
    for (Buckets b : buckets) {
      if (b.names.find(name)) {
        return new Aggregate.Buckets(b.bounds);
      }
    }
    return new Aggregate.Exponential(maxSize);
  }
}
