package dev.tethys.alert.manager.state;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Log of alert events on disk, for an Alertmanager without a time series store.
 *
 * <p>Two record logs, {@value #FILE} and the older {@value #FILE}{@code .1}: when the first reaches
 * half of the size limit it replaces the second. A payload is {@code {"at", "labels": {}, "event",
 * "by"}}, {@code by} absent if empty.
 *
 * <p>Invariants: writers never block: at most {@link #CAPACITY} entries are queued, further ones
 * are dropped and counted. Both files together exceed the limit by at most one batch. Entries
 * returned by {@link #find} are on disk. Files are guarded by {@code lock}.
 */
public final class EventLog implements Closeable {
  /** The file in the storage folder. */
  public static final String FILE = "alert-events.log";

  /** Maximum number of entries waiting to be written. */
  static final int CAPACITY = 10_000;

  /** Maximum length of the text that names the cause. */
  static final int MAX_BY = 200;

  private static final int BATCH = 1_000;
  private static final Duration PAUSE = Duration.ofMinutes(1);
  private static final System.Logger LOG = JulLogger.of(EventLog.class.getName());

  /**
   * One alert event.
   *
   * @param event such as {@code firing} or {@code notified}
   * @param by an integration, a silence, an alert, a person; "" for none
   */
  public record Entry(Instant at, LabelSet labels, String event, String by) {}

  private final Path file;
  private final Path older;
  private final long maxBytes;
  private final Duration retention;
  private final InstantSource clock;
  private final BlockingQueue<Entry> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final Semaphore news = new Semaphore(0);
  private final Registry.Counter stored;
  private final Registry.Counter dropped;
  private final ReentrantLock lock = new ReentrantLock();
  private final Thread writer;

  @GuardedBy("lock")
  private RecordLog log;

  @GuardedBy("lock")
  private @Nullable Instant newest;

  @GuardedBy("lock")
  private @Nullable Instant newestOfOlder;

  @GuardedBy("lock")
  private @Nullable Instant complained;

  @GuardedBy("lock")
  private long unsaid; // lost since then

  @GuardedBy("lock")
  private boolean closed;

  private volatile boolean ending;

  /**
   * Opens or creates the log.
   *
   * @param maxBytes maximum total size of both files
   * @param retention age after which entries are hidden, and later removed
   * @throws IOException if it cannot be read or created
   */
  public EventLog(
      Path folder, long maxBytes, Duration retention, InstantSource clock, Registry registry)
      throws IOException {
    this.file = folder.resolve(FILE);
    this.older = folder.resolve(FILE + ".1");
    this.maxBytes = maxBytes;
    this.retention = retention;
    this.clock = clock;
    this.stored =
        registry.counter(
            "tethys_alert_history_stored_total", "Changes of alerts' states that were stored.");
    this.dropped =
        registry.counter(
            "tethys_alert_history_dropped_total",
            "Changes of alerts' states that were not stored because the queue was full or the disk"
                + " refused them.");
    byte[][] last = new byte[1][];
    this.log = RecordLog.open(file, RecordFormat.STANDARD, p -> last[0] = p);
    this.newest = last[0] == null ? null : entry(last[0]).at;
    if (Files.exists(older)) {
      byte[][] before = new byte[1][];
      RecordLog.read(older, RecordFormat.STANDARD, p -> before[0] = p);
      newestOfOlder = before[0] == null ? Instant.EPOCH : entry(before[0]).at;
    }
    this.writer =
        Thread.ofVirtual().name("alert-events").start(SupervisedLoop.of("alert_events", this::run));
  }

  /** Queues entries without blocking. */
  public void record(List<Entry> entries) {
    for (Entry e : entries) {
      if (!queue.offer(e)) {
        dropped.inc();
      }
    }
    news.release();
  }

  private void run() {
    try {
      while (!ending) {
        // Remove entries from the queue only under the lock, so that a reader with the lock misses
        // none.
        news.acquire();
        news.drainPermits();
        lock.lock();
        try {
          writeQueued();
        } finally {
          lock.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  /** Writes all events queued before. */
  @GuardedBy("lock")
  private void writeQueued() {
    List<Entry> batch = new ArrayList<>();
    while (queue.drainTo(batch, BATCH) > 0) {
      write(batch);
      batch.clear();
    }
  }

  @GuardedBy("lock")
  private void write(List<Entry> batch) {
    try {
      if (closed) {
        dropped.add(batch.size());
        return;
      }
      if (log.bytes() > maxBytes / 2) {
        turn();
      }
      log.append(batch.stream().map(EventLog::payload).toList());
      newest = batch.getLast().at;
      stored.add(batch.size());
    } catch (IOException e) {
      dropped.add(batch.size());
      complain(batch.size(), e);
    }
  }

  /** Logs a failed write once per minute, because a full disk stays full for a while. */
  @GuardedBy("lock")
  private void complain(int lost, IOException e) {
    unsaid += lost;
    Instant now = clock.instant();
    if (complained != null && now.isBefore(complained.plus(PAUSE))) {
      return;
    }
    LOG.log(
        Level.WARNING,
        "{0} changes of alerts were not stored in {1}: {2}",
        unsaid,
        file,
        e.getMessage());
    complained = now;
    unsaid = 0;
  }

  /** Rotates the current file to become the older one. */
  @GuardedBy("lock")
  private void turn() throws IOException {
    log.close();
    try {
      Files.move(file, older, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      newestOfOlder = newest;
    } finally {
      log = RecordLog.open(file, RecordFormat.STANDARD, p -> {});
    }
  }

  private static byte[] payload(Entry e) {
    return StateJson.object(
        g -> {
          g.writeStringProperty("at", e.at.toString());
          g.writeObjectPropertyStart("labels");
          e.labels.map().forEach(g::writeStringProperty);
          g.writeEndObject();
          g.writeStringProperty("event", e.event);
          if (!e.by.isEmpty()) {
            g.writeStringProperty("by", e.by.length() <= MAX_BY ? e.by : e.by.substring(0, MAX_BY));
          }
        });
  }

  private static Entry entry(byte[] payload) {
    JsonNode n = StateJson.tree(payload);
    Map<String, String> labels = new TreeMap<>();
    n.required("labels").properties().forEach(p -> labels.put(p.getKey(), p.getValue().asString()));
    return new Entry(
        StateJson.time(n, "at"),
        LabelSet.of(labels),
        n.required("event").asString(),
        n.path("by").asString(""));
  }

  /**
   * Returns events of some alerts, newest first.
   *
   * @param since older events are omitted
   * @param most maximum number of events
   * @throws IOException if the files cannot be read
   */
  public List<Entry> find(Predicate<LabelSet> alerts, Instant since, int most) throws IOException {
    Instant horizon = clock.instant().minus(retention);
    Instant from = since.isBefore(horizon) ? horizon : since;
    ArrayDeque<Entry> found = new ArrayDeque<>();
    lock.lock();
    try {
      writeQueued();
      for (Path p : List.of(older, file)) {
        if (Files.exists(p)) {
          RecordLog.read(
              p,
              RecordFormat.STANDARD,
              payload -> {
                Entry e = entry(payload);
                if (!e.at.isBefore(from) && alerts.test(e.labels)) {
                  found.addFirst(e);
                  if (found.size() > most) {
                    found.removeLast();
                  }
                }
              });
        }
      }
    } finally {
      lock.unlock();
    }
    return List.copyOf(found);
  }

  /** Removes files whose entries have all expired. */
  public void collectGarbage() {
    Instant horizon = clock.instant().minus(retention);
    lock.lock();
    try {
      writeQueued();
      Instant o = newestOfOlder;
      if (o != null && o.isBefore(horizon)) {
        Files.deleteIfExists(older);
        newestOfOlder = null;
      }
      Instant n = newest;
      if (n != null && n.isBefore(horizon) && !closed) {
        log.replace(Stream.empty());
        newest = null;
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0}: old entries were not removed: {1}", file, e.getMessage());
    } finally {
      lock.unlock();
    }
  }

  /** Writes queued entries, and ends. */
  @Override
  public void close() throws IOException {
    // Not interrupted: that would close the file under a write.
    ending = true;
    news.release();
    try {
      writer.join(Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    lock.lock();
    try {
      if (!closed) {
        writeQueued();
        closed = true;
        log.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
