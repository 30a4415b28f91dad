package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.FileJob;
import dev.tethys.collect.logs.file.FileMetrics;
import dev.tethys.collect.logs.file.FileRules;
import dev.tethys.collect.logs.file.FileTailing;
import dev.tethys.collect.logs.file.FileTarget;
import dev.tethys.collect.logs.file.Positions;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads files by the very code that the log agent reads them by. */
final class FileLogReceiver implements Receiver {
  private static final Duration SYNC = Duration.ofSeconds(10);
  private static final String FILE = "filename"; // how tailing calls the file

  private final FileLogSettings settings;
  private final LogOutput output;
  private final PositionStore positions;
  private final FileMetrics metrics = new FileMetrics(new Registry());
  private @Nullable FileTailing tailing;
  private @Nullable FileJob job;

  // Those of the file that was read last; of the thread that reads.
  private Labels lastLabels = Labels.EMPTY;
  private Attributes lastAttributes = new Attributes();

  FileLogReceiver(FileLogSettings settings, Consumer to, Context context) {
    this.settings = settings;
    this.output =
        new LogOutput(
            to,
            settings.common(),
            context.clock(),
            context.logger(),
            context.name(),
            context.metrics());
    this.positions = new PositionStore(settings.common().storage(), context);
  }

  @Override
  public boolean isExclusive() {
    return true; // its successor continues where it ended
  }

  @Override
  public void start() throws IOException {
    Positions p = positions.open();
    output.start();
    FileTailing t =
        new FileTailing(
            new FileTailing.Frequency(settings.poll(), settings.poll(), SYNC),
            p,
            metrics,
            InstantSource.system());
    tailing = t;
    t.start();
    FileJob j = t.job("filelog", settings.options(), this::accept);
    job = j;
    j.targets(List.of(new FileTarget(settings.include(), settings.exclude(), Labels.EMPTY)));
  }

  private void accept(LogEntry e) throws InterruptedException {
    String line = e.line();
    int from = 0;
    int to = line.length();
    while (!settings.leading() && from < to && isSpace(line.charAt(from))) {
      from++;
    }
    while (!settings.trailing() && to > from && isSpace(line.charAt(to - 1))) {
      to--;
    }
    if (from == to) {
      e.settle();
      return;
    }
    String text = line.substring(from, to);
    LogRecord r = new LogRecord();
    r.setBody(settings.raw() ? text.getBytes(StandardCharsets.ISO_8859_1) : text);
    r.setObservedTimeUnixNano(e.timestamp());
    if (e.labels() != lastLabels) {
      lastAttributes = attributes(e.labels());
      lastLabels = e.labels();
    }
    for (int i = 0; i < lastAttributes.size(); i++) {
      r.attributes().add(lastAttributes.key(i), lastAttributes.value(i));
    }
    if (settings.attributes().places()) {
      settings.attributes().place(e.metadata(), r.attributes());
    }
    output.take(r, new Attributes(), e.detach());
  }

  /** Attributes of all records of a file. */
  private Attributes attributes(Labels file) throws InterruptedException {
    Attributes a = settings.attributes().of(Path.of(Objects.requireNonNull(file.get(FILE))));
    HeaderAttributes header = settings.header();
    String lines = file.get(FileRules.HEADER);
    if (header != null && lines != null) {
      Attributes attributes = header.of(lines, output);
      for (int i = 0; i < attributes.size(); i++) {
        a.put(attributes.key(i), attributes.value(i));
      }
    }
    return a;
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  @Override
  public void finish(Duration timeLimit) throws InterruptedException {
    FileJob j = job;
    if (j != null) {
      FinalRead.await(j, settings.poll(), timeLimit);
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    FileTailing t = tailing;
    FileJob j = job;
    if (t == null || j == null) {
      return;
    }
    j.stop();
    output.stop(timeLimit);
    t.close();
    positions.close();
  }
}
