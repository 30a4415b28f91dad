package dev.tethys.collect.scrape;

import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One job's targets and their loops.
 *
 * <p>Invariants: {@link #lock} guards all but {@link #view}, which is replaced as a whole and read
 * by anyone; {@link #loops} holds a loop for every active target by {@link Target#hash()}, so that
 * targets with equal labels and URL are one. Waiting for loops to stop happens under the lock:
 * syncs and reloads of a job are sequential.
 */
final class ScrapePool {
  private static final System.Logger LOG = JulLogger.of(ScrapePool.class.getName());

  /** Snapshot of a pool. */
  record View(List<Target> active, List<Target> dropped, int droppedCount, List<ScrapeLoop> loops) {
    static final View EMPTY = new View(List.of(), List.of(), 0, List.of());
  }

  /** Loops by the labels of their targets, created on the first request for the loops of a view. */
  private record ByLabels(View of, Map<Labels, List<ScrapeLoop>> loops) {
    static ByLabels of(View view) {
      Map<Labels, List<ScrapeLoop>> m = HashMap.newHashMap(view.loops.size());
      for (ScrapeLoop l : view.loops) {
        m.merge(
            l.target().labels(),
            List.of(l),
            (a, b) -> Stream.concat(a.stream(), b.stream()).toList());
      }
      return new ByLabels(view, m);
    }
  }

  /**
   * Number of targets created, or loops started, before other work gets its turn: ending series and
   * sending requests would otherwise wait for a hundred thousand of them.
   */
  private static final int TURN = 64;

  private record Discovered(Labels target, Labels group) {}

  /** Result for a discovered target: scraped, dropped, or invalid. */
  private static final class PreparedTarget {
    final @Nullable Target target;
    final boolean dropped;
    final @Nullable String error;
    int seen; // the sync that found it last

    PreparedTarget(@Nullable Target target, boolean dropped, @Nullable String error) {
      this.target = target;
      this.dropped = dropped;
      this.error = error;
    }
  }

  private final ScrapeLoop.Dependencies dependencies;
  private final ScrapeTransport.Factory transports;
  private final ScrapeMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();

  private ScrapeConfig config;
  private ScrapeTiming.Shared paces;
  private ScrapeTransport transport;
  private final Map<String, ScrapeTransport> socketTransports = new HashMap<>();
  private final Map<Long, ScrapeLoop> loops = new LinkedHashMap<>();
  private @Nullable FailureLog failureLog;
  private List<Target> dropped = List.of();
  private int droppedCount;

  /** Created with the current configuration; relabelling again would have the same result. */
  private Map<Discovered, PreparedTarget> made = new HashMap<>();

  /** Number of syncs: a target not found by the last one is gone, without a set of all targets. */
  private int syncs;

  private volatile View view = View.EMPTY;
  private volatile ByLabels byLabels = ByLabels.of(View.EMPTY);

  ScrapePool(
      ScrapeConfig config,
      ScrapeLoop.Dependencies dependencies,
      ScrapeTransport.Factory transports,
      ScrapeMetrics metrics,
      @Nullable FailureLog failureLog) {
    this.config = config;
    this.paces = new ScrapeTiming.Shared(config, dependencies.options());
    this.dependencies = dependencies;
    this.transports = transports;
    this.metrics = metrics;
    this.failureLog = failureLog;
    this.transport = transports.open(config, "");
    metrics.poolTargetLimit.with(config.jobName()).set(config.common().limits().targets());
  }

  View view() {
    return view;
  }

  ScrapeConfig config() {
    lock.lock();
    try {
      return config;
    } finally {
      lock.unlock();
    }
  }

  /** The loops of targets with these labels. */
  List<ScrapeLoop> scraping(Labels labels) {
    View v = view;
    ByLabels known = byLabels;
    if (known.of != v) {
      known = ByLabels.of(v);
      byLabels = known;
    }
    return known.loops.getOrDefault(labels, List.of());
  }

  void failureLog(@Nullable FailureLog log) {
    lock.lock();
    try {
      failureLog = log;
      loops.values().forEach(l -> l.failureLog(log));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Applies the target groups of discovery. Returns when the loops of removed targets have stopped.
   */
  void sync(List<TargetGroup> groups) throws InterruptedException {
    lock.lock();
    try {
      long started = System.nanoTime();
      List<Target> wanted = targets(groups);
      replaceLoops(wanted);
      double seconds = (System.nanoTime() - started) / 1e9;
      metrics.syncLength.with(config.jobName()).observe(seconds);
      metrics.syncLengthHistogram.with(config.jobName()).observe(seconds);
      metrics.poolSyncs.with(config.jobName()).inc();
    } finally {
      lock.unlock();
    }
  }

  private List<Target> targets(List<TargetGroup> groups) {
    List<Target> wanted = new ArrayList<>(made.size());
    syncs++;
    List<Target> out = new ArrayList<>();
    long keep = config.common().limits().keepDroppedTargets();
    int count = 0;
    int failures = 0;
    int fresh = 0;
    for (TargetGroup g : groups) {
      for (int i = 0; i < g.targets().size(); i++) {
        Discovered d = new Discovered(g.targets().get(i), g.labels());
        PreparedTarget m = made.get(d);
        if (m == null) {
          m = make(d);
          made.put(d, m);
          if (++fresh % TURN == 0) {
            Thread.yield();
          }
        }
        m.seen = syncs;
        if (m.error != null) {
          failures++;
          LOG.log(
              Level.ERROR,
              "Creating target failed: instance "
                  + i
                  + " in group "
                  + g.source()
                  + " of job "
                  + config.jobName()
                  + ": "
                  + m.error);
        } else if (m.target != null && !m.dropped) {
          wanted.add(m.target);
        } else if (m.target != null) {
          count++;
          if (keep == 0 || out.size() < keep) {
            out.add(m.target);
          }
        }
      }
    }
    made.values().removeIf(m -> m.seen != syncs);
    dropped = List.copyOf(out);
    droppedCount = count;
    metrics.syncFailed.with(config.jobName()).add((long) failures);
    return wanted;
  }

  private PreparedTarget make(Discovered d) {
    try {
      Labels labels = TargetLabels.of(config, d.target, d.group);
      return new PreparedTarget(
          new Target(labels == null ? Labels.EMPTY : labels, config, d.target, d.group),
          labels == null,
          null);
    } catch (IllegalArgumentException e) {
      return new PreparedTarget(null, false, String.valueOf(e.getMessage()));
    }
  }

  private void replaceLoops(List<Target> wanted) throws InterruptedException {
    Set<String> sockets = new HashSet<>();
    List<ScrapeLoop> started = new ArrayList<>();
    for (Target t : wanted) {
      String socket = t.socket();
      if (!socket.isEmpty()) {
        sockets.add(socket);
      }
      ScrapeLoop there = loops.get(t.hash());
      if (there != null) {
        if (there.markUsed(syncs)) {
          there.target().origin(t.origin()); // the first of several that are the same
        }
        continue;
      }
      ScrapeLoop l = loop(t, dependencies.memory().series(), dependencies.memory().families());
      l.markUsed(syncs);
      loops.put(t.hash(), l);
      started.add(l);
    }
    List<ScrapeLoop> gone = new ArrayList<>();
    loops
        .entrySet()
        .removeIf(
            e -> {
              boolean remove = !e.getValue().isWantedIn(syncs);
              if (remove) {
                gone.add(e.getValue());
              }
              return remove;
            });
    closeSocketTransports(sockets);
    metrics.poolTargets.with(config.jobName()).set(loops.size());
    checkTargetLimit();
    show();
    startAll(started);
    stopAll(gone);
  }

  private static void startAll(Collection<ScrapeLoop> all) {
    int n = 0;
    for (ScrapeLoop l : all) {
      l.start();
      if (++n % TURN == 0) {
        Thread.yield();
      }
    }
  }

  /** Waits for all: a target that flaps must not be scraped by two loops concurrently. */
  private static void stopAll(List<ScrapeLoop> gone) throws InterruptedException {
    int n = 0;
    for (ScrapeLoop l : gone) {
      l.requestStop();
      if (++n % TURN == 0) {
        Thread.yield();
      }
    }
    for (ScrapeLoop l : gone) {
      l.stop();
    }
  }

  private ScrapeLoop loop(Target t, SeriesMemory series, FamilyMemory metadata) {
    ScrapeTiming pace = paces.of(t.allLabels());
    ScrapeLoop l = new ScrapeLoop(dependencies, t, config, transportOf(t), pace, series, metadata);
    l.failureLog(failureLog);
    return l;
  }

  private ScrapeTransport transportOf(Target t) {
    String socket = t.socket();
    if (socket.isEmpty()) {
      return transport;
    }
    return socketTransports.computeIfAbsent(socket, s -> transports.open(config, s));
  }

  private void closeSocketTransports(Set<String> used) {
    socketTransports
        .entrySet()
        .removeIf(
            e -> {
              if (used.contains(e.getKey())) {
                return false;
              }
              closeQuietly(e.getValue());
              return true;
            });
  }

  private void checkTargetLimit() {
    long limit = config.common().limits().targets();
    String error = null;
    if (limit > 0 && loops.size() > limit) {
      metrics.exceededTargetLimit.inc();
      error =
          "target_limit exceeded (number of targets: " + loops.size() + ", limit: " + limit + ")";
    }
    for (ScrapeLoop l : loops.values()) {
      l.forcedError(error);
    }
  }

  private void show() {
    List<ScrapeLoop> all = List.copyOf(loops.values());
    view =
        new View(
            all.stream()
                .map(ScrapeLoop::target)
                .sorted(Comparator.comparing(Target::url).thenComparing(Target::labels))
                .toList(),
            dropped,
            droppedCount,
            all);
  }

  /**
   * Continues with another configuration: every loop is replaced, and takes over the caches of the
   * old one if the series stay the same. The targets stay until the next sync.
   *
   * @throws IllegalArgumentException if the HTTP settings cannot be used; all stays as it was
   */
  void reload(ScrapeConfig to) throws InterruptedException {
    lock.lock();
    try {
      long started = System.nanoTime();
      metrics.poolReloads.inc();
      ScrapeTransport opened;
      try {
        opened = transports.open(to, "");
      } catch (IllegalArgumentException e) {
        metrics.poolReloadsFailed.inc();
        throw e;
      }
      boolean sameSeries = withoutTiming(config).equals(withoutTiming(to));
      List<ScrapeTransport> old = new ArrayList<>(socketTransports.values());
      old.add(transport);
      socketTransports.clear();
      config = to;
      paces = new ScrapeTiming.Shared(to, dependencies.options());
      transport = opened;
      made = new HashMap<>();
      metrics.poolTargetLimit.with(to.jobName()).set(to.common().limits().targets());
      List<ScrapeLoop> before = new ArrayList<>(loops.values());
      if (sameSeries) {
        before.forEach(ScrapeLoop::keepSeriesAtEnd);
      }
      stopAll(before);
      loops.clear();
      for (ScrapeLoop l : before) {
        SampleIngest kept = l.ingest();
        loops.put(
            l.target().hash(),
            sameSeries
                ? loop(l.target(), kept.cache(), kept.metadata())
                : loop(
                    l.target(), dependencies.memory().series(), dependencies.memory().families()));
      }
      checkTargetLimit();
      show();
      startAll(loops.values());
      old.forEach(ScrapePool::closeQuietly);
      metrics
          .reloadLength
          .with(GoDurationText.of(to.common().interval().toNanos()))
          .observe((System.nanoTime() - started) / 1e9);
    } finally {
      lock.unlock();
    }
  }

  /** The configuration without settings that do not affect the series of a target. */
  private static ScrapeConfig withoutTiming(ScrapeConfig c) {
    ScrapeDefaults d = c.common();
    ScrapeLimits l = d.limits();
    ScrapeDefaults common =
        new ScrapeDefaults(
            Duration.ZERO,
            Duration.ZERO,
            d.protocols(),
            d.failureLogFile(),
            new ScrapeLimits(
                l.bodySize(),
                0,
                l.labels(),
                l.labelNameLength(),
                l.labelValueLength(),
                l.targets(),
                l.keepDroppedTargets()),
            d.histograms(),
            d.extraMetrics(),
            d.names(),
            d.escaping());
    return new ScrapeConfig(
        c.jobName(),
        common,
        c.fallbackProtocol(),
        c.scheme(),
        c.metricsPath(),
        c.params(),
        c.honorLabels(),
        c.honorTimestamps(),
        c.trackTimestampsStaleness(),
        c.enableCompression(),
        c.nativeBucketLimit(),
        c.nativeMinBucketFactor(),
        HttpClientConfig.DEFAULT,
        c.discoveries(),
        c.relabeling(),
        c.metricRelabeling(),
        c.profiling());
  }

  /** Stops scraping; series are ended after two intervals more. */
  void stop() throws InterruptedException {
    lock.lock();
    try {
      List<ScrapeLoop> all = new ArrayList<>(loops.values());
      loops.clear();
      dropped = List.of();
      droppedCount = 0;
      show();
      stopAll(all);
      closeSocketTransports(Set.of());
      closeQuietly(transport);
      metrics.forget(config.jobName());
    } finally {
      lock.unlock();
    }
  }

  /** Stops immediately and aborts running scrapes, because the process ends. */
  void abort() {
    lock.lock();
    try {
      loops.values().forEach(ScrapeLoop::abort);
      loops.clear();
      show();
      closeSocketTransports(Set.of());
      closeQuietly(transport);
    } finally {
      lock.unlock();
    }
  }

  private static void closeQuietly(Closeable c) {
    try {
      c.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "closing a client failed", e);
    }
  }
}
