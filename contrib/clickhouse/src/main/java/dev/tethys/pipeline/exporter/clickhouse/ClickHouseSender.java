package dev.tethys.pipeline.exporter.clickhouse;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.clickhouse.ClickHouseTables;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.series.SeriesText;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.tables.KnownSeries;
import dev.tethys.pipeline.exporter.tables.MetricTables;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.pipeline.naming.NamedEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Inserts requests. Series are inserted before the rows that refer to them. Each insert has a token
 * derived from its content, so ClickHouse drops a duplicate; metric tables also replace equal rows.
 * A retried request therefore changes nothing.
 */
final class ClickHouseSender implements Sender {
  private static final String OUTSIDE = "time_out_of_range";
  private static final Duration PAUSE = Duration.ofSeconds(30);

  /** ClickHouse error codes of statements that can never succeed with these rows. */
  private static final Set<Integer> ROWS_ARE_WRONG =
      Set.of(6, 16, 20, 26, 27, 33, 36, 41, 53, 62, 70, 72, 117, 131, 321, 349, 407, 469);

  /** Overload: too many parts, too much memory, too many queries. */
  private static final Set<Integer> OVERLOAD = Set.of(202, 241, 252, 745);

  /** Missing table, database or column. */
  private static final Set<Integer> MISSING = Set.of(60, 81);

  /** User, password or rights. */
  private static final Set<Integer> NOT_ALLOWED = Set.of(192, 193, 194, 497, 516);

  private final ClickHouseClient client;
  private final ClickHouseSettings settings;
  private final TimeRange times;
  private final KnownSeries known = new KnownSeries();

  @GuardedBy("itself")
  private final Set<String> made = new HashSet<>(); // created tables

  ClickHouseSender(ClickHouseClient client, ClickHouseSettings settings) {
    this.client = client;
    this.settings = settings;
    this.times = TimeRange.ofSamples(settings.tables());
  }

  /** Statements that create the tables of a signal. */
  static List<String> schema(ClickHouseTables t, Signal signal) {
    return switch (signal) {
      case METRICS -> t.createMetrics();
      case LOGS -> t.createLogs();
      case TRACES -> t.createTraces();
      default -> List.of();
    };
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    try {
      String name = NamedEncoder.name(p, settings.names(p.signal()));
      ClickHouseTables tables = settings.tables().named(name);
      prepare(p.signal(), name, tables);
      byte[] body = TableRequestEncoder.body(p);
      int outside =
          switch (p.signal()) {
            case METRICS -> metrics(body, name, tables);
            case LOGS -> logs(new OtlpReader().logs(body, 0, body.length), tables);
            case TRACES -> spans(new OtlpReader().traces(body, 0, body.length), tables);
            default -> throw new IllegalArgumentException(p.signal().toString());
          };
      if (outside == 0) {
        return SendResult.DELIVERED;
      }
      return outside < p.items()
          ? new SendResult.Partial(outside, OUTSIDE)
          : new SendResult.Permanent(OUTSIDE);
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    } catch (ClickHouseClient.Refused e) {
      return sendResult(e);
    }
  }

  private void prepare(Signal signal, String name, ClickHouseTables tables)
      throws IOException, InterruptedException {
    String what = signal + " " + name;
    if (!settings.createSchema()) {
      return;
    }
    synchronized (made) {
      if (made.contains(what)) {
        return;
      }
    }
    client.run(tables.database());
    for (String sql : schema(tables, signal)) {
      client.run(sql);
    }
    synchronized (made) {
      made.add(what);
    }
  }

  /** Inserts the rows within the time range; returns the number of items outside it. */
  private int logs(LogsData logs, ClickHouseTables tables)
      throws IOException, InterruptedException {
    int outside = TimeRange.ofRecords(tables).prune(logs);
    insert(tables.logs(), tables.logColumns(), RecordInserts.logs(logs, tables.json()));
    return outside;
  }

  private int spans(TracesData traces, ClickHouseTables tables)
      throws IOException, InterruptedException {
    int outside = TimeRange.ofRecords(tables).prune(traces);
    insert(tables.traces(), tables.spanColumns(), RecordInserts.spans(traces, tables.json()));
    return outside;
  }

  private int metrics(byte[] body, String name, ClickHouseTables tables)
      throws IOException, InterruptedException {
    MetricTables t = new MetricTables(body, times::contains);
    List<MetricTables.Series> fresh = known.unknown(name, t.series());
    insert(tables.metrics("series"), ClickHouseTables.SERIES_COLUMNS, MetricInserts.series(fresh));
    insert(
        tables.metrics("metadata"), ClickHouseTables.METADATA_COLUMNS, MetricInserts.families(t));
    insert(
        tables.metrics("exemplars"), ClickHouseTables.EXEMPLAR_COLUMNS, MetricInserts.exemplars(t));
    insert(
        tables.metrics("histograms"),
        ClickHouseTables.HISTOGRAM_COLUMNS,
        MetricInserts.histograms(t));
    insert(tables.metrics("samples"), ClickHouseTables.SAMPLE_COLUMNS, MetricInserts.samples(t));
    known.addAll(name, fresh);
    return t.outside();
  }

  private void insert(String table, String columns, byte[] rows)
      throws IOException, InterruptedException {
    if (rows.length > 0) {
      client.insert(table, columns, rows, token(table, rows));
    }
  }

  /** Returns a deduplication token, equal for equal rows; only the exporter's own tables use it. */
  private static String token(String table, byte[] rows) {
    try {
      MessageDigest md = MessageDigest.getInstance("MD5");
      md.update(ByteBuffer.wrap(rows));
      return SeriesText.key(table) + "-" + HexFormat.of().formatHex(md.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports MD5", e);
    }
  }

  private SendResult sendResult(ClickHouseClient.Refused e) {
    String why = String.valueOf(e.getMessage());
    if (MISSING.contains(e.code)) {
      synchronized (made) {
        made.clear();
      }
      known.forget();
      return new SendResult.Retryable(settings.createSchema() ? Duration.ZERO : PAUSE, false, why);
    }
    if (NOT_ALLOWED.contains(e.code)) {
      return new SendResult.Retryable(PAUSE, false, why);
    }
    if (OVERLOAD.contains(e.code)) {
      return new SendResult.Retryable(e.reply.retryAfter(), true, why);
    }
    if (ROWS_ARE_WRONG.contains(e.code)) {
      return new SendResult.Permanent(why);
    }
    return e.code != 0
        ? new SendResult.Retryable(e.reply.retryAfter(), false, why)
        : HttpEndpoint.judge(e.reply);
  }
}
