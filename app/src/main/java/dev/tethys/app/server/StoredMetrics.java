package dev.tethys.app.server;

import dev.tethys.api.prometheus.QueryEngine;
import dev.tethys.api.prometheus.RunningLookups;
import dev.tethys.api.prometheus.StoreForecast;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.exporter.remotewrite.RemoteWrite;
import dev.tethys.pipeline.exporter.remotewrite.RemoteWriteMetrics;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.sample.BatchSink;
import dev.tethys.pipeline.sample.TeeStore;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryLog;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.DatabaseStats;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.RecoveryReport;
import dev.tethys.store.remote.FederatedSource;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of the server: metric store with remote write, remote read, receivers, and the PromQL
 * engine. Rules, scrapes and other signals write into it by {@link #writing}.
 */
final class StoredMetrics implements StoredSignal {
  private static final System.Logger LOG = JulLogger.of(StoredMetrics.class.getName());

  private final FlagSet flags;
  private final Path folder;
  private final HttpClientFactory clients;
  private final MemoryBudget memory;
  private final Registry registry;
  private final StoreOpening opening;
  private final Retention retention;
  private final DeferredStore store = new DeferredStore();

  /** The store and the metric cache of sources. */
  private final ScopedSource local;

  /** The store and remote databases, for queries. */
  private final FederatedSource reading;

  private final RemoteWrite remoteWrite;
  private final QuerySettings queries;
  private final PromqlEngine engine;
  private final RunningLookups lookups = new RunningLookups();
  private final ServerReceivers receivers;
  private boolean damaged;
  private @Nullable QueryWarmUp warmUp;

  /**
   * Starts to open the store.
   *
   * @param sources sources whose cache is read together with the store
   * @param opening opens the store for {@link #open}
   */
  StoredMetrics(
      SignalServices services,
      EmbeddedSources sources,
      Set<Features> features,
      Configuration configuration,
      ServerStatus status,
      StoreOpening opening) {
    this.flags = services.flags();
    this.folder = services.folder();
    this.clients = services.clients();
    this.memory = services.memory();
    this.registry = services.registry();
    this.opening = opening;
    this.retention = new Retention(flags);
    this.local = sources.join(store);
    if (flags.bool(StoredTraces.SHARED_SPAN_METRICS)) {
      store.shareAll();
    }
    opening.begin(folder, options(configuration.current()));
    this.remoteWrite =
        new RemoteWrite(
            clients,
            new RemoteWriteMetrics(registry),
            new Outboxes(new RealFiles(), Scheduler.system(), new Random()),
            new RemoteWrite.Options(
                folder.resolve("remote-write"),
                flags.bytes("storage.remote.queue-size"),
                Duration.ofMillis(flags.millis("storage.remote.flush-deadline"))),
            Scheduler.system());
    this.queries = new QuerySettings(flags, features);
    EngineOptions options =
        queries.engine(() -> configuration.current().global().evaluationInterval());
    this.engine = new PromqlEngine(options, queries.resources(memory, services.places(), options));
    memory.share(MemoryUse.METRIC_HEADS).addMeasured(store::headBytes);
    this.reading =
        new FederatedSource(local, this::storedFrom, flags.integer("query.max-samples"), registry);
    registry.register(engine.metrics());
    this.receivers =
        new ServerReceivers(
            flags,
            features,
            configuration,
            status,
            registry,
            store,
            this::writing,
            !services.hasFile());
  }

  @Override
  public Signal signal() {
    return Signal.METRICS;
  }

  @Override
  public String storeName() {
    return "metric store";
  }

  /** Returns the store for one kind of writer; its data is also sent by remote write. */
  TeeStore writing(String source) {
    return new TeeStore(
        store, new BatchSink(remoteWrite.from(source), AckCallback.NONE), remoteWrite::isWanted);
  }

  DeferredStore store() {
    return store;
  }

  /** Returns the store and the metric cache of sources. */
  ScopedSource local() {
    return local;
  }

  /** Returns the store, the metric cache of sources, and remote databases, for queries. */
  FederatedSource reading() {
    return reading;
  }

  PromqlEngine engine() {
    return engine;
  }

  /** Returns the query engine of the API. */
  QueryEngine queryEngine() {
    return QueryEngine.of(engine, reading);
  }

  /** Returns the language by the flags. */
  ParserOptions parser() {
    return queries.parser();
  }

  RunningLookups lookups() {
    return lookups;
  }

  RemoteWrite remoteWrite() {
    return remoteWrite;
  }

  /** Returns the retention as shown to users, such as {@code 15d or 10GiB}. */
  String retention() {
    return retention.toString();
  }

  /** True if the store was opened with a loss of damaged data. */
  boolean isDamaged() {
    return damaged;
  }

  /**
   * Returns the store status for the API.
   *
   * @param all health of all signal stores
   */
  StoreStatus view(Supplier<List<StoreForecast>> all) {
    return new StoreStatus(store, folder, all);
  }

  /** Adds the receivers; the query API is the Prometheus API of the server. */
  @Override
  public void addTo(Routes routes, PointTally refused) {
    receivers.addTo(routes);
  }

  @Override
  public void open(PrometheusConfig initial) {
    MetricsDatabase database = opening.take();
    store.opened(database);
    RecoveryReport recovery = database.recovery();
    recovery.problems().forEach(p -> LOG.log(Level.WARNING, "storage: {0}", p));
    damaged = recovery.damagedBytes() > 0;
    LOG.log(
        Level.INFO,
        "storage at {0} opened in {1} ms, {2} series",
        folder,
        recovery.millis(),
        database.stats(0).series());
    engine.noteRunning(folder.resolve("queries.active"));
  }

  @Override
  public void apply(PrometheusConfig c) throws IOException {
    store.get().reconfigure(options(c));
    remoteWrite.apply(c.remoteWrite(), c.global().externalLabels());
    reading.apply(c.remoteRead(), c.stores(), c.global().externalLabels(), clients);
    logQueries(c.global().queryLogFile());
  }

  /** Reopens the query log, so that log rotation can use a reload. */
  private void logQueries(String file) throws IOException {
    QueryLog next;
    try {
      next = file.isEmpty() ? null : QueryLog.open(Path.of(file));
    } catch (IOException e) {
      throw new IOException(
          "global.query_log_file: "
              + file
              + " cannot be written: "
              + (e instanceof NoSuchFileException
                  ? "its folder does not exist"
                  : IoFailures.describe(e)),
          e);
    }
    QueryLog before = engine.log(next);
    if (before != null) {
      before.close();
    }
  }

  private DatabaseOptions options(PrometheusConfig c) {
    String fsync = flags.get("storage.fsync");
    if (!fsync.equals("always") && !fsync.equals("1s")) {
      throw new UsageException(
          "tethys server: --storage.fsync=" + fsync + ": expected always or 1s");
    }
    long max = flags.integer("storage.max-series");
    retention.apply(c.storage());
    return DatabaseOptions.DEFAULTS
        .withRetention(retention.policy())
        .withDownsampling(retention.downsampling())
        .withCompactionRate(flags.bytes("storage.compaction-rate"))
        .withOutOfOrderWindow(c.storage().outOfOrderWindow())
        .withQuietShare(c.storage().quietShare())
        .withBlockDuration(Duration.ofMillis(flags.millis("storage.tsdb.min-block-duration")))
        .withLog(
            fsync.equals("always")
                ? DatabaseOptions.Fsync.ALWAYS
                : DatabaseOptions.Fsync.EACH_SECOND,
            flags.bytes("storage.tsdb.wal-segment-size"),
            DatabaseOptions.DEFAULTS.checkpointBytes())
        .withLimits(
            max == 0 ? Integer.MAX_VALUE : (int) Math.min(max, Integer.MAX_VALUE),
            (int) Math.max(0, Math.min(c.storage().maxExemplars(), Integer.MAX_VALUE)),
            DatabaseOptions.DEFAULTS.maxFuture())
        .withMemoryLimit(
            flags.get("storage.memory-limit").isEmpty()
                ? memory.share(MemoryUse.METRIC_HEADS).max()
                : flags.bytes("storage.memory-limit"))
        .withRegistry(registry);
  }

  /**
   * Returns the time from which the store is known to be complete. Earlier data may be elsewhere,
   * so there is a margin, as in Prometheus.
   */
  private long storedFrom() {
    List<BlockInfo> blocks = store.get().blockList();
    long oldest = blocks.isEmpty() ? System.currentTimeMillis() : blocks.getFirst().minTime();
    return oldest + 2 * flags.millis("storage.tsdb.min-block-duration");
  }

  @Override
  public @Nullable StoreHealth health() {
    return store.isOpen() ? store.get().health() : null;
  }

  /**
   * Starts the warm-up of queries over the open store, unless the store is empty.
   *
   * @param others signals whose queries have priority over it
   */
  void startWarmUp(List<StoredEvents<?>> others) {
    Duration time = Duration.ofMillis(flags.millis("query.warm-up"));
    MetricsDatabase database = store.get();
    DatabaseStats found = database.stats(0);
    if (!time.isPositive() || found.series() == 0 && found.blocks() == 0) {
      return;
    }
    WarmUpTurns.Others asking = WarmUpTurns.Others.of(engine.running(), lookups);
    for (StoredEvents<?> s : others) {
      asking = asking.and(s.queryThreads());
    }
    QueryWarmUp q = new QueryWarmUp(database, time, System::nanoTime, asking);
    warmUp = q;
    q.start();
  }

  /** Continues a warm-up with other signals, once their stores are open. */
  void continueWarmUp(List<SignalWarmUp<?>> others) {
    QueryWarmUp q = warmUp;
    if (q != null) {
      q.follow(others);
    }
  }

  @Override
  public void stopEarly() {
    QueryWarmUp q = warmUp;
    if (q != null) {
      q.close();
    }
  }

  /** Stops remote write, after the last writer that must reach its queues. */
  void stopRemoteWrite() {
    remoteWrite.close();
  }

  @Override
  public void close() {
    engine.close();
    store.close();
  }
}
