package dev.tethys.pipeline.processor.dedup;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.processor.Clients;
import dev.tethys.pipeline.processor.TimedFlush;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds the first of several equal records until the end of an interval. Sources are acknowledged
 * immediately: held records are in memory, and a crash loses at most one interval.
 *
 * <p>Records beyond the memory limit pass immediately and uncounted, and their sources receive the
 * outcome.
 */
final class LogDedup implements Processor {
  /** Counted with another that continues. */
  static final String DEDUPLICATED = "deduplicated";

  private static final double[] BOUNDS = {
    0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000
  };

  /** Records with one combination of metadata values. */
  private final class Partition {
    final Metadata metadata;
    final HeldLogs held = new HeldLogs(settings.included()); // guarded by LogDedup
    final TimedFlush flush;

    /** Size of forwarded records that are not yet accepted. */
    long underWay; // guarded by LogDedup

    Partition(Metadata metadata) {
      this.metadata = metadata;
      flush =
          new TimedFlush(
              "logdedup", settings.interval(), _ -> take(this), this::send, account, context);
    }

    private void send(Batch batch, AckCallback ack) {
      next.consume(
          batch,
          outcome -> {
            if (!(outcome instanceof Outcome.Unavailable)) {
              arrived(this);
            }
            ack.complete(outcome);
          });
    }
  }

  private final LogDedupFactory.Settings settings;
  private final @Nullable Conditions conditions;
  private final Consumer next;
  private final Context context;
  private final ItemAccounting account;
  private final Scheduler clock;
  private final Registry.BucketHistogram counts;
  private final long room;

  @GuardedBy("this")
  private final Map<Metadata, Partition> partitions = new LinkedHashMap<>();

  private long weight; // guarded by this; of all held and in-flight records

  @GuardedBy("this")
  private boolean stopped;

  /**
   * Creates a processor without held records.
   *
   * @param room approximate maximum of held bytes
   */
  LogDedup(
      LogDedupFactory.Settings settings,
      @Nullable Conditions conditions,
      Consumer next,
      Signal signal,
      Context context,
      long room) {
    this.settings = settings;
    this.conditions = conditions;
    this.next = next;
    this.context = context;
    this.account = context.account(signal);
    this.clock = context.clock();
    this.room = room;
    this.counts =
        context
            .metrics()
            .histograms(
                "otelcol_dedup_processor_aggregated_logs",
                "Number of log records that were aggregated into one.",
                BOUNDS,
                "processor")
            .with(context.id().toString());
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    LogsData data = (LogsData) TreeProcessor.taken(batch, account, ack);
    if (data == null) {
      return;
    }
    if (!hold(data, batch.metadata())) {
      account.returnItems(data.itemCount());
      ack.complete(
          new Outcome.Rejected(
              context.name()
                  + ": there are more than "
                  + settings.metadataLimit()
                  + " combinations of metadata",
              batch.items()));
      return;
    }
    data.removeEmpty();
    int passing = data.itemCount();
    if (passing == 0) {
      ack.complete(Outcome.ACCEPTED);
      return;
    }
    account.pass(passing);
    next.consume(batch.with(Signal.LOGS, data), ack);
  }

  /**
   * Moves records to be held or counted out of a tree; returns false if the limit of metadata
   * combinations is reached.
   */
  private synchronized boolean hold(LogsData data, Metadata metadata) {
    if (stopped) {
      return true; // no timer would forward it later
    }
    Metadata named = metadata.only(settings.metadataKeys());
    Partition p = partitions.get(named);
    if (p == null) {
      if (partitions.size() >= settings.metadataLimit()) {
        return false;
      }
      p = new Partition(named);
      partitions.put(named, p);
      p.flush.start();
    }
    Partition to = p;
    Cursor at = new Cursor().from(Clients.of(metadata));
    long millis = clock.millis();
    for (ResourceGroup<LogRecord> r : data.resources()) {
      at.atResource(r);
      for (ScopeGroup<LogRecord> s : r.scopes()) {
        at.atScope(s);
        s.items().removeIf(l -> isAsked(at, l) && hold(to, r, s, l, millis));
      }
    }
    return true;
  }

  private boolean isAsked(Cursor at, LogRecord l) {
    if (conditions == null) {
      return true;
    }
    at.atLog(l);
    at.beginItem();
    return conditions.any(at);
  }

  private boolean hold(
      Partition p,
      ResourceGroup<LogRecord> r,
      ScopeGroup<LogRecord> s,
      LogRecord record,
      long millis) {
    LogRecord left = record;
    if (!settings.excluded().isEmpty()) {
      left = record.copy(); // a record that passes keeps its fields
      for (FieldPath f : settings.excluded()) {
        f.remove(left);
      }
    }
    Attributes key = p.held.key(left);
    if (p.held.count(r, s, key, millis)) {
      account.drop(DEDUPLICATED, 1);
      return true;
    }
    if (weight + HeldLogs.weigh(left, key) > room) {
      return false;
    }
    long before = p.held.weight();
    p.held.hold(r, s, left == record ? record.copy() : left, key, millis);
    weight += p.held.weight() - before;
    return true;
  }

  /**
   * Removes the records of a partition as a batch; if there are none, removes the partition and
   * returns null.
   */
  private synchronized @Nullable Batch take(Partition p) {
    if (p.held.isEmpty()) {
      if (partitions.remove(p.metadata, p)) {
        p.flush.stop();
      }
      return null;
    }
    p.underWay += p.held.weight();
    LogsData data =
        p.held.take(
            settings.countAttribute(), settings.zone(), clock.millis(), n -> counts.observe(n));
    return Batch.of(Signal.LOGS, data, 0, p.metadata);
  }

  private synchronized void arrived(Partition p) {
    weight -= p.underWay;
    p.underWay = 0;
  }

  @Override
  public void forward() {
    for (Partition p : partitions()) {
      p.flush.forward();
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    synchronized (this) {
      stopped = true;
    }
    for (Partition p : partitions()) {
      p.flush.stop();
    }
  }

  private synchronized List<Partition> partitions() {
    return List.copyOf(partitions.values());
  }
}
