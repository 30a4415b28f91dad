package dev.tethys.pipeline.postgresql;

import dev.tethys.codec.series.SeriesText;
import dev.tethys.model.Histogram;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tables.MetricTables;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import org.postgresql.PGConnection;

/**
 * Writes rows with COPY into a temporary table of the connection, and from there with {@code ON
 * CONFLICT}, in one transaction. Existing rows are thus no error, and COPY's speed is kept.
 */
final class PostgresWriter {
  private static final String STAGED = "tethys_staged_";

  private final PostgresTables tables;

  PostgresWriter(PostgresTables tables) {
    this.tables = tables;
  }

  /** Returns the tables of a signal. */
  static List<PostgresTables.TableStatements> made(PostgresTables t, Signal signal) {
    return switch (signal) {
      case METRICS -> t.metricTables();
      case LOGS -> t.logTables();
      case TRACES -> t.traceTables();
      default -> List.of();
    };
  }

  /** Creates the tables of a signal. */
  void create(Connection c, Signal signal) throws SQLException {
    try (Statement s = c.createStatement()) {
      // Serializes several writers that start at the same time and would create the same objects.
      s.execute("SELECT pg_advisory_xact_lock(7236828428012001)");
      s.execute("SET LOCAL client_min_messages = warning");
      if (!exists(c, "SELECT 1 FROM pg_namespace WHERE nspname = ", tables.schema())) {
        s.execute(tables.createSchema());
      }
      for (PostgresTables.TableStatements m : made(tables, signal)) {
        if (!exists(c, "SELECT 1 WHERE to_regclass(", m.table())) {
          for (String sql : m.statements()) {
            s.execute(sql);
          }
        }
      }
    }
  }

  /** Whether a query with one text parameter returns a row. */
  static boolean exists(Connection c, String query, String text) throws SQLException {
    boolean regclass = query.endsWith("(");
    try (var s = c.prepareStatement(query + (regclass ? "?) IS NOT NULL" : "?"))) {
      s.setString(1, text);
      try (var r = s.executeQuery()) {
        return r.next();
      }
    }
  }

  /** Inserts rows into a table by column; existing rows are kept or replaced. */
  private static void insert(
      Connection c, String kind, String table, String columns, String conflict, CopyRows rows)
      throws SQLException, IOException {
    if (rows.rows() == 0) {
      return;
    }
    String staged = STAGED + kind;
    try (Statement s = c.createStatement()) {
      s.execute("SET LOCAL client_min_messages = warning");
      s.execute(
          "CREATE TEMPORARY TABLE IF NOT EXISTS "
              + staged
              + " ON COMMIT DELETE ROWS AS SELECT "
              + columns
              + " FROM "
              + table
              + " WITH NO DATA");
      byte[] body = rows.take();
      c.unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn(
              "COPY pg_temp." + staged + " (" + columns + ") FROM STDIN (FORMAT binary)",
              new ByteArrayInputStream(body),
              1 << 16);
      s.execute(
          "INSERT INTO "
              + table
              + " ("
              + columns
              + ") SELECT "
              + columns
              + " FROM pg_temp."
              + staged
              + " ON CONFLICT "
              + conflict);
    }
  }

  /** Writes series that the database may not have. */
  void series(Connection c, List<MetricTables.Series> all) throws SQLException, IOException {
    CopyRows rows = new CopyRows(3);
    for (MetricTables.Series s : all) {
      rows.row().uuid(s.key()).text(s.metric()).jsonb(s.text());
    }
    insert(
        c,
        "series",
        tables.metrics("series"),
        "series, metric, labels",
        "(series) DO NOTHING",
        rows);
  }

  private static boolean isInRange(long millis) {
    return millis >= CopyRows.MIN_MILLIS && millis <= CopyRows.MAX_MILLIS;
  }

  private static CopyRows start(CopyRows rows, long start) {
    return start == 0 || !isInRange(start) ? rows.nothing() : rows.time(start);
  }

  /** Writes all but series. */
  void metrics(Connection c, MetricTables t) throws SQLException, IOException {
    CopyRows samples = new CopyRows(4);
    for (MetricTables.Sample s : t.samples()) {
      if (isInRange(s.time())) {
        start(samples.row().uuid(s.series().key()).time(s.time()), s.start()).float8(s.value());
      }
    }
    String table = tables.metrics("samples");
    insert(
        c,
        "samples",
        table,
        "series, ts, start, value",
        "(series, ts) DO UPDATE SET start = EXCLUDED.start, value = EXCLUDED.value",
        samples);
    histograms(c, t);
    CopyRows exemplars = new CopyRows(5);
    for (MetricTables.SeriesExemplar x : t.exemplars()) {
      if (isInRange(x.exemplar().timestamp())) {
        String labels = SeriesText.of(x.exemplar().labels());
        exemplars
            .row()
            .uuid(x.series().key())
            .time(x.exemplar().timestamp())
            .uuid(SeriesText.key(labels))
            .float8(x.exemplar().value())
            .jsonb(labels);
      }
    }
    insert(
        c,
        "exemplars",
        tables.metrics("exemplars"),
        "series, ts, labels_key, value, labels",
        "DO NOTHING",
        exemplars);
    CopyRows families = new CopyRows(4);
    for (MetricTables.Family f : t.families()) {
      families
          .row()
          .text(f.name())
          .text(f.metadata().type().name().toLowerCase(Locale.ROOT))
          .text(f.metadata().unit())
          .text(f.metadata().help());
    }
    insert(
        c,
        "metadata",
        tables.metrics("metadata"),
        "family, type, unit, help",
        "(family) DO UPDATE SET type = EXCLUDED.type, unit = EXCLUDED.unit, help = EXCLUDED.help",
        families);
  }

  private void histograms(Connection c, MetricTables t) throws SQLException, IOException {
    CopyRows rows = new CopyRows(15);
    for (MetricTables.HistogramSample s : t.histograms()) {
      if (!isInRange(s.time())) {
        continue;
      }
      Histogram h = s.histogram();
      start(rows.row().uuid(s.series().key()).time(s.time()), s.start())
          .bool(h.integer())
          .int2(h.resetHint().ordinal())
          .int4(h.schema())
          .float8(h.zeroThreshold())
          .float8(h.zeroCount())
          .float8(h.count())
          .float8(h.sum())
          .int4s(h.positiveSpans())
          .float8s(h.positive())
          .int4s(h.negativeSpans())
          .float8s(h.negative());
      double[] custom = h.customBounds();
      if (custom == null) {
        rows.nothing();
      } else {
        rows.float8s(custom);
      }
    }
    String columns =
        "series, ts, start, is_integer, reset_hint, schema, zero_threshold, zero_count, count, sum,"
            + " positive_spans, positive, negative_spans, negative, custom_bounds";
    insert(c, "histograms", tables.metrics("histograms"), columns, "DO NOTHING", rows);
  }

  /** Returns the number of samples whose times a timestamptz cannot represent. */
  static int beyondTime(MetricTables t) {
    return (int)
        (t.samples().stream().filter(s -> !isInRange(s.time())).count()
            + t.histograms().stream().filter(s -> !isInRange(s.time())).count());
  }

  void logs(Connection c, CopyRows rows) throws SQLException, IOException {
    insert(
        c,
        "logs",
        tables.table(tables.logs()),
        "ts, id, time_unix_nano, observed_time_unix_nano, trace_id, span_id, flags,"
            + " severity_number, severity_text, event_name, body, service, resource, scope_name,"
            + " scope_version, scope, attributes",
        "DO NOTHING",
        rows);
  }

  void spans(Connection c, CopyRows rows) throws SQLException, IOException {
    insert(
        c,
        "spans",
        tables.table(tables.traces()),
        "ts, id, start_unix_nano, end_unix_nano, trace_id, span_id, parent_span_id, trace_state,"
            + " flags, name, kind, status_code, status_message, service, resource, scope_name,"
            + " scope_version, scope, attributes, events, links",
        "DO NOTHING",
        rows);
  }
}
