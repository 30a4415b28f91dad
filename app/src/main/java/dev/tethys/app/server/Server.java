package dev.tethys.app.server;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.api.prometheus.ApiSettings;
import dev.tethys.api.prometheus.Consoles;
import dev.tethys.api.prometheus.Notifications;
import dev.tethys.api.prometheus.PrometheusApi;
import dev.tethys.api.prometheus.QueryEngine;
import dev.tethys.api.prometheus.RunningLookups;
import dev.tethys.app.alertmanager.EmbeddedAlertmanager;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.host.ProcessCollector;
import dev.tethys.collect.scrape.HttpTransports;
import dev.tethys.collect.scrape.ScrapeClock;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeManager;
import dev.tethys.collect.scrape.ScrapeMetrics;
import dev.tethys.collect.scrape.ScrapeOptions;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.guard.QueryPlaces;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.exporter.remotewrite.RemoteWrite;
import dev.tethys.pipeline.exporter.remotewrite.RemoteWriteMetrics;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.sample.BatchSink;
import dev.tethys.pipeline.sample.TeeStore;
import dev.tethys.pipeline.web.PipelineEndpoints;
import dev.tethys.pipeline.web.TapAccess;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryLog;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.PublicUrl;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.ui.WebUi;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.DatabaseStats;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.RecoveryReport;
import dev.tethys.store.remote.FederatedSource;
import dev.tethys.web.ExternalUrl;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpMetrics;
import dev.tethys.web.Routes;
import dev.tethys.web.TrustedOrigins;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The server role, composed: it listens while it opens its store, then obeys its configuration; it
 * closes in the opposite order.
 */
final class Server implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(Server.class.getName());

  private static final String LISTEN = "web.listen-address";

  /** OTLP's usual ports, for gRPC and for HTTP; both protocols work on either. */
  private static final List<String> OTLP_ADDRESSES = List.of("127.0.0.1:4317", "127.0.0.1:4318");

  private final FlagSet flags;
  private final Set<Features> features;
  private final Registry registry = new Registry();
  private final Retention retention;
  private final Configuration configuration;
  private final ServerStatus status;
  private final StoreWatch watch = new StoreWatch(System::currentTimeMillis);
  private final Notifications notifications;
  private final Reloads reloads;
  private final StoreOpening opening;
  private final DeferredStore store = new DeferredStore();

  /** The store and remote databases, for queries. */
  private final FederatedSource reading;

  private final RemoteWrite remoteWrite;

  private final QuerySettings queries;
  private final MemoryBudget memory = MemoryBudget.ofProcess();
  private final QueryPlaces places = QueryPlaces.ofProcess();
  private final PromqlEngine engine;
  private final CollectedExporters exporters;
  private final ScrapeManager scrape;
  private final DiscoveryManager discovery;
  private final Alerting alerting;
  private final @Nullable EmbeddedPushgateway pushgateway;
  private final @Nullable EmbeddedAlertmanager alertmanager;
  private final List<StoredEvents<?>> signals;
  private final EmbeddedPipelines pipelines;
  private final EmbeddedObserver observer;
  private final HttpListener listener;
  private final boolean embedded;
  private final List<HttpListener> otlpListeners;
  private final HttpClientFactory clients =
      new HttpClientFactory("Prometheus/" + BuildInfo.current().version());
  private final Path folder;
  private final Tracing tracing =
      new Tracing("prometheus", BuildInfo.current().version(), clients, registry);
  private final RunningLookups lookups = new RunningLookups();
  private @Nullable QueryWarmUp queryWarmUp;

  /**
   * Reads the configuration, begins to open the store and starts listening.
   *
   * @param opening of the store, which {@link #open} takes from it
   * @throws dev.tethys.config.ConfigException when the configuration is wrong
   * @throws IOException when a file cannot be read or an address not be taken
   */
  Server(FlagSet flags, StoreOpening opening) throws IOException {
    this.flags = flags;
    this.opening = opening;
    this.features = Features.parse(flags.list("enable-feature"));
    this.retention = new Retention(flags);
    this.folder = Path.of(flags.get("storage.tsdb.path"));
    Path file = Path.of(flags.get("config.file"));
    this.embedded = !flags.isGiven("config.file") && !Files.exists(file);
    if (embedded) {
      ListenFlags.keepToLoopback(flags, LISTEN);
    }
    this.configuration =
        new Configuration(
            "server",
            embedded ? null : file,
            embedded ? Configuration.defaults(ownAddress()) : "",
            registry);
    if (flags.bool(StoredTraces.SHARED_SPAN_METRICS)) {
      store.shareAll();
    }
    opening.begin(folder, databaseOptions(configuration.current()));
    ExternalUrl external = PublicUrl.of(flags, "tethys server");
    this.notifications =
        new Notifications(
            (int) flags.integer("web.max-notifications-subscribers"),
            InstantSource.system(),
            registry);
    this.reloads = new Reloads(configuration, notifications);
    this.status =
        new ServerStatus(
            flags,
            features,
            configuration,
            reloads,
            retention::toString,
            external.url(),
            watch::stores);
    notifications.add(Notifications.STARTING);
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
    this.engine = new PromqlEngine(options, queries.resources(memory, places, options));
    memory.share(MemoryUse.METRIC_HEADS).addMeasured(store::headBytes);
    registry.register(memory);
    this.reading =
        new FederatedSource(store, this::storedFrom, flags.integer("query.max-samples"), registry);
    registry.register(engine.metrics());
    registry.register(new ProcessCollector());
    registry.register(Registry.process());
    registry.register(BuildInfo.current().metric("prometheus", "the server"));
    this.exporters = new CollectedExporters(new HttpTransports(clients), clients);
    this.observer = new EmbeddedObserver(flags, embedded, exporters, () -> "localhost:" + port());
    this.scrape =
        new ScrapeManager(
            writing("scrape"),
            exporters,
            new ScrapeOptions(
                "Prometheus/" + BuildInfo.current().version(),
                on(Features.ST_STORAGE),
                on(Features.CREATED_TIMESTAMP_ZERO_INGESTION),
                on(Features.TYPE_AND_UNIT_LABELS),
                on(Features.ST_SYNTHESIS),
                ServerFlags.tolerance(flags),
                ScrapeOptions.DEFAULT_MAX_BODY_BYTES,
                tracing.recorder()),
            new ScrapeMetrics(registry),
            ScrapeClock.SYSTEM);
    DiscoveryContext discoveryContext = DiscoveryContext.of(registry, clients);
    this.signals = signals();
    this.discovery =
        new DiscoveryManager(
            discoveryContext,
            ServerFlags.discoveryPause(flags),
            byPool -> {
              scrape.targets(byPool);
              signals.forEach(x -> x.targets(byPool));
            });
    this.alerting =
        new Alerting(
            flags,
            on(Features.CONCURRENT_RULE_EVAL),
            external.url(),
            new Alerting.Dependencies(
                writing("rules"),
                reading,
                engine,
                signals.stream()
                    .collect(Collectors.toMap(StoredEvents::ruleType, StoredEvents::rules)),
                clients,
                discoveryContext,
                registry,
                tracing.recorder()));
    signals.forEach(x -> x.onRuleGroups(alerting::applyLogGroups));
    this.pushgateway =
        flags.bool("web.enable-pushgateway") ? new EmbeddedPushgateway(flags, folder) : null;
    this.pipelines = new EmbeddedPipelines(flags, stores(), folder, registry);
    Routes routes = routes(external.url());
    this.alertmanager =
        EmbeddedAlertmanager.open(flags, external.url(), folder, clients, registry, routes);
    if (alertmanager != null) {
      alerting.remember(alertmanager);
    }
    this.listener =
        ListenFlags.listening(
            "web.listen-address",
            () ->
                HttpListener.start(
                    listenerOptions(external, ListenFlags.addresses(flags)),
                    routes,
                    new HttpMetrics(registry, "prometheus")));
    ListenFlags.warnIfOpen(LOG, flags, LISTEN, listener.addresses(), openContent());
    this.otlpListeners = embedded ? otlpListeners(external, routes) : List.of();
    status.listensOn(listener.port());
  }

  /** Data that clients of the listener read, and actions open to them. */
  private String openContent() {
    List<String> out = new ArrayList<>(List.of("metrics"));
    signals.forEach(x -> out.add(x.plural()));
    out.add("configuration without secrets");
    for (String api : List.of("web.enable-admin-api", "web.enable-lifecycle")) {
      if (flags.bool(api)) {
        out.add("--" + api);
      }
    }
    return String.join(", ", out);
  }

  /** The store for one kind of writer: what it takes goes to remote write too. */
  private TeeStore writing(String source) {
    return new TeeStore(
        store, new BatchSink(remoteWrite.from(source), AckCallback.NONE), remoteWrite::isWanted);
  }

  /** Signals besides metrics that the flags switch on. */
  private List<StoredEvents<?>> signals() {
    SignalServices services =
        new SignalServices(flags, folder, !embedded, clients, memory, places, registry);
    Map<Signal, Supplier<StoredEvents<?>>> all = new LinkedHashMap<>();
    all.put(Signal.LOGS, () -> new StoredLogs(services));
    all.put(
        Signal.TRACES,
        () ->
            new StoredTraces(
                services,
                writing("traces"),
                store::separate,
                new SpanMetricQueries(engine, reading)));
    all.put(Signal.PROFILES, () -> new StoredProfiles(services, engine));
    all.keySet().removeIf(x -> !flags.bool(StoredEvents.enabled(x)));
    return List.copyOf(all.values().stream().map(Supplier::get).toList());
  }

  /** Stores of signals as batches reach them. */
  private Map<Signal, EmbeddedStore> stores() {
    return signals.stream().collect(Collectors.toMap(StoredSignal::signal, StoredEvents::batches));
  }

  private List<ScrapeManager.Pool> pools() {
    return signals.stream().flatMap(x -> x.pools().stream()).toList();
  }

  private boolean on(Features f) {
    return features.contains(f);
  }

  private String ownAddress() {
    if (flags.bool(ListenFlags.SYSTEMD.name())) {
      throw new UsageException(
          "tethys server: the embedded defaults need a port that is known, and that of systemd's"
              + " socket is not; give a --config.file");
    }
    String first = flags.list(LISTEN).getFirst();
    int colon = first.lastIndexOf(':');
    String port = first.substring(colon + 1);
    String host = first.substring(0, Math.max(colon, 0));
    if (port.equals("0")) {
      throw new UsageException(
          "tethys server: the embedded defaults need a port that is known; give one to"
              + " --web.listen-address, or give a --config.file");
    }
    boolean isOwn = host.isEmpty() || host.equals("0.0.0.0") || host.equals("[::]");
    return (isOwn || !flags.isGiven(LISTEN) ? "localhost" : host) + ":" + port;
  }

  /** Listens on OTLP's usual ports of loopback, unless another program does. */
  private List<HttpListener> otlpListeners(ExternalUrl external, Routes routes) {
    List<HttpListener> out = new ArrayList<>();
    for (String address : OTLP_ADDRESSES) {
      try {
        out.add(HttpListener.start(listenerOptions(external, address), routes, null));
      } catch (IOException e) {
        LOG.log(
            Level.WARNING,
            "OTLP port not available address={0} error=\"{1}\"; another program receives what"
                + " SDKs send there by default: end it, or send to port {2}",
            address,
            IoFailures.describe(e),
            String.valueOf(listener.port()));
      }
    }
    return out;
  }

  private HttpListenerOptions listenerOptions(ExternalUrl external, String... addresses) {
    String web = flags.get("web.config.file");
    return HttpListenerOptions.on(addresses)
        .withWebConfigFile(web.isEmpty() ? null : Path.of(web))
        .withRoutePrefix(external.routePrefix())
        .withOrigins(TrustedOrigins.of(external.url(), corsOrigin()))
        .withMaxConnections((int) flags.integer("web.max-connections"))
        .withReadTimeout(Duration.ofMillis(flags.millis("web.read-timeout")))
        .withTracing(tracing.recorder());
  }

  private Routes routes(URI external) {
    Routes routes = new Routes();
    new ServerReceivers(
            flags, features, configuration, status, registry, store, this::writing, embedded)
        .addTo(routes);
    ApiSettings api =
        new ApiSettings(
            "Prometheus Server",
            false,
            flags.bool("web.enable-admin-api"),
            flags.bool("web.enable-lifecycle"),
            on(Features.SEARCH_API),
            (int) flags.integer("web.search.max-limit"),
            corsOrigin(),
            Duration.ofMillis(flags.millis("query.lookback-delta")),
            Duration.ofMillis(flags.millis("query.timeout")),
            flags.get("query.user-header"),
            queries.parser());
    PrometheusApi.Parts parts =
        new PrometheusApi.Parts(
            store,
            reading,
            QueryEngine.of(engine, reading),
            new StoreStatus(store, folder, watch::stores),
            new ScrapeStatus(scrape, this::pools, configuration),
            alerting.status(),
            status,
            notifications,
            memory,
            registry,
            InstantSource.system());
    PrometheusApi.register(routes, api, parts, lookups);
    PrometheusApi.consoles(
        routes,
        new Consoles.Folders(
            Path.of(flags.get("web.console.templates")),
            Path.of(flags.get("web.console.libraries"))),
        api,
        parts);
    EmbeddedPushgateway push = pushgateway;
    if (push != null) {
      push.routes(routes, flags);
    }
    PointTally receivers = new PointTally("server", registry, Scheduler.system()::nanos);
    FlushEndpoint flush = new FlushEndpoint();
    watch.add("metrics", "metric store", () -> store.get().health());
    for (StoredEvents<?> x : signals) {
      x.addTo(routes, receivers);
      flush.add(x.storeName(), x::flush);
      watch.add(x.plural(), x.storeName(), x::health);
    }
    flush.addTo(routes);
    watch.register(registry);
    HostPage.addTo(routes);
    observer.addTo(routes);
    String seen = external.getPath() == null ? "" : external.getPath();
    PipelineEndpoints.addTo(routes, remoteWrite, InstantSource.system(), TapAccess.MASKED);
    WebUi pages =
        new WebUi(seen, flags.get("web.page-title"), "server")
            .with(WebUi.Part.PROMETHEUS)
            .with(WebUi.Part.PIPELINES);
    if (EmbeddedAlertmanager.isAskedFor(flags)) {
      pages.with(WebUi.Part.ALERTMANAGER, EmbeddedAlertmanager.PREFIX.substring(1));
    }
    if (push != null) {
      pages.with(WebUi.Part.PUSHGATEWAY, EmbeddedPushgateway.PREFIX.substring(1));
    }
    pages.routes(routes);
    return routes;
  }

  private Pattern corsOrigin() {
    String origin = flags.get("web.cors.origin");
    try {
      return Pattern.compile(origin);
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          "tethys server: --web.cors.origin=" + origin + ": " + e.getDescription());
    }
  }

  /** Opens the store and obeys the configuration; from then on the server is ready. */
  void open() throws IOException {
    MetricsDatabase database = opening.take();
    store.opened(database);
    RecoveryReport recovery = database.recovery();
    recovery.problems().forEach(p -> LOG.log(Level.WARNING, "storage: {0}", p));
    DatabaseStats found = database.stats(0);
    LOG.log(
        Level.INFO,
        "storage at {0} opened in {1} ms, {2} series",
        folder,
        recovery.millis(),
        found.series());
    Duration warmUp = Duration.ofMillis(flags.millis("query.warm-up"));
    // A server without data in its store starts without a warm-up.
    if (warmUp.isPositive() && (found.series() > 0 || found.blocks() > 0)) {
      warmUp(database, warmUp);
    }
    for (StoredSignal x : signals) {
      x.open(configuration.current());
    }
    engine.noteRunning(folder.resolve("queries.active"));
    configuration.add(this::apply);
    configuration.add(this::logQueries);
    configuration.add(_ -> pipelines.apply());
    watch.start();
    status.ready(recovery.damagedBytes() > 0 ? 1 : 0);
    notifications.remove(Notifications.STARTING);
    reloads.watch(flags);
    QueryWarmUp q = queryWarmUp;
    if (q != null) {
      q.follow(signals.stream().flatMap(x -> x.warmUp().stream()).toList());
    }
  }

  /** Starts the warm-up while the other stores are opened, which takes hundredths of a second. */
  private void warmUp(MetricsDatabase database, Duration time) {
    WarmUpTurns.Others clients = WarmUpTurns.Others.of(engine.running(), lookups);
    for (StoredEvents<?> x : signals) {
      clients = clients.and(x.queryThreads());
    }
    QueryWarmUp q = new QueryWarmUp(database, time, System::nanoTime, clients);
    queryWarmUp = q;
    q.start();
  }

  private DatabaseOptions databaseOptions(PrometheusConfig c) {
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

  private void apply(PrometheusConfig c) throws IOException {
    // Read first: a rule file that is wrong leaves everything as it is.
    List<GroupSpec> groups = configuration.rulesOf(c, queries.parser());
    checkProfileJobs(c);
    EmbeddedAlertmanager a = alertmanager;
    if (a != null) {
      a.load();
      alerting.setLocalAlertmanager(a.api(status.externalUrl()), a::receive);
    }
    tracing.apply(c.tracing());
    store.get().reconfigure(databaseOptions(c));
    for (StoredSignal x : signals) {
      x.apply(c);
    }
    remoteWrite.apply(c.remoteWrite(), c.global().externalLabels());
    reading.apply(c.remoteRead(), c.stores(), c.global().externalLabels(), clients);
    exporters.apply(c.collect());
    applyJobs(c);
    alerting.apply(c, groups);
  }

  /** Refuses jobs of profiles if a flag switches their store off. */
  private void checkProfileJobs(PrometheusConfig c) throws IOException {
    if (!c.profileJobs().isEmpty() && !stores().containsKey(Signal.PROFILES)) {
      throw new IOException(
          "job "
              + c.profileJobs().getFirst().jobName()
              + " has profiling_config, but there is no profile store; remove the job or --"
              + StoredEvents.enabled(Signal.PROFILES)
              + "=false");
    }
  }

  private void applyJobs(PrometheusConfig c) throws IOException {
    List<ScrapeConfig> own = observer.jobs(c.jobs());
    scrape.apply(
        Stream.concat(c.metricJobs().stream(), own.stream()).toList(), c.global().externalLabels());
    Map<String, List<DiscoveryConfig>> pools = new LinkedHashMap<>();
    Stream.concat(c.jobs().stream(), own.stream())
        .forEach(j -> pools.put(j.jobName(), j.discoveries()));
    discovery.apply(pools);
  }

  /** Starts to observe the machine when the flags and the rights of the process allow it. */
  void observe() {
    observer.start(
        ObservedTelemetry.sinks(stores(), Configuration.hostName()),
        signals.stream().flatMap(x -> x.localLogs().stream()).findFirst().orElse(null),
        folder,
        () -> configuration.applyAgain(this::applyJobs));
  }

  /** Opens the query log anew, so that log rotation can use a reload. */
  private void logQueries(PrometheusConfig c) throws IOException {
    String file = c.global().queryLogFile();
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

  /** Reads the configuration again, as SIGHUP asks. */
  void reload() {
    reloads.now();
  }

  /**
   * From when on the store has everything, as far as it can know: what it had when it began to be
   * filled may be elsewhere, so there is a margin, as in Prometheus.
   */
  private long storedFrom() {
    List<BlockInfo> blocks = store.get().blockList();
    long oldest = blocks.isEmpty() ? System.currentTimeMillis() : blocks.getFirst().minTime();
    return oldest + 2 * flags.millis("storage.tsdb.min-block-duration");
  }

  /** What a person at the terminal should know. */
  String greeting() {
    String url =
        flags.get("web.external-url").isEmpty()
            ? (listener.isSecure() ? "https://" : "http://") + ownAddress()
            : status.externalUrl().toString();
    return StartupBanner.text(url, configuration, observer.plan(), folder, retention);
  }

  int port() {
    return listener.port();
  }

  @Override
  public void close() {
    status.stopping();
    watch.close();
    notifications.add(Notifications.STOPPING);
    signals.forEach(StoredSignal::stopSources);
    reloads.close();
    QueryWarmUp q = queryWarmUp;
    if (q != null) {
      q.close();
    }
    observer.close();
    discovery.close();
    alerting.close();
    EmbeddedAlertmanager a = alertmanager;
    if (a != null) {
      a.close();
    }
    alerting.closeHistory();
    scrape.close();
    exporters.close();
    notifications.close();
    signals.forEach(StoredSignal::endStreams);
    otlpListeners.forEach(HttpListener::close);
    listener.close();
    pipelines.close();
    remoteWrite.close();
    EmbeddedPushgateway p = pushgateway;
    if (p != null) {
      p.close();
    }
    tracing.close();
    engine.close();
    signals.reversed().forEach(StoredSignal::close);
    store.close();
    clients.close();
  }
}
