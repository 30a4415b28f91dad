package dev.tethys.pipeline.postgresql;

import java.util.ArrayList;
import java.util.List;

/**
 * Telemetry tables. {@code PREFIX_series} has the labels of each series by the key of {@link
 * dev.tethys.codec.series.SeriesText}; rows of the others refer to it. Every table has a key
 * derived from the row's content, so a row that is written twice is stored once.
 *
 * @param schema schema that contains all tables
 * @param prefix name prefix of the metric tables
 * @param logs the table of logs
 * @param traces the table of spans
 * @param timescale whether tables with times become hypertables
 */
record PostgresTables(String schema, String prefix, String logs, String traces, boolean timescale) {
  private static final String START = "start timestamptz";
  private static final String RECORD =
      ", service text NOT NULL, resource jsonb NOT NULL, scope_name text NOT NULL, scope_version"
          + " text NOT NULL, scope jsonb NOT NULL, attributes jsonb NOT NULL";

  /** Variant with another name for the tables of one signal. */
  PostgresTables named(String name) {
    return new PostgresTables(schema, name, name, name, timescale);
  }

  /**
   * Table with the statements that create it.
   *
   * @param hypertable the last of the statements if it creates a hypertable; otherwise ""
   */
  record TableStatements(String table, List<String> statements, String hypertable) {}

  String table(String name) {
    return PostgresText.name(schema) + '.' + PostgresText.name(name);
  }

  String metrics(String kind) {
    return table(prefix + '_' + kind);
  }

  private TableStatements made(String name, String columns, String time, String... more) {
    List<String> all = new ArrayList<>();
    all.add("CREATE TABLE IF NOT EXISTS " + table(name) + " (" + columns + ")");
    all.addAll(List.of(more));
    String hypertable = "";
    if (timescale && !time.isEmpty()) {
      hypertable =
          "SELECT create_hypertable('"
              + table(name).replace("'", "''")
              + "', '"
              + time
              + "', chunk_time_interval => INTERVAL '1 day', if_not_exists => TRUE,"
              + " migrate_data => TRUE)";
      all.add(hypertable);
    }
    return new TableStatements(table(name), all, hypertable);
  }

  private String index(String name, String on) {
    return "CREATE INDEX IF NOT EXISTS "
        + PostgresText.name(prefix + '_' + name)
        + " ON "
        + metrics("series")
        + " "
        + on;
  }

  /** Returns the statement that creates the schema. */
  String createSchema() {
    return "CREATE SCHEMA IF NOT EXISTS " + PostgresText.name(schema);
  }

  List<TableStatements> metricTables() {
    return List.of(
        made(
            prefix + "_series",
            "series uuid PRIMARY KEY, metric text NOT NULL, labels jsonb NOT NULL",
            "",
            index("series_metric", "USING hash (metric)"),
            index("series_labels", "USING gin (labels jsonb_path_ops)")),
        made(
            prefix + "_samples",
            "series uuid NOT NULL, ts timestamptz NOT NULL, "
                + START
                + ", value double precision NOT NULL, PRIMARY KEY (series, ts)",
            "ts"),
        made(
            prefix + "_histograms",
            "series uuid NOT NULL, ts timestamptz NOT NULL, "
                + START
                + ", is_integer boolean NOT NULL, reset_hint smallint NOT NULL, schema integer NOT"
                + " NULL, zero_threshold double precision NOT NULL, zero_count double precision NOT"
                + " NULL, count double precision NOT NULL, sum double precision NOT NULL,"
                + " positive_spans integer[] NOT NULL, positive double precision[] NOT NULL,"
                + " negative_spans integer[] NOT NULL, negative double precision[] NOT NULL,"
                + " custom_bounds double precision[], PRIMARY KEY (series, ts)",
            "ts"),
        made(
            prefix + "_exemplars",
            "series uuid NOT NULL, ts timestamptz NOT NULL, labels_key uuid NOT NULL, value double"
                + " precision NOT NULL, labels jsonb NOT NULL, PRIMARY KEY (series, ts,"
                + " labels_key)",
            "ts"),
        made(
            prefix + "_metadata",
            "family text PRIMARY KEY, type text NOT NULL, unit text NOT NULL, help text NOT NULL",
            ""));
  }

  List<TableStatements> logTables() {
    return List.of(
        made(
            logs,
            "ts timestamptz NOT NULL, id uuid NOT NULL, time_unix_nano bigint NOT NULL,"
                + " observed_time_unix_nano bigint NOT NULL, trace_id text NOT NULL, span_id text"
                + " NOT NULL, flags bigint NOT NULL, severity_number smallint NOT NULL,"
                + " severity_text text NOT NULL, event_name text NOT NULL, body text NOT NULL"
                + RECORD
                + ", PRIMARY KEY (ts, id)",
            "ts"));
  }

  List<TableStatements> traceTables() {
    return List.of(
        made(
            traces,
            "ts timestamptz NOT NULL, id uuid NOT NULL, start_unix_nano bigint NOT NULL,"
                + " end_unix_nano bigint NOT NULL, trace_id text NOT NULL, span_id text NOT NULL,"
                + " parent_span_id text NOT NULL, trace_state text NOT NULL, flags bigint NOT NULL,"
                + " name text NOT NULL, kind smallint NOT NULL, status_code smallint NOT NULL,"
                + " status_message text NOT NULL"
                + RECORD
                + ", events jsonb NOT NULL, links jsonb NOT NULL, PRIMARY KEY (ts, id)",
            "ts"));
  }
}
