package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.INTEGER;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.LogRuleQueries;
import dev.tethys.alert.rule.RuleSource;
import dev.tethys.api.loki.LokiApi;
import dev.tethys.api.loki.LokiPush;
import dev.tethys.api.loki.LokiSettings;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.insight.deployments.DeploymentSignals.NamedAmount;
import dev.tethys.insight.entities.SeriesIndex;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.HeapRoom;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.model.logs.LogRates;
import dev.tethys.model.logs.LogStore;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedLogStore;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.elastic.ElasticProtocol;
import dev.tethys.pipeline.receiver.elastic.StreamFields;
import dev.tethys.prometheus.LogsConfig;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.exec.LogExplorer;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.exec.TailedLogStore;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.store.logs.LogDatabase;
import dev.tethys.store.logs.LogLimits;
import dev.tethys.store.logs.LogOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Logs of the server: log store with Loki's API, receivers, listeners and own logs. */
final class StoredLogs extends StoredEvents<LogDatabase> {
  /** Flag for the server's own log and the journal of the machine. */
  private static final String COLLECT_LOCAL = "logs.collect-local";

  private static final String MAX_LINE_SIZE = "logs.max-line-size";
  private static final String MAX_STREAMS = "logs.max-streams";
  private static final String MAX_TAILS = "logs.max-tails";
  private static final String QUERY_MAX_ENTRIES = "logs.query-max-entries";

  /** Log storage flags. */
  static final List<Flag> FLAGS =
      Stream.of(
              flags(
                  Signal.LOGS,
                  "log entries",
                  "Store logs and serve Loki's API below /loki. (Tethys)"),
              List.of(
                  of(
                      MAX_LINE_SIZE,
                      SIZE,
                      "4MB",
                      "Maximum length of a log line; longer ones are refused by name. (Tethys)"),
                  of(
                      MAX_STREAMS,
                      INTEGER,
                      "500000",
                      "Maximum number of log streams of a tenant in memory. (Tethys)"),
                  of(
                      MAX_TAILS,
                      INTEGER,
                      "10",
                      "Maximum number of concurrent live tails of a tenant; 0 for no limit."
                          + " (Tethys)"),
                  of(
                      QUERY_MAX_ENTRIES,
                      INTEGER,
                      "5000",
                      "Maximum number of entries that a LogQL query returns. (Tethys)"),
                  of(
                      COLLECT_LOCAL,
                      STRING,
                      "auto",
                      "Store the server's own log and the journal of this machine: true, false, or"
                          + " auto: without a configuration file. (Tethys)")),
              LogListeners.FLAGS)
          .flatMap(List::stream)
          .toList();

  /** Most patterns of a service that are compared, and the longest time to find them. */
  private static final int MAX_PATTERNS = 2_000;

  private static final long PATTERNS_NANOS = 5_000_000_000L;

  private final boolean hasFile;
  private final HttpClientFactory clients;
  private final LogIngester ingester;
  private final LokiRuler ruler;
  private volatile Consumer<List<GroupSpec>> ruleGroups = _ -> {};
  private volatile LogsConfig config = LogsConfig.DEFAULT;
  private volatile @Nullable Queried queried;
  private @Nullable LocalLogs local;
  private @Nullable LogListeners listeners;

  private record Queried(TailedLogStore store, LogqlEngine engine) {}

  StoredLogs(SignalServices services) {
    super(Signal.LOGS, "log store", MemoryUse.LOG_QUERIES, services);
    this.hasFile = services.hasFile();
    this.clients = services.clients();
    this.ingester =
        new LogIngester(
            this::store,
            UnixNanos::now,
            new LogRates(tenant -> config.rates(tenant), System::nanoTime),
            registry);
    this.ruler = new LokiRuler(folder.resolve("rules"), groups -> ruleGroups.accept(groups));
  }

  @Override
  EmbeddedStore batches() {
    return new EmbeddedLogStore(ingester, tenant -> config.otlp(tenant));
  }

  @Override
  public void apply(PrometheusConfig next) {
    config = next.logs();
    LogDatabase d = database();
    if (d != null) {
      d.setLimits(this::limits);
    }
  }

  private LogLimits limits(String tenant) {
    return config.limits(tenant, flagLimits(), retentionTime());
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

  private LogqlLimits limits() {
    LogqlLimits d = LogqlLimits.DEFAULT;
    return new LogqlLimits(
        (int) flags.integer(QUERY_MAX_ENTRIES),
        d.maxSeries(),
        d.maxLength(),
        d.maxRange(),
        d.maxSteps(),
        queryTimeout(),
        d.maxBytes());
  }

  @Override
  RuleSource rules() {
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

  @Override
  public void onRuleGroups(Consumer<List<GroupSpec>> taker) {
    ruleGroups = taker;
  }

  @Override
  void addApi(Routes routes) {
    new LokiApi(this::engine, settings(), queries.threads(), UnixNanos::now, registry)
        .addTo(routes);
    ruler.addTo(routes);
  }

  @Override
  void addProtocols(StoreReceivers receivers, Routes routes) {
    new LokiPush(ingester).addTo(routes);
    ElasticProtocol elastic =
        new ElasticProtocol(
            receivers.storing(), receivers.clock(), ElasticProtocol.VERSION, StreamFields.DEFAULT);
    for (String prefix : List.of("/elastic", "/insert/elasticsearch")) { // the latter: VictoriaLogs
      elastic.addTo(receivers.http(), prefix);
    }
    receivers.addContributed(Signal.LOGS);
    new GelfEndpoint(ingester).addTo(receivers.http());
  }

  private LokiSettings settings() {
    return new LokiSettings(
        limits(),
        flags.bool("web.enable-admin-api"),
        (int) flags.integer(MAX_TAILS),
        tenant -> config.retention(tenant, retentionTime()),
        BuildInfo.current().version());
  }

  @Override
  public Optional<SignalWarmUp<?>> warmUp() {
    LogqlEngine e = engine();
    return e == null ? Optional.empty() : Optional.of(new LogWarmUp(e, settings()));
  }

  @Override
  public Optional<SeriesIndex> streams() {
    return Optional.of(
        (from, to, matchers, limit) -> {
          LogStore s = store();
          return s == null
              ? List.of()
              : s
                  .series(
                      Scope.DEFAULT,
                      matchers,
                      TimeUnit.MILLISECONDS.toNanos(from),
                      TimeUnit.MILLISECONDS.toNanos(to))
                  .stream()
                  .limit(limit)
                  .toList();
        });
  }

  @Override
  public void addTo(SignalQueries to) {
    to.patterns(this::patterns);
  }

  /** Patterns of lines in a range of Unix milliseconds. */
  private List<NamedAmount> patterns(String selector, long from, long to) {
    LogqlEngine e = engine();
    if (e == null) {
      return List.of();
    }
    long start = TimeUnit.MILLISECONDS.toNanos(from);
    long end = TimeUnit.MILLISECONDS.toNanos(to);
    long deadline = System.nanoTime() + PATTERNS_NANOS;
    return new LogExplorer(e.withMemory(queries.ofRules()))
            .patterns(
                new LogExplorer.Range(Scope.DEFAULT, start, end),
                selector,
                end - start,
                MAX_PATTERNS,
                limits(),
                () -> System.nanoTime() - deadline > 0)
            .stream()
            .map(p -> new NamedAmount(p.pattern(), p.total()))
            .toList();
  }

  private @Nullable LogqlEngine engine() {
    Queried q = queried;
    return q == null ? null : q.engine;
  }

  private @Nullable LogStore store() {
    Queried q = queried;
    return q == null ? null : q.store;
  }

  @Override
  LogDatabase openStore(PrometheusConfig initial) throws IOException {
    config = initial.logs();
    LogDatabase database =
        LogDatabase.open(new RealFiles(), folder, new LogOptions(engineOptions(), this::limits));
    TailedLogStore store = new TailedLogStore(database, new LogCounts(registry));
    queried =
        new Queried(
            store,
            new LogqlEngine(
                store,
                HeapRoom.scanThreads(Runtime.getRuntime().availableProcessors()),
                queries.memory(),
                System::nanoTime));
    return database;
  }

  @Override
  void startSources() throws IOException {
    SourceMetrics metrics = new SourceMetrics(registry);
    listeners = LogListeners.start(flags, ingester, folder, clients, registry, metrics);
    if (collectsLocal()) {
      LocalLogs l = new LocalLogs(ingester, folder, clients, registry, metrics);
      local = l;
      l.start();
      LogSetup.copyTo(l::ownLine);
    }
    ruler.open();
  }

  @Override
  public Optional<LocalLogs> localLogs() {
    return Optional.ofNullable(local);
  }

  private boolean collectsLocal() {
    return switch (flags.get(COLLECT_LOCAL)) {
      case "auto" -> !hasFile;
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
  @Override
  public void endStreams() {
    Queried q = queried;
    if (q != null) {
      q.store.closeTails();
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
    Queried q = queried;
    queried = null;
    if (q != null) {
      q.engine.close();
      q.store.closeTails();
    }
    super.close();
  }
}
