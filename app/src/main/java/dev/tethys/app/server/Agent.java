package dev.tethys.app.server;

import dev.tethys.api.prometheus.ApiSettings;
import dev.tethys.api.prometheus.Notifications;
import dev.tethys.api.prometheus.PrometheusApi;
import dev.tethys.api.prometheus.RulesView;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.host.linux.ProcessCollector;
import dev.tethys.collect.scrape.ScrapeMemory;
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
import dev.tethys.query.promql.parser.ParserOptions;
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
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * The agent role, composed: scraping whose samples become remote write requests immediately, queues
 * for their destinations, and a small web interface. It closes in the opposite order, so that the
 * last samples are sent too.
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
  private final Scraping scraping;
  private final HttpListener listener;

  /**
   * Reads the configuration and starts listening.
   *
   * @throws dev.tethys.config.ConfigException if the configuration is invalid
   * @throws IOException if a file cannot be read or an address not be taken
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
    WebSettings web = WebSettings.of(flags, "tethys agent");
    this.notifications =
        new Notifications(
            (int) flags.integer("web.max-notifications-subscribers"),
            InstantSource.system(),
            registry);
    this.reloads = new Reloads(configuration, notifications);
    this.status =
        new ServerStatus(flags, features, configuration, reloads, () -> "", web.url(), List::of);
    registry.register(new ProcessCollector());
    registry.register(Registry.process());
    registry.register(BuildInfo.current().metric("prometheus", "the agent"));
    this.remoteWrite = remoteWrite();
    this.scraping =
        new Scraping(
            new Scraping.Services(
                flags,
                features,
                clients,
                DiscoveryContext.of(registry, clients),
                tracing,
                registry),
            new BatchSink(remoteWrite.from("scrape"), AckCallback.NONE),
            ScrapeMemory.ofASink(),
            List.of());
    this.listener =
        ListenFlags.listening(
            "web.listen-address",
            () ->
                HttpListener.start(
                    web.listener(tracing, ListenFlags.addresses(flags)),
                    routes(web),
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

  /** Rejects sections that an agent does not support, with Prometheus's message. */
  private static void check(PrometheusConfig c) {
    String problem = c.notForAgents();
    if (problem != null) {
      throw new IllegalStateException(problem);
    }
  }

  private Routes routes(WebSettings web) {
    Routes routes = new Routes();
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
            web.corsOrigin(),
            Duration.ofMinutes(5),
            Duration.ofMinutes(2),
            "",
            ParserOptions.STABLE),
        new PrometheusApi.Parts(
            nothing,
            nothing,
            nothing,
            nothing,
            new ScrapeStatus(scraping::pools, configuration),
            RulesView.NONE,
            status,
            notifications,
            MemoryBudget.ofProcess(),
            registry,
            InstantSource.system()));
    HostPage.addTo(routes);
    PipelineEndpoints.addTo(
        routes,
        remoteWrite,
        InstantSource.system(),
        TapAccess.of(flags.bool("web.enable-tap"), false));
    new WebUi(web.path(), flags.get("web.page-title"), "agent")
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
    scraping.apply(c, List.of());
  }

  /** Returns the listening port. */
  int port() {
    return listener.port();
  }

  /** Reloads the configuration, as on SIGHUP. */
  void reload() {
    reloads.now();
  }

  @Override
  public void close() {
    status.stopping();
    reloads.close();
    scraping.close();
    remoteWrite.close();
    notifications.close();
    listener.close();
    tracing.close();
    clients.close();
  }
}
