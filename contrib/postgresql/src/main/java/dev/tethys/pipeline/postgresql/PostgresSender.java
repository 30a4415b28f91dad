package dev.tethys.pipeline.postgresql;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.tables.KnownSeries;
import dev.tethys.pipeline.exporter.tables.MetricTables;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.pipeline.naming.NamedEncoder;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes each request atomically in one transaction. A request whose content PostgreSQL rejects is
 * halved until the rejected rows are isolated.
 */
final class PostgresSender implements Sender {
  private static final Duration PAUSE = Duration.ofSeconds(30);

  private final PostgresPool pool;
  private final PostgresSettings settings;
  private final KnownSeries known = new KnownSeries();

  @GuardedBy("itself")
  private final Set<String> made = new HashSet<>(); // created tables

  PostgresSender(PostgresPool pool, PostgresSettings settings) {
    this.pool = pool;
    this.settings = settings;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    try {
      String name = NamedEncoder.name(p, settings.names(p.signal()));
      PostgresWriter writer = new PostgresWriter(settings.tables().named(name));
      prepare(p.signal(), name, writer);
      byte[] body = TableRequestEncoder.body(p);
      switch (p.signal()) {
        case METRICS -> {
          MetricTables t = new MetricTables(body);
          List<MetricTables.Series> fresh = known.unknown(name, t.series());
          pool.in(
              c -> {
                writer.series(c, fresh);
                writer.metrics(c, t);
                return true;
              });
          known.addAll(name, fresh);
          int beyond = PostgresWriter.beyondTime(t);
          if (beyond > 0) {
            return new SendResult.Partial(beyond, "times that a timestamptz cannot be");
          }
        }
        case LOGS -> {
          CopyRows rows = new RecordRows().logs(new OtlpReader().logs(body, 0, body.length));
          pool.in(
              c -> {
                writer.logs(c, rows);
                return true;
              });
        }
        case TRACES -> {
          CopyRows rows = new RecordRows().spans(new OtlpReader().traces(body, 0, body.length));
          pool.in(
              c -> {
                writer.spans(c, rows);
                return true;
              });
        }
        default -> throw new IllegalArgumentException(p.signal().toString());
      }
      return SendResult.DELIVERED;
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      return sendResult(p, e);
    }
  }

  private void prepare(Signal signal, String name, PostgresWriter writer)
      throws SQLException, IOException, InterruptedException {
    String what = signal + " " + name;
    synchronized (made) {
      if (!settings.createSchema() || made.contains(what)) {
        return;
      }
    }
    pool.in(
        c -> {
          writer.create(c, signal);
          return true;
        });
    synchronized (made) {
      made.add(what);
    }
  }

  private SendResult sendResult(EncodedRequest p, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    String why = state + " " + e.getMessage();
    String kind = state.length() < 2 ? "" : state.substring(0, 2);
    if (state.equals("42P01") || state.equals("3F000")) { // no such table, no such schema
      synchronized (made) {
        made.clear();
      }
      known.forget();
      return new SendResult.Retryable(settings.createSchema() ? Duration.ZERO : PAUSE, false, why);
    }
    if (kind.equals("28") || kind.equals("3D") || state.equals("42501")) { // not let in
      return new SendResult.Retryable(PAUSE, false, why);
    }
    if (kind.equals("22") || kind.equals("23") || kind.equals("42")) { // the rows, or the tables
      List<EncodedRequest> halves = TableRequestEncoder.halves(p);
      return halves.isEmpty() ? new SendResult.Permanent(why) : new SendResult.Split(halves, why);
    }
    return new SendResult.Retryable(Duration.ZERO, kind.equals("53"), why);
  }

  @Override
  public void close() {
    pool.close();
  }
}
