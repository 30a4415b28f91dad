package dev.tethys.pipeline.exporter.remotewrite;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.UrlHost;
import dev.tethys.model.Labels;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.graph.Tap;
import dev.tethys.pipeline.graph.Traffic;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All remote write endpoints of a {@code prometheus.yml}: each receives every batch.
 *
 * <p>Each has its own queue, in memory or on disk, bounded in bytes; when it is full, the oldest
 * data is dropped and counted. A configuration change does not affect unrelated queues. With
 * changed settings, a queue passes its content to its successor and completes requests in flight,
 * so that nothing is sent twice and no producer waits.
 */
public final class RemoteWrite implements GraphView, AutoCloseable {
  /** Name of the pipeline in the API. */
  private static final String PIPELINE = "metrics";

  private static final System.Logger LOG = JulLogger.of(RemoteWrite.class.getName());

  /**
   * Options of all remote write endpoints.
   *
   * @param folder folder for queues, or null to queue in memory
   * @param maxBytes maximum queue size of one endpoint
   * @param flushDeadline maximum time that a stopping queue keeps sending
   */
  public record Options(@Nullable Path folder, long maxBytes, Duration flushDeadline) {}

  private final HttpClientFactory clients;
  private final RemoteWriteMetrics metrics;
  private final Outboxes outboxes;
  private final Options options;
  private final Scheduler clock;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Object changes =
      new Object(); // held by changes of the queue's contents; before the lock

  @GuardedBy("changes")
  private Map<String, RemoteWriteQueue> placed = Map.of(); // by places

  private volatile List<RemoteWriteQueue> queues = List.of();
  private final Map<String, Source> sources = new ConcurrentSkipListMap<>();

  @GuardedBy("changes")
  private boolean closed;

  /** Starts without a destination. */
  public RemoteWrite(
      HttpClientFactory clients,
      RemoteWriteMetrics metrics,
      Outboxes outboxes,
      Options options,
      Scheduler clock) {
    this.clients = clients;
    this.metrics = metrics;
    this.outboxes = outboxes;
    this.options = options;
    this.clock = clock;
    metrics.showQueues(() -> queues);
  }

  /**
   * Returns the consumer for one kind of source; the same instance for each name.
   *
   * @param source displayed name, such as {@code scrape}
   */
  public Consumer from(String source) {
    return sources.computeIfAbsent(source, Source::new);
  }

  /** Source with its counts per destination. */
  private final class Source implements Consumer {
    private final String id;
    private final String component;
    private final Traffic all = new Traffic();
    private final Map<String, Traffic> edges = new ConcurrentHashMap<>();

    Source(String name) {
      this.component = name;
      this.id = "receiver:" + name;
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      all.pass(batch);
      for (RemoteWriteQueue q : queues) {
        edge(q).pass(batch);
      }
      RemoteWrite.this.consume(batch, ack);
    }

    Traffic edge(RemoteWriteQueue q) {
      return edges.computeIfAbsent(q.component(), x -> new Traffic());
    }

    void forget(List<RemoteWriteConfig> configs) {
      List<String> left = configs.stream().map(RemoteWriteQueue::component).toList();
      edges.keySet().retainAll(left);
    }

    String edgeId(RemoteWriteQueue q) {
      return id + ".." + PIPELINE + ".." + node(q);
    }

    GraphStatus.NodeStatus status() {
      long n = all.items();
      Balance b = new Balance(n, 0, 0, 0, n, 0, 0, Map.of(), 0, 0);
      return new GraphStatus.NodeStatus(
          id, "receiver", component, "", "", Map.of(Signal.METRICS, b), null, List.of());
    }
  }

  private static String node(RemoteWriteQueue q) {
    return "exporter:" + q.component() + "@metrics";
  }

  @Override
  public GraphStatus status() {
    List<RemoteWriteQueue> now = queues;
    List<GraphStatus.NodeStatus> nodes = new ArrayList<>();
    List<GraphStatus.EdgeStatus> edges = new ArrayList<>();
    if (!now.isEmpty()) {
      sources.values().forEach(s -> nodes.add(s.status()));
    }
    int entry = 0;
    for (RemoteWriteQueue q : now) {
      nodes.add(
          new GraphStatus.NodeStatus(
              node(q),
              "exporter",
              q.component(),
              "metrics",
              "remote_write, entry " + ++entry + ": " + q.config().shownUrl(),
              Map.of(Signal.METRICS, q.balance()),
              q.status(),
              List.of()));
      for (Source s : sources.values()) {
        edges.add(GraphStatus.EdgeStatus.of(s.edgeId(q), s.id, node(q), PIPELINE, s.edge(q)));
      }
    }
    return new GraphStatus(nodes, edges);
  }

  @Override
  public Map<String, OutboxView> outboxes() {
    Map<String, OutboxView> all = new LinkedHashMap<>();
    queues.forEach(q -> all.put(node(q), q.outbox()));
    return all;
  }

  @Override
  public Optional<Tap> tap(String edge, double perSecond) {
    for (RemoteWriteQueue q : queues) {
      for (Source s : sources.values()) {
        if (s.edgeId(q).equals(edge)) {
          return Optional.of(s.edge(q).tap(perSecond));
        }
      }
    }
    return Optional.empty();
  }

  /** Whether there is any destination. */
  public boolean isWanted() {
    return !queues.isEmpty();
  }

  /**
   * Applies a configuration.
   *
   * @throws IOException if a certificate or folder cannot be used; destinations that could be
   *     opened work, the others are missing
   */
  public void apply(List<RemoteWriteConfig> configs, Labels externalLabels) throws IOException {
    synchronized (changes) {
      if (!closed) {
        change(configs, externalLabels);
      }
    }
  }

  /** Queue that replaces another. */
  private record Succession(RemoteWriteQueue before, RemoteWriteConfig config, Endpoint way) {}

  @GuardedBy("changes")
  private void change(List<RemoteWriteConfig> configs, Labels externalLabels) throws IOException {
    Map<String, RemoteWriteQueue> now = new LinkedHashMap<>();
    Map<String, RemoteWriteQueue> gone = new LinkedHashMap<>();
    placed.forEach(
        (place, q) -> {
          boolean same = q.externalLabels().equals(externalLabels) && configs.contains(q.config());
          (same ? now : gone).put(place, q);
        });
    List<RemoteWriteConfig> kept = now.values().stream().map(RemoteWriteQueue::config).toList();
    List<RemoteWriteConfig> fresh = configs.stream().filter(c -> !kept.contains(c)).toList();
    // Errors are detected before anything changes.
    for (RemoteWriteConfig c : fresh) {
      clients.client(c.client());
    }
    Map<String, Succession> successions = new LinkedHashMap<>();
    IOException failure = null;
    for (RemoteWriteConfig c : fresh) {
      String place = place(c, p -> now.containsKey(p) || successions.containsKey(p));
      RemoteWriteQueue before = gone.remove(place);
      try {
        if (before != null) {
          successions.put(place, new Succession(before, c, way(c, place)));
        } else {
          RemoteWriteQueue q = open(c, externalLabels, place);
          now.put(place, q);
          q.start();
        }
      } catch (IOException e) {
        failure = e;
      }
    }
    List<RemoteWriteQueue> replaced = new ArrayList<>(gone.values());
    lock.writeLock().lock();
    try {
      successions.forEach(
          (place, s) -> {
            replaced.add(s.before);
            now.put(
                place,
                s.before.successor(
                    s.config,
                    externalLabels,
                    s.way.sender,
                    s.way.options,
                    s.way.metrics,
                    options.flushDeadline));
          });
      placed = now;
      List<RemoteWriteQueue> ordered = new ArrayList<>(now.values());
      ordered.sort(
          (a, b) -> Integer.compare(configs.indexOf(a.config()), configs.indexOf(b.config())));
      queues = List.copyOf(ordered);
      sources.values().forEach(s -> s.forget(configs));
    } finally {
      lock.writeLock().unlock();
    }
    for (RemoteWriteQueue q : replaced) {
      String id = q.config().id();
      String url = q.config().shownUrl();
      if (configs.stream().noneMatch(c -> c.id().equals(id) && c.shownUrl().equals(url))) {
        metrics.of(id, url).forget();
      }
    }
    for (RemoteWriteQueue q : gone.values()) {
      if (options.folder == null) {
        clock.execute("remote-write-drain", () -> q.close(options.flushDeadline));
      } else {
        q.close(Duration.ZERO);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Request settings of a remote write endpoint. */
  private record Endpoint(
      RemoteWriteSender sender, OutboxOptions options, RemoteWriteMetrics.Of metrics) {}

  private Endpoint way(RemoteWriteConfig c, String place) throws IOException {
    RemoteWriteMetrics.Of of = metrics.of(c.id(), c.shownUrl());
    RemoteWriteSender sender =
        new RemoteWriteSender(
            c,
            clients.client(c.client()),
            of,
            (InstantSource) () -> Instant.ofEpochMilli(clock.millis()));
    QueueConfig q = c.queue();
    OutboxOptions o =
        OutboxOptions.DEFAULT
            .withCapacity(OutboxOptions.Capacity.ofBytes(options.maxBytes))
            .withWhenFull(OutboxOptions.WhenFull.DROP_OLDEST)
            .withRetry(
                new OutboxOptions.Retry(
                    true, q.minBackoff(), 2, q.maxBackoff(), 0.1, Duration.ZERO, 0))
            .withConcurrency(RemoteWriteQueue.requestsAtOnce(q), true);
    Path folder = options.folder;
    if (folder != null) {
      o =
          o.withDisk(
              new OutboxOptions.Disk(
                  folder.resolve(place), OutboxOptions.Sync.EVERY_SECOND, options.maxBytes / 16));
    }
    return new Endpoint(sender, o, of);
  }

  private RemoteWriteQueue open(RemoteWriteConfig c, Labels externalLabels, String place)
      throws IOException {
    Endpoint way = way(c, place);
    OutboxOptions.Disk disk = way.options.disk();
    PendingBatchLog journal =
        disk == null
            ? null
            : new PendingBatchLog(
                new RealFiles(), disk.folder().resolve("journal"), SeriesShard.LANES);
    ItemAccounting account =
        new ItemAccounting("exporter", RemoteWriteQueue.component(c), Signal.METRICS);
    java.util.function.Consumer<Map<String, String>> found =
        journal == null ? headers -> {} : journal::found;
    String name = "remote write " + (c.name().isEmpty() ? c.shownUrl() : c.name());
    Outbox outbox = outboxes.open(name, way.options, way.sender, account, found);
    return new RemoteWriteQueue(
        c, externalLabels, way.sender, outbox, journal, way.metrics, clock, account);
  }

  /**
   * Returns the folder name of a destination: its name, or one derived from its URL, so that
   * changed settings find the waiting data.
   */
  private static String place(RemoteWriteConfig c, Predicate<String> taken) {
    String plain = c.name().isEmpty() ? UrlHost.of(c.url()) + c.url().getRawPath() : c.name();
    StringBuilder sb = new StringBuilder(c.name().isEmpty() ? "url-" : "name-");
    plain.chars().forEach(x -> sb.append(x < 128 && Character.isLetterOrDigit(x) ? (char) x : '-'));
    String what = c.name().isEmpty() ? c.url().toString() : c.name();
    byte[] b = what.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    sb.append('-').append(Long.toHexString(Labels.hash64(b, 0, b.length)));
    String place = sb.toString();
    for (int n = 1; taken.test(place); n++) {
      place = sb + "-" + n;
    }
    return place;
  }

  private void consume(Batch batch, AckCallback ack) {
    lock.readLock().lock();
    try {
      List<RemoteWriteQueue> to = queues;
      if (to.isEmpty()) {
        ack.complete(Outcome.ACCEPTED);
        return;
      }
      TrackedBatch all = new TrackedBatch(ack);
      boolean first = true;
      for (RemoteWriteQueue q : to) {
        all.hold();
        q.consume(batch, all::release, first ? metrics : null);
        first = false;
      }
      all.release(Outcome.ACCEPTED);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Sends waiting data for the configured time; the rest stays on disk, if there is a disk queue.
   */
  @Override
  public void close() {
    List<RemoteWriteQueue> all;
    synchronized (changes) {
      closed = true;
      lock.writeLock().lock();
      try {
        all = queues;
        queues = List.of();
        placed = Map.of();
      } finally {
        lock.writeLock().unlock();
      }
    }
    List<Thread> threads =
        all.stream()
            .map(
                q ->
                    Thread.ofVirtual()
                        .name("remote-write-close")
                        .start(
                            () ->
                                q.close(options.folder == null ? options.flushDeadline : ON_DISK)))
            .toList();
    for (Thread t : threads) {
      try {
        t.join();
      } catch (InterruptedException e) {
        LOG.log(Level.WARNING, "interrupted while queues were closed");
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Flush time of a disk queue, which loses nothing at a stop. */
  private static final Duration ON_DISK = Duration.ofSeconds(2);
}
