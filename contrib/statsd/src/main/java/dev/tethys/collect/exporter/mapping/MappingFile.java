package dev.tethys.collect.exporter.mapping;

import com.google.re2j.Pattern;
import dev.tethys.collect.exporter.mapping.ObserverOptions.Objective;
import dev.tethys.config.Durations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * A mapping file as statsd_exporter and graphite_exporter read it, strictly.
 *
 * @param specificFirst whether of several globs that match the more specific one wins, not the
 *     first
 * @param observer type for observations that no rule matches
 * @param ttl lifetime of series that no rule matches; zero for forever
 */
public record MappingFile(
    List<Mapping> mappings, boolean specificFirst, ObserverOptions observer, Duration ttl) {
  /** No rules. */
  public static final MappingFile EMPTY =
      new MappingFile(List.of(), false, ObserverOptions.DEFAULT, Duration.ZERO);

  private static final String COMPONENT = "[a-zA-Z0-9_][a-zA-Z0-9_\\-:]*";
  private static final Pattern GLOB =
      Pattern.compile("(\\*|" + COMPONENT + ")(\\.(\\*|" + COMPONENT + "))*");
  private static final String REFERENCE = "\\$\\{?\\d+\\}?";
  private static final Pattern NAME =
      Pattern.compile("([a-zA-Z_:]|" + REFERENCE + ")([a-zA-Z0-9_:]|" + REFERENCE + ")*");
  private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private static final Type<Boolean> OBSERVER_TYPE =
      words("observer type", Map.of("histogram", true, "summary", false, "", false));
  private static final Type<Boolean> MATCH_TYPE =
      words("match type", Map.of("regex", true, "glob", false, "", false));
  private static final Type<Boolean> ACTION =
      words("action type", Map.of("drop", true, "map", false, "", false));

  private static <T> Type<T> words(String what, Map<String, T> words) {
    SequencedMap<String, T> m = new LinkedHashMap<>(words);
    return Type.oneOf(what, m);
  }

  private static final Type<MetricKind> KIND =
      words(
          "metric type",
          Map.of(
              "counter",
              MetricKind.COUNTER,
              "gauge",
              MetricKind.GAUGE,
              "observer",
              MetricKind.OBSERVER,
              "timer",
              MetricKind.OBSERVER));

  private static final Section OBJECTIVE =
      new Section("quantile", "Quantile of a summary and its error.");
  private static final Key<Double> QUANTILE =
      OBJECTIVE.required("quantile", Type.FLOAT, "Quantile, between 0 and 1.");
  private static final Key<Double> ERROR =
      OBJECTIVE.key("error", Type.FLOAT, 0.0, "Allowed error of the quantile.");
  private static final Type<List<Objective>> OBJECTIVES =
      Type.list(OBJECTIVE.type(MappingFile::objective));

  private static Objective objective(YamlObject o) {
    double q = o.get(QUANTILE);
    if (!(q >= 0 && q <= 1)) {
      throw o.error(QUANTILE, "quantile must be 0 to 1");
    }
    return new Objective(q, o.get(ERROR));
  }

  private static final Section SUMMARY = new Section("summary_options", "Options of summaries.");
  private static final Key<List<Objective>> SUMMARY_QUANTILES =
      SUMMARY.optional("quantiles", OBJECTIVES, "Quantiles to report.");
  private static final Key<Duration> MAX_AGE =
      SUMMARY.optional("max_age", Type.DURATION, "Maximum age of the observations.");

  static {
    SUMMARY.key("age_buckets", Type.INT, 0L, "Accepted and ignored: the window slides by halves.");
    SUMMARY.key("buf_cap", Type.INT, 0L, "Accepted and ignored: observations are not buffered.");
  }

  private static final Section HISTOGRAM =
      new Section("histogram_options", "Options of histograms.");
  private static final Key<List<Double>> HISTOGRAM_BUCKETS =
      HISTOGRAM.optional("buckets", Type.list(Type.FLOAT), "Upper bounds of the buckets.");
  private static final Key<Double> NATIVE_FACTOR =
      HISTOGRAM.optional(
          "native_histogram_bucket_factor",
          Type.FLOAT,
          "Growth factor of native histogram buckets; above 1.");
  private static final Key<Long> NATIVE_BUCKETS =
      HISTOGRAM.optional(
          "native_histogram_max_buckets", Type.UINT, "Maximum number of native histogram buckets.");

  /** The keys that rules and defaults share. */
  private static final class ObserverKeys {
    final Key<Boolean> observerType;
    final Key<Boolean> timerType;
    final Key<List<Double>> buckets;
    final Key<List<Objective>> quantiles;
    final Key<YamlObject> summary;
    final Key<YamlObject> histogram;
    final Key<Duration> ttl;
    final Key<Boolean> matchType;

    ObserverKeys(Section s) {
      observerType =
          s.optional(
              "observer_type", OBSERVER_TYPE, "Metric type of observations: histogram or summary.");
      timerType = s.optional("timer_type", OBSERVER_TYPE, "Deprecated: use observer_type.");
      buckets = s.optional("buckets", Type.list(Type.FLOAT), "Deprecated: use histogram_options.");
      quantiles = s.optional("quantiles", OBJECTIVES, "Deprecated: use summary_options.");
      summary = s.optional("summary_options", SUMMARY.type(o -> o), "Options of summaries.");
      histogram = s.optional("histogram_options", HISTOGRAM.type(o -> o), "Options of histograms.");
      ttl =
          s.optional(
              "ttl",
              Type.of("duration", Duration.ZERO, n -> n.parse(MappingFile::duration)),
              "Time without samples after which a series is removed; 0 for never.");
      matchType = s.optional("match_type", MATCH_TYPE, "glob or regex.");
    }

    /** Whether the type for observations is set. */
    boolean isTyped(YamlObject o) {
      return o.find(observerType) != null || o.find(timerType) != null;
    }

    /** Rejects options of the type that the rule does not use, since they would have no effect. */
    void refuseOthersOptions(YamlObject o, ObserverOptions otherwise, boolean otherwiseTyped) {
      if (!isTyped(o) && !otherwiseTyped) {
        return;
      }
      boolean becomesHistogram = read(o, otherwise).histogram();
      if (becomesHistogram && o.find(summary) != null) {
        throw o.error(
            summary, "cannot use histogram observer and summary options at the same time");
      }
      if (!becomesHistogram && o.find(histogram) != null) {
        throw o.error(
            histogram, "cannot use summary observer and histogram options at the same time");
      }
    }

    ObserverOptions read(YamlObject o, ObserverOptions otherwise) {
      Boolean type = o.find(observerType);
      if (type == null) {
        type = o.find(timerType);
      }
      boolean histogramType = type == null ? otherwise.histogram() : type;
      YamlObject h = o.find(histogram);
      YamlObject s = o.find(summary);
      List<Double> bounds = h == null ? null : h.find(HISTOGRAM_BUCKETS);
      bounds = bounds == null || bounds.isEmpty() ? o.find(buckets) : bounds;
      List<Objective> objectives = s == null ? null : s.find(SUMMARY_QUANTILES);
      objectives = objectives == null || objectives.isEmpty() ? o.find(quantiles) : objectives;
      Double factor = h == null ? null : h.find(NATIVE_FACTOR);
      Long max = h == null ? null : h.find(NATIVE_BUCKETS);
      Duration age = s == null ? null : s.find(MAX_AGE);
      return new ObserverOptions(
          histogramType,
          bounds == null || bounds.isEmpty() ? otherwise.buckets() : ascending(bounds, o),
          factor == null || factor == 0 ? otherwise.nativeFactor() : factor,
          max == null || max == 0
              ? otherwise.nativeBuckets()
              : (int) Math.min(Integer.MAX_VALUE, max),
          objectives == null || objectives.isEmpty() ? otherwise.quantiles() : objectives,
          age == null || age.isZero() ? otherwise.maxAge() : age);
    }
  }

  private static Duration duration(String s) {
    return s.equals("0") ? Duration.ZERO : Durations.parse(s);
  }

  private static List<Double> ascending(List<Double> bounds, YamlObject o) {
    for (int i = 1; i < bounds.size(); i++) {
      if (!(bounds.get(i) > bounds.get(i - 1))) {
        throw o.error("buckets must ascend: " + bounds);
      }
    }
    return bounds;
  }

  private static final Section DEFAULTS = new Section("defaults", "Defaults of all mappings.");
  private static final ObserverKeys DEFAULT_KEYS = new ObserverKeys(DEFAULTS);
  private static final Key<Boolean> DISABLE_ORDERING =
      DEFAULTS.key(
          "glob_disable_ordering",
          Type.BOOL,
          false,
          "If true, the more specific glob wins, not the first one.");

  private static final Section MAPPING =
      new Section("mapping", "Mapping from a metric name to a Prometheus metric.");
  private static final Key<String> MATCH =
      MAPPING.required("match", Type.STRING, "Expression that metric names must match.");
  private static final Key<String> METRIC =
      MAPPING.key("name", Type.STRING, "", "Name of the metric.");
  private static final Key<Map<String, String>> LABELS =
      MAPPING.key("labels", Type.map(Type.STRING), Map.of(), "Labels of the metric.");
  private static final ObserverKeys RULE_KEYS = new ObserverKeys(MAPPING);
  private static final Key<String> HELP =
      MAPPING.key("help", Type.STRING, "", "Help text of the metric.");
  private static final Key<Boolean> ACTION_KEY =
      MAPPING.key("action", ACTION, false, "map, or drop.");
  private static final Key<MetricKind> MATCH_KIND =
      MAPPING.optional("match_metric_type", KIND, "counter, gauge or observer.");
  private static final Key<Double> SCALE =
      MAPPING.key("scale", Type.FLOAT, 1.0, "Factor by which values are multiplied.");
  private static final Key<Boolean> HONOR_LABELS =
      MAPPING.key(
          "honor_labels",
          Type.BOOL,
          false,
          "If true, labels received with the metric override those of the mapping.");

  private static final Section FILE =
      new Section("mapping file", "Mappings from dotted names to metrics with labels.");
  private static final Key<YamlObject> DEFAULTS_KEY =
      FILE.optional("defaults", DEFAULTS.type(o -> o), "Defaults of all mappings.");
  private static final Key<List<YamlObject>> MAPPINGS_KEY =
      FILE.key("mappings", Type.list(MAPPING.type(o -> o)), List.of(), "Mappings, tried in order.");

  /**
   * Reads a file.
   *
   * @throws dev.tethys.config.ConfigException if it is invalid, with the position
   */
  public static MappingFile read(Path file) throws IOException {
    return read(YamlDocument.read(file));
  }

  /** Parses the contents of a file. */
  public static MappingFile parse(String name, String yaml) {
    return read(YamlDocument.parse(name, null, yaml));
  }

  private static MappingFile read(YamlDocument document) {
    return document.readWhole(() -> readOnce(document));
  }

  private static MappingFile readOnce(YamlDocument document) {
    YamlNode root = document.root();
    YamlObject o = root.object(FILE);
    YamlObject d = o.find(DEFAULTS_KEY);
    ObserverOptions observer =
        d == null
            ? ObserverOptions.DEFAULT.withNativeBuckets()
            : DEFAULT_KEYS.read(d, ObserverOptions.DEFAULT.withNativeBuckets());
    Duration ttl = orZero(d == null ? null : d.find(DEFAULT_KEYS.ttl));
    boolean typed = d != null && DEFAULT_KEYS.isTyped(d);
    boolean regex = d != null && Boolean.TRUE.equals(d.find(DEFAULT_KEYS.matchType));
    List<Mapping> mappings = new ArrayList<>();
    for (YamlObject m : o.get(MAPPINGS_KEY)) {
      m.node()
          .attempt(
              () -> {
                RULE_KEYS.refuseOthersOptions(m, observer, typed);
                mappings.add(mapping(m, observer, ttl, regex));
              });
    }
    document.refuseNotBuilt();
    return new MappingFile(
        List.copyOf(mappings), d != null && d.get(DISABLE_ORDERING), observer, ttl);
  }

  private static Duration orZero(@Nullable Duration d) {
    return d == null ? Duration.ZERO : d;
  }

  private static Mapping mapping(
      YamlObject o, ObserverOptions observer, Duration ttl, boolean regexByDefault) {
    String match = o.get(MATCH);
    Boolean type = o.find(RULE_KEYS.matchType);
    boolean regex = type == null ? regexByDefault : type;
    if (regex) {
      try {
        Regex.compile(match);
      } catch (RegexSyntaxException e) {
        throw o.error(MATCH, "invalid regex " + match + " in mapping: " + e.getMessage());
      }
    } else if (!GLOB.matches(match)) {
      throw o.error(MATCH, "invalid match: " + match);
    }
    String name = o.get(METRIC);
    boolean drop = o.get(ACTION_KEY);
    if (name.isEmpty()) {
      if (!drop) {
        throw o.error("metric mapping didn't set a metric name");
      }
    } else if (!NAME.matches(name)) {
      throw o.error(METRIC, "metric name '" + name + "' is not valid");
    }
    Map<String, String> labels = o.get(LABELS);
    for (String l : labels.keySet()) {
      if (!LABEL.matches(l)) {
        throw o.error(LABELS, "invalid label key: " + l);
      }
    }
    Duration own = o.find(RULE_KEYS.ttl);
    return new Mapping(
        match,
        regex,
        name,
        labels,
        o.get(HELP),
        drop,
        o.find(MATCH_KIND),
        RULE_KEYS.read(o, observer),
        own == null || own.isZero() ? ttl : own,
        o.get(SCALE),
        o.get(HONOR_LABELS));
  }
}
