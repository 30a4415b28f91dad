package dev.tethys.logagent;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.exporter.loki.LokiClient;
import dev.tethys.pipeline.stages.EntryLimiter;
import dev.tethys.pipeline.stages.StageClock;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Outputs of entries after all stages: the clients, the graph, and the limit before both. Each
 * receives every entry, which is acknowledged when all have acknowledged it. {@link #accept} is
 * thread-safe, and continues during a reload: no caller has to stop for it.
 */
final class LogExporters {
  private static final System.Logger LOG = JulLogger.of(LogExporters.class.getName());

  /** Interval between attempts to open clients that failed. */
  private static final Duration REOPENING = Duration.ofSeconds(2);

  /** Parts of a configuration, unvalidated. */
  private record Parts(
      List<LokiClient> clients, @Nullable PipelineLogExporter graph, @Nullable Limit limit) {
    List<Consumer<LogEntry>> consumers() {
      List<Consumer<LogEntry>> all = new ArrayList<>();
      clients.forEach(c -> all.add(c::accept));
      if (graph != null) {
        all.add(graph::accept);
      }
      return all;
    }
  }

  /** Rate limit, as in {@code limits_config}. */
  private record Limit(EntryLimiter limiter, boolean drop) {}

  private final boolean dryRun;
  private final Registry registry;
  private final StageMetrics stageMetrics;
  private final List<ComponentFactory<?>> own;
  private final Clients clients;

  /**
   * One graph for as long as this runs, because its metrics are registered once: another
   * configuration changes it, and one without exporters leaves it idle.
   */
  private @Nullable PipelineLogExporter graph;

  private PromtailConfig config;
  private volatile Parts parts;
  private volatile List<Consumer<LogEntry>> takers;

  /** Set while nothing can be opened; callers with an entry wait for it. */
  private volatile @Nullable CountDownLatch shut;

  private boolean ended; // changed with the lock

  /**
   * Opens them.
   *
   * @param dryRun whether entries are printed instead
   * @param own factories of components that only this process has
   */
  LogExporters(
      PromtailConfig config,
      boolean dryRun,
      HttpClientFactory http,
      Registry registry,
      StageMetrics stageMetrics,
      List<ComponentFactory<?>> own)
      throws IOException {
    this.own = own;
    this.config = config;
    this.dryRun = dryRun;
    this.registry = registry;
    this.stageMetrics = stageMetrics;
    this.clients = new Clients(http, registry);
    Clients.Change change = clients.opening(config);
    this.parts = opened(config, change);
    change.make();
    this.takers = parts.consumers();
  }

  /** The clients of the configuration that runs. */
  List<LokiClient> clients() {
    return clients.present();
  }

  /** Accepts an entry, and waits while too many are in flight. */
  void accept(LogEntry entry) {
    Limit limit = parts.limit;
    if (limit != null) {
      if (!limit.drop) {
        limit.limiter.await(entry);
      } else if (!limit.limiter.allows(entry)) {
        stageMetrics.dropped("global_rate_limiter_drop").inc();
        entry.settle();
        return;
      }
    }
    if (dryRun) {
      print(entry);
      return;
    }
    awaitOpening();
    List<Consumer<LogEntry>> to = takers;
    if (to.isEmpty()) {
      return; // nothing is open, and this ends: its sources bring it again
    }
    if (to.size() == 1) {
      to.getFirst().accept(entry);
      return;
    }
    LogEntry.Origin origin = entry.detach();
    LogEntry.Origin each = origin == null ? null : origin.shared(to.size());
    for (Consumer<LogEntry> d : to) {
      LogEntry copy = new LogEntry(entry.labels(), entry.timestamp(), entry.line(), each);
      copy.setMetadata(entry.metadata());
      d.accept(copy);
    }
  }

  /** Keeps waiting when interrupted, as with a full queue. */
  private void awaitOpening() {
    boolean interrupted = false;
    for (CountDownLatch s = shut; s != null && s.getCount() > 0; ) {
      try {
        s.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void print(LogEntry e) {
    long t = e.timestamp();
    Instant at =
        Instant.ofEpochSecond(Math.floorDiv(t, 1_000_000_000L), Math.floorMod(t, 1_000_000_000L));
    System.out.println(at + "\t" + e.labels() + "\t" + e.line());
    e.settle();
  }

  /**
   * Opens the parts of a configuration, in addition to the clients that are open; on a failure
   * nothing.
   */
  private Parts opened(PromtailConfig c, Clients.Change to) throws IOException {
    PromtailConfig.ReadLimit read = c.readLimit();
    Limit limit =
        read == null
            ? null
            : new Limit(
                new EntryLimiter(read.entries(), read.bytes(), StageClock.system()), read.drop());
    if (dryRun) {
      return new Parts(List.of(), null, limit);
    }
    to.open();
    try {
      return new Parts(to.clients(), graph(c), limit);
    } catch (IOException | RuntimeException e) {
      to.undo();
      throw e;
    }
  }

  private @Nullable PipelineLogExporter graph(PromtailConfig c) throws IOException {
    YamlDocument into = c.graphDocument();
    if (into == null) {
      return null;
    }
    PipelineLogExporter g = graph;
    if (g == null) {
      g = new PipelineLogExporter(registry, own);
      graph = g; // also if it cannot be built: its registrations exist
    }
    g.apply(into);
    g.tenant(c.tenant());
    return g;
  }

  /**
   * Whether another configuration replaces everything, so that waiting entries must return to their
   * sources ({@link #replaceBy}).
   */
  boolean isReplacedBy(PromtailConfig next) {
    Parts now = parts;
    return !now.clients.isEmpty()
        && clients.becoming(next).isOfNone()
        && (now.graph == null || next.graph() == null);
  }

  /**
   * Continues with another configuration; on a failure nothing changes. Waiting requests of a
   * client are sent by its successor; a client without one ends, and entries that only it lacks are
   * dropped at the end.
   *
   * @throws IOException with the client that cannot be opened
   */
  synchronized void become(PromtailConfig next) throws IOException {
    Clients.Change change = clients.becoming(next);
    Parts now = opened(next, change);
    change.make();
    parts = now;
    takers = now.consumers();
    config = next;
    stopWaiting();
    change.endOthers();
  }

  /**
   * Ends these and opens those of another configuration. Waiting entries are not settled: their
   * sources send them again.
   *
   * @param between run while nothing is open: entries that arrive then are not settled either
   * @throws IOException if they cannot be opened; then all is open again as it was before. When
   *     that cannot be either, entries wait while it is retried
   */
  synchronized void replaceBy(PromtailConfig next, Between between)
      throws IOException, InterruptedException {
    takers = List.of();
    clients.end();
    try {
      between.run();
      open(next);
    } catch (IOException | RuntimeException e) {
      try {
        open(config);
      } catch (IOException | RuntimeException again) {
        e.addSuppressed(again);
        shut();
        throw new IOException(
            text(e)
                + "; the former clients cannot be reopened either, which is retried every "
                + REOPENING.toSeconds()
                + " seconds while entries wait: "
                + text(again),
            e);
      }
      throw new IOException(text(e) + "; everything is as it was before", e);
    }
  }

  private static String text(Exception e) {
    return e instanceof IOException || e instanceof ConfigException
        ? String.valueOf(e.getMessage())
        : e.toString();
  }

  private void open(PromtailConfig c) throws IOException {
    Clients.Change change = clients.opening(c);
    Parts p = opened(c, change);
    change.make();
    parts = p;
    takers = p.consumers();
    config = c;
  }

  /**
   * Closes everything: entries wait, and the previous clients are retried until they can be opened.
   */
  private void shut() {
    parts = new Parts(List.of(), null, parts.limit);
    CountDownLatch s = new CountDownLatch(1);
    shut = s;
    Thread.ofVirtual()
        .name("reopening-clients")
        .start(
            () -> {
              try {
                while (!s.await(REOPENING.toNanos(), TimeUnit.NANOSECONDS)) {
                  reopen(s);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private synchronized void reopen(CountDownLatch s) {
    if (ended || s.getCount() == 0) {
      return;
    }
    try {
      open(config);
      stopWaiting();
      LOG.log(Level.INFO, "clients are open again, as they were before");
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "clients cannot be opened again: {0}", text(e));
    }
  }

  private void stopWaiting() {
    CountDownLatch s = shut;
    if (s != null) {
      s.countDown();
      shut = null;
    }
  }

  /** Action to run while no exporter is open. */
  interface Between {
    void run() throws InterruptedException;
  }

  /** Sends the buffered entries without waiting for more. */
  void flush() {
    Parts p = parts;
    p.clients.forEach(LokiClient::flush);
    if (p.graph != null) {
      p.graph.flush();
    }
  }

  /**
   * Makes callers fail instead of waiting: entries without space are not settled, and their sources
   * retry them.
   */
  void failBlockedProducers() {
    stopWaiting();
    clients.failBlockedProducers();
    PipelineLogExporter g = graph;
    if (g != null) {
      g.failBlockedProducers();
    }
  }

  /** Sends as much as possible within the time, and ends. */
  void close(Duration timeLimit) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      stopWaiting();
    }
    List<Thread> closing = clients.close(timeLimit);
    PipelineLogExporter g = graph;
    if (g != null) {
      g.close(timeLimit);
    }
    try {
      for (Thread t : closing) {
        t.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
