package dev.tethys.app.server;

import dev.tethys.codec.loki.StreamEnrichment;
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
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.EssentialLoop;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.relabel.RelabelRule;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.model.storage.StorageException;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Logs that the server collects without configuration: its own lines and the journal of the
 * machine. Both go through one bounded queue. Own lines are dropped and counted while it is full;
 * the journal waits.
 */
final class LocalLogs implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LocalLogs.class.getName());
  private static final LimitedLog FAILURES = new LimitedLog(LOG);

  private static final int MAX_QUEUED = 4096;
  private static final int MAX_BATCH = 1000;
  private static final Duration LINGER = Duration.ofMillis(200);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final long SAVE_NANOS = 10_000_000_000L;

  /** Wakes the writer when this closes. */
  private static final LogEntry END = new LogEntry(Labels.EMPTY, 0, "");

  private static final Labels OWN = Labels.of("job", "tethys", "service_name", "tethys");

  private final LogStore store;
  private final BlockingQueue<LogEntry> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final List<LogEntry> entries = new ArrayList<>(); // taken from the queue, not yet stored
  private final Counter dropped;
  private final Thread writer;
  private final @Nullable LogSource journal;
  private final @Nullable Positions positions;
  private long saved = System.nanoTime();
  private volatile boolean stopped;

  /**
   * Starts to collect.
   *
   * @param folder of the log store, for the position in the journal
   */
  LocalLogs(LogStore store, Path folder, HttpClientFactory http, Registry registry)
      throws IOException {
    this.store = store;
    dropped =
        registry.counter(
            "tethys_own_log_lines_dropped_total",
            "Lines of the server's own log that were not stored: the queue was full or the store"
                + " refused them.");
    writer =
        Thread.ofPlatform()
            .name("local-logs")
            .daemon()
            .unstarted(EssentialLoop.of("local logs", this::run));
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
      source = journal(kept, http, registry);
    }
    positions = kept;
    journal = source;
  }

  private LogSource journal(Positions kept, HttpClientFactory http, Registry registry) {
    SourceContext context =
        new SourceContext(
            "journal",
            queue::put,
            new Relabeling(
                List.of(
                    label("__journal__systemd_unit", "unit"),
                    label("__journal__hostname", "host"),
                    label("__journal_syslog_identifier", "identifier"),
                    label("__journal_priority_keyword", "level"))),
            kept,
            new SourceMetrics(registry),
            InstantSource.system(),
            http);
    return new JournalConfig(
            false, Duration.ofHours(7), "", Map.of(), Labels.of("job", "systemd-journal"))
        .source(context);
  }

  private static RelabelRule label(String from, String to) {
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
        LOG.log(Level.WARNING, "Journal not collected error={0}", e.getMessage());
      }
    }
  }

  /** Takes a line of the server's own log; never waits. */
  void ownLine(byte[] line) {
    int length = line.length;
    while (length > 0 && line[length - 1] == '\n') {
      length--;
    }
    long now = System.currentTimeMillis() * 1_000_000;
    String text = new String(line, 0, length, StandardCharsets.UTF_8);
    if (!queue.offer(new LogEntry(OWN, now, text))) {
      dropped.inc();
    }
  }

  private void run() {
    try {
      write();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write() throws InterruptedException {
    LogBatch batch = new LogBatch();
    while (true) {
      if (entries.isEmpty()) {
        LogEntry first = queue.poll(1, TimeUnit.SECONDS);
        if (first == null || first == END) {
          if (stopped) {
            return;
          }
          continue;
        }
        entries.add(first);
        if (!stopped) {
          Thread.sleep(LINGER); // lets entries gather
        }
        queue.drainTo(entries, MAX_BATCH - 1);
        entries.remove(END);
      }
      fill(batch.clear(), entries);
      if (!append(batch, entries.size())) {
        return;
      }
      entries.forEach(LogEntry::settle);
      entries.clear();
      savePositions();
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

  /** Appends until it succeeds; false if this stops before. */
  private boolean append(LogBatch batch, int entries) throws InterruptedException {
    while (true) {
      try {
        dropped.add(store.append(LogStore.DEFAULT_TENANT, batch).refused());
        return true;
      } catch (StorageException e) {
        FAILURES.log(Level.WARNING, "Local logs not stored, retrying error={0}", e.getMessage());
        if (stopped) {
          dropped.add(entries);
          return false;
        }
        Thread.sleep(RETRY);
      }
    }
  }

  private static void fill(LogBatch batch, List<LogEntry> entries) {
    Map<Labels, Integer> streams = new HashMap<>();
    for (LogEntry e : entries) {
      Labels labels = StreamEnrichment.withService(e.labels());
      int stream = streams.computeIfAbsent(labels, batch::stream);
      byte[] line = e.line().getBytes(StandardCharsets.UTF_8);
      batch.add(e.timestamp(), stream, line, 0, line.length);
      StreamEnrichment.addLevel(batch, StreamEnrichment.levelOf(labels));
    }
  }

  @Override
  public void close() {
    LogSource j = journal;
    if (j != null) {
      j.close();
    }
    stopped = true;
    queue.offer(END);
    try {
      writer.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Positions p = positions;
    if (p != null) {
      p.save();
    }
  }
}
