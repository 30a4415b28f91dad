package dev.tethys.app.alertmanager;

import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.AlertmanagerFile;
import dev.tethys.alert.manager.AlertmanagerOptions;
import dev.tethys.alert.manager.MetricLabels;
import dev.tethys.alert.manager.PostedAlert;
import dev.tethys.alert.manager.api.AlertmanagerApi;
import dev.tethys.alert.manager.cluster.ClusterOptions;
import dev.tethys.alert.manager.cluster.ClusterPeer;
import dev.tethys.alert.manager.dispatch.AlertEvent;
import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.state.SilenceLimits;
import dev.tethys.alert.notify.Notification;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Alertmanager embedded in a server, which receives the server's alerts in-process. Its API is
 * below {@link #PREFIX}.
 */
public final class EmbeddedAlertmanager implements AutoCloseable {
  /** Path prefix of the embedded Alertmanager. */
  public static final String PREFIX = "/alertmanager";

  /** Prefix of the flag names. */
  private static final String FLAGS = "alertmanager.";

  private static final int GET_CONCURRENCY = 8;
  private static final System.Logger LOG = JulLogger.of(EmbeddedAlertmanager.class.getName());

  private final ManagerClock clock = ManagerClock.system();
  private final Tracing tracing;
  private final Alertmanager manager;
  private final AlertmanagerFile file;
  private final @Nullable ClusterPeer peer;

  private EmbeddedAlertmanager(
      Path config,
      AlertmanagerOptions options,
      @Nullable ClusterOptions cluster,
      HttpClientFactory clients,
      Registry registry,
      Routes routes)
      throws IOException {
    tracing = new Tracing("alertmanager", BuildInfo.current().version(), clients, registry);
    manager =
        new Alertmanager(
            options,
            clients,
            registry,
            clock,
            tracing,
            EventRecording.of(clients, registry, clock));
    peer = cluster == null ? null : ClusterPeer.open(cluster, clock, registry);
    if (peer != null) {
      try {
        manager.join(peer);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while joining the cluster", e);
      }
    }
    file = new AlertmanagerFile(config, manager, registry);
    BuildInfo b = BuildInfo.current();
    AlertmanagerApi.register(
        routes,
        PREFIX,
        manager,
        new AlertmanagerApi.Version(b.version(), b.revision(), "", b.java()),
        GET_CONCURRENCY,
        registry);
  }

  /**
   * Returns the address of its API for alerts.
   *
   * @param serverUrl external URL of the server
   */
  public URI api(URI serverUrl) {
    String base = serverUrl.toString();
    String root = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    return URI.create(root + PREFIX + "/api/v2/alerts");
  }

  /** Returns the cluster flags. */
  public static List<Flag> clusterFlags() {
    return AlertmanagerFlags.embeddedCluster(FLAGS);
  }

  /** Passes the events of its alerts to a listener, which must not block. */
  public void onEvents(Consumer<List<AlertEvent>> listener) {
    manager.onEvents(listener);
  }

  /** Whether it is enabled by flags. */
  public static boolean isAskedFor(FlagSet flags) {
    return !flags.get("alertmanager.config.file").isEmpty();
  }

  /**
   * Opens it if flags request it; {@link #load} applies its configuration.
   *
   * @param serverUrl external URL of the server
   * @param serverFolder data folder of the server
   * @return null if they do not
   * @throws IOException if its folder cannot be opened
   */
  public static @Nullable EmbeddedAlertmanager open(
      FlagSet flags,
      URI serverUrl,
      Path serverFolder,
      HttpClientFactory clients,
      Registry registry,
      Routes routes)
      throws IOException {
    String config = flags.get("alertmanager.config.file");
    ClusterOptions cluster = AlertmanagerFlags.cluster(flags, FLAGS);
    if (config.isEmpty()) {
      if (cluster != null) {
        throw new UsageException(
            "tethys server: --alertmanager.cluster.listen-address requires an Alertmanager: set"
                + " --alertmanager.config.file as well");
      }
      return null;
    }
    String folder = flags.get("alertmanager.storage.path");
    AlertmanagerOptions options =
        new AlertmanagerOptions(
            folder.isEmpty() ? serverFolder.resolve("alertmanager") : Path.of(folder),
            new SilenceLimits(Duration.ofHours(120), 0, 0),
            false,
            Duration.ofMinutes(15),
            Duration.ofMinutes(30),
            0,
            // After a restart all firing alerts arrive before the first notification.
            Duration.ofMillis(flags.millis("rules.alert.resend-delay")),
            MatcherSyntax.FALLBACK,
            URI.create(serverUrl + PREFIX),
            MetricLabels.NONE);
    return new EmbeddedAlertmanager(Path.of(config), options, cluster, clients, registry, routes);
  }

  /**
   * Reads its configuration file.
   *
   * @throws dev.tethys.config.ConfigException if it is invalid; nothing has changed then
   * @throws IOException if it cannot be read
   */
  public void load() throws IOException {
    file.load();
  }

  /** Receives the server's alerts. */
  public void receive(List<Notification> alerts) {
    List<PostedAlert> posted =
        alerts.stream()
            .map(
                n -> {
                  Map<String, String> labels = new LinkedHashMap<>();
                  n.labels().toList().forEach(l -> labels.put(l.name(), l.value()));
                  return new PostedAlert(
                      labels, n.annotations(), n.startsAt(), n.endsAt(), n.generatorUrl());
                })
            .toList();
    for (String problem : manager.receive(posted)) {
      LOG.log(Level.WARNING, "an alert of a rule was rejected: {0}", problem);
    }
  }

  @Override
  public void close() {
    ClusterPeer p = peer;
    if (p != null) {
      try {
        p.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "the cluster was not left: {0}", e.getMessage());
      }
    }
    manager.close();
    tracing.close();
    clock.close();
  }
}
