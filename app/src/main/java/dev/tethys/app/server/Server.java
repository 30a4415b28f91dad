package dev.tethys.app.server;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.api.prometheus.ApiSettings;
import dev.tethys.api.prometheus.Consoles;
import dev.tethys.api.prometheus.Notifications;
import dev.tethys.api.prometheus.PrometheusApi;
import dev.tethys.app.alertmanager.EmbeddedAlertmanager;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.host.linux.ProcessCollector;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeMemory;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.guard.QueryPlaces;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.web.PipelineEndpoints;
import dev.tethys.pipeline.web.TapAccess;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.promql.QueryPriority;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.ui.WebUi;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpMetrics;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The server role, composed: it listens while it opens its store, then applies its configuration;
 * it closes in the opposite order.
 */
final class Server implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(Server.class.getName());

  private static final String LISTEN = "web.listen-address";

  /** OTLP's usual ports, for gRPC and for HTTP; both protocols work on either. */
  private static final List<String> OTLP_ADDRESSES = List.of("127.0.0.1:4317", "127.0.0.1:4318");

  private final FlagSet flags;
  private final Path folder;
  private final boolean embedded;
  private final Registry registry = new Registry();
  private final MemoryBudget memory = MemoryBudget.ofProcess();
  private final HttpClientFactory clients =
      new HttpClientFactory("Prometheus/" + BuildInfo.current().version());
  private final Tracing tracing =
      new Tracing("prometheus", BuildInfo.current().version(), clients, registry);
  private final Configuration configuration;
  private final Notifications notifications;
  private final Reloads reloads;
  private final ServerStatus status;
  private final StoreWatch watch = new StoreWatch(System::currentTimeMillis);
  private final StoredMetrics metrics;

  /** Signals besides metrics. */
  private final List<StoredEvents<?>> events;

  private final SignalServices services;
  private final EmbeddedSources sources;
  private final EntityWatch entities;
  private final ObjectiveRuleFiles objectives;
  private final Scraping scraping;
  private final Alerting alerting;
  private final InspectionWatch inspections;
  private final IncidentWatch incidents;
  private final ChangeReports changes;
  private final RiskWatch risks;
  private final Optional<EmbeddedPushgateway> pushgateway;
  private final EmbeddedPipelines pipelines;
  private final EmbeddedObserver observer;
  private final EmbeddedDatabases databases;
  private final HttpListener listener;
  private final List<HttpListener> otlpListeners;

  /**
   * Reads the configuration, begins to open the store and starts listening.
   *
   * @param opening pending opening of the store, taken over by {@link #open}
   * @throws dev.tethys.config.ConfigException if the configuration is invalid
   * @throws IOException if a file cannot be read or an address not be taken
   */
  Server(FlagSet flags, StoreOpening opening) throws IOException {
    this.flags = flags;
    this.folder = Path.of(flags.get("storage.tsdb.path"));
    Set<Features> features = Features.parse(flags.list("enable-feature"));
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
    WebSettings web = WebSettings.of(flags, "tethys server");
    this.notifications =
        new Notifications(
            (int) flags.integer("web.max-notifications-subscribers"),
            InstantSource.system(),
            registry);
    notifications.add(Notifications.STARTING);
    this.reloads = new Reloads(configuration, notifications);
    this.status =
        new ServerStatus(
            flags, features, configuration, reloads, this::retention, web.url(), watch::stores);
    registry.register(memory);
    registry.register(new ProcessCollector());
    registry.register(Registry.process());
    registry.register(BuildInfo.current().metric("prometheus", "the server"));
    this.services =
        new SignalServices(
            flags, folder, !embedded, clients, memory, QueryPlaces.ofProcess(), registry);
    this.sources = new EmbeddedSources(flags, folder, memory.share(MemoryUse.METRIC_HEADS));
    this.metrics = new StoredMetrics(services, sources, features, configuration, status, opening);
    this.events = events(services);
    this.entities = entities();
    this.objectives =
        new ObjectiveRuleFiles(
            flags, metrics.engine(), metrics.reading(), System::currentTimeMillis);
    signals().forEach(s -> watch.add(s.plural(), s.storeName(), s::health));
    if (sources.isUsed()) {
      watch.add("insight", "metric cache", sources::health);
    }
    watch.register(registry);
    DiscoveryContext discovery = DiscoveryContext.of(registry, clients);
    this.scraping =
        new Scraping(
            new Scraping.Services(flags, features, clients, discovery, tracing, registry),
            metrics.writing("scrape"),
            ScrapeMemory.OF_A_STORE,
            events);
    this.observer =
        new EmbeddedObserver(flags, embedded, scraping.exporters(), () -> "localhost:" + port());
    this.databases =
        new EmbeddedDatabases(
            flags,
            scraping.exporters(),
            clients,
            entities::databases,
            () -> "localhost:" + port(),
            folder,
            stores().get(Signal.LOGS));
    Alerting.Dependencies ruled =
        new Alerting.Dependencies(
            metrics.writing("rules"),
            metrics.reading(),
            metrics.engine(),
            events.stream().collect(Collectors.toMap(StoredEvents::ruleType, StoredEvents::rules)),
            clients,
            discovery,
            registry,
            tracing.recorder());
    this.alerting =
        new Alerting(flags, features.contains(Features.CONCURRENT_RULE_EVAL), web.url(), ruled);
    events.forEach(s -> s.onRuleGroups(alerting::applyLogGroups));
    this.inspections = inspections();
    configuration.watchAlso(this::insightFiles);
    this.incidents = incidents(web);
    inspections.onEvaluated(incidents::wake);
    alerting.join(
        incidents.alerts()::annotations,
        incidents.alerts()::delivered,
        incidents.alerts()::notified);
    MetricAnswers insightAnswers = queries().answers("insight", QueryPriority.INTERACTIVE);
    this.changes = new ChangeReports(flags, insightAnswers, events, entities::requested);
    this.risks =
        new RiskWatch(
            flags,
            folder,
            insightAnswers,
            entities::world,
            metrics.writing("risks"),
            System::currentTimeMillis);
    sources.want(risks::expressions);
    sources.want(inspections::expressions);
    sources.want(alerting::expressions);
    this.pushgateway =
        flags.bool("web.enable-pushgateway")
            ? Optional.of(new EmbeddedPushgateway(flags, folder))
            : Optional.empty();
    this.pipelines = new EmbeddedPipelines(flags, stores(), folder, registry);
    Routes routes = routes(web, features.contains(Features.SEARCH_API));
    alerting.openAlertmanager(flags, folder, ruled, routes);
    this.listener =
        ListenFlags.listening(
            LISTEN,
            () ->
                HttpListener.start(
                    web.listener(tracing, ListenFlags.addresses(flags)),
                    routes,
                    new HttpMetrics(registry, "prometheus")));
    ListenFlags.warnIfOpen(LOG, flags, LISTEN, listener.addresses(), openContent());
    this.otlpListeners = embedded ? otlpListeners(web, routes) : List.of();
    status.listensOn(listener.port());
  }

  /** Creates the signals enabled by flags, besides metrics. A new signal is added here. */
  private List<StoredEvents<?>> events(SignalServices services) {
    Map<Signal, Supplier<StoredEvents<?>>> all = new LinkedHashMap<>();
    all.put(Signal.LOGS, () -> new StoredLogs(services));
    all.put(Signal.TRACES, () -> new StoredTraces(services, metrics));
    all.put(Signal.PROFILES, () -> new StoredProfiles(services, metrics.engine()));
    all.keySet().removeIf(signal -> !flags.bool(StoredEvents.enabled(signal)));
    return List.copyOf(all.values().stream().map(Supplier::get).toList());
  }

  private EntityWatch entities() throws IOException {
    EntityWatch out =
        new EntityWatch(
            flags, folder, sources.isUsed() ? "cluster" : "", System::currentTimeMillis);
    long lag = sources.lag();
    out.add(
        InsightRule.Source.METRICS,
        (from, to, matchers, limit) ->
            metrics.local().within(Scope.DEFAULT).series(from - lag, to, List.of(matchers), limit));
    events.forEach(s -> s.streams().ifPresent(i -> out.add(InsightRule.Source.LOGS, i)));
    sources.want(out::selectors);
    return out;
  }

  private InsightQueries queries() {
    return new InsightQueries(metrics.engine(), metrics.reading().within(Scope.DEFAULT));
  }

  private InspectionWatch inspections() throws IOException {
    InspectionWatch.Parts parts =
        new InspectionWatch.Parts(
            queries(),
            entities::world,
            metrics.writing("inspections"),
            alerting::applyGeneratedGroups,
            registry);
    return new InspectionWatch(flags, parts, System::currentTimeMillis);
  }

  /** Files of insight that are read with each configuration. */
  private List<Path> insightFiles() throws IOException {
    List<Path> out = new ArrayList<>(objectives.watched());
    out.addAll(inspections.watched());
    out.addAll(entities.watched());
    out.addAll(sources.watched());
    return out;
  }

  private IncidentWatch incidents(WebSettings web) {
    IncidentWatch.Parts parts =
        new IncidentWatch.Parts(
            inspections::report,
            objectives::states,
            alerting::groups,
            queries().answers("incidents", QueryPriority.RULE),
            entities::model,
            web.url(),
            registry);
    return new IncidentWatch(flags, folder, parts, System::currentTimeMillis);
  }

  private List<StoredSignal> signals() {
    List<StoredSignal> all = new ArrayList<>();
    all.add(metrics);
    all.addAll(events);
    return all;
  }

  /** Stores of events as batches reach them. */
  private Map<Signal, EmbeddedStore> stores() {
    return events.stream().collect(Collectors.toMap(StoredSignal::signal, StoredEvents::batches));
  }

  private String retention() {
    return metrics.retention();
  }

  /** Lists the data readable by clients of the listener and the actions open to them. */
  private String openContent() {
    List<String> out = new ArrayList<>(signals().stream().map(StoredSignal::plural).toList());
    out.add("configuration without secrets");
    for (String api : List.of("web.enable-admin-api", "web.enable-lifecycle")) {
      if (flags.bool(api)) {
        out.add("--" + api);
      }
    }
    return String.join(", ", out);
  }

  private String ownAddress() {
    if (flags.bool(ListenFlags.SYSTEMD.name())) {
      throw new UsageException(
          "tethys server: the embedded defaults need a known port, and the port of systemd's"
              + " socket is not; give a --config.file");
    }
    String first = flags.list(LISTEN).getFirst();
    int colon = first.lastIndexOf(':');
    String port = first.substring(colon + 1);
    String host = first.substring(0, Math.max(colon, 0));
    if (port.equals("0")) {
      throw new UsageException(
          "tethys server: the embedded defaults need a known port; set one with"
              + " --web.listen-address, or give a --config.file");
    }
    boolean isOwn = host.isEmpty() || host.equals("0.0.0.0") || host.equals("[::]");
    return (isOwn || !flags.isGiven(LISTEN) ? "localhost" : host) + ":" + port;
  }

  /** Listens on OTLP's usual ports of loopback, unless another program does. */
  private List<HttpListener> otlpListeners(WebSettings web, Routes routes) {
    List<HttpListener> out = new ArrayList<>();
    for (String address : OTLP_ADDRESSES) {
      try {
        out.add(HttpListener.start(web.listener(tracing, address), routes, null));
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

  private Routes routes(WebSettings web, boolean search) {
    Routes routes = new Routes();
    ApiSettings api =
        new ApiSettings(
            "Prometheus Server",
            false,
            flags.bool("web.enable-admin-api"),
            flags.bool("web.enable-lifecycle"),
            search,
            (int) flags.integer("web.search.max-limit"),
            web.corsOrigin(),
            Duration.ofMillis(flags.millis("query.lookback-delta")),
            Duration.ofMillis(flags.millis("query.timeout")),
            flags.get("query.user-header"),
            metrics.parser());
    PrometheusApi.Parts parts =
        new PrometheusApi.Parts(
            metrics.store(),
            metrics.reading(),
            metrics.queryEngine(),
            metrics.view(watch::stores),
            new ScrapeStatus(scraping::pools, configuration),
            alerting.status(),
            status,
            notifications,
            memory,
            registry,
            InstantSource.system());
    inspections.addTo(routes, incidents::incidentOf);
    incidents.addTo(routes);
    sources.addTo(routes);
    entities.addTo(routes); // before the rest of /api/v1, which returns 404
    objectives.addTo(routes, entities::requested);
    EmbeddedDashboards.addTo(routes, flags, folder);
    changes.addTo(routes);
    risks.addTo(routes);
    PrometheusApi.register(routes, api, parts, metrics.lookups());
    PrometheusApi.consoles(
        routes,
        new Consoles.Folders(
            Path.of(flags.get("web.console.templates")),
            Path.of(flags.get("web.console.libraries"))),
        api,
        parts);
    PointTally refused = new PointTally("server", registry, Scheduler.system()::nanos);
    signals().forEach(s -> s.addTo(routes, refused));
    FlushEndpoint flush = new FlushEndpoint();
    events.forEach(s -> flush.add(s.storeName(), s::flush));
    flush.addTo(routes);
    HostPage.addTo(routes);
    observer.addTo(routes);
    databases.addTo(routes);
    PipelineEndpoints.addTo(
        routes, metrics.remoteWrite(), InstantSource.system(), TapAccess.MASKED);
    WebUi pages =
        new WebUi(web.path(), flags.get("web.page-title"), "server")
            .with(WebUi.Part.PROMETHEUS)
            .with(WebUi.Part.PIPELINES);
    if (EmbeddedAlertmanager.isAskedFor(flags)) {
      pages.with(WebUi.Part.ALERTMANAGER, EmbeddedAlertmanager.PREFIX.substring(1));
    }
    pushgateway.ifPresent(
        p -> {
          p.routes(routes, flags);
          pages.with(WebUi.Part.PUSHGATEWAY, EmbeddedPushgateway.PREFIX.substring(1));
        });
    pages.routes(routes);
    return routes;
  }

  /** Opens the stores and applies the configuration; from then on the server is ready. */
  void open() throws IOException {
    PrometheusConfig initial = configuration.current();
    metrics.open(initial);
    // In parallel to the opening of the other stores, which takes hundredths of a second.
    metrics.startWarmUp(events);
    for (StoredSignal s : events) {
      s.open(initial);
    }
    configuration.add(this::apply);
    configuration.add(_ -> pipelines.apply());
    watch.start();
    sources.start(services);
    entities.start();
    inspections.start();
    incidents.start();
    risks.start();
    status.ready(metrics.isDamaged() ? 1 : 0);
    notifications.remove(Notifications.STARTING);
    reloads.watch(flags);
    metrics.continueWarmUp(events.stream().flatMap(s -> s.warmUp().stream()).toList());
  }

  private void apply(PrometheusConfig c) throws IOException {
    // Read first: a rule file that is wrong leaves everything as it is.
    List<GroupSpec> groups = new ArrayList<>(configuration.rulesOf(c, metrics.parser()));
    groups.addAll(objectives.groups(c, metrics.parser()));
    inspections.read(c);
    entities.read(c);
    sources.read(c);
    scraping.check(c);
    alerting.load();
    tracing.apply(c.tracing());
    databases.reload();
    List<ScrapeConfig> own = ownJobs(c);
    events.forEach(s -> s.ownJobs(own));
    for (StoredSignal s : signals()) {
      s.apply(c);
    }
    scraping.apply(c, own);
    alerting.apply(c, groups);
    objectives.apply(c);
    entities.apply(c);
    inspections.apply(c);
    sources.apply(c);
  }

  /** Jobs of the server itself, in addition to those of the configuration. */
  private List<ScrapeConfig> ownJobs(PrometheusConfig c) throws IOException {
    List<ScrapeConfig> out = new ArrayList<>(observer.jobs(c.jobs()));
    out.addAll(databases.jobs(c.jobs()));
    return out;
  }

  /** Starts to observe the machine when the flags and the rights of the process allow it. */
  void observe() {
    observer.start(
        ObservedTelemetry.sinks(stores(), Configuration.hostName()),
        signals().stream().flatMap(x -> x.localLogs().stream()).findFirst().orElse(null),
        folder,
        () -> configuration.applyAgain(c -> scraping.applyJobs(c, ownJobs(c))));
  }

  /** Reloads the configuration, as on SIGHUP. */
  void reload() {
    reloads.now();
  }

  /** Returns the text shown on the terminal once the server is ready. */
  String greeting() {
    String url =
        flags.get("web.external-url").isEmpty()
            ? (listener.isSecure() ? "https://" : "http://") + ownAddress()
            : status.externalUrl().toString();
    return StartupBanner.text(url, configuration, observer.plan(), folder, retention());
  }

  int port() {
    return listener.port();
  }

  @Override
  public void close() {
    status.stopping();
    watch.close();
    inspections.close();
    incidents.close();
    risks.close();
    entities.close();
    notifications.add(Notifications.STOPPING);
    reloads.close();
    signals().forEach(StoredSignal::stopEarly);
    observer.close();
    databases.close();
    scraping.stopDiscovery();
    alerting.close();
    scraping.close();
    notifications.close();
    signals().forEach(StoredSignal::endStreams);
    otlpListeners.forEach(HttpListener::close);
    listener.close();
    pipelines.close();
    metrics.stopRemoteWrite();
    pushgateway.ifPresent(EmbeddedPushgateway::close);
    tracing.close();
    sources.close();
    signals().reversed().forEach(StoredSignal::close);
    clients.close();
  }
}
