package dev.tethys.app.server;

import dev.tethys.codec.loki.EntryColumns;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.model.storage.StorageException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Writes entries collected by sources in this process: a bounded queue, and a thread that appends
 * its entries to the log store.
 */
final class LogEntryWriter implements AutoCloseable {
  private static final LimitedLog FAILURES =
      new LimitedLog(JulLogger.of(LogEntryWriter.class.getName()));

  private static final int MAX_QUEUED = 4096;
  private static final int MAX_BATCH = 1000;
  private static final Duration LINGER = Duration.ofMillis(200);
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** Entries farther ahead of the clock get the time of their arrival. */
  private static final long MAX_AHEAD_NANOS = Duration.ofMinutes(5).toNanos();

  /** Wakes the thread when this closes. */
  private static final LogEntry END = new LogEntry(Labels.EMPTY, 0, "");

  private final LogIngester ingester;
  private final LongConsumer dropped;
  private final Runnable stored;
  private final BlockingQueue<LogEntry> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final List<LogEntry> entries = new ArrayList<>(); // taken from the queue, not yet stored
  private final Thread thread;
  private volatile boolean stopped;

  /**
   * @param name name of the thread
   * @param dropped receives the number of entries rejected by the store
   * @param stored run after each append, by the thread
   */
  LogEntryWriter(LogIngester ingester, String name, LongConsumer dropped, Runnable stored) {
    this.ingester = ingester;
    this.dropped = dropped;
    this.stored = stored;
    thread =
        Thread.ofPlatform()
            .name(name)
            .daemon()
            .unstarted(SupervisedLoop.of(name.replace('-', ' '), this::run));
  }

  void start() {
    thread.start();
  }

  /** Adds an entry, and waits while the queue is full. */
  void put(LogEntry entry) throws InterruptedException {
    queue.put(entry);
  }

  /** Adds an entry unless the queue is full. */
  boolean offer(LogEntry entry) {
    return queue.offer(entry);
  }

  private void run() {
    try {
      write();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write() throws InterruptedException {
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
      if (!append()) {
        return;
      }
      entries.forEach(LogEntry::settle);
      entries.clear();
      stored.run();
    }
  }

  /** Appends all entries by tenant, each until it succeeds; returns false if this stops before. */
  private boolean append() throws InterruptedException {
    Map<String, List<LogEntry>> byTenant = new HashMap<>();
    for (LogEntry e : entries) {
      String tenant = e.labels().get(LogEntry.TENANT_LABEL);
      byTenant
          .computeIfAbsent(tenant.isEmpty() ? Scope.DEFAULT_TENANT : tenant, t -> new ArrayList<>())
          .add(e);
    }
    for (Map.Entry<String, List<LogEntry>> e : byTenant.entrySet()) {
      LogBatch batch = new LogBatch();
      fill(batch, e.getValue());
      if (!append(Scope.of(e.getKey()), batch)) {
        return false;
      }
    }
    return true;
  }

  private boolean append(Scope scope, LogBatch batch) throws InterruptedException {
    while (true) {
      try {
        dropped.accept(ingester.append(scope, batch).refused());
        return true;
      } catch (StorageException e) {
        FAILURES.log(Level.WARNING, "Local logs not stored, retrying error={0}", e.getMessage());
        if (stopped) {
          dropped.accept(batch.rows);
          return false;
        }
        Thread.sleep(RETRY);
      }
    }
  }

  private void fill(LogBatch batch, List<LogEntry> from) {
    EntryColumns columns = new EntryColumns(batch);
    long now = ingester.now();
    for (LogEntry e : from) {
      columns.add(e, e.timestamp() > now + MAX_AHEAD_NANOS ? now : e.timestamp());
    }
  }

  /** Stores the queued data, as far as the store accepts it within seconds. */
  @Override
  public void close() {
    stopped = true;
    queue.offer(END);
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
