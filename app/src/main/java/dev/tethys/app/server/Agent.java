package dev.tethys.app.server;

import dev.tethys.api.prometheus.ApiSettings;
import dev.tethys.api.prometheus.Notifications;
import dev.tethys.api.prometheus.PrometheusApi;
import dev.tethys.api.prometheus.RulesView;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.host.HostCollectors;
import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.ProcessCollector;
import dev.tethys.collect.scrape.HttpTransports;
import dev.tethys.collect.scrape.ScrapeClock;
import dev.tethys.collect.scrape.ScrapeManager;
import dev.tethys.collect.scrape.ScrapeMemory;
import dev.tethys.collect.scrape.ScrapeMetrics;
import dev.tethys.collect.scrape.ScrapeOptions;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.exporter.remotewrite.RemoteWrite;
import dev.tethys.pipeline.exporter.remotewrite.RemoteWriteMetrics;
import dev.tethys.pipeline.sample.BatchSink;
import dev.tethys.pipeline.web.PipelineEndpoints;
import dev.tethys.pipeline.web.TapAccess;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.PublicUrl;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.ui.WebUi;
import dev.tethys.web.ExternalUrl;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpMetrics;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import dev.tethys.web.TrustedOrigins;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The agent role, composed: scraping whose samples become requests of remote write at once, queues
 * for their destinations, and a small web surface. It closes in the opposite order, so that what
 * was scraped last is sent too.
 */
final class Agent implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(Agent.class.getName());
  private static final long IN_MEMORY = 64L << 20;
  private static final long ON_DISK = 4L << 30;

  private final FlagSet flags;
  private final Set<Features> features;
  private final Registry registry = new Registry();
  private final Configuration configuration;
  private final ServerStatus status;
  private final Notifications notifications;
  private final Reloads reloads;
  private final HttpClientFactory clients =
      new HttpClientFactory("Prometheus/" + BuildInfo.current().version());

  private final Tracing tracing =
      new Tracing("prometheus", BuildInfo.current().version(), clients, registry);
  private final RemoteWrite remoteWrite;
  private final CollectedExporters exporters;
  private final ScrapeManager scrape;
  private final DiscoveryManager discovery;
  private final HttpListener listener;

  /**
   * Reads the configuration and starts listening.
   *
   * @throws dev.tethys.config.ConfigException when the configuration is wrong
   * @throws IOException when a file cannot be read or an address not be taken
   */
  Agent(FlagSet flags) throws IOException {
    this.flags = flags;
    this.features = Features.parse(flags.list("enable-feature"));
    this.configuration =
        new Configuration("agent", Path.of(flags.get("config.file")), "", registry);
    try {
      check(configuration.current());
    } catch (IllegalStateException e) {
      throw new UsageException("tethys agent: " + e.getMessage());
    }
    ExternalUrl external = PublicUrl.of(flags, "tethys agent");
    this.notifications =
        new Notifications(
            (int) flags.integer("web.max-notifications-subscribers"),
            InstantSource.system(),
            registry);
    this.reloads = new Reloads(configuration, notifications);
    this.status =
        new ServerStatus(
            flags, features, configuration, reloads, () -> "", external.url(), List::of);
    registry.register(new ProcessCollector());
    registry.register(Registry.process());
    registry.register(BuildInfo.current().metric("prometheus", "the agent"));
    this.remoteWrite = remoteWrite();
    this.exporters = new CollectedExporters(new HttpTransports(clients), clients);
    this.scrape =
        new ScrapeManager(
            new BatchSink(remoteWrite.from("scrape"), AckCallback.NONE),
            ScrapeMemory.ofASink(),
            exporters,
            new ScrapeOptions(
                "Prometheus/" + BuildInfo.current().version(),
                features.contains(Features.ST_STORAGE),
                features.contains(Features.CREATED_TIMESTAMP_ZERO_INGESTION),
                features.contains(Features.TYPE_AND_UNIT_LABELS),
                features.contains(Features.ST_SYNTHESIS),
                ServerFlags.tolerance(flags),
                ScrapeOptions.DEFAULT_MAX_BODY_BYTES,
                tracing.recorder()),
            new ScrapeMetrics(registry),
            ScrapeClock.SYSTEM);
    this.discovery =
        new DiscoveryManager(
            DiscoveryContext.of(registry, clients), ServerFlags.discoveryPause(flags), scrape);
    String web = flags.get("web.config.file");
    this.listener =
        ListenFlags.listening(
            "web.listen-address",
            () ->
                HttpListener.start(
                    HttpListenerOptions.on(ListenFlags.addresses(flags))
                        .withWebConfigFile(web.isEmpty() ? null : Path.of(web))
                        .withRoutePrefix(external.routePrefix())
                        .withOrigins(TrustedOrigins.of(external.url(), corsOrigin()))
                        .withMaxConnections((int) flags.integer("web.max-connections"))
                        .withReadTimeout(Duration.ofMillis(flags.millis("web.read-timeout")))
                        .withTracing(tracing.recorder()),
                    routes(external.url()),
                    new HttpMetrics(registry, "prometheus")));
    status.listensOn(listener.port());
  }

  private RemoteWrite remoteWrite() {
    String folder = flags.get("storage.agent.path");
    long most =
        !flags.get("storage.remote.queue-size").isEmpty()
            ? flags.bytes("storage.remote.queue-size")
            : folder.isEmpty() ? IN_MEMORY : ON_DISK;
    return new RemoteWrite(
        clients,
        new RemoteWriteMetrics(registry),
        new Outboxes(new RealFiles(), Scheduler.ofFewTasks(), new Random()),
        new RemoteWrite.Options(
            folder.isEmpty() ? null : Path.of(folder).resolve("remote-write"),
            most,
            Duration.ofMillis(flags.millis("storage.remote.flush-deadline"))),
        Scheduler.ofFewTasks());
  }

  /** What an agent does not do is refused in the words of Prometheus. */
  private static void check(PrometheusConfig c) {
    String problem = c.notForAgents();
    if (problem != null) {
      throw new IllegalStateException(problem);
    }
  }

  private Pattern corsOrigin() {
    try {
      return Pattern.compile(flags.get("web.cors.origin"));
    } catch (PatternSyntaxException e) {
      throw new UsageException("tethys agent: --web.cors.origin: " + e.getDescription());
    }
  }

  private Routes routes(URI external) {
    Routes routes = new Routes();
    Pattern origin = corsOrigin();
    NoStore nothing = new NoStore();
    PrometheusApi.register(
        routes,
        new ApiSettings(
            "Prometheus Agent",
            true,
            false,
            flags.bool("web.enable-lifecycle"),
            false,
            0,
            origin,
            Duration.ofMinutes(5),
            Duration.ofMinutes(2),
            "",
            ParserOptions.STABLE),
        new PrometheusApi.Parts(
            nothing,
            nothing,
            nothing,
            nothing,
            new ScrapeStatus(scrape, List::of, configuration),
            RulesView.NONE,
            status,
            notifications,
            MemoryBudget.ofProcess(),
            registry,
            InstantSource.system()));
    try {
      HostCollectors host = new HostCollectors(NodeExporterOptions.DEFAULT, InstantSource.system());
      routes.get(
          HostPage.PATH,
          (q, r) -> {
            Registry one = new Registry();
            one.register(host);
            MetricsPage.answer(q, r, one.gather());
          });
    } catch (IllegalArgumentException e) {
      LOG.log(Level.WARNING, "no metrics of this machine: {0}", e.getMessage());
    }
    String seen = external.getPath() == null ? "" : external.getPath();
    PipelineEndpoints.addTo(
        routes,
        remoteWrite,
        InstantSource.system(),
        TapAccess.of(flags.bool("web.enable-tap"), false));
    new WebUi(seen, flags.get("web.page-title"), "agent")
        .with(WebUi.Part.PROMETHEUS)
        .with(WebUi.Part.PIPELINES)
        .routes(routes);
    return routes;
  }

  /** Obeys the configuration; from then on the agent is ready. */
  void open() throws IOException {
    configuration.add(this::apply);
    status.ready(0);
    if (configuration.current().remoteWrite().isEmpty()) {
      LOG.log(Level.WARNING, "no remote_write configured: scraped samples are dropped");
    }
    reloads.watch(flags);
  }

  private void apply(PrometheusConfig c) throws IOException {
    check(c);
    tracing.apply(c.tracing());
    remoteWrite.apply(c.remoteWrite(), c.global().externalLabels());
    exporters.apply(c.collect());
    scrape.apply(c.jobs(), c.global().externalLabels());
    Map<String, List<DiscoveryConfig>> pools = new LinkedHashMap<>();
    c.jobs().forEach(j -> pools.put(j.jobName(), j.discoveries()));
    discovery.apply(pools);
  }

  /** The port that it listens on. */
  int port() {
    return listener.port();
  }

  /** Reads the configuration again, as SIGHUP asks. */
  void reload() {
    reloads.now();
  }

  @Override
  public void close() {
    status.stopping();
    reloads.close();
    discovery.close();
    scrape.close();
    exporters.close();
    remoteWrite.close();
    notifications.close();
    listener.close();
    tracing.close();
    clients.close();
  }
}
