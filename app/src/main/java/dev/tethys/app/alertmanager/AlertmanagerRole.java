package dev.tethys.app.alertmanager;

import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.AlertmanagerFile;
import dev.tethys.alert.manager.AlertmanagerOptions;
import dev.tethys.alert.manager.api.AlertmanagerApi;
import dev.tethys.alert.manager.cluster.ClusterOptions;
import dev.tethys.alert.manager.cluster.ClusterPeer;
import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.alert.manager.state.EventLog;
import dev.tethys.collect.host.linux.ProcessCollector;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.CarrierReserve;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.PublicUrl;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.runtime.ui.WebUi;
import dev.tethys.web.ExternalUrl;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpMetrics;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import dev.tethys.web.TrustedOrigins;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import sun.misc.Signal;

/** {@code tethys alertmanager}: standalone Alertmanager. */
public final class AlertmanagerRole {
  private static final System.Logger LOG = JulLogger.of(AlertmanagerRole.class.getName());

  private AlertmanagerRole() {}

  /** Runs until the process is stopped; returns its exit code. */
  public static int run(List<String> args) {
    FlagSet flags = AlertmanagerFlags.set();
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(args);
    HeapController.keep();
    CarrierReserve.keep();
    HttpClientFactory.prepare();
    LogSetup.install(flags);
    ExternalUrl external = PublicUrl.of(flags, "tethys alertmanager");
    AlertmanagerOptions options = AlertmanagerFlags.options(flags, external.url());
    ClusterOptions cluster = AlertmanagerFlags.cluster(flags, "");
    BuildInfo b = BuildInfo.current();
    b.announce(LOG, "alertmanager");
    Registry registry = new Registry();
    registry.register(new ProcessCollector());
    registry.register(Registry.process());
    registry.register(b.metric("alertmanager", "the alertmanager"));
    try (ManagerClock clock = ManagerClock.system();
        HttpClientFactory clients = new HttpClientFactory("Alertmanager/" + b.version());
        Tracing tracing = new Tracing("alertmanager", b.version(), clients, registry);
        EventRecorder recorder =
            AlertmanagerFlags.recordsEvents(flags)
                ? EventRecording.of(clients, registry, clock)
                : EventRecorder.off();
        Alertmanager manager =
            new Alertmanager(options, clients, registry, clock, tracing, recorder);
        ClusterPeer peer = cluster == null ? null : ClusterPeer.open(cluster, clock, registry)) {
      Duration retention = Duration.ofMillis(flags.millis("history.retention"));
      if (retention.isPositive()) {
        long most = AlertmanagerFlags.historyBytes(flags);
        manager.keepHistory(new EventLog(options.storage(), most, retention, clock, registry));
      }
      if (peer != null) {
        manager.join(peer);
      }
      AlertmanagerFile file =
          new AlertmanagerFile(Path.of(flags.get("config.file")), manager, registry);
      file.load();
      Routes routes = new Routes();
      AlertmanagerApi.register(
          routes,
          "",
          manager,
          new AlertmanagerApi.Version(b.version(), b.revision(), "", b.java()),
          AlertmanagerFlags.getConcurrency(flags),
          registry);
      pages(routes, file, registry);
      String path = external.url().getPath();
      new WebUi(path == null ? "" : path, "Alertmanager", "alertmanager")
          .with(WebUi.Part.ALERTMANAGER)
          .routes(routes);
      String web = flags.get("web.config.file");
      HttpListenerOptions listening =
          HttpListenerOptions.on(ListenFlags.addresses(flags))
              .withWebConfigFile(web.isEmpty() ? null : Path.of(web))
              .withRoutePrefix(external.routePrefix())
              .withOrigins(new TrustedOrigins(external.url(), null))
              .withTracing(tracing.recorder());
      try (HttpListener listener =
          ListenFlags.listening(
              "web.listen-address",
              () ->
                  HttpListener.start(
                      listening, routes, new HttpMetrics(registry, "alertmanager")))) {
        Signal.handle(new Signal("HUP"), s -> Thread.ofVirtual().start(() -> reload(file)));
        LOG.log(Level.INFO, "alertmanager listens on {0}", listener.addresses());
        Shutdown.await();
        LOG.log(Level.INFO, "stopping");
      }
    } catch (ConfigException | IOException e) {
      LOG.log(Level.ERROR, "cannot run: {0}", IoFailures.describe(e));
      return 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
    return 0;
  }

  private static boolean reload(AlertmanagerFile file) {
    try {
      file.load();
      return true;
    } catch (ConfigException | IOException e) {
      return false; // said in the log and in metrics
    }
  }

  private static void pages(Routes routes, AlertmanagerFile file, Registry registry) {
    routes
        .get("/-/healthy", (q, r) -> r.send("OK"))
        .get("/-/ready", (q, r) -> r.send("OK"))
        .post("/-/reload", (q, r) -> reload(file, r))
        .get("/metrics", (q, r) -> MetricsPage.answer(q, r, registry.gather()));
  }

  private static void reload(AlertmanagerFile file, HttpResponse r) throws IOException {
    try {
      file.load();
      r.send();
    } catch (ConfigException | IOException e) {
      r.status(500).send("failed to reload config: " + IoFailures.describe(e) + "\n");
    }
  }
}
