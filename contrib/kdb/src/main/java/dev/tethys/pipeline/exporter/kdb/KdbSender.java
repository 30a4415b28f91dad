package dev.tethys.pipeline.exporter.kdb;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.kdb.QTimes;
import dev.tethys.codec.kdb.QValue;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.tables.KnownSeries;
import dev.tethys.pipeline.exporter.tables.MetricTables;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.pipeline.naming.NamedEncoder;
import dev.tethys.web.kdb.KdbClient;
import dev.tethys.web.kdb.KdbException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Writes requests with synchronous calls: series first, then the rows that refer to them. Keyed
 * tables store a retried request once; a tickerplant stores it twice, and readers must deduplicate.
 */
final class KdbSender implements Sender {
  private static final Duration PAUSE = Duration.ofSeconds(30);

  /** Errors that say that the rows do not fit: kdb+ has one word for each. */
  private static final Set<String> ROWS_ARE_WRONG =
      Set.of("type", "length", "mismatch", "rank", "domain", "cast");

  private static final Set<String> OVERLOAD = Set.of("wsfull", "limit", "stop");

  private final KdbClient client;
  private final KdbSettings settings;
  private final LongSupplier millis;
  private final KnownSeries known = new KnownSeries();
  private final Set<String> made = ConcurrentHashMap.newKeySet(); // prefixes

  KdbSender(KdbClient client, KdbSettings settings, LongSupplier millis) {
    this.client = client;
    this.settings = settings;
    this.millis = millis;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    try {
      String prefix = NamedEncoder.name(p, settings.prefix());
      prepare(prefix);
      MetricTables t = new MetricTables(TableRequestEncoder.body(p));
      write(prefix, t);
      int beyond =
          (int)
              (t.samples().stream().filter(s -> !QTimes.isInRange(s.time())).count()
                  + t.histograms().stream().filter(s -> !QTimes.isInRange(s.time())).count());
      return beyond == 0
          ? SendResult.DELIVERED
          : new SendResult.Partial(beyond, "times that a timestamp of kdb+ cannot be");
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    } catch (KdbException e) {
      return sendResult(NamedEncoder.name(p, settings.prefix()), e);
    }
  }

  /** Writes all tables of a request. */
  void write(String prefix, MetricTables t) throws IOException, InterruptedException {
    List<MetricTables.Series> fresh = known.unknown(prefix, t.series());
    List<KdbTable> all = new ArrayList<>();
    all.add(KdbTable.series(prefix, fresh, settings.symbolLabels(), millis.getAsLong()));
    all.add(KdbTable.metadata(prefix, t, millis.getAsLong()));
    all.add(KdbTable.exemplars(prefix, t));
    all.add(KdbTable.histograms(prefix, t));
    all.add(KdbTable.samples(prefix, t));
    for (KdbTable table : all) {
      if (table.rows() > 0) {
        client.ask(
            settings.tickerplant()
                ? QValue.list(
                    QValue.text(settings.function()), QValue.symbol(table.name()), table.list())
                : QValue.list(QValue.text("upsert"), QValue.symbol(table.name()), table.keyed()),
            settings.delivery().timeout());
      }
    }
    known.addAll(prefix, fresh);
  }

  /** Creates missing tables of a process; a tickerplant has its own schema file. */
  void prepare(String prefix) throws IOException, InterruptedException {
    if (made.contains(prefix) || settings.tickerplant() || !settings.createTables()) {
      return;
    }
    for (KdbTable t : KdbTable.empty(prefix, settings.symbolLabels())) {
      client.ask(
          QValue.list(
              QValue.text("{if[not x in tables[];x set y]}"), QValue.symbol(t.name()), t.keyed()),
          settings.delivery().timeout());
    }
    made.add(prefix);
  }

  private SendResult sendResult(String prefix, KdbException e) {
    String why = String.valueOf(e.getMessage());
    if (e.to() == KdbException.To.LOGIN) {
      return new SendResult.Retryable(PAUSE, false, why);
    }
    String word = why.substring(why.lastIndexOf('\'') + 1);
    if (ROWS_ARE_WRONG.contains(word)) {
      return new SendResult.Permanent(why);
    }
    if (KdbTable.empty(prefix, List.of()).stream().anyMatch(t -> t.name().equals(word))) {
      made.clear(); // a table is missing, in a tickerplant until a user makes it
      known.forget();
      return new SendResult.Retryable(settings.tickerplant() ? PAUSE : Duration.ZERO, false, why);
    }
    return new SendResult.Retryable(Duration.ZERO, OVERLOAD.contains(word), why);
  }

  @Override
  public void close() {
    client.close();
  }
}
