package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.remote.ExternalLabels;
import dev.tethys.codec.remote.InvalidLabelsException;
import dev.tethys.codec.remote.RequestFamilies;
import dev.tethys.codec.remote.RowTemplate;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Rows;
import dev.tethys.pipeline.Scheduler;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Distributes the series of batches to lanes, in the form to send: with external labels,
 * relabelled, without samples that are too old or unwanted. Thread-safe.
 */
final class ShardAssigner {
  /** Buffers of one thread for processing a batch. */
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
  private final FamilyTable families;
  private final Shard[] lanes;
  private final Supplier<RemoteWriteMessage> message;
  private final RemoteWriteMetrics.Of metrics;
  private final Scheduler clock;

  /**
   * Creates an assigner for one destination.
   *
   * @param lanes {@link SeriesShard#LANES} of them
   * @param message current format of requests, read for each series
   */
  ShardAssigner(
      RemoteWriteConfig config,
      ExternalLabels external,
      FamilyTable families,
      Shard[] lanes,
      Supplier<RemoteWriteMessage> message,
      RemoteWriteMetrics.Of metrics,
      Scheduler clock) {
    this.config = config;
    this.external = external;
    this.families = families;
    this.lanes = lanes;
    this.message = message;
    this.metrics = metrics;
    this.clock = clock;
  }

  /**
   * Distributes a batch.
   *
   * @param done last series of each lane that was distributed before
   * @param in counts incoming samples; null for no counting
   * @throws CodecException if it is malformed; the preceding part has been distributed
   */
  void distribute(
      Batch batch, TrackedBatch p, Map<Integer, Integer> done, @Nullable RemoteWriteMetrics in) {
    Workspace w = IDLE.poll();
    if (w == null) {
      w = new Workspace();
    }
    w.begin();
    Shard held = null; // neighbours are mostly in the same lane
    MetricFamilies source = batch.families();
    if (source != null) {
      families.add(source);
    }
    try {
      Rows rows = batch.rows();
      if (rows != null && done.isEmpty() && rows(w, rows, p)) {
        return;
      }
      byte[] request = batch.series();
      RequestFamilies known =
          message.get() == RemoteWriteMessage.V1 ? null : new RequestFamilies(source);
      WriteRequestReader r =
          known == null
              ? w.reader.reset(request, 0, request.length)
              : w.reader.reset(request, 0, request.length, known);
      Duration limit = config.queue().sampleAgeLimit();
      long notBefore = limit.isZero() ? Long.MIN_VALUE : clock.millis() - limit.toMillis();
      long now = clock.nanos();
      for (int i = 0; r.nextSeries(); i++) {
        int n = SeriesShard.of(r.labelBuffer(), r.labelOffset(), r.labelLength());
        if (!done.isEmpty() && i <= done.getOrDefault(n, -1)) {
          continue;
        }
        Shard l = lanes[n];
        if (l != held) {
          if (held != null) {
            held.lock.unlock();
          }
          l.lock.lock();
          held = l;
        }
        series(w, r, l, notBefore, known);
        l.ended(p, i, now);
      }
      while (r.nextMetadata()) {
        families.put(r.metricFamily(), r.metadata());
      }
    } finally {
      if (held != null) {
        held.lock.unlock();
      }
      countDropped(w);
      if (in != null) {
        in.in(w.samples, w.histograms, w.exemplars, w.newest);
      }
      w.reader.release();
      IDLE.offer(w);
    }
  }

  /** Distributes rows that go into requests unchanged; returns false if they cannot. */
  private boolean rows(Workspace w, Rows rows, TrackedBatch p) {
    long time = rows.timestamp();
    Duration limit = config.queue().sampleAgeLimit();
    if (message.get() != RemoteWriteMessage.V1
        || !config.relabeling().isEmpty()
        || !RowTemplate.takes(time)
        || !limit.isZero() && time < clock.millis() - limit.toMillis()) {
      return false;
    }
    ShardRows t = ShardRows.of(rows.layout(), external, config.queue().maxSamplesPerSend());
    RowTemplate template = t.template();
    if (template == null) {
      return false;
    }
    Shard l = lanes[t.lane()];
    l.lock.lock();
    try {
      for (int i = 0; i < template.pieces(); i++) {
        l.makeRoom(template.count(i), template.rawLength(i));
        l.writer(RemoteWriteMessage.V1).rows(template, i, time, rows.values());
        l.ended(p, template.from(i) + template.count(i) - 1, clock.nanos());
      }
    } finally {
      l.lock.unlock();
    }
    w.samples += rows.values().length;
    w.newest = time;
    return true;
  }

  private void countDropped(Workspace w) {
    w.samples += w.droppedSamples;
    w.histograms += w.droppedHistograms;
    w.exemplars += w.droppedExemplars;
    metrics.dropped(
        RemoteWriteQueue.DROPPED_SERIES, w.droppedSamples, w.droppedHistograms, w.droppedExemplars);
    metrics.dropped(RemoteWriteQueue.TOO_OLD, w.oldSamples, w.oldHistograms, 0);
    metrics.queued(w.newest);
  }

  /** Writes one series to the request of its lane, or counts it as dropped. */
  private void series(
      Workspace w,
      WriteRequestReader r,
      Shard lane,
      long notBefore,
      @Nullable RequestFamilies known) {
    RequestWriter out = lane.writer(message.get());
    boolean decoded = out.message() == RemoteWriteMessage.V2 || !config.relabeling().isEmpty();
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
      if (labels != null && out.message() == RemoteWriteMessage.V2) {
        MetricMetadata m = metadata(known, labels.metricName());
        if (m == null && !config.relabeling().isEmpty()) {
          m = metadata(known, r.labels().metricName());
        }
        if (m != null) {
          out.seriesMetadata(m);
        }
      }
    } finally {
      out.end();
    }
  }

  /** Returns the metadata of a series' family, from its batch or from previous batches. */
  private @Nullable MetricMetadata metadata(@Nullable RequestFamilies known, String series) {
    MetricFamilies.Family f = known == null ? null : known.of(series);
    return f == null ? families.of(series) : f.metadata();
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

  /** Returns the labels with which a series is sent, or null if relabeling drops it. */
  private @Nullable Labels labels(WriteRequestReader r, Shard lane) {
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
}
