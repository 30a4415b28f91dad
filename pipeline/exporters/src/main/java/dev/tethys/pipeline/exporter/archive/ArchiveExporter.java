package dev.tethys.pipeline.exporter.archive;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
import dev.tethys.pipeline.archive.ArchiveUpload;
import dev.tethys.pipeline.archive.ArchiveWriter;
import dev.tethys.pipeline.archive.RequestSummary;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Archives each batch as one request. A batch is acknowledged when it is durable on disk; with S3,
 * complete segments are then moved there. Replayed data is already in the archive: it counts as
 * delivered and is not written again.
 */
final class ArchiveExporter implements Exporter {
  /** Drop reason of an archive that is full and rejects requests. */
  static final String FULL = "archive_full";

  private static final String NO_PLACE = "no place in OTLP";
  private static final Duration AGAIN = Duration.ofSeconds(5);
  private static final Duration MAINTENANCE = Duration.ofMinutes(1);
  private static final Duration UPLOAD = Duration.ofSeconds(5);

  /** An archive and where its segments go, shared by exporters with the same directory. */
  static final class Shared {
    private final ArchiveWriter writer;

    @GuardedBy("this")
    private @Nullable S3Settings s3;

    @GuardedBy("this")
    private @Nullable ArchiveUpload upload;

    Shared(ArchiveWriter writer) {
      this.writer = writer;
    }

    /** Sets the bucket of exporters created from now on. */
    synchronized void use(@Nullable S3Settings settings, @Nullable ArchiveUpload made) {
      if (!Objects.equals(s3, settings)) {
        s3 = settings;
        upload = made;
      } else if (upload == null) {
        upload = made;
      }
    }

    synchronized boolean isIn(@Nullable S3Settings settings) {
      return Objects.equals(s3, settings);
    }

    synchronized @Nullable ArchiveUpload upload() {
      return upload;
    }
  }

  private final ArchiveSettings settings;
  private final Shared shared;
  private final ArchiveWriter archive;
  private final Signal signal;
  private final Context context;
  private final ItemAccounting account;
  private final LimitedLog failures;
  private final Registry.Counter replays;
  private final Registry.Counter uploads;
  private final Registry.Counter uploadFailures;
  private Duration pause = UPLOAD; // of the thread of maintenance
  private volatile boolean closed;

  @GuardedBy("this")
  private Scheduler.@Nullable Timer timer;

  ArchiveExporter(
      ArchiveSettings settings,
      Shared shared,
      Signal signal,
      Context context,
      ItemAccounting account) {
    this.settings = settings;
    this.shared = shared;
    this.archive = shared.writer;
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
    this.uploads =
        context
            .metrics()
            .counters(
                "tethys_archive_uploaded_segments_total",
                "Segments of an archive that were moved to S3.",
                "exporter",
                "signal")
            .with(context.id().toString(), signal.name().toLowerCase(Locale.ROOT));
    this.uploadFailures =
        context
            .metrics()
            .counters(
                "tethys_archive_upload_failures_total",
                "Attempts to move segments of an archive to S3 that failed.",
                "exporter",
                "signal")
            .with(context.id().toString(), signal.name().toLowerCase(Locale.ROOT));
  }

  /**
   * Returns true: a successor with another bucket waits until segments no longer go to the first
   * one.
   */
  @Override
  public boolean isExclusive() {
    return settings.s3() != null;
  }

  @Override
  public void start() throws IOException {
    if (!shared.isIn(settings.s3())) {
      throw new IOException(
          "archive exporters with the directory "
              + settings.directory()
              + " have different s3; set another directory");
    }
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
                  settings.s3() == null ? MAINTENANCE : pause,
                  () -> context.clock().execute("archive " + context.id(), this::maintain));
    }
  }

  private void maintain() {
    try {
      archive.maintain();
    } catch (IOException e) {
      failures.failure(Level.WARNING, "Archive not maintained", settings.directory().toString(), e);
    }
    upload(() -> !closed);
    schedule();
  }

  private void upload(BooleanSupplier continues) {
    ArchiveUpload u = shared.upload();
    if (u == null) {
      return;
    }
    try {
      uploads.add(u.run(archive, continues));
      pause = UPLOAD;
    } catch (IOException e) {
      uploadFailures.inc();
      failures.failure(
          Level.WARNING,
          "Archive not moved to S3, segments stay on disk",
          settings.directory().toString(),
          e);
      Duration twice = pause.multipliedBy(2);
      pause = twice.compareTo(MAINTENANCE) < 0 ? twice : MAINTENANCE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
      if (settings.s3() != null) { // S3 uploads free space later
        failures.failure(
            Level.WARNING,
            "Archive full of segments that S3 does not have",
            settings.directory().toString(),
            e);
        account.returnItems(items);
        ack.complete(new Outcome.Unavailable("archive: " + e.getMessage(), AGAIN));
        return;
      }
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
    long end = context.clock().nanos() + timeLimit.toNanos();
    try {
      archive.close(() -> upload(() -> context.clock().nanos() < end));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
