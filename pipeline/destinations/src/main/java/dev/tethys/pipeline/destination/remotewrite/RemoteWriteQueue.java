package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.remote.InvalidLabelsException;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricMetadata;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.ledger.Account;
import dev.tethys.pipeline.ledger.Balance;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * One destination of remote write: puts what comes in into requests, and these into an outbox.
 *
 * <p>Series are spread over lanes, by the lane of their batch, or by their labels where a batch has
 * none; a lane's requests are sent in order. Where there is a journal, a batch is settled as soon
 * as it stands there, and stays there until all requests with something of it are in the outbox;
 * otherwise when they were delivered or given up.
 *
 * <p>Lock order: {@link #closing} (shared by whoever brings something), a lane's, the journal's.
 */
final class RemoteWriteQueue implements Consumer, AutoCloseable {
  static final String DROPPED_SERIES = "dropped_series";
  static final String TOO_OLD = "too_old";
  static final String QUEUE_FULL = "queue_full";

  /** More lanes are not made: each holds a request of its own. */
  static final int MAX_LANES = 16;

  private static final System.Logger LOG = System.getLogger(RemoteWriteQueue.class.getName());

  /** What one thread needs to go through a batch. */
  private static final class Workspace {
    final WriteRequestReader reader = new WriteRequestReader();
    final ProtoReader fields = new ProtoReader();
    final ProtoWriter merged = new ProtoWriter();
    int samples;
    int histograms;
    int exemplars;
    int droppedSamples;
    int droppedHistograms;
    int droppedExemplars;
    int oldSamples;
    int oldHistograms;
    long newest;

    void begin() {
      samples = histograms = exemplars = 0;
      droppedSamples = droppedHistograms = droppedExemplars = 0;
      oldSamples = oldHistograms = 0;
      newest = 0;
    }
  }

  private static final ArrayBlockingQueue<Workspace> IDLE = new ArrayBlockingQueue<>(8);

  private final RemoteWriteConfig config;
  private final ExternalLabels external;
  private final RemoteWriteMetrics.Of metrics;
  private final RemoteWriteSender sender;
  private final Outbox outbox;
  private final Clockwork clock;
  private final Account account;
  private final @Nullable Journal journal;
  private final Lane[] lanes;
  private final FamilyTable families = new FamilyTable();
  private final ReentrantReadWriteLock closing = new ReentrantReadWriteLock();
  private volatile boolean closed;
  private volatile boolean metadataUnderWay;
  private long metadataSent;
  private Generation generation = new Generation(); // guarded by the journal
  private Clockwork.@Nullable Timer timer; // guarded by this

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
      @Nullable Journal journal,
      RemoteWriteMetrics.Of metrics,
      Clockwork clock,
      Account account) {
    this.config = config;
    this.external = new ExternalLabels(externalLabels);
    this.sender = sender;
    this.outbox = outbox;
    this.journal = journal;
    this.metrics = metrics;
    this.clock = clock;
    this.account = account;
    QueueConfig q = config.queue();
    this.lanes = new Lane[lanes(q)];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new Lane(i + 1, outbox, q.maxSamplesPerSend(), config.message());
    }
    metrics.settings(lanes.length, q);
    this.metadataSent = clock.nanos();
  }

  /** Hands out again what an earlier process left in the journal, then keeps time. */
  void start() throws IOException {
    Journal j = journal;
    if (j != null) {
      int[] n = new int[1];
      List<Path> old =
          j.recover(
              found -> {
                Batch left = left(found);
                if (left != null) {
                  n[0]++;
                  consume(left, Receipt.NONE);
                }
              });
      old.forEach(Journal::remove);
      if (n[0] > 0) {
        LOG.log(Level.INFO, "{0}: {1} batches found that were not queued yet", config.id(), n[0]);
      }
    }
    tickLater();
  }

  /** What of a batch is not in the outbox yet; null for nothing. */
  private static @Nullable Batch left(Journal.Found f) {
    if (f.done().isEmpty()) {
      return f.batch();
    }
    Batch b = f.batch();
    ProtoReader top = new ProtoReader(b.body());
    WriteRequestReader series = new WriteRequestReader().reset(b.body(), 0, b.body().length);
    ProtoWriter out = new ProtoWriter();
    int index = 0;
    while (top.next()) {
      int start = top.fieldStart();
      boolean isSeries = top.field() == 1;
      top.skip();
      if (isSeries) {
        series.nextSeries();
        long lane = b.lane() != 0 ? laneOf(b.lane(), f.lanes()) : laneOf(hash(series), f.lanes());
        if (index++ <= f.done().getOrDefault(lane + 1, -1)) {
          continue;
        }
      }
      out.raw(b.body(), start, top.position() - start);
    }
    return out.size() == 0 ? null : b.with(out.toByteArray(), 0);
  }

  private static long hash(WriteRequestReader r) {
    return Labels.hash64(r.labelBuffer(), r.labelOffset(), r.labelLength());
  }

  private static long laneOf(long hash, int lanes) {
    return Long.remainderUnsigned(hash ^ hash >>> 29, lanes);
  }

  /** How many lanes a queue has. */
  static int lanes(QueueConfig q) {
    return Math.min(MAX_LANES, q.maxShards());
  }

  /**
   * One file of the journal: it goes when nobody holds it, unless something of it found no room in
   * the outbox; then it is read again at the next start.
   */
  private static final class Generation {
    private @Nullable Path file; // guarded by this, like all
    private int holds = 1;
    private boolean keep;

    synchronized void hold() {
      holds++;
    }

    synchronized void release(Outcome outcome) {
      keep |= outcome instanceof Outcome.Unavailable;
      if (--holds == 0 && file != null && !keep) {
        Journal.remove(file);
      }
    }

    synchronized void ended(@Nullable Path p) {
      file = p;
    }
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
            () ->
                clock.execute(
                    "remote-write " + config.id(),
                    () -> {
                      tick();
                      tickLater();
                    }));
  }

  /** Sends what has waited long enough. */
  void tick() {
    closing.readLock().lock();
    try {
      if (closed) {
        return;
      }
      long now = clock.nanos();
      if (journal == null) {
        for (Lane l : lanes) {
          l.cutIfDue(now, deadlineNanos());
        }
      } else {
        flushJournal(now, false);
      }
      sendMetadata(now);
    } finally {
      closing.readLock().unlock();
    }
  }

  private long journalSince; // guarded by the journal
  private boolean journalFails; // guarded by the journal

  /** Lets a file of the journal end, and puts all that it holds into requests. */
  private void flushJournal(long now, boolean atOnce) {
    Journal j = journal;
    if (j == null) {
      return;
    }
    Generation before;
    synchronized (j) {
      if (journalSince == 0 || (!atOnce && now - journalSince < deadlineNanos())) {
        return;
      }
      Path done;
      try {
        done = j.next();
      } catch (IOException e) {
        LOG.log(Level.ERROR, "{0}: the journal cannot go on: {1}", config.id(), e.getMessage());
        return;
      }
      journalSince = 0;
      before = generation;
      before.ended(done);
      generation = new Generation();
    }
    for (Lane l : lanes) {
      l.lock.lock();
      try {
        l.cut();
      } finally {
        l.lock.unlock();
      }
    }
    before.release(Outcome.ACCEPTED);
  }

  private void sendMetadata(long now) {
    MetadataConfig m = config.metadata();
    if (!m.send()
        || sender.message() != Message.V1
        || metadataUnderWay
        || now - metadataSent < m.interval().toNanos()) {
      return;
    }
    metadataSent = now;
    List<Map.Entry<String, MetricMetadata>> all = families.all();
    if (all.isEmpty()) {
      return;
    }
    // A destination that is down gets one round, not one for each interval.
    metadataUnderWay = true;
    Pending p = new Pending(outcome -> metadataUnderWay = false);
    RequestWriter w = new RequestWriter(Message.V1);
    for (Map.Entry<String, MetricMetadata> e : all) {
      w.familyMetadata(e.getKey(), e.getValue());
      if (w.entries() >= m.maxPerSend()) {
        p.hold();
        outbox.put(w.take(0), p::release);
      }
    }
    if (!w.isEmpty()) {
      p.hold();
      outbox.put(w.take(0), p::release);
    }
    p.release(Outcome.ACCEPTED);
  }

  @Override
  public void consume(Batch batch, Receipt receipt) {
    consume(batch, receipt, null);
  }

  /**
   * The same.
   *
   * @param in where to count what came in; null for nowhere
   */
  void consume(Batch batch, Receipt receipt, @Nullable RemoteWriteMetrics in) {
    if (batch.signal() != Signal.METRICS || batch.encoding() != Encoding.REMOTE_WRITE) {
      receipt.settle(
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
        receipt.settle(new Outcome.Unavailable("the destination is closed", Duration.ZERO));
        return;
      }
      Pending p;
      Journal j = journal;
      if (j == null) {
        p = new Pending(receipt);
      } else {
        synchronized (j) {
          Generation g = generation;
          g.hold();
          Journal.Place at = append(j, batch);
          if (journalSince == 0) {
            journalSince = clock.nanos();
          }
          p =
              new Pending(
                  g::release,
                  at == null
                      ? (lane, lastSeries, o) -> {}
                      : (lane, lastSeries, o) -> note(j, at, lane, lastSeries, o));
        }
      }
      Outcome outcome = Outcome.ACCEPTED;
      try {
        encode(batch, p, in);
      } catch (CodecException e) {
        outcome = new Outcome.Rejected("malformed: " + e.getMessage(), batch.items());
      }
      p.release(outcome);
      if (j != null) {
        receipt.settle(outcome);
      }
    } finally {
      closing.readLock().unlock();
    }
  }

  private Journal.@Nullable Place append(Journal j, Batch batch) {
    try {
      Journal.Place at = j.append(batch);
      journalFails = false;
      return at;
    } catch (IOException e) {
      // It is sent all the same, unless the process dies before.
      if (!journalFails) {
        LOG.log(
            Level.ERROR,
            "{0}: the journal cannot be written, what waits would be lost with the process: {1}",
            config.id(),
            e.getMessage());
      }
      journalFails = true;
      metrics.enqueueRetry();
      return null;
    }
  }

  private void note(Journal j, Journal.Place at, long lane, int lastSeries, Outcome o) {
    if (o instanceof Outcome.Unavailable) {
      return;
    }
    try {
      j.note(at, lane, lastSeries);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "{0}: a note was not written: {1}", config.id(), e.getMessage());
    }
  }

  private Lane lane(long hash) {
    return lanes[(int) laneOf(hash, lanes.length)];
  }

  private void encode(Batch batch, Pending p, @Nullable RemoteWriteMetrics in) {
    Workspace w = IDLE.poll();
    if (w == null) {
      w = new Workspace();
    }
    w.begin();
    try {
      WriteRequestReader r = w.reader.reset(batch.body(), 0, batch.body().length);
      Duration limit = config.queue().sampleAgeLimit();
      long notBefore = limit.isZero() ? Long.MIN_VALUE : clock.millis() - limit.toMillis();
      if (batch.lane() != 0) {
        Lane l = lane(batch.lane());
        l.lock.lock();
        try {
          for (int i = 0; r.nextSeries(); i++) {
            series(w, r, l, notBefore);
            l.ended(p, i, clock.nanos());
          }
        } finally {
          l.lock.unlock();
        }
      } else {
        for (int i = 0; r.nextSeries(); i++) {
          Lane l = lane(hash(r));
          l.lock.lock();
          try {
            series(w, r, l, notBefore);
            l.ended(p, i, clock.nanos());
          } finally {
            l.lock.unlock();
          }
        }
      }
      while (r.nextMetadata()) {
        families.put(r.metricFamily(), r.metadata());
      }
    } finally {
      tell(w);
      if (in != null) {
        in.in(w.samples, w.histograms, w.exemplars, w.newest);
      }
      w.reader.release();
      IDLE.offer(w);
    }
  }

  private void tell(Workspace w) {
    w.samples += w.droppedSamples;
    w.histograms += w.droppedHistograms;
    w.exemplars += w.droppedExemplars;
    metrics.dropped(DROPPED_SERIES, w.droppedSamples, w.droppedHistograms, w.droppedExemplars);
    metrics.dropped(TOO_OLD, w.oldSamples, w.oldHistograms, 0);
    metrics.queued(w.newest);
  }

  /** Writes one series into the request of its lane, or counts what is left out. */
  private void series(Workspace w, WriteRequestReader r, Lane lane, long notBefore) {
    RequestWriter out = lane.writer(sender.message());
    boolean decoded = out.message() == Message.V2 || !config.relabeling().isEmpty();
    Labels labels = null;
    if (decoded) {
      labels = labels(r, lane);
      if (labels == null) {
        drop(w, r);
        return;
      }
      out.begin(labels);
    } else if (external.isEmpty()) {
      out.begin(r.labelBuffer(), r.labelOffset(), r.labelLength());
    } else if (external.merge(
        r.labelBuffer(), r.labelOffset(), r.labelLength(), w.fields, w.merged)) {
      out.begin(w.merged.buffer(), 0, w.merged.size());
    } else {
      labels = labels(r, lane);
      if (labels == null) {
        drop(w, r);
        return;
      }
      out.begin(labels);
    }
    try {
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        switch (e) {
          case SAMPLE -> {
            long t = r.timestamp();
            w.samples++;
            if (t < notBefore) {
              w.oldSamples++;
            } else {
              out.sample(r.startTimestamp(), t, r.value());
              w.newest = Math.max(w.newest, t);
            }
          }
          case HISTOGRAM -> {
            long t = r.timestamp();
            w.histograms++;
            if (t < notBefore) {
              w.oldHistograms++;
            } else if (config.histograms()) {
              out.histogram(r.startTimestamp(), t, r.histogram());
              w.newest = Math.max(w.newest, t);
            }
          }
          case EXEMPLAR -> {
            Exemplar x = r.exemplar();
            w.exemplars++;
            if (x != null && config.sendExemplars()) {
              out.exemplar(x);
            }
          }
          case END -> {}
        }
      }
      if (labels != null && out.message() == Message.V2) {
        MetricMetadata m = families.of(labels);
        if (m != null) {
          out.seriesMetadata(m);
        }
      }
    } finally {
      out.end();
    }
  }

  private static void drop(Workspace w, WriteRequestReader r) {
    for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
      switch (e) {
        case SAMPLE -> w.droppedSamples++;
        case HISTOGRAM -> w.droppedHistograms++;
        case EXEMPLAR -> w.droppedExemplars++;
        case END -> {}
      }
    }
  }

  /** The labels with which a series is sent; null when relabelling drops it. */
  private @Nullable Labels labels(WriteRequestReader r, Lane lane) {
    boolean relabels = !config.relabeling().isEmpty();
    long hash = 0;
    if (relabels) {
      hash = Labels.hash64(r.labelBuffer(), r.labelOffset(), r.labelLength());
      Labels known = lane.relabelled().find(hash);
      if (known != null) {
        return known.isEmpty() ? null : known;
      }
    }
    Labels raw;
    try {
      raw = WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
    } catch (InvalidLabelsException e) {
      throw new CodecException(String.valueOf(e.getMessage()), e);
    }
    Labels made = raw;
    if (relabels || !external.isEmpty()) {
      LabelsBuilder b = raw.toBuilder();
      external.addTo(b);
      made = config.relabeling().apply(b) ? b.build() : Labels.EMPTY;
    }
    if (relabels) {
      lane.relabelled().remember(hash, made, clock.nanos());
    }
    return made.isEmpty() ? null : made;
  }

  /** What became of everything that was put into requests. */
  Balance balance() {
    return account.balance();
  }

  OutboxStatus status() {
    return outbox.status();
  }

  /** Samples and the like that are in no request yet. */
  int waiting() {
    int n = 0;
    for (Lane l : lanes) {
      n += l.entries();
    }
    return n;
  }

  /**
   * Takes nothing more, and sends what it can within the time. What is left then stays on disk, or
   * is lost with the memory it stood in.
   */
  void close(Duration patience) {
    closing.writeLock().lock();
    try {
      if (closed) {
        return;
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
    flushJournal(0, true);
    for (Lane l : lanes) {
      l.lock.lock();
      try {
        l.cut();
      } finally {
        l.lock.unlock();
      }
    }
    outbox.close(patience);
    if (journal != null) {
      try {
        journal.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "closing a journal failed", e);
      }
    }
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
