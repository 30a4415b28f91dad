package dev.tethys.collect.logs.journal;

import dev.tethys.collect.logs.CursorProgress;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceThreads;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the journal. Its position, a cursor under the job's name like Promtail's, is that of the
 * last entry before which everything is delivered. For a repeated field the last value wins.
 */
final class JournalSource implements LogSource {
  private static final System.Logger LOG = JulLogger.of(JournalSource.class.getName());
  private static final List<String> PRIORITIES =
      List.of("emerg", "alert", "crit", "error", "warning", "notice", "info", "debug");

  /** Polling interval for new entries. */
  private static final Duration POLL = Duration.ofMillis(100);

  /** Number of polls between two searches for new files. */
  private static final int SCAN_EVERY = 20;

  private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);

  private final JournalConfig config;
  private final SourceContext context;
  private final Registry.Counter lines;
  private final Registry.Vector<Registry.Counter> errors;
  private final CursorProgress<Cursor> progress;
  private final JournalReader reader;
  private @Nullable Thread thread;
  private volatile boolean stopped;

  JournalSource(JournalConfig config, SourceContext context) {
    this.config = config;
    this.context = context;
    this.lines =
        context
            .metrics()
            .counter(
                "promtail_journal_target_lines_total",
                "Total number of successful journal lines read");
    this.errors =
        context
            .metrics()
            .counters(
                "promtail_journal_target_parsing_errors_total",
                "Total number of parsing errors while reading journal messages",
                "error");
    this.progress =
        new CursorProgress<>(c -> context.positions().putCursor(context.job(), c.toString()));
    String saved = context.positions().cursor(context.job());
    Cursor after = Cursor.parse(saved);
    if (after == null && !saved.isEmpty()) {
      LOG.log(
          Level.WARNING,
          "the position of job {0}, \"{1}\", is not a journal cursor; reading starts at max_age",
          context.job(),
          saved);
    }
    this.reader =
        new JournalReader(
            JournalPlaces.folders(
                config.path().isEmpty() ? JournalPlaces.FOLDERS : List.of(Path.of(config.path())),
                _ -> true),
            after,
            this::oldest);
  }

  private long oldest() {
    return (context.clock().millis() - config.maxAge().toMillis()) * 1000;
  }

  @Override
  public void start() {
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("journal-" + context.job())
            .start(SupervisedLoop.of("log_journal", this::run));
  }

  private void run() {
    try {
      for (int i = 0; !stopped; i++) {
        if (i % SCAN_EVERY == 0) {
          reader.scan();
        }
        readAll();
        Thread.sleep(POLL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Searches for files, and reads available entries; for tests without a thread. */
  void poll() throws InterruptedException {
    reader.scan();
    readAll();
  }

  private void readAll() throws InterruptedException {
    while (!stopped) {
      JournalFile.Entry e = reader.next();
      if (e == null) {
        return;
      }
      take(e);
    }
  }

  private void take(JournalFile.Entry e) throws InterruptedException {
    if (e.cursor().realtime() < oldest() || !matches(e)) {
      progress.skipped(e.cursor());
      return;
    }
    String line = config.json() ? json(e) : e.get("MESSAGE");
    Labels labels = line == null ? null : context.relabeled(labels(e));
    if (line == null || labels == null || labels.isEmpty()) {
      // As in Promtail: Loki rejects entries without labels.
      errors.with(line == null ? "no_message" : "empty_labels").inc();
      progress.skipped(e.cursor());
      return;
    }
    context.accept(
        new LogEntry(labels, e.cursor().realtime() * 1000, line, progress.next(e.cursor())));
    lines.inc();
  }

  private boolean matches(JournalFile.Entry e) {
    return config.matches().entrySet().stream()
        .allMatch(
            m ->
                e.fields().stream()
                    .anyMatch(
                        f -> f.name().equals(m.getKey()) && m.getValue().contains(f.value())));
  }

  private Labels labels(JournalFile.Entry e) {
    LabelsBuilder b = config.labels().toBuilder();
    for (JournalFile.Field f : e.fields()) {
      if (f.name().equals("PRIORITY")) {
        b.set("__journal_priority_keyword", keyword(f.value()));
      }
      if (!f.name().isEmpty()) {
        b.set("__journal_" + f.name().toLowerCase(Locale.ROOT), f.value());
      }
    }
    return b.build();
  }

  /** Keyword of a priority; an invalid one stays unchanged. */
  private static String keyword(String priority) {
    int p = priority.length() == 1 ? priority.charAt(0) - '0' : -1;
    return p >= 0 && p < PRIORITIES.size() ? PRIORITIES.get(p) : priority;
  }

  private static String json(JournalFile.Entry e) {
    Map<String, String> sorted = new TreeMap<>();
    e.fields().forEach(f -> sorted.put(f.name(), f.value()));
    StringBuilder sb = new StringBuilder("{");
    sorted.forEach(
        (k, v) -> {
          if (sb.length() > 1) {
            sb.append(',');
          }
          GoJson.append(GoJson.append(sb, k).append(':'), v);
        });
    return sb.append('}').toString();
  }

  @Override
  public void stop() {
    stopped = true;
    SourceThreads.finish(thread, STOP_PATIENCE);
    thread = null;
  }

  @Override
  public boolean isDelivered() {
    return progress.isQuiet();
  }

  @Override
  public void close() {
    stop();
    reader.close();
  }

  @Override
  public Labels labels() {
    return config.labels();
  }

  @Override
  public Map<String, String> details() {
    return Map.of(
        "path",
        config.path().isEmpty() ? "/var/log/journal, /run/log/journal" : config.path(),
        "position",
        context.positions().cursor(context.job()));
  }
}
