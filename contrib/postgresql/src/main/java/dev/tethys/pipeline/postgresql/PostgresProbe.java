package dev.tethys.pipeline.postgresql;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.tables.MetricTables;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.pipeline.naming.NamedEncoder;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Tries a PostgreSQL as its exporter would use it. */
final class PostgresProbe implements ExporterProbe {
  private static final Labels LABELS = Labels.of("__name__", ItemProbe.NAME);

  private final PostgresPool pool;
  private final PostgresSettings settings;
  private final Signal signal;

  PostgresProbe(PostgresPool pool, PostgresSettings settings, Signal signal) {
    this.pool = pool;
    this.settings = settings;
    this.signal = signal;
  }

  private <T> T in(PostgresPool.TransactionBody<T> work) throws IOException, InterruptedException {
    try {
      return pool.in(work);
    } catch (SQLException e) {
      throw new IOException(e.getSQLState() + " " + e.getMessage(), e);
    }
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    return in(
        c -> {
          try (Statement s = c.createStatement();
              ResultSet r =
                  s.executeQuery(
                      "SELECT current_setting('server_version'), current_user, (SELECT extversion"
                          + " FROM pg_extension WHERE extname = 'timescaledb')")) {
            r.next();
            String timescale = r.getString(3);
            return "PostgreSQL "
                + r.getString(1)
                + (timescale == null ? "" : " with TimescaleDB " + timescale)
                + ", as user "
                + r.getString(2);
          }
        });
  }

  @Override
  public List<String> plan() throws IOException, InterruptedException {
    if (!settings.createSchema()) {
      return List.of();
    }
    return in(
        c -> {
          List<String> out = new ArrayList<>();
          PostgresTables t = tables();
          if (!PostgresWriter.exists(
              c, "SELECT 1 FROM pg_namespace WHERE nspname = ", t.schema())) {
            out.add(t.createSchema());
          }
          if (t.timescale()
              && !PostgresWriter.exists(
                  c, "SELECT 1 FROM pg_proc WHERE proname = ", "create_hypertable")) {
            throw new IOException(
                "hypertables are enabled, but this database has no create_hypertable: run "
                    + "CREATE EXTENSION timescaledb, or disable hypertables");
          }
          for (PostgresTables.TableStatements m : PostgresWriter.made(t, signal)) {
            if (!PostgresWriter.exists(c, "SELECT 1 WHERE to_regclass(", m.table())) {
              out.addAll(m.statements());
            } else if (!m.hypertable().isEmpty() && !isHypertable(c, m.table())) {
              out.add(
                  "nothing for "
                      + m.table()
                      + ", which exists and is not a hypertable; to convert it manually: "
                      + m.hypertable());
            }
          }
          return out;
        });
  }

  private PostgresTables tables() {
    return settings.tables().named(settings.names(signal).of(LABELS::get));
  }

  /** Whether TimescaleDB lists the table as a hypertable; false without its views. */
  private static boolean isHypertable(Connection c, String table) throws SQLException {
    if (!PostgresWriter.exists(
        c, "SELECT 1 WHERE to_regclass(", "timescaledb_information.hypertables")) {
      return true;
    }
    try (PreparedStatement s =
        c.prepareStatement(
            "SELECT 1 FROM timescaledb_information.hypertables WHERE"
                + " format('%I.%I', hypertable_schema, hypertable_name)::regclass = ?::regclass")) {
      s.setString(1, table);
      try (ResultSet r = s.executeQuery()) {
        return r.next();
      }
    }
  }

  private String log(long seconds, double value) throws IOException, InterruptedException {
    EncodedRequest p =
        NamedEncoder.withName(
                settings.names(signal).of(LABELS::get),
                new TableRequestEncoder(settings.rows(), false))
            .encode(ItemProbe.batch(signal, seconds, value))
            .requests()
            .getFirst();
    SendResult v = new PostgresSender(pool, settings).send(p);
    String refusal = ItemProbe.refusal(v);
    if (!refusal.isEmpty()) {
      throw new IOException("the record was not accepted: " + refusal);
    }
    String line = ItemProbe.line(value);
    String table = tables().table(tables().logs());
    boolean found =
        in(
            c -> {
              try (PreparedStatement s =
                  c.prepareStatement(
                      "SELECT 1 FROM " + table + " WHERE ts = to_timestamp(?) AND body = ?")) {
                s.setLong(1, seconds);
                s.setString(2, line);
                try (ResultSet r = s.executeQuery()) {
                  return r.next();
                }
              }
            });
    if (!found) {
      throw new IOException("the line \"" + line + "\" was accepted but is not in " + table);
    }
    return "wrote the line \"" + line + "\" into " + table + " and read it back";
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    if (signal == Signal.LOGS) {
      return log(seconds, value);
    }
    MetricTables t =
        new MetricTables(
            new WriteRequestWriter()
                .beginSeries(LABELS)
                .sample(seconds * 1000, value)
                .endSeries()
                .toByteArray());
    PostgresTables tables = tables();
    PostgresWriter writer = new PostgresWriter(tables);
    String table = tables.metrics("samples");
    return in(
        c -> {
          if (settings.createSchema()) {
            writer.create(c, Signal.METRICS);
          }
          writer.series(c, List.copyOf(t.series()));
          writer.metrics(c, t);
          try (PreparedStatement s =
              c.prepareStatement(
                  "SELECT value FROM " + table + " WHERE series = ? AND ts = to_timestamp(?)")) {
            s.setObject(1, t.series().iterator().next().key());
            s.setLong(2, seconds);
            try (ResultSet r = s.executeQuery()) {
              if (!r.next() || r.getDouble(1) != value) {
                throw new IOException("the sample read back differs from the one written");
              }
            }
          }
          return "wrote " + LABELS.metricName() + " into " + table + " and read it back";
        });
  }

  @Override
  public void close() {
    pool.close();
  }
}
