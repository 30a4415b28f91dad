package dev.tethys.prometheus;

import dev.tethys.codec.loki.OtlpMapping;
import dev.tethys.config.ByteSize;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogRates;
import dev.tethys.pipeline.exporter.tethys.OtlpConfigKeys;
import dev.tethys.store.logs.LogLimits;
import dev.tethys.store.logs.LogRetention;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code logs} section: limits of the log store with Loki's names, for all tenants and for
 * single ones; all of it can be reloaded.
 *
 * @param limits limits of all tenants
 * @param overrides limits of single tenants, which override the global ones
 * @param written the section as written, null if there is none
 */
public record LogsConfig(
    Limits limits, Map<String, Limits> overrides, @Nullable Map<?, ?> written) {
  /** Maximum time that an entry may be ahead of the clock, as in Loki. */
  private static final Duration CREATION_GRACE = Duration.ofMinutes(10);

  private static final double MAX_MEGABYTES = 1e9;
  private static final double MEGABYTE = 1 << 20;
  private static final Duration MAX_AGE = Duration.ofDays(7);

  /**
   * Limits that are written, null if they are not.
   *
   * @param rejectOld whether old entries are rejected
   */
  public record Limits(
      @Nullable Long maxLineSize,
      @Nullable Long maxLabelNames,
      @Nullable Long maxLabelNameLength,
      @Nullable Long maxLabelValueLength,
      @Nullable Long maxMetadataSize,
      @Nullable Long maxMetadataEntries,
      @Nullable Long maxStreams,
      @Nullable Boolean rejectOld,
      @Nullable Duration maxAge,
      @Nullable Duration creationGrace,
      @Nullable Duration retention,
      @Nullable List<LogRetention.Rule> retentionRules,
      @Nullable Double rateMegabytes,
      @Nullable Double burstMegabytes,
      @Nullable Long streamRate,
      @Nullable Long streamBurst,
      @Nullable OtlpMapping otlp) {
    static final Limits NONE =
        new Limits(
            null, null, null, null, null, null, null, null, null, null, null, null, null, null,
            null, null, null);

    /** Merges limits: unset ones are taken from others. */
    Limits over(Limits others) {
      return new Limits(
          first(maxLineSize, others.maxLineSize),
          first(maxLabelNames, others.maxLabelNames),
          first(maxLabelNameLength, others.maxLabelNameLength),
          first(maxLabelValueLength, others.maxLabelValueLength),
          first(maxMetadataSize, others.maxMetadataSize),
          first(maxMetadataEntries, others.maxMetadataEntries),
          first(maxStreams, others.maxStreams),
          first(rejectOld, others.rejectOld),
          first(maxAge, others.maxAge),
          first(creationGrace, others.creationGrace),
          first(retention, others.retention),
          first(retentionRules, others.retentionRules),
          first(rateMegabytes, others.rateMegabytes),
          first(burstMegabytes, others.burstMegabytes),
          first(streamRate, others.streamRate),
          first(streamBurst, others.streamBurst),
          first(otlp, others.otlp));
    }

    private static <T> @Nullable T first(@Nullable T a, @Nullable T b) {
      return a == null ? b : a;
    }

    /**
     * Returns the limits of the store.
     *
     * @param flags defaults of unset limits
     * @param keep default retention, zero for no limit
     */
    LogLimits over(LogLimits flags, Duration keep) {
      Duration oldest = maxAge == null ? MAX_AGE : maxAge;
      Duration grace = creationGrace == null ? CREATION_GRACE : creationGrace;
      return new LogLimits(
          number(maxLineSize, flags.maxLineSize()),
          number(maxLabelNames, flags.maxLabelNames()),
          number(maxLabelNameLength, flags.maxLabelNameLength()),
          number(maxLabelValueLength, flags.maxLabelValueLength()),
          number(maxMetadataSize, flags.maxMetadataSize()),
          number(maxMetadataEntries, flags.maxMetadataEntries()),
          number(maxStreams, flags.maxStreams()),
          rejectOld != null && rejectOld ? oldest.toNanos() : 0,
          grace.toNanos(),
          retention == null && retentionRules == null
              ? null
              : new LogRetention(
                  (retention == null ? keep : retention).toNanos(),
                  retentionRules == null ? List.of() : retentionRules));
    }

    /** Converts a limit; 0 means none, as in Loki. */
    private static int number(@Nullable Long written, int otherwise) {
      return written == null
          ? otherwise
          : written == 0 ? Integer.MAX_VALUE : (int) Math.min(written, Integer.MAX_VALUE);
    }
  }

  private static final Section LIMITS =
      new Section("logs_limits_config", "Limits on log entries, with Loki's names; 0 for none.");
  private static final Key<ByteSize> MAX_LINE_SIZE =
      LIMITS.optional("max_line_size", Type.SIZE, "Maximum length of a line.");
  private static final Key<Long> MAX_LABEL_NAMES =
      LIMITS.optional(
          "max_label_names_per_series", Type.INT, "Maximum number of labels of a stream.");
  private static final Key<Long> MAX_NAME_LENGTH =
      LIMITS.optional(
          "max_label_name_length", Type.INT, "Maximum length of a label name in bytes.");
  private static final Key<Long> MAX_VALUE_LENGTH =
      LIMITS.optional(
          "max_label_value_length", Type.INT, "Maximum length of a label value in bytes.");
  private static final Key<ByteSize> MAX_METADATA_SIZE =
      LIMITS.optional(
          "max_structured_metadata_size",
          Type.SIZE,
          "Maximum size of names and values of an entry's structured metadata.");
  private static final Key<Long> MAX_METADATA_COUNT =
      LIMITS.optional(
          "max_structured_metadata_entries_count",
          Type.INT,
          "Maximum number of structured metadata pairs of an entry.");
  private static final Key<Long> MAX_STREAMS =
      LIMITS.optional(
          "max_global_streams_per_user",
          Type.INT,
          "Maximum number of streams of a tenant in memory.");
  private static final Key<Boolean> REJECT_OLD =
      LIMITS.optional(
          "reject_old_samples",
          Type.BOOL,
          "Enables refusing entries older than reject_old_samples_max_age; false by default.");
  private static final Key<Duration> MAX_AGE_KEY =
      LIMITS.optional(
          "reject_old_samples_max_age",
          Type.DURATION,
          "Maximum age of accepted entries; 1w by default.");
  private static final Key<Duration> GRACE =
      LIMITS.optional(
          "creation_grace_period",
          Type.DURATION,
          "Maximum time an entry may be ahead of the clock; 10m by default, 0s for no limit.");
  private static final Key<OtlpMapping> OTLP =
      LIMITS.optional(
          "otlp_config", OtlpConfigKeys.TYPE, "Attributes of OTLP logs that become labels.");

  private static final Section STREAM_RETENTION =
      new Section("logs_retention_stream", "Retention of the streams that a selector matches.");
  private static final Key<List<Matcher>> SELECTOR =
      STREAM_RETENTION.required(
          "selector",
          Type.of("stream selector", null, n -> n.parse(LogsConfig::selector)),
          "Stream selector: {namespace=\"dev\"}.");
  private static final Key<Long> PRIORITY =
      STREAM_RETENTION.key(
          "priority",
          Type.INT,
          0L,
          "Priority: the rule with the highest applies; among equal ones the longest period.");
  private static final Key<Duration> PERIOD =
      STREAM_RETENTION.required(
          "period", Type.DURATION, "Retention time of entries; 0s for no limit.");
  private static final Key<Duration> RETENTION =
      LIMITS.optional(
          "retention_period",
          Type.DURATION,
          "Retention time of entries; 0s for no limit, --storage.logs.retention.time by default.");
  private static final Key<List<LogRetention.Rule>> RETENTION_STREAM =
      LIMITS.optional(
          "retention_stream",
          Type.list(
              STREAM_RETENTION.type(
                  o ->
                      new LogRetention.Rule(
                          o.get(SELECTOR), o.get(PRIORITY), o.get(PERIOD).toNanos()))),
          "Streams whose retention differs from retention_period.");
  private static final Key<Double> RATE =
      LIMITS.optional(
          "ingestion_rate_mb",
          Type.FLOAT,
          "Maximum megabytes per second of lines and structured metadata of a tenant.");
  private static final Key<Double> BURST =
      LIMITS.optional(
          "ingestion_burst_size_mb",
          Type.FLOAT,
          "Maximum megabytes in a burst; at least ingestion_rate_mb, which is the default.");
  private static final Key<ByteSize> STREAM_RATE =
      LIMITS.optional(
          "per_stream_rate_limit",
          Type.SIZE,
          "Maximum size per second of lines and structured metadata of a stream; no limit by"
              + " default.");
  private static final Key<ByteSize> STREAM_BURST =
      LIMITS.optional(
          "per_stream_rate_limit_burst",
          Type.SIZE,
          "Maximum size of a burst of a stream; at least per_stream_rate_limit, which is the"
              + " default.");
  private static final Type<Limits> LIMITS_TYPE = LIMITS.type(LogsConfig::limits);

  private static final Section SECTION = new Section("logs", "Log store, an extension of Tethys.");
  private static final Key<Limits> LIMITS_KEY =
      SECTION.key("limits_config", LIMITS_TYPE, Limits.NONE, "Default limits of all tenants.");
  private static final Key<Map<String, Limits>> OVERRIDES =
      SECTION.key(
          "overrides",
          Type.map(LIMITS_TYPE),
          Map.of(),
          "Limits of single tenants by name; the defaults apply to absent keys.");

  /** Configuration without the section. */
  public static final LogsConfig DEFAULT = new LogsConfig(Limits.NONE, Map.of(), null);

  /** The section. */
  static final Type<LogsConfig> TYPE = SECTION.type(LogsConfig::read);

  static List<Section> sections() {
    List<Section> out = new ArrayList<>(List.of(SECTION, LIMITS, STREAM_RETENTION));
    out.addAll(OtlpConfigKeys.sections());
    return out;
  }

  private static LogsConfig read(YamlObject o) {
    YamlNode node = o.node();
    return new LogsConfig(
        o.get(LIMITS_KEY),
        TenantOverrides.read(o, OVERRIDES),
        node.asTree() instanceof Map<?, ?> m ? m : null);
  }

  private static Limits limits(YamlObject o) {
    return new Limits(
        bytes(o, MAX_LINE_SIZE),
        count(o, MAX_LABEL_NAMES),
        count(o, MAX_NAME_LENGTH),
        count(o, MAX_VALUE_LENGTH),
        bytes(o, MAX_METADATA_SIZE),
        count(o, MAX_METADATA_COUNT),
        count(o, MAX_STREAMS),
        o.find(REJECT_OLD),
        o.find(MAX_AGE_KEY),
        o.find(GRACE),
        o.find(RETENTION),
        o.find(RETENTION_STREAM),
        megabytes(o, RATE),
        megabytes(o, BURST),
        bytes(o, STREAM_RATE),
        bytes(o, STREAM_BURST),
        o.find(OTLP));
  }

  private static @Nullable Long bytes(YamlObject o, Key<ByteSize> key) {
    ByteSize s = o.find(key);
    return s == null ? null : checked(o, key, s.bytes());
  }

  private static @Nullable Double megabytes(YamlObject o, Key<Double> key) {
    Double n = o.find(key);
    if (n != null && !(n >= 0 && n < MAX_MEGABYTES)) {
      throw o.error(key, key.name() + " is " + n + "; it must be in 0 to " + (long) MAX_MEGABYTES);
    }
    return n;
  }

  private static List<Matcher> selector(String text) {
    if (!text.startsWith("{")) {
      throw new IllegalArgumentException(
          "streams are selected by labels in braces, such as {namespace=\"dev\"}");
    }
    return StorageConfig.selector(text);
  }

  private static @Nullable Long count(YamlObject o, Key<Long> key) {
    Long n = o.find(key);
    return n == null ? null : checked(o, key, n);
  }

  private static long checked(YamlObject o, Key<?> key, long n) {
    if (n < 0) {
      throw o.error(key, key.name() + " is " + n + "; it must not be negative");
    }
    return n;
  }

  /**
   * Returns the limits of a tenant.
   *
   * @param flags defaults of unset limits
   * @param keep default retention, zero for no limit
   */
  public LogLimits limits(String tenant, LogLimits flags, Duration keep) {
    return of(tenant).over(flags, keep);
  }

  /**
   * Returns the retention of a tenant's streams selected by no rule; zero for no limit.
   *
   * @param keep default
   */
  public Duration retention(String tenant, Duration keep) {
    Duration written = of(tenant).retention;
    return written == null ? keep : written;
  }

  /** Rates of a tenant and of its streams. */
  public LogRates.Rates rates(String tenant) {
    Limits l = of(tenant);
    double all = l.rateMegabytes == null ? 0 : l.rateMegabytes * MEGABYTE;
    double burst = l.burstMegabytes == null ? 0 : l.burstMegabytes * MEGABYTE;
    return new LogRates.Rates(
        rate(all, burst),
        rate(l.streamRate == null ? 0 : l.streamRate, l.streamBurst == null ? 0 : l.streamBurst));
  }

  private static LogRates.@Nullable Rate rate(double bytes, double burst) {
    return bytes == 0 ? null : new LogRates.Rate(bytes, Math.max(burst, bytes));
  }

  /** Rules for labels of OTLP logs of a tenant. */
  public OtlpMapping otlp(String tenant) {
    OtlpMapping m = of(tenant).otlp;
    return m == null ? OtlpMapping.DEFAULT : m;
  }

  private Limits of(String tenant) {
    Limits own = overrides.get(tenant);
    return own == null ? limits : own.over(limits);
  }
}
