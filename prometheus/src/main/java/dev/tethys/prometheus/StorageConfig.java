package dev.tethys.prometheus;

import dev.tethys.config.ByteSize;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.Downsampling;
import dev.tethys.store.metrics.RetentionPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The {@code storage} section; all of it can be reloaded.
 *
 * @param outOfOrderWindow maximum delay of a sample, zero if none
 * @param retentionTime null if not set here
 * @param retentionSize null if not set here
 * @param retentionPercentage maximum percentage of the disk size, or null if not set here
 * @param downsampling aggregates kept with and after the samples; null if not set here
 * @param retentionRules retention of selected series, with precedence over those of flags
 * @param quietShare the share of series without new samples at which memory is cut for them
 */
public record StorageConfig(
    Duration outOfOrderWindow,
    @Nullable Duration retentionTime,
    @Nullable ByteSize retentionSize,
    @Nullable Double retentionPercentage,
    List<RetentionPolicy.Rule> retentionRules,
    @Nullable List<Downsampling> downsampling,
    double quietShare,
    long maxExemplars) {
  /** Defaults without the section. */
  public static final StorageConfig DEFAULT =
      new StorageConfig(
          Duration.ZERO,
          null,
          null,
          null,
          List.of(),
          null,
          DatabaseOptions.DEFAULTS.quietShare(),
          100_000);

  private static final Section RETENTION = new Section("retention", "Retention by time and size.");
  private static final Key<Duration> TIME =
      RETENTION.optional("time", Type.DURATION, "Retention time of samples.");
  private static final Key<ByteSize> SIZE =
      RETENTION.optional(
          "size", Type.SIZE, "Maximum bytes of stored blocks; the oldest are removed first.");

  private static final Key<Double> PERCENTAGE =
      RETENTION.optional(
          "percentage",
          Type.FLOAT,
          "Maximum percentage of the disk's size, 0 to 100; takes precedence over size.");

  private static final Section RULE =
      new Section("retention_rule", "Retention time of matching series.");
  private static final Key<List<Matcher>> MATCH =
      RULE.required(
          "match",
          Type.of("series selector", null, n -> n.parse(StorageConfig::selector)),
          "Series selector: {job=\"debug\"}.");
  private static final Key<Duration> RULE_TIME =
      RULE.required("time", Type.DURATION, "Retention time of the series; 0s for no limit.");
  private static final Key<List<RetentionPolicy.Rule>> RULES =
      RETENTION.key(
          "rules",
          Type.list(RULE.type(o -> new RetentionPolicy.Rule(o.get(MATCH), o.get(RULE_TIME)))),
          List.of(),
          "Retention time of matching series; the first matching rule applies." + " (Tethys)");

  private static final Section LEVEL =
      new Section("downsampling", "Buckets that are kept beside samples and beyond them. (Tethys)");
  private static final Key<Duration> RESOLUTION =
      LEVEL.required("resolution", Type.DURATION, "Length of buckets, 10s to 1d.");
  private static final Key<Duration> AFTER =
      LEVEL.required(
          "after",
          Type.DURATION,
          "Age at which buckets are created, counted from the newest sample of the store.");
  private static final Key<Duration> LEVEL_TIME =
      LEVEL.key(
          "retention", Type.DURATION, Duration.ZERO, "Retention time of buckets; 0s for no limit.");

  private static final Section CHUNK_ENCODING =
      new Section("chunk_encoding", "Chunk encodings of Prometheus, which Tethys does not write.");
  private static final Key<String> FLOATS =
      CHUNK_ENCODING.key(
          "floats",
          Type.of("xor | xor2", null, StorageConfig::floats),
          "xor",
          "Ignored: each chunk uses the shortest encoding of Tethys for it, start times included.");

  private static final Section TSDB = new Section("tsdb", "Settings of the time series database.");
  private static final Key<Duration> OUT_OF_ORDER_WINDOW =
      TSDB.key(
          "out_of_order_time_window",
          Type.DURATION,
          Duration.ZERO,
          "Maximum age of an out-of-order sample, relative to the newest sample of its series.");
  private static final Key<YamlObject> RETENTION_KEY =
      TSDB.optional("retention", RETENTION.type(o -> o), "Retention by time and size.");
  private static final Key<List<Downsampling>> DOWNSAMPLING =
      TSDB.optional(
          "downsampling",
          Type.list(LEVEL.type(StorageConfig::level)),
          "Levels of downsampled data, ascending; each resolution a multiple of the one before."
              + " (Tethys)");
  private static final Key<YamlObject> CHUNK_ENCODING_KEY =
      TSDB.optional("chunk_encoding", CHUNK_ENCODING.type(o -> o), "Chunk encodings.");
  private static final Key<Double> STALE_THRESHOLD =
      TSDB.key(
          "stale_series_compaction_threshold",
          Type.FLOAT,
          0.0,
          "Share of stale series in the head at which they are compacted into a block; 0 for 0.2.");

  private static final Section EXEMPLARS = new Section("exemplars", "Exemplar storage.");
  private static final Key<Long> MAX_EXEMPLARS =
      EXEMPLARS.key(
          "max_exemplars", Type.INT, 100_000L, "Maximum number of exemplars over all series.");

  private static final Section SECTION =
      new Section("storage", "Settings of the time series database and of exemplars.");
  private static final Key<YamlObject> TSDB_KEY =
      SECTION.optional("tsdb", TSDB.type(o -> o), "Settings of the time series database.");
  private static final Key<YamlObject> EXEMPLARS_KEY =
      SECTION.optional("exemplars", EXEMPLARS.type(o -> o), "Exemplar storage.");

  static final Type<StorageConfig> TYPE = SECTION.type(StorageConfig::read);

  /**
   * Parses the selector of a rule of retention.
   *
   * @throws IllegalArgumentException if it is invalid or selects everything
   */
  static List<Matcher> selector(String s) {
    try {
      List<Matcher> m = PromqlParser.parseMetricSelector(s);
      if (m.isEmpty()) {
        throw new IllegalArgumentException("a rule selector requires matchers");
      }
      return m;
    } catch (PromqlParseException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static Downsampling level(YamlObject o) {
    try {
      return new Downsampling(o.get(RESOLUTION), o.get(AFTER), o.get(LEVEL_TIME));
    } catch (IllegalArgumentException e) {
      throw o.error(String.valueOf(e.getMessage()));
    }
  }

  static Section section() {
    return SECTION;
  }

  private static String floats(YamlNode n) {
    String s = n.asString();
    if (!s.equals("xor") && !s.equals("xor2")) {
      throw n.error("unknown chunk encoding \"" + s + "\"; allowed: xor, xor2");
    }
    return s;
  }

  private static StorageConfig read(YamlObject o) {
    Duration window = Duration.ZERO;
    Duration time = null;
    ByteSize size = null;
    Double percentage = null;
    List<RetentionPolicy.Rule> rules = List.of();
    List<Downsampling> levels = null;
    double quiet = DEFAULT.quietShare;
    YamlObject tsdb = o.find(TSDB_KEY);
    if (tsdb != null) {
      window = tsdb.get(OUT_OF_ORDER_WINDOW);
      YamlObject retention = tsdb.find(RETENTION_KEY);
      if (retention != null) {
        time = retention.find(TIME);
        size = retention.find(SIZE);
        if (size != null && size.bytes() < 0) {
          throw retention.error(SIZE, "a size must not be negative");
        }
        percentage = retention.find(PERCENTAGE);
        if (percentage != null && !(percentage >= 0 && percentage <= 100)) {
          throw retention.error(PERCENTAGE, "a percentage must be between 0 and 100");
        }
        rules = retention.get(RULES);
      }
      levels = tsdb.find(DOWNSAMPLING);
      if (levels != null) {
        try {
          Downsampling.check(levels, time == null ? Duration.ZERO : time);
        } catch (IllegalArgumentException e) {
          throw tsdb.error(DOWNSAMPLING, String.valueOf(e.getMessage()));
        }
      }
      YamlObject encoding = tsdb.find(CHUNK_ENCODING_KEY);
      if (encoding != null) {
        encoding.get(FLOATS);
      }
      double threshold = tsdb.get(STALE_THRESHOLD);
      if (!(threshold >= 0 && threshold <= 1)) {
        throw tsdb.error(STALE_THRESHOLD, "a share must be between 0 and 1");
      }
      if (threshold > 0) {
        quiet = threshold;
      }
    }
    YamlObject exemplars = o.find(EXEMPLARS_KEY);
    long max = exemplars == null ? DEFAULT.maxExemplars : exemplars.get(MAX_EXEMPLARS);
    return new StorageConfig(window, time, size, percentage, rules, levels, quiet, max);
  }

  private List<Map<String, @Nullable Object>> rules() {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (RetentionPolicy.Rule r : retentionRules) {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put(
          "match",
          r.matchers().stream().map(Matcher::toString).collect(Collectors.joining(",", "{", "}")));
      m.put("time", r.time());
      out.add(m);
    }
    return out;
  }

  private static List<Map<String, @Nullable Object>> levels(List<Downsampling> all) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (Downsampling d : all) {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("resolution", d.resolution());
      m.put("after", d.after());
      m.put("retention", d.keep());
      out.add(m);
    }
    return out;
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> retention = new LinkedHashMap<>();
    retention.put("time", retentionTime);
    retention.put("size", retentionSize);
    retention.put("percentage", retentionPercentage);
    retention.put("rules", retentionRules.isEmpty() ? null : rules());
    Map<String, @Nullable Object> tsdb = new LinkedHashMap<>();
    tsdb.put("out_of_order_time_window", outOfOrderWindow);
    tsdb.put(
        "stale_series_compaction_threshold", quietShare == DEFAULT.quietShare ? null : quietShare);
    tsdb.put("retention", retention.values().stream().allMatch(Objects::isNull) ? null : retention);
    tsdb.put("downsampling", downsampling == null ? null : levels(downsampling));
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("tsdb", tsdb);
    m.put("exemplars", new LinkedHashMap<>(Map.of("max_exemplars", maxExemplars)));
    return m;
  }
}
