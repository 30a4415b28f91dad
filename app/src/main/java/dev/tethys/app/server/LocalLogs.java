package dev.tethys.app.server;

import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.collect.logs.file.Positions;
import dev.tethys.collect.logs.journal.JournalConfig;
import dev.tethys.collect.logs.journal.JournalPlaces;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.model.relabel.RelabelRule;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Logs the server collects without configuration: its own log lines and the machine's journal. Both
 * go through one bounded queue. Own lines are dropped and counted while it is full; the journal
 * waits.
 */
final class LocalLogs implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(LocalLogs.class.getName());
  private static final long SAVE_NANOS = 10_000_000_000L;

  private static final Labels OWN = Labels.of("job", "tethys", "service_name", "tethys");

  private final Counter dropped;
  private final LogEntryWriter writer;
  private final @Nullable LogSource journal;
  private final @Nullable Positions positions;
  private volatile Consumer<LogEntry> journalListener = _ -> {};
  private long saved = System.nanoTime();

  /**
   * Starts to collect.
   *
   * @param folder log store folder, which also holds the journal position
   */
  LocalLogs(
      LogIngester ingester,
      Path folder,
      HttpClientFactory http,
      Registry registry,
      SourceMetrics metrics)
      throws IOException {
    dropped =
        registry.counter(
            "tethys_own_log_lines_dropped_total",
            "Lines of the server's own log that were not stored: the queue was full or the store"
                + " refused them.");
    writer = new LogEntryWriter(ingester, "local-logs", n -> dropped.add(n), this::savePositions);
    Positions kept = null;
    LogSource source = null;
    if (JournalPlaces.FOLDERS.stream().anyMatch(Files::isReadable)) {
      kept =
          new Positions(
              new RealFiles(),
              folder.resolve("positions.yml"),
              true,
              false,
              InstantSource.system());
      source = journal(kept, http, metrics);
    }
    positions = kept;
    journal = source;
  }

  private void journalEntry(LogEntry entry) throws InterruptedException {
    journalListener.accept(entry);
    writer.put(entry);
  }

  /** Shows each entry of the journal to a listener before it is stored. */
  void onJournal(Consumer<LogEntry> listener) {
    journalListener = listener;
  }

  /** Stores an entry of another source; waits while the queue is full. */
  void put(LogEntry entry) throws InterruptedException {
    writer.put(entry);
  }

  private LogSource journal(Positions kept, HttpClientFactory http, SourceMetrics metrics) {
    SourceContext context =
        new SourceContext(
            "journal",
            this::journalEntry,
            new Relabeling(
                List.of(
                    label("__journal__systemd_unit", "unit"),
                    label("__journal__hostname", "host"),
                    label("__journal_syslog_identifier", "identifier"),
                    label("__journal_priority_keyword", "level"))),
            kept,
            metrics,
            InstantSource.system(),
            http);
    return new JournalConfig(
            false, Duration.ofHours(7), "", Map.of(), Labels.of("job", "systemd-journal"))
        .source(context);
  }

  static RelabelRule label(String from, String to) {
    return new RelabelRule(
        RelabelRule.Spec.DEFAULT.withSource(from).withTarget(to), NameScheme.LEGACY);
  }

  /** Starts the writer and the journal. */
  void start() {
    writer.start();
    LogSource j = journal;
    if (j != null) {
      try {
        j.start();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "Journal not collected error={0}", IoFailures.describe(e));
      }
    }
  }

  /** Accepts a line of the server's own log without waiting. */
  void ownLine(byte[] line) {
    int length = line.length;
    while (length > 0 && line[length - 1] == '\n') {
      length--;
    }
    long now = System.currentTimeMillis() * 1_000_000;
    String text = new String(line, 0, length, StandardCharsets.UTF_8);
    if (!writer.offer(new LogEntry(OWN, now, text))) {
      dropped.inc();
    }
  }

  private void savePositions() {
    Positions p = positions;
    long now = System.nanoTime();
    if (p != null && now - saved >= SAVE_NANOS) {
      saved = now;
      p.save();
    }
  }

  @Override
  public void close() {
    LogSource j = journal;
    if (j != null) {
      j.close();
    }
    writer.close();
    Positions p = positions;
    if (p != null) {
      p.save();
    }
  }
}
