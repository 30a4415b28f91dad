package dev.tethys.app.server;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.LogRuleQueries;
import dev.tethys.api.loki.LokiApi;
import dev.tethys.api.loki.LokiSettings;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.HeapRoom;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.model.logs.LogRates;
import dev.tethys.model.logs.LogStore;
import dev.tethys.pipeline.exporter.tethys.EmbeddedLogStore;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.prometheus.LogsConfig;
import dev.tethys.query.logql.LogqlEngine;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.TailedLogStore;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.store.logs.LogDatabase;
import dev.tethys.store.logs.LogLimits;
import dev.tethys.store.logs.LogOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Log store of the server with Loki's API. Answers 503 until it is open. */
final class EmbeddedLogs implements AutoCloseable {
  /** Flag that switches the store off. */
  static final String ENABLE = "logs.enabled";

  /** Flag for the server's own log and the journal of the machine. */
  static final String COLLECT_LOCAL = "logs.collect-local";

  static final String PATH = "storage.logs.path";
  static final String RETENTION_TIME = "storage.logs.retention.time";
  static final String RETENTION_SIZE = "storage.logs.retention.size";
  static final String HEAD_SIZE = "storage.logs.head-size";
  static final String MAX_LINE_SIZE = "logs.max-line-size";
  static final String MAX_STREAMS = "logs.max-streams";
  static final String QUERY_TIMEOUT = "logs.query-timeout";
  static final String MAX_TAILS = "logs.max-tails";
  static final String QUERY_MAX_ENTRIES = "logs.query-max-entries";

  private final FlagSet flags;
  private final EventStoreSetup shell;
  private final Path folder;
  private final Registry registry;
  private final QueryResources queries;
  private final LogIngester ingester;
  private volatile LogsConfig config = LogsConfig.DEFAULT;
  private volatile @Nullable Opened opened;
  private @Nullable LokiRuler ruler;
  private @Nullable LocalLogs local;
  private @Nullable LogListeners listeners;

  private record Opened(LogDatabase database, TailedLogStore store, LogqlEngine engine) {}

  EmbeddedLogs(FlagSet flags, Path storage, QueryResources queries, Registry registry) {
    this.queries = queries;
    this.flags = flags;
    this.shell = new EventStoreSetup(flags, "logs", "log store", this::database);
    this.folder = shell.folder(storage);
    this.registry = registry;
    this.ingester =
        new LogIngester(
            this::store,
            UnixNanos::now,
            new LogRates(tenant -> config.rates(tenant), System::nanoTime),
            registry);
  }

  /** The store as pipelines reach it. */
  EmbeddedStore pipelineStore() {
    return new EmbeddedLogStore(ingester, tenant -> config.otlp(tenant));
  }

  /** Sets the limits of a configuration, from now on. */
  void apply(LogsConfig next) {
    config = next;
    Opened o = opened;
    if (o != null) {
      o.database.setLimits(this::limits);
    }
  }

  private LogLimits limits(String tenant) {
    return config.limits(tenant, flagLimits(), keep());
  }

  private Duration keep() {
    return Duration.ofMillis(flags.millis(RETENTION_TIME));
  }

  private LogLimits flagLimits() {
    LogLimits d = LogLimits.DEFAULTS;
    return new LogLimits(
        (int) flags.bytes(MAX_LINE_SIZE),
        d.maxLabelNames(),
        d.maxLabelNameLength(),
        d.maxLabelValueLength(),
        d.maxMetadataSize(),
        d.maxMetadataEntries(),
        (int) flags.integer(MAX_STREAMS),
        d.maxAgeNanos(),
        d.maxFutureNanos(),
        null);
  }

  /** True unless a flag switches the log store off. */
  static boolean isEnabled(FlagSet flags) {
    return flags.bool(ENABLE);
  }

  private LogqlLimits limits() {
    LogqlLimits d = LogqlLimits.DEFAULT;
    return new LogqlLimits(
        (int) flags.integer(QUERY_MAX_ENTRIES),
        d.maxSeries(),
        d.maxLength(),
        d.maxRange(),
        d.maxSteps(),
        Duration.ofMillis(flags.millis(QUERY_TIMEOUT)),
        d.maxBytes());
  }

  /** Queries of rules over logs. */
  LogRuleQueries ruleQueries() {
    LogqlLimits d = limits();
    LogqlLimits unlimited = // as Loki's rules, which may record many series
        new LogqlLimits(
            d.maxEntries(),
            0,
            d.maxLength(),
            d.maxRange(),
            d.maxSteps(),
            d.timeout(),
            d.maxBytes());
    return LogRuleQueries.of(
        () -> {
          LogqlEngine e = engine();
          return e == null ? null : e.withMemory(queries.ofRules());
        },
        unlimited);
  }

  /**
   * Adds Loki's API and the endpoints that take logs.
   *
   * @param receivers counts refused items
   * @param ruleGroups takes the groups of Loki's ruler API
   */
  void addTo(Routes routes, PointTally receivers, Consumer<List<GroupSpec>> ruleGroups) {
    new LokiApi(this::engine, settings(), queries.threads(), UnixNanos::now, registry)
        .addTo(routes);
    LogReceivers.addTo(routes, ingester, pipelineStore(), receivers);
    LokiRuler r = new LokiRuler(folder.resolve("rules"), ruleGroups);
    r.addTo(routes);
    ruler = r;
    shell.addGauges(registry);
  }

  private LokiSettings settings() {
    return new LokiSettings(
        limits(),
        flags.bool("web.enable-admin-api"),
        (int) flags.integer(MAX_TAILS),
        tenant -> config.retention(tenant, keep()),
        BuildInfo.current().version());
  }

  /** Threads on which queries of clients compute. */
  QueryThreads queryThreads() {
    return queries.threads();
  }

  /** Warm-up queries over the open store. */
  SignalWarmUp<?> warmUp() {
    return new LogWarmUp(Objects.requireNonNull(engine()), settings());
  }

  /** Adds the health of the store. */
  void addTo(MemoryBudget budget) {
    shell.addTo(budget);
  }

  void addTo(StoreWatch watch) {
    shell.addTo(watch);
  }

  /** Writes the entries in memory into parts; false if the store is not open. */
  boolean flush() throws IOException {
    return shell.flush();
  }

  private @Nullable LogqlEngine engine() {
    Opened o = opened;
    return o == null ? null : o.engine;
  }

  private @Nullable LogStore store() {
    Opened o = opened;
    return o == null ? null : o.store;
  }

  private @Nullable LogDatabase database() {
    Opened o = opened;
    return o == null ? null : o.database;
  }

  /**
   * Opens the store.
   *
   * @param initial limits, needed before the first maintenance
   * @param configured whether the server has a configuration file
   */
  void open(LogsConfig initial, boolean configured, HttpClientFactory http) throws IOException {
    long begin = System.nanoTime();
    config = initial;
    LogDatabase database =
        LogDatabase.open(new RealFiles(), folder, new LogOptions(shell.engine(), this::limits));
    TailedLogStore store = new TailedLogStore(database, new LogCounts(registry));
    LogqlEngine engine =
        new LogqlEngine(
            store,
            HeapRoom.scanThreads(Runtime.getRuntime().availableProcessors()),
            queries.memory(),
            System::nanoTime);
    opened = new Opened(database, store, engine);
    try {
      collect(configured, http);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    LokiRuler r = ruler;
    if (r != null) {
      r.open();
    }
    shell.logOpened(folder, begin);
  }

  /** Starts what the server collects itself, once the store is open. */
  private void collect(boolean configured, HttpClientFactory http) throws IOException {
    SourceMetrics metrics = new SourceMetrics(registry);
    listeners = LogListeners.start(flags, ingester, folder, http, registry, metrics);
    if (collectsLocal(configured)) {
      LocalLogs l = new LocalLogs(ingester, folder, http, registry, metrics);
      local = l;
      l.start();
      LogSetup.copyTo(l::ownLine);
    }
  }

  /** Logs that the server collects without configuration; null when it does not. */
  @Nullable LocalLogs local() {
    return local;
  }

  private boolean collectsLocal(boolean configured) {
    return switch (flags.get(COLLECT_LOCAL)) {
      case "auto" -> !configured;
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new UsageException(
              "tethys server: --"
                  + COLLECT_LOCAL
                  + " is '"
                  + flags.get(COLLECT_LOCAL)
                  + "'; it must be auto, true or false");
    };
  }

  /** Ends live tails, which otherwise last as long as their clients. */
  void closeTails() {
    Opened o = opened;
    if (o != null) {
      o.store.closeTails();
    }
  }

  @Override
  public void close() {
    LogListeners listening = listeners;
    if (listening != null) {
      listening.close();
    }
    LocalLogs l = local;
    if (l != null) {
      LogSetup.copyTo(null);
      l.close();
    }
    Opened o = opened;
    opened = null;
    if (o != null) {
      o.engine.close();
      o.store.close();
    }
  }
}
