package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.INTEGER;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.alert.rule.TraceRuleQueries;
import dev.tethys.api.traces.MetricQueries;
import dev.tethys.api.traces.TracesApi;
import dev.tethys.api.traces.TracesSettings;
import dev.tethys.app.server.spans.GeneratedMetrics;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.ComputeThreads;
import dev.tethys.model.guard.HeapRoom;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.SampleSink;
import dev.tethys.model.traces.TraceIngester;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.exporter.tethys.EmbeddedTraceStore;
import dev.tethys.pipeline.receiver.jaeger.JaegerReceiverFactory;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.prometheus.TracesConfig;
import dev.tethys.query.traceql.TraceLimits;
import dev.tethys.query.traceql.TraceQueries;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.store.traces.TraceDatabase;
import dev.tethys.store.traces.TraceOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Trace store of the server with the APIs of Tempo, Jaeger and Zipkin. Answers 503 until it is
 * open.
 */
final class EmbeddedTraces implements AutoCloseable {
  /** Flag that switches the store off. */
  static final String ENABLE = "traces.enabled";

  static final String PATH = "storage.traces.path";
  static final String RETENTION_TIME = "storage.traces.retention.time";
  static final String RETENTION_SIZE = "storage.traces.retention.size";
  static final String HEAD_SIZE = "storage.traces.head-size";
  static final String QUERY_TIMEOUT = "traces.query-timeout";
  static final String QUERY_MAX_TRACES = "traces.query-max-traces";
  static final String SPAN_METRICS = "traces.span-metrics";
  static final String SHARED_SPAN_METRICS = "traces.shared-span-metrics";
  static final String JAEGER_COMPACT = "traces.jaeger-compact-listen-address";
  static final String JAEGER_BINARY = "traces.jaeger-binary-listen-address";

  /** Flags of the trace store. */
  static final List<Flag> FLAGS =
      List.of(
          of(
              ENABLE,
              BOOLEAN,
              "true",
              "Store traces; serve the APIs of Tempo, Jaeger and Zipkin. (Tethys)"),
          of(
              PATH,
              STRING,
              "",
              "Folder of the trace store; by default traces in the storage folder. (Tethys)"),
          of(RETENTION_TIME, DURATION, "15d", "Retention time of traces; 0 for no limit. (Tethys)"),
          of(
              RETENTION_SIZE,
              SIZE,
              "0",
              "Maximum bytes of traces on disk; the oldest are removed first, 0 for no limit."
                  + " (Tethys)"),
          of(
              HEAD_SIZE,
              SIZE,
              "32MB",
              "Memory for spans that are not yet written to parts. (Tethys)"),
          of(QUERY_TIMEOUT, DURATION, "1m", "Maximum duration of a query of traces. (Tethys)"),
          of(
              QUERY_MAX_TRACES,
              INTEGER,
              "10000",
              "Largest limit of a search for traces by TraceQL; a search with a larger one is"
                  + " refused. (Tethys)"),
          of(
              SPAN_METRICS,
              BOOLEAN,
              "true",
              "Write span metrics and the service graph of stored spans. (Tethys)"),
          of(
              SHARED_SPAN_METRICS,
              BOOLEAN,
              "false",
              "Show span metrics and service graphs of all tenants to every reader of metrics."
                  + " (Tethys)"),
          of(
              JAEGER_COMPACT,
              STRING,
              "",
              "UDP address for spans of Jaeger's clients in Thrift's compact protocol, such as"
                  + " :6831. (Tethys)"),
          of(
              JAEGER_BINARY,
              STRING,
              "",
              "UDP address for spans of Jaeger's clients in Thrift's binary protocol, such as"
                  + " :6832. (Tethys)"));

  private static final Duration AGENT_STOP = Duration.ofSeconds(5);

  /** Spans in parts take a quarter of the disk that those in the log take, and are found faster. */
  private static final Duration HEAD_AGE = Duration.ofMinutes(5);

  private static final System.Logger LOG = JulLogger.of(EmbeddedTraces.class.getName());

  private final FlagSet flags;
  private final EventStoreSetup shell;
  private final Path folder;
  private final Registry registry;
  private final QueryResources resources;
  private final TraceIngester ingester;
  private final GeneratedMetrics metrics;
  private volatile TracesConfig config = TracesConfig.DEFAULT;
  private volatile @Nullable Opened opened;
  private @Nullable PointTally refused; // set with the endpoints, before the store opens
  private @Nullable Receiver jaegerAgent;

  private record Opened(TraceDatabase database, TraceQueries queries, ThreadPoolExecutor pool) {}

  /**
   * @param metricStore gets the metrics that are made of spans
   * @param separate runs before those of a tenant other than the default are written
   * @param queries resources of queries
   */
  EmbeddedTraces(
      FlagSet flags,
      Path storage,
      SampleSink metricStore,
      Runnable separate,
      QueryResources queries,
      Registry registry) {
    this.resources = queries;
    this.flags = flags;
    this.shell = new EventStoreSetup(flags, "traces", "trace store", this::database);
    this.folder = shell.folder(storage);
    this.registry = registry;
    this.ingester = new TraceIngester(this::database, registry);
    this.metrics =
        new GeneratedMetrics(
            GeneratedMetrics.Settings.DEFAULT, metricStore, InstantSource.system(), registry);
    metrics.enable(flags.bool(SPAN_METRICS));
    ingester.add(
        (tenant, _, _, _) -> {
          if (!tenant.equals(LogStore.DEFAULT_TENANT)) {
            separate.run();
          }
        });
    ingester.add(metrics);
  }

  /** True unless a flag switches the trace store off. */
  static boolean isEnabled(FlagSet flags) {
    return flags.bool(ENABLE);
  }

  /** The store as pipelines reach it. */
  EmbeddedStore pipelineStore() {
    return new EmbeddedTraceStore(ingester);
  }

  /** Sets the limits of a configuration, from now on. */
  void apply(TracesConfig next) {
    config = next;
    metrics.enable(flags.bool(SPAN_METRICS) && next.spanMetrics());
    Opened o = opened;
    if (o != null) {
      o.database.setLimits(next::limits);
    }
  }

  /** Queries of the store, null until it is open. */
  @Nullable TraceQueries queries() {
    Opened o = opened;
    return o == null ? null : o.queries;
  }

  /** Queries of rules over traces. */
  TraceRuleQueries ruleQueries() {
    return TraceRuleQueries.of(
        () -> {
          TraceQueries q = queries();
          return q == null ? null : q.withMemory(resources.ofRules());
        },
        Duration.ofMillis(flags.millis(QUERY_TIMEOUT)));
  }

  /**
   * Adds the APIs and the endpoints that take spans.
   *
   * @param receivers counts refused items
   * @param spanMetrics queries over the metrics that are made of spans
   */
  void addTo(Routes routes, PointTally receivers, MetricQueries spanMetrics) {
    new TracesApi(this::queries, settings(), resources.threads(), UnixNanos::now, spanMetrics)
        .addTo(routes);
    TraceReceivers.addTo(routes, pipelineStore(), receivers);
    refused = receivers.named("traces");
    shell.addGauges(registry);
  }

  private TracesSettings settings() {
    TracesSettings d = TracesSettings.of(BuildInfo.current().version());
    return new TracesSettings(
        Duration.ofMillis(flags.millis(QUERY_TIMEOUT)),
        d.lookback(),
        d.maxTraces(),
        d.maxValues(),
        flags.bool("web.enable-admin-api"),
        d.version());
  }

  /** Threads on which queries of clients compute. */
  QueryThreads queryThreads() {
    return resources.threads();
  }

  /** Warm-up queries over the open store. */
  SignalWarmUp<?> warmUp() {
    return new TraceWarmUp(Objects.requireNonNull(queries()), settings());
  }

  /** Adds the health of the store. */
  void addTo(MemoryBudget budget) {
    shell.addTo(budget);
  }

  void addTo(StoreWatch watch) {
    shell.addTo(watch);
  }

  /** Writes the spans in memory into parts; false if the store is not open. */
  boolean flush() throws IOException {
    return shell.flush();
  }

  private @Nullable TraceDatabase database() {
    Opened o = opened;
    return o == null ? null : o.database;
  }

  /** Opens the store. */
  void open() throws IOException {
    long begin = System.nanoTime();
    TraceDatabase database =
        TraceDatabase.open(
            new RealFiles(),
            folder,
            new TraceOptions(
                shell.engine().withHeadAge(HEAD_AGE),
                dev.tethys.store.traces.TraceLimits.DEFAULTS));
    database.setLimits(config::limits);
    int threads = HeapRoom.scanThreads(Runtime.getRuntime().availableProcessors());
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(4 * threads),
            ComputeThreads.factory("traceql-"));
    pool.allowCoreThreadTimeOut(true);
    TraceLimits d = TraceLimits.DEFAULT;
    TraceLimits limits =
        new TraceLimits(
            Math.min(d.maxBytes(), resources.memory().max()),
            d.maxSeries(),
            d.maxSteps(),
            (int) flags.integer(QUERY_MAX_TRACES),
            d.traceNanos());
    opened =
        new Opened(
            database, new TraceQueries(database, pool, threads, limits, resources.memory()), pool);
    metrics.start();
    listenAsJaegerAgent();
    shell.logOpened(folder, begin);
  }

  /** Listens for datagrams on the addresses that flags name. */
  private void listenAsJaegerAgent() throws IOException {
    String compact = flags.get(JAEGER_COMPACT);
    String binary = flags.get(JAEGER_BINARY);
    if (compact.isEmpty() && binary.isEmpty()) {
      return;
    }
    Receiver agent =
        JaegerReceiverFactory.agent(
            compact.isEmpty() ? null : compact,
            binary.isEmpty() ? null : binary,
            new StoringConsumer(pipelineStore()),
            Scheduler.system(),
            Objects.requireNonNull(refused));
    try {
      agent.start();
    } catch (IOException e) {
      throw new IOException(
          "--"
              + JAEGER_COMPACT
              + "="
              + compact
              + " --"
              + JAEGER_BINARY
              + "="
              + binary
              + ": "
              + e.getMessage(),
          e);
    }
    jaegerAgent = agent;
    for (String flag : List.of(JAEGER_COMPACT, JAEGER_BINARY)) {
      if (!flags.get(flag).isEmpty()) {
        ListenFlags.warnIfOpen(LOG, flag, flags.get(flag), "writing of spans");
      }
    }
  }

  @Override
  public void close() {
    Receiver agent = jaegerAgent;
    if (agent != null) {
      agent.stop(AGENT_STOP);
    }
    Opened o = opened;
    opened = null;
    if (o != null) {
      metrics.close();
      o.pool.shutdown();
      o.database.close();
    }
  }
}
