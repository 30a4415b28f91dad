package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.CursorProgress;
import dev.tethys.collect.logs.file.Positions;
import dev.tethys.collect.logs.journal.Cursor;
import dev.tethys.collect.logs.journal.JournalFile;
import dev.tethys.collect.logs.journal.JournalReader;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the journal from its files, as the log agent does. */
final class JournaldReceiver implements Receiver {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final int SCAN_EVERY = 20;
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);
  private static final String NAME = "journald"; // of the cursor

  private final JournaldSettings settings;
  private final LogOutput output;
  private final Context context;
  private final PositionStore positions;
  private @Nullable Thread thread;
  private volatile boolean stopped;

  JournaldReceiver(JournaldSettings settings, LogOutput output, Context context) {
    this.settings = settings;
    this.output = output;
    this.context = context;
    this.positions = new PositionStore(settings.common().storage(), context);
  }

  @Override
  public boolean isExclusive() {
    return true; // its successor continues where it ended
  }

  @Override
  public void start() throws IOException {
    Positions p = positions.open();
    Cursor after = Cursor.parse(p.cursor(NAME));
    long oldest =
        after == null && settings.fromEnd() ? context.clock().millis() * 1000 : Long.MIN_VALUE;
    JournalReader reader = new JournalReader(settings.places(), after, () -> oldest);
    CursorProgress<Cursor> progress = new CursorProgress<>(c -> p.putCursor(NAME, c.toString()));
    output.start();
    List<Path> others = settings.noNamespaceNamed() ? settings.places().passedOver() : List.of();
    if (!others.isEmpty()) {
      context
          .logger()
          .log(
              Level.WARNING,
              "{0} reads only the default namespace of the journal, not {1}: set namespace: "
                  + "\"*\" for all, or namespace: \"\" to confirm this",
              context.name(),
              others);
    }
    String boot = boot();
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("journald " + context.id())
            .start(() -> run(reader, progress, boot, oldest));
  }

  private static @Nullable String boot() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip().replace("-", "");
    } catch (IOException e) {
      return null;
    }
  }

  private void run(
      JournalReader reader, CursorProgress<Cursor> progress, @Nullable String boot, long oldest) {
    try (reader) {
      SupervisedLoop.of("journald", () -> follow(reader, progress, boot, oldest)).run();
    }
  }

  private void follow(
      JournalReader reader, CursorProgress<Cursor> progress, @Nullable String boot, long oldest) {
    try {
      for (int i = 0; !stopped; i++) {
        if (i % SCAN_EVERY == 0) {
          reader.scan();
        }
        for (JournalFile.Entry e = reader.next(); e != null && !stopped; e = reader.next()) {
          if (e.cursor().realtime() < oldest || !settings.includes(e, boot)) {
            progress.skipped(e.cursor());
          } else {
            Attributes resource = new Attributes();
            LogRecord r = settings.form().record(e, resource);
            r.setObservedTimeUnixNano(context.clock().millis() * 1_000_000);
            output.take(r, resource, progress.next(e.cursor()));
          }
        }
        Thread.sleep(POLL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    Thread t = thread;
    if (t == null) {
      return;
    }
    stopped = true;
    try {
      // Do not wait for a reader blocked by a slow destination.
      if (!t.join(STOP_PATIENCE)) {
        t.interrupt();
        if (!t.join(STOP_PATIENCE)) {
          context
              .logger()
              .log(Level.WARNING, "Reader thread {0} did not stop in time", t.getName());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    output.stop(timeLimit);
    positions.close();
  }
}
