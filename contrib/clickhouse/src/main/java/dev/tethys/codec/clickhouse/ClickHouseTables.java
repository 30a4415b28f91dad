package dev.tethys.codec.clickhouse;

import java.util.List;

/**
 * Schema of ClickHouse tables for telemetry, and quoting of names and strings in its SQL.
 *
 * <p>Metrics: {@code PREFIX_series} holds the labels of each series once, by the key of {@link
 * dev.tethys.codec.series.SeriesText}; {@code _samples} and {@code _histograms} refer to it. All of
 * them replace rows of the same series and time, so that a request that is sent twice leaves one
 * row. {@code start} is the start timestamp of counters, 1970 if unknown. Logs and traces: the
 * tables of the Collector's own exporter, column by column, so that existing dashboards and queries
 * continue to work.
 */
public final class ClickHouseTables {
  /** Column list of {@code _samples} in INSERT statements. */
  public static final String SAMPLE_COLUMNS = "(metric, series, ts, start, value)";

  public static final String SERIES_COLUMNS = "(metric, series, labels)";

  public static final String HISTOGRAM_COLUMNS =
      "(metric, series, ts, start, integer, reset_hint, schema, zero_threshold, zero_count, count,"
          + " sum, positive_spans, positive, negative_spans, negative, custom_bounds)";

  public static final String EXEMPLAR_COLUMNS = "(metric, series, ts, value, labels)";

  public static final String METADATA_COLUMNS = "(family, type, unit, help)";

  public static final String LOG_COLUMNS =
      "(Timestamp, TraceId, SpanId, TraceFlags, SeverityText, SeverityNumber, ServiceName, Body,"
          + " ResourceSchemaUrl, ResourceAttributes, ScopeSchemaUrl, ScopeName, ScopeVersion,"
          + " ScopeAttributes, LogAttributes, EventName)";

  public static final String SPAN_COLUMNS =
      "(Timestamp, TraceId, SpanId, ParentSpanId, TraceState, SpanName, SpanKind, ServiceName,"
          + " ResourceAttributes, ScopeName, ScopeVersion, SpanAttributes, Duration, StatusCode,"
          + " StatusMessage, Events.Timestamp, Events.Name, Events.Attributes, Links.TraceId,"
          + " Links.SpanId, Links.TraceState, Links.Attributes)";

  private static final String MAP = "Map(LowCardinality(String), String)";
  private static final String JSON = "JSON";

  private final String database;
  private final String prefix;
  private final String logs;
  private final String traces;
  private final String clusterName;
  private final String cluster;

  /** The first time that is looked for, Unix milliseconds: 1900. */
  public static final long FIRST_TIME = -2_208_988_800_000L;

  /** The last one: the end of 2299. */
  public static final long LAST_TIME = 10_413_791_999_999L;

  private final String ttl;
  private final long ttlSeconds;
  private final boolean replicated;
  private final boolean json;

  /**
   * @param prefix name prefix of the metric tables
   * @param logs the table of logs
   * @param traces the table of spans
   * @param cluster cluster on whose nodes all statements run, {@code ""} for one node
   * @param replicated whether tables have replicas, by the server's default paths
   * @param ttlSeconds retention of rows in seconds; 0 to keep them forever
   * @param json whether attributes of logs and spans are columns of type JSON; else maps of strings
   */
  public ClickHouseTables(
      String database,
      String prefix,
      String logs,
      String traces,
      String cluster,
      boolean replicated,
      long ttlSeconds,
      boolean json) {
    this.database = database;
    this.prefix = prefix;
    this.logs = logs;
    this.traces = traces;
    this.clusterName = cluster;
    this.cluster = cluster.isEmpty() ? "" : " ON CLUSTER " + name(cluster);
    this.replicated = replicated;
    this.json = json;
    this.ttlSeconds = ttlSeconds;
    this.ttl = ttlSeconds == 0 ? "" : " + toIntervalSecond(" + ttlSeconds + ")";
  }

  /** Returns a copy with another table name; only the tables of one signal use it. */
  public ClickHouseTables named(String name) {
    return new ClickHouseTables(
        database, name, name, name, clusterName, replicated, ttlSeconds, json);
  }

  /** Quotes a name for SQL. */
  public static String name(String s) {
    return '`' + s.replace("\\", "\\\\").replace("`", "\\`") + '`';
  }

  /** Quotes a string for SQL. */
  public static String text(String s) {
    StringBuilder sb = new StringBuilder(s.length() + 8).append('\'');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '\'', '\\' -> sb.append('\\').append(c);
        case '\0' -> sb.append("\\0");
        case '\n' -> sb.append("\\n");
        case '\r' -> sb.append("\\r");
        case '\t' -> sb.append("\\t");
        default -> sb.append(c);
      }
    }
    return sb.append('\'').toString();
  }

  /** Returns the name of a metric table: {@code samples}, {@code series} and so on. */
  public String metrics(String kind) {
    return name(database) + '.' + name(prefix + '_' + kind);
  }

  public String logs() {
    return name(database) + '.' + name(logs);
  }

  public String traces() {
    return name(database) + '.' + name(traces);
  }

  /** Returns the statement that creates the database. */
  public String database() {
    return "CREATE DATABASE IF NOT EXISTS " + name(database) + cluster;
  }

  private String engine(String kind, String version) {
    return " ENGINE = " + (replicated ? "Replicated" : "") + kind + "(" + version + ")";
  }

  /** Whether attributes of logs and spans are columns of type JSON. */
  public boolean json() {
    return json;
  }

  /** Returns the column list of the log table in INSERT statements. */
  public String logColumns() {
    return json ? withKeys(LOG_COLUMNS) : LOG_COLUMNS;
  }

  /** Returns the column list of the span table in INSERT statements. */
  public String spanColumns() {
    return json ? withKeys(SPAN_COLUMNS) : SPAN_COLUMNS;
  }

  /** Adds a column of keys after each attribute column; nested ones have none. */
  private static String withKeys(String columns) {
    return columns.replaceAll("(?<= )(\\w+Attributes)", "$1, $1Keys");
  }

  /** Returns the retention of rows in seconds; 0 keeps them forever. */
  public long ttlSeconds() {
    return ttlSeconds;
  }

  private String expires(String time) {
    return ttl.isEmpty() ? "" : " TTL toDateTime(" + time + ")" + ttl;
  }

  private String metricTable(String kind, String columns, String order) {
    return "CREATE TABLE IF NOT EXISTS "
        + metrics(kind)
        + cluster
        + " (metric LowCardinality(String), series UUID, ts DateTime64(3) CODEC(DoubleDelta,"
        + " ZSTD(1)), "
        + columns
        + ")"
        + engine("ReplacingMergeTree", "")
        + " PARTITION BY toYYYYMM(ts) ORDER BY (metric, series, ts"
        + order
        + ")"
        + expires("ts")
        + " SETTINGS non_replicated_deduplication_window = 1000".repeat(replicated ? 0 : 1);
  }

  /** Statements that create the tables of metrics. */
  public List<String> createMetrics() {
    String start = "start DateTime64(3) CODEC(Delta, ZSTD(1)), ";
    return List.of(
        "CREATE TABLE IF NOT EXISTS "
            + metrics("series")
            + cluster
            + " (metric LowCardinality(String), series UUID, labels "
            + MAP
            + " CODEC(ZSTD(1)), seen DateTime DEFAULT now())"
            + engine("ReplacingMergeTree", "seen")
            + " ORDER BY (metric, series)",
        metricTable("samples", start + "value Float64 CODEC(Gorilla, ZSTD(1))", ""),
        metricTable(
            "histograms",
            start
                + "integer Bool, reset_hint UInt8, schema Int32, zero_threshold Float64, zero_count"
                + " Float64, count Float64, sum Float64, positive_spans Array(Int32), positive"
                + " Array(Float64), negative_spans Array(Int32), negative Array(Float64),"
                + " custom_bounds Array(Float64)",
            ""),
        metricTable("exemplars", "value Float64, labels " + MAP, ", value, toString(labels)"),
        "CREATE TABLE IF NOT EXISTS "
            + metrics("metadata")
            + cluster
            + " (family String, type LowCardinality(String), unit String, help String, seen"
            + " DateTime DEFAULT now())"
            + engine("ReplacingMergeTree", "seen")
            + " ORDER BY family");
  }

  /** Returns the statements that create the log table. */
  public List<String> createLogs() {
    return List.of(
        "CREATE TABLE IF NOT EXISTS "
            + logs()
            + cluster
            + " (Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),"
            + " TimestampTime DateTime DEFAULT toDateTime(Timestamp),"
            + column("TraceId", "String")
            + column("SpanId", "String")
            + " TraceFlags UInt8,"
            + column("SeverityText", "LowCardinality(String)")
            + " SeverityNumber UInt8,"
            + column("ServiceName", "LowCardinality(String)")
            + column("Body", "String")
            + column("ResourceSchemaUrl", "LowCardinality(String)")
            + attributeColumn("ResourceAttributes")
            + column("ScopeSchemaUrl", "LowCardinality(String)")
            + column("ScopeName", "String")
            + column("ScopeVersion", "LowCardinality(String)")
            + attributeColumn("ScopeAttributes")
            + attributeColumn("LogAttributes")
            + column("EventName", "String")
            + index("trace_id", "TraceId", "bloom_filter(0.001)", 1)
            + attributes("res_attr", "ResourceAttributes")
            + attributes("scope_attr", "ScopeAttributes")
            + attributes("log_attr", "LogAttributes")
            + index("body", "Body", "tokenbf_v1(32768, 3, 0)", 8).replaceFirst(",$", "")
            + ")"
            + engine("MergeTree", "")
            + " PARTITION BY toDate(TimestampTime) PRIMARY KEY (ServiceName, TimestampTime) ORDER"
            + " BY (ServiceName, TimestampTime, Timestamp)"
            + (ttl.isEmpty() ? "" : " TTL TimestampTime" + ttl)
            + settings());
  }

  /**
   * Statements that create the table of spans, the table of trace times and the view that fills it.
   */
  public List<String> createTraces() {
    String times = name(database) + '.' + name(traces + "_trace_id_ts");
    return List.of(
        "CREATE TABLE IF NOT EXISTS "
            + traces()
            + cluster
            + " (Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),"
            + column("TraceId", "String")
            + column("SpanId", "String")
            + column("ParentSpanId", "String")
            + column("TraceState", "String")
            + column("SpanName", "LowCardinality(String)")
            + column("SpanKind", "LowCardinality(String)")
            + column("ServiceName", "LowCardinality(String)")
            + attributeColumn("ResourceAttributes")
            + column("ScopeName", "String")
            + column("ScopeVersion", "String")
            + attributeColumn("SpanAttributes")
            + column("Duration", "UInt64")
            + column("StatusCode", "LowCardinality(String)")
            + column("StatusMessage", "String")
            + " Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes "
            + (json ? JSON : MAP)
            + ") CODEC(ZSTD(1)), Links Nested (TraceId String, SpanId String, TraceState String,"
            + " Attributes "
            + (json ? JSON : MAP)
            + ") CODEC(ZSTD(1)),"
            + index("trace_id", "TraceId", "bloom_filter(0.001)", 1)
            + attributes("res_attr", "ResourceAttributes")
            + attributes("span_attr", "SpanAttributes")
            + index("duration", "Duration", "minmax", 1).replaceFirst(",$", "")
            + ")"
            + engine("MergeTree", "")
            + " PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SpanName,"
            + " toDateTime(Timestamp))"
            + expires("Timestamp")
            + settings(),
        "CREATE TABLE IF NOT EXISTS "
            + times
            + cluster
            + " (TraceId String CODEC(ZSTD(1)), Start DateTime CODEC(Delta(4), ZSTD(1)), End"
            + " DateTime CODEC(Delta(4), ZSTD(1)), INDEX idx_trace_id TraceId TYPE"
            + " bloom_filter(0.01) GRANULARITY 1)"
            + engine("MergeTree", "")
            + " PARTITION BY toDate(Start) ORDER BY (TraceId, Start)"
            + expires("Start")
            + settings(),
        "CREATE MATERIALIZED VIEW IF NOT EXISTS "
            + name(database)
            + '.'
            + name(traces + "_trace_id_ts_mv")
            + cluster
            + " TO "
            + times
            + " AS SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End FROM "
            + traces()
            + " WHERE TraceId != '' GROUP BY TraceId");
  }

  private String settings() {
    return " SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1"
        + (replicated ? "" : ", non_replicated_deduplication_window = 1000");
  }

  private static String column(String name, String type) {
    return " " + name + " " + type + " CODEC(ZSTD(1)),";
  }

  private static String index(String name, String of, String type, int granularity) {
    return " INDEX idx_" + name + " " + of + " TYPE " + type + " GRANULARITY " + granularity + ",";
  }

  private String attributeColumn(String name) {
    return json
        ? column(name, JSON) + column(name + "Keys", "Array(LowCardinality(String))")
        : column(name, MAP);
  }

  private String attributes(String name, String column) {
    if (json) {
      return index(name + "_keys", column + "Keys", "bloom_filter(0.01)", 1);
    }
    return index(name + "_key", "mapKeys(" + column + ")", "bloom_filter(0.01)", 1)
        + index(name + "_value", "mapValues(" + column + ")", "bloom_filter(0.01)", 1);
  }
}
