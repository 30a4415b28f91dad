package dev.tethys.pipeline.exporter.remotewrite;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.BucketHistogram;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Gauge;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** {@code prometheus_remote_storage_*}: metrics of each destination. */
public final class RemoteWriteMetrics {
  private static final String PREFIX = "prometheus_remote_storage_";
  private static final String[] BY = {"remote_name", "url"};
  private static final double[] SECONDS = {
    .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25, 60, 120, 300
  };

  private final Registry registry;
  private final List<Vector<?>> all = new ArrayList<>();
  private final Map<List<String>, Of> known = new ConcurrentHashMap<>(); // by name and URL

  private final Vector<Counter> samples;
  private final Vector<Counter> histograms;
  private final Vector<Counter> exemplars;
  private final Vector<Counter> metadata;
  private final Vector<Counter> samplesFailed;
  private final Vector<Counter> histogramsFailed;
  private final Vector<Counter> exemplarsFailed;
  private final Vector<Counter> metadataFailed;
  private final Vector<Counter> samplesRetried;
  private final Vector<Counter> histogramsRetried;
  private final Vector<Counter> exemplarsRetried;
  private final Vector<Counter> metadataRetried;
  private final Vector<Counter> enqueueRetries;
  private final Vector<Counter> bytes;
  private final Vector<Counter> metadataBytes;
  private final Vector<BucketHistogram> sentBatchDuration;
  private final Vector<Gauge> highestSent;
  private final Vector<Gauge> highestQueued;
  private final Vector<Gauge> shards;
  private final Vector<Gauge> shardsMin;
  private final Vector<Gauge> shardsMax;
  private final Vector<Gauge> shardsDesired;
  private final Vector<Gauge> shardCapacity;
  private final Vector<Gauge> maxSamplesPerSend;
  private final Vector<Counter> samplesDropped;
  private final Vector<Counter> histogramsDropped;
  private final Vector<Counter> exemplarsDropped;
  private final Counter samplesIn;
  private final Counter histogramsIn;
  private final Counter exemplarsIn;
  private final Gauge highestIn;

  public RemoteWriteMetrics(Registry registry) {
    this.registry = registry;
    samples = counters("samples_total", "Samples that were sent.");
    histograms = counters("histograms_total", "Native histograms that were sent.");
    exemplars = counters("exemplars_total", "Exemplars that were sent.");
    metadata = counters("metadata_total", "Metadata entries that were sent.");
    samplesFailed =
        counters("samples_failed_total", "Samples that the remote system rejected permanently.");
    histogramsFailed =
        counters(
            "histograms_failed_total",
            "Native histograms that the remote system rejected permanently.");
    exemplarsFailed =
        counters(
            "exemplars_failed_total", "Exemplars that the remote system rejected permanently.");
    metadataFailed =
        counters(
            "metadata_failed_total",
            "Metadata entries that the remote system rejected permanently.");
    samplesRetried =
        counters("samples_retried_total", "Samples whose sending failed and was repeated.");
    histogramsRetried =
        counters("histograms_retried_total", "Histograms whose sending failed and was repeated.");
    exemplarsRetried =
        counters("exemplars_retried_total", "Exemplars whose sending failed and was repeated.");
    metadataRetried =
        counters("metadata_retried_total", "Metadata whose sending failed and was repeated.");
    enqueueRetries =
        counters("enqueue_retries_total", "Batches that the queue could not take at once.");
    bytes = counters("bytes_total", "Bytes of requests with samples, compressed.");
    metadataBytes =
        counters("metadata_bytes_total", "Bytes of requests with metadata, compressed.");
    sentBatchDuration =
        kept(
            registry.histograms(
                PREFIX + "sent_batch_duration_seconds", "Duration of requests.", SECONDS, BY));
    highestSent =
        gauges(
            "queue_highest_sent_timestamp_seconds",
            "Newest timestamp that was sent, Unix seconds.");
    highestQueued = gauges("queue_highest_timestamp_seconds", "Newest timestamp that was queued.");
    shards = gauges("shards", "Number of shards.");
    shardsMin = gauges("shards_min", "Minimum number of shards.");
    shardsMax = gauges("shards_max", "Maximum number of requests at once.");
    shardsDesired = gauges("shards_desired", "Desired number of shards.");
    shardCapacity = gauges("shard_capacity", "The key capacity of queue_config.");
    maxSamplesPerSend = gauges("max_samples_per_send", "Maximum number of samples in a request.");
    samplesDropped = dropped("samples_dropped_total", "Samples that were not sent, by reason.");
    histogramsDropped =
        dropped("histograms_dropped_total", "Native histograms that were not sent, by reason.");
    exemplarsDropped =
        dropped("exemplars_dropped_total", "Exemplars that were not sent, by reason.");
    samplesIn = registry.counter(PREFIX + "samples_in_total", "Samples that came in.");
    histogramsIn =
        registry.counter(PREFIX + "histograms_in_total", "Native histograms that came in.");
    exemplarsIn = registry.counter(PREFIX + "exemplars_in_total", "Exemplars that came in.");
    highestIn =
        registry.gauge(
            PREFIX + "highest_timestamp_in_seconds",
            "Newest timestamp that came in, Unix seconds.");
  }

  private Vector<Counter> counters(String name, String help) {
    return kept(registry.counters(PREFIX + name, help, BY));
  }

  private Vector<Gauge> gauges(String name, String help) {
    return kept(registry.gauges(PREFIX + name, help, BY));
  }

  private Vector<Counter> dropped(String name, String help) {
    return registry.counters(PREFIX + name, help, "remote_name", "url", "reason");
  }

  private <T extends Registry.Instrument> Vector<T> kept(Vector<T> v) {
    all.add(v);
    return v;
  }

  /** Exposes values that queues know themselves. */
  void showQueues(Supplier<List<RemoteWriteQueue>> queues) {
    registry.register(
        to -> {
          List<MetricFamily.Metric> pending = new ArrayList<>();
          List<MetricFamily.Metric> bytes = new ArrayList<>();
          List<MetricFamily.Metric> dropped = new ArrayList<>();
          Map<ItemAccounting, Balance> accounts = new LinkedHashMap<>();
          for (RemoteWriteQueue q : queues.get()) {
            String id = q.config().id();
            String url = q.config().shownUrl();
            Labels l = Labels.of("remote_name", id, "url", url);
            Balance b = q.balance();
            accounts.put(new ItemAccounting("exporter", q.component(), Signal.METRICS), b);
            pending.add(new MetricFamily.Metric(l, b.held() + q.waiting()));
            bytes.add(new MetricFamily.Metric(l, q.status().bytes()));
            long full = b.dropped().getOrDefault(Drops.QUEUE_FULL, 0L);
            if (full > 0) {
              dropped.add(
                  new MetricFamily.Metric(
                      Labels.of(
                          "remote_name", id, "url", url, "reason", RemoteWriteQueue.QUEUE_FULL),
                      full));
            }
          }
          if (!accounts.isEmpty()) {
            AccountingRegistry.items(accounts, to);
          }
          show(to, "samples_pending", MetricType.GAUGE, "Samples and the like that wait.", pending);
          show(to, "queue_bytes", MetricType.GAUGE, "Bytes that wait in requests.", bytes);
          show(
              to,
              "samples_dropped_total",
              MetricType.COUNTER,
              "Samples that were not sent, by reason.",
              dropped);
        });
  }

  private static void show(
      Consumer<MetricFamily> to,
      String name,
      MetricType type,
      String help,
      List<MetricFamily.Metric> metrics) {
    if (!metrics.isEmpty()) {
      to.accept(new MetricFamily(PREFIX + name, type, help, "", metrics));
    }
  }

  /** Counts incoming samples, regardless of their outcome. */
  void in(int samples, int histograms, int exemplars, long newest) {
    samplesIn.add((long) samples);
    histogramsIn.add((long) histograms);
    exemplarsIn.add((long) exemplars);
    raise(highestIn, newest);
  }

  private static void raise(Gauge g, long millis) {
    double v = Math.floorDiv(millis, 1000);
    if (millis != 0 && v > g.value()) {
      g.set(v);
    }
  }

  /** Returns the metrics of one destination; the same instance until removed. */
  Of of(String name, String url) {
    return known.computeIfAbsent(List.of(name, url), k -> new Of(name, url));
  }

  /**
   * Metrics of one destination. Requests in flight at its removal are still counted, but do not
   * make it reappear.
   */
  final class Of {
    private final String name;
    private final String url;

    @GuardedBy("this")
    private boolean gone;

    // used for each batch and request: looking them up takes longer than counting
    private final Counter samplesSent;
    private final Counter histogramsSent;
    private final Counter exemplarsSent;
    private final Counter metadataSent;
    private final Counter bytesSent;
    private final Counter metadataBytesSent;
    private final BucketHistogram durations;
    private final Gauge newestSent;
    private final Gauge newestQueued;

    private Of(String name, String url) {
      this.name = name;
      this.url = url;
      for (Vector<?> v : all) {
        v.with(name, url); // shown from the start
      }
      samplesSent = samples.with(name, url);
      histogramsSent = histograms.with(name, url);
      exemplarsSent = exemplars.with(name, url);
      metadataSent = metadata.with(name, url);
      bytesSent = bytes.with(name, url);
      metadataBytesSent = metadataBytes.with(name, url);
      durations = sentBatchDuration.with(name, url);
      newestSent = highestSent.with(name, url);
      newestQueued = highestQueued.with(name, url);
    }

    void settings(int lanes, QueueConfig q) {
      shards.with(name, url).set(lanes);
      shardsDesired.with(name, url).set(lanes);
      shardsMin.with(name, url).set(q.minShards());
      shardsMax.with(name, url).set(q.maxShards());
      shardCapacity.with(name, url).set(q.capacity());
      maxSamplesPerSend.with(name, url).set(q.maxSamplesPerSend());
    }

    void sent(RequestContents c, long body) {
      samplesSent.add((long) c.samples());
      histogramsSent.add((long) c.histograms());
      exemplarsSent.add((long) c.exemplars());
      metadataSent.add((long) c.metadata());
      raise(newestSent, c.newest());
      attempted(c, body);
    }

    void attempted(RequestContents c, long body) {
      (c.metadata() > 0 ? metadataBytesSent : bytesSent).add(body);
    }

    void failed(long s, long h, long e, long m) {
      add(samplesFailed, s);
      add(histogramsFailed, h);
      add(exemplarsFailed, e);
      add(metadataFailed, m);
    }

    void retried(RequestContents c) {
      add(samplesRetried, c.samples());
      add(histogramsRetried, c.histograms());
      add(exemplarsRetried, c.exemplars());
      add(metadataRetried, c.metadata());
    }

    void dropped(String reason, long s, long h, long e) {
      add(samplesDropped, reason, s);
      add(histogramsDropped, reason, h);
      add(exemplarsDropped, reason, e);
    }

    private synchronized void add(Vector<Counter> v, String reason, long n) {
      if (n != 0 && !gone) {
        v.with(name, url, reason).add(n);
      }
    }

    private synchronized void add(Vector<Counter> v, long n) {
      if (!gone) {
        v.with(name, url).add(n);
      }
    }

    void enqueueRetry() {
      add(enqueueRetries, 1);
    }

    void observeDuration(double seconds) {
      durations.observe(seconds);
    }

    void queued(long newest) {
      raise(newestQueued, newest);
    }

    /** Removes the metrics of a removed destination. */
    synchronized void forget() {
      gone = true;
      known.remove(List.of(name, url), this);
      for (Vector<?> v : all) {
        v.remove(name, url);
      }
      for (String reason :
          List.of(
              RemoteWriteQueue.DROPPED_SERIES,
              RemoteWriteQueue.TOO_OLD,
              RemoteWriteQueue.QUEUE_FULL)) {
        samplesDropped.remove(name, url, reason);
        histogramsDropped.remove(name, url, reason);
        exemplarsDropped.remove(name, url, reason);
      }
    }
  }
}
