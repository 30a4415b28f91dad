package dev.tethys.pipeline.postgresql;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.DestinationProbe;
import dev.tethys.pipeline.destination.tables.MetricTables;
import java.io.IOException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Tries a PostgreSQL as its exporter would use it. */
final class PostgresProbe implements DestinationProbe {
  private static final List<Signal> SIGNALS = List.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  private static final Labels LABELS = Labels.of("__name__", "tethys_destination_check");

  private final PostgresPool pool;
  private final PostgresSettings settings;

  PostgresProbe(PostgresPool pool, PostgresSettings settings) {
    this.pool = pool;
    this.settings = settings;
  }

  private <T> T in(PostgresPool.Work<T> work) throws IOException, InterruptedException {
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
          PostgresTables of = settings.tables();
          if (!PostgresWriter.exists(
              c, "SELECT 1 FROM pg_namespace WHERE nspname = ", of.schema())) {
            out.add(of.createSchema());
          }
          for (Signal signal : SIGNALS) {
            PostgresTables t = of.named(settings.names(signal).of(LABELS::get));
            for (PostgresTables.Made m : PostgresWriter.made(t, signal)) {
              if (!PostgresWriter.exists(c, "SELECT 1 WHERE to_regclass(", m.table())) {
                out.addAll(m.statements());
              }
            }
          }
          return out;
        });
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    MetricTables t =
        new MetricTables(
            new WriteRequestWriter()
                .beginSeries(LABELS)
                .sample(seconds * 1000, value)
                .endSeries()
                .toByteArray());
    PostgresTables tables = settings.tables().named(settings.names(Signal.METRICS).of(LABELS::get));
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
                throw new IOException("the sample did not come back as it was written");
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
