package dev.tethys.alert.history;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleSink;
import dev.tethys.model.storage.StorageException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Stores each change of an alert's state as a sample with value 1 in the series {@code
 * tethys_alert_event}. The series has the alert's labels, {@code tethys_event} for the event, and
 * {@code tethys_by} for its cause, if known. Labels of these names in the alert are replaced.
 *
 * <p>Invariants: callers never block: at most {@link #CAPACITY} changes are queued, further ones
 * are dropped and counted. Changes with equal time and series are the same change. The store
 * decides about retention.
 */
public final class AlertHistory implements AutoCloseable {
  /** Name of the history series. */
  public static final String SERIES = "tethys_alert_event";

  /** Label with the kind of event. */
  public static final String EVENT = "tethys_event";

  /** Label with the actor or the cause. */
  public static final String BY = "tethys_by";

  /** Maximum number of changes waiting to be stored. */
  static final int CAPACITY = 10_000;

  /** Maximum length of the text that names the cause. */
  static final int MAX_BY = 200;

  private static final int BATCH = 1_000;
  private static final System.Logger LOG = JulLogger.of(AlertHistory.class.getName());

  /**
   * One change.
   *
   * @param labels the alert's
   * @param event such as {@code firing} or {@code silenced}
   * @param by a receiver, a silence, an alert, a person; "" for none
   */
  public record Change(Instant at, Labels labels, String event, String by) {}

  private final SampleSink store;
  private final BlockingQueue<Change> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final Registry.Counter stored;
  private final Registry.Counter dropped;
  private final Thread writer;
  private volatile boolean closed;

  /** Starts to store. */
  public AlertHistory(SampleSink store, Registry registry) {
    this.store = store;
    this.stored =
        registry.counter(
            "tethys_alert_history_stored_total", "Changes of alerts' states that were stored.");
    this.dropped =
        registry.counter(
            "tethys_alert_history_dropped_total",
            "Changes of alerts' states that were not stored because the queue was full or the store"
                + " refused them.");
    this.writer =
        Thread.ofVirtual()
            .name("alert-history")
            .start(SupervisedLoop.of("alert_history", this::run));
  }

  /** Queues changes without blocking. */
  public void record(List<Change> changes) {
    for (Change c : changes) {
      if (!queue.offer(c)) {
        dropped.inc();
      }
    }
  }

  private void run() {
    List<Change> batch = new ArrayList<>();
    try {
      while (true) {
        batch.add(queue.take());
        queue.drainTo(batch, BATCH - 1);
        write(batch);
        batch.clear();
      }
    } catch (InterruptedException e) {
      if (!closed) {
        Thread.currentThread().interrupt();
      }
      queue.drainTo(batch);
      write(batch);
    }
  }

  private void write(List<Change> batch) {
    if (batch.isEmpty()) {
      return;
    }
    int refused = 0;
    try (Appender a = store.appender()) {
      for (Change c : batch) {
        if (a.append(a.series(series(c)), 0, c.at.toEpochMilli(), 1) != Appender.Outcome.OK) {
          refused++;
        }
      }
      a.commit();
      stored.add(batch.size() - refused);
      dropped.add(refused);
    } catch (StorageException e) {
      dropped.add(batch.size());
      LOG.log(
          Level.WARNING,
          "{0} changes of alerts were not stored: {1}",
          batch.size(),
          e.getMessage());
    }
  }

  private static Labels series(Change c) {
    LabelsBuilder b =
        new LabelsBuilder(c.labels).set(Labels.METRIC_NAME, SERIES).set(EVENT, c.event).remove(BY);
    if (!c.by.isEmpty()) {
      b.set(BY, c.by.length() <= MAX_BY ? c.by : c.by.substring(0, MAX_BY));
    }
    return b.build();
  }

  /** Stores queued changes, and ends. */
  @Override
  public void close() {
    closed = true;
    writer.interrupt();
    try {
      writer.join(Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
