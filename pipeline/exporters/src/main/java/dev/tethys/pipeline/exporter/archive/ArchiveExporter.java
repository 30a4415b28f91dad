package dev.tethys.pipeline.exporter.archive;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.Archive;
import dev.tethys.pipeline.archive.ArchiveFullException;
import dev.tethys.pipeline.archive.ArchiveWriter;
import dev.tethys.pipeline.archive.RequestSummary;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Archives each batch as one request. A batch is acknowledged once it is durable. Data of a replay
 * is in the archive already: it counts as delivered and is not written again.
 */
final class ArchiveExporter implements Exporter {
  /** Drop reason of an archive that is full and refuses. */
  static final String FULL = "archive_full";

  private static final String NO_PLACE = "no place in OTLP";
  private static final Duration AGAIN = Duration.ofSeconds(5);
  private static final Duration MAINTENANCE = Duration.ofMinutes(1);

  private final ArchiveSettings settings;
  private final ArchiveWriter archive;
  private final Signal signal;
  private final Context context;
  private final ItemAccounting account;
  private final LimitedLog failures;
  private final Registry.Counter replays;
  private volatile boolean closed;
  private Scheduler.@Nullable Timer timer; // guarded by this

  ArchiveExporter(
      ArchiveSettings settings,
      ArchiveWriter archive,
      Signal signal,
      Context context,
      ItemAccounting account) {
    this.settings = settings;
    this.archive = archive;
    this.signal = signal;
    this.context = context;
    this.account = account;
    this.failures = new LimitedLog(context.logger());
    this.replays =
        context
            .metrics()
            .counters(
                "tethys_archive_replayed_items_total",
                "Items of replays, which an archive has already and does not write again.",
                "exporter",
                "signal")
            .with(context.id().toString(), signal.name().toLowerCase(Locale.ROOT));
  }

  @Override
  public void start() throws IOException {
    archive.open(settings.bounds());
    String id = context.id().toString();
    context.metrics().register(to -> collect(id, to));
    schedule();
  }

  private void collect(String id, java.util.function.Consumer<MetricFamily> to) {
    if (!closed) {
      ArchiveMetrics.collect(archive.stats(), id, signal, to);
    }
  }

  private synchronized void schedule() {
    if (!closed) {
      timer =
          context
              .clock()
              .schedule(
                  MAINTENANCE,
                  () -> context.clock().execute("archive " + context.id(), this::maintain));
    }
  }

  private void maintain() {
    try {
      archive.maintain();
    } catch (IOException e) {
      failures.failure(Level.WARNING, "Archive not maintained", settings.directory().toString(), e);
    }
    schedule();
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    account.take(batch.items());
    int items = batch.items();
    try {
      if (batch.encoding() == Encoding.REMOTE_WRITE) {
        SeriesToOtlp.Converted c = batch.seriesAsOtlp();
        account.drop(NO_PLACE, c.leftOut());
        items -= c.leftOut();
        byte[] body = new OtlpWriter().write(c.metrics());
        archive.append(scan(body, c.points()).summary(), body);
        account.pass(items);
      } else {
        write(batch);
      }
    } catch (CodecException e) {
      account.drop(Drops.NOT_ENCODABLE, items);
      ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
      return;
    } catch (ArchiveFullException e) {
      account.drop(FULL, items);
      failures.failure(Level.WARNING, "Archive full", settings.directory().toString(), e);
      ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
      return;
    } catch (IOException e) {
      failures.failure(Level.WARNING, "Not archived", settings.directory().toString(), e);
      account.returnItems(items);
      ack.complete(new Outcome.Unavailable("archive: " + e.getMessage(), AGAIN));
      return;
    }
    ack.complete(Outcome.ACCEPTED);
  }

  private void write(Batch batch) throws IOException {
    int items = batch.items();
    byte[] kept = batch.body();
    RequestSummary.Scanned s = scan(kept, items);
    int replayed = 0;
    if (s.replayed()) {
      Telemetry<?> tree = batch.takeTree();
      tree.resources().removeIf(r -> r.resource().attributes().contains(Archive.REPLAY_ATTRIBUTE));
      replayed = items - tree.itemCount();
      kept = new OtlpWriter().write(tree);
      s = scan(kept, items - replayed);
    }
    if (items > replayed) {
      archive.append(s.summary(), kept);
    }
    replays.add(replayed);
    account.pass(items);
  }

  private RequestSummary.Scanned scan(byte[] body, int items) {
    return RequestSummary.of(
        signal, body, items, context.clock().millis(), settings.bounds().index());
  }

  @Override
  public void stop(Duration timeLimit) {
    synchronized (this) {
      closed = true;
      if (timer != null) {
        timer.cancel();
      }
    }
    try {
      archive.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
