package dev.tethys.pipeline.exporter.remotewrite;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.remote.ExternalLabels;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * One remote write destination: puts incoming batches into requests and requests into an outbox.
 *
 * <p>Series are distributed over lanes by their labels; the requests of a lane are sent in order,
 * also across restarts. With a journal, a batch is settled once it is in the journal and stays
 * there until all requests with a part of it are in the outbox; otherwise it is settled when they
 * were delivered or dropped.
 *
 * <p>Lock order: {@link #closing} (shared by producers), a lane's lock, the journal's lock.
 */
final class RemoteWriteQueue implements Consumer, AutoCloseable {
  static final String DROPPED_SERIES = "dropped_series";
  static final String TOO_OLD = "too_old";
  static final String QUEUE_FULL = "queue_full";

  private static final System.Logger LOG = JulLogger.of(RemoteWriteQueue.class.getName());

  private final RemoteWriteConfig config;
  private final String component;
  private final ExternalLabels external;
  private final RemoteWriteSender sender;
  private final Outbox outbox;
  private final Scheduler clock;
  private final ItemAccounting account;
  private final QueueHandoff handover;
  private final Shard[] lanes = new Shard[SeriesShard.LANES];
  private final FamilyTable families;
  private final ShardAssigner assigner;
  private final ReentrantReadWriteLock closing = new ReentrantReadWriteLock();
  private volatile boolean closed;
  private volatile boolean metadataUnderWay;
  private long metadataSent;

  @GuardedBy("this")
  private Scheduler.@Nullable Timer timer;

  /**
   * Starts taking batches; the outbox is closed with this.
   *
   * @param journal null for a queue in memory
   */
  RemoteWriteQueue(
      RemoteWriteConfig config,
      Labels externalLabels,
      RemoteWriteSender sender,
      Outbox outbox,
      @Nullable PendingBatchLog journal,
      RemoteWriteMetrics.Of metrics,
      Scheduler clock,
      ItemAccounting account) {
    this(
        config,
        externalLabels,
        sender,
        new Works(
            outbox,
            new QueueHandoff(config.id(), journal, metrics::enqueueRetry),
            new FamilyTable(),
            clock,
            account),
        metrics);
  }

  /** Parts passed from a queue to its successor. */
  private record Works(
      Outbox outbox,
      QueueHandoff handover,
      FamilyTable families,
      Scheduler clock,
      ItemAccounting account) {}

  private RemoteWriteQueue(
      RemoteWriteConfig config,
      Labels externalLabels,
      RemoteWriteSender sender,
      Works works,
      RemoteWriteMetrics.Of metrics) {
    this.config = config;
    this.component = component(config);
    this.external = new ExternalLabels(externalLabels);
    this.sender = sender;
    this.outbox = works.outbox;
    this.handover = works.handover;
    this.families = works.families;
    this.clock = works.clock;
    this.account = works.account;
    QueueConfig q = config.queue();
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new Shard(i, outbox, handover, q.maxSamplesPerSend(), config.message());
    }
    this.assigner =
        new ShardAssigner(config, external, families, lanes, sender::message, metrics, clock);
    metrics.settings(requestsAtOnce(q), q);
    this.metadataSent = clock.nanos();
  }

  /** Returns the maximum number of requests in flight. */
  static int requestsAtOnce(QueueConfig q) {
    return Math.min(SeriesShard.LANES, q.maxShards());
  }

  /** Passes on the batches that an earlier process left in the journal, then starts the timer. */
  void start() throws IOException {
    handover.recover(
        (found, whose) -> {
          Outcome outcome = Outcome.ACCEPTED;
          try {
            assigner.distribute(found.batch(), whose, found.done(), null);
          } catch (CodecException e) {
            LOG.log(Level.WARNING, "{0}: in the journal: {1}", config.id(), e.getMessage());
            outcome = new Outcome.Rejected(String.valueOf(e.getMessage()), 0);
          }
          whose.release(outcome);
        },
        clock.nanos());
    tickLater();
  }

  /**
   * Creates the queue that replaces this one. It sends the waiting requests; requests in flight end
   * here. This queue accepts nothing more.
   *
   * @param options options for the disk or memory the queue already has
   * @param timeLimit time limit after which requests in flight are interrupted
   */
  RemoteWriteQueue successor(
      RemoteWriteConfig to,
      Labels externalLabels,
      RemoteWriteSender by,
      OutboxOptions options,
      RemoteWriteMetrics.Of metrics,
      Duration timeLimit) {
    takeNoMore();
    handover.workFor(to.id(), metrics::enqueueRetry);
    outbox.replaceSender(options, by);
    outbox.retire(sender, timeLimit);
    RemoteWriteQueue next =
        new RemoteWriteQueue(
            to, externalLabels, by, new Works(outbox, handover, families, clock, account), metrics);
    next.tickLater();
    return next;
  }

  RemoteWriteConfig config() {
    return config;
  }

  Labels externalLabels() {
    return external.labels();
  }

  private long deadlineNanos() {
    return config.queue().batchSendDeadline().toNanos();
  }

  private synchronized void tickLater() {
    if (closed) {
      return;
    }
    long nanos = Math.max(1_000_000, Math.min(deadlineNanos() / 4, 1_000_000_000L));
    timer =
        clock.schedule(
            Duration.ofNanos(nanos),
            () -> {
              // A thread started in vain each second would be a large part of an idle agent's load.
              if (isDue(clock.nanos())) {
                clock.execute(component, this::tickSafely);
              } else {
                tickLater();
              }
            });
  }

  /** Runs a tick; a failed one does not stop the timer, or waiting samples would wait forever. */
  private void tickSafely() {
    try {
      tick();
    } finally {
      tickLater();
    }
  }

  /** Whether a tick may have work to do; never waits. */
  private boolean isDue(long now) {
    if (handover.isDurable() || metadataIsDue(now)) {
      return true;
    }
    for (Shard l : lanes) {
      if (l.mayBeDue(now, deadlineNanos())) {
        return true;
      }
    }
    return false;
  }

  /** Sends samples that have waited long enough. */
  void tick() {
    closing.readLock().lock();
    try {
      if (closed) {
        return;
      }
      long now = clock.nanos();
      if (handover.isDurable()) {
        handover.flush(now, deadlineNanos(), this::cutAll);
      } else {
        for (Shard l : lanes) {
          l.cutIfDue(now, deadlineNanos());
        }
      }
      sendMetadata(now);
    } finally {
      closing.readLock().unlock();
    }
  }

  private void cutAll() {
    for (Shard l : lanes) {
      l.lock.lock();
      try {
        l.cut();
      } finally {
        l.lock.unlock();
      }
    }
  }

  private boolean metadataIsDue(long now) {
    MetadataConfig m = config.metadata();
    return m.send()
        && sender.message() == RemoteWriteMessage.V1
        && !metadataUnderWay
        && now - metadataSent >= m.interval().toNanos();
  }

  private void sendMetadata(long now) {
    if (!metadataIsDue(now)) {
      return;
    }
    MetadataConfig m = config.metadata();
    metadataSent = now;
    List<Map.Entry<String, MetricMetadata>> all = families.all();
    if (all.isEmpty()) {
      return;
    }
    // A destination that is down gets one round, not one for each interval.
    metadataUnderWay = true;
    TrackedBatch p = new TrackedBatch(outcome -> metadataUnderWay = false);
    RequestWriter w = new RequestWriter(RemoteWriteMessage.V1);
    for (Map.Entry<String, MetricMetadata> e : all) {
      w.familyMetadata(e.getKey(), e.getValue());
      if (w.entries() >= m.maxPerSend()) {
        p.hold();
        outbox.put(w.take(0, Map.of()), p::release);
      }
    }
    if (!w.isEmpty()) {
      p.hold();
      outbox.put(w.take(0, Map.of()), p::release);
    }
    p.release(Outcome.ACCEPTED);
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    consume(batch, ack, null);
  }

  /**
   * Consumes a batch, counting it in the metrics.
   *
   * @param in counts incoming samples; null for no counting
   */
  void consume(Batch batch, AckCallback ack, @Nullable RemoteWriteMetrics in) {
    if (batch.signal() != Signal.METRICS || batch.encoding() != Encoding.REMOTE_WRITE) {
      ack.complete(
          new Outcome.Rejected(
              "remote write takes metrics in its own encoding, not "
                  + batch.encoding()
                  + " "
                  + batch.signal(),
              batch.items()));
      return;
    }
    closing.readLock().lock();
    try {
      if (closed) {
        ack.complete(new Outcome.Unavailable("the destination is closed", Duration.ZERO));
        return;
      }
      boolean withMetadata = sender.message() == RemoteWriteMessage.V2;
      TrackedBatch p = handover.take(batch, ack, clock.nanos(), withMetadata);
      Outcome outcome = Outcome.ACCEPTED;
      try {
        assigner.distribute(batch, p, Map.of(), in);
      } catch (CodecException e) {
        outcome = new Outcome.Rejected("malformed: " + e.getMessage(), batch.items());
      }
      p.release(outcome);
      if (handover.isDurable()) {
        ack.complete(outcome);
      }
    } finally {
      closing.readLock().unlock();
    }
  }

  /** Counts of all entries that were put into requests. */
  Balance balance() {
    return account.balance();
  }

  OutboxStatus status() {
    return outbox.status();
  }

  Outbox outbox() {
    return outbox;
  }

  /** Returns the name used in accounts and the API. */
  String component() {
    return component;
  }

  /** Returns the component name of a configuration's destination. */
  static String component(RemoteWriteConfig c) {
    return "prometheus_remote_write/" + c.id();
  }

  /** Returns the number of samples and other entries that are not yet in a request. */
  int waiting() {
    int n = 0;
    for (Shard l : lanes) {
      n += l.entries();
    }
    return n;
  }

  /**
   * Accepts nothing more and sends as much as possible within the time limit. The rest stays on
   * disk, or is lost with the memory.
   */
  void close(Duration timeLimit) {
    if (takeNoMore()) {
      long before = balance().returned();
      outbox.close(timeLimit);
      long remaining = balance().returned() - before;
      if (remaining > 0) {
        LOG.log(
            Level.WARNING,
            "{0}: {1} samples, histograms and exemplars were not delivered to {2} within {3}; they"
                + " were in memory only",
            config.id(),
            Long.toString(remaining),
            config.shownUrl(),
            GoDurationText.of(timeLimit.toNanos()));
      }
      handover.close();
    }
  }

  /** Packs all accepted items into requests; returns false if that was done before. */
  private boolean takeNoMore() {
    closing.writeLock().lock();
    try {
      if (closed) {
        return false;
      }
      closed = true;
    } finally {
      closing.writeLock().unlock();
    }
    synchronized (this) {
      if (timer != null) {
        timer.cancel();
      }
    }
    handover.flush(0, Long.MIN_VALUE, () -> {});
    cutAll();
    return true;
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
