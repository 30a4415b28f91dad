package dev.tethys.app.collector;

import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.config.ConfigException;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.collector.AllowedReferences;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.extension.opamp.ControlledAgent;
import dev.tethys.pipeline.extension.opamp.PackageDownload;
import dev.tethys.pipeline.extension.opamp.PackageFile;
import dev.tethys.pipeline.extension.opamp.PackageUpgrades;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import dev.tethys.pipeline.web.NodeRecords;
import dev.tethys.pipeline.web.RecentVolumes;
import dev.tethys.pipeline.web.VolumesJson;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Connection of a collector to its control plane, as configured by flags. */
final class ControlPlane {
  static final String URL = "control";
  static final String TOKEN_FILE = "control.token-file";
  static final String DATA = "control.data";
  static final String LABEL = "control.label";
  static final String ALLOW = "control.allow";
  static final String CONFIG_KEY = "control.config-key";
  static final String UPGRADES = "control.upgrades";
  static final String UPGRADE_KEY = "control.upgrade-key";
  static final String UPGRADE_TIMEOUT = "control.upgrade-timeout";

  /** Variables by which the launcher passes its process ID and the version it started. */
  private static final String LAUNCHER_PID = "TETHYS_LAUNCHER_PID";

  private static final String RUNNING = "TETHYS_RUNNING";

  private static final System.Logger LOG = JulLogger.of(ControlPlane.class.getName());
  private static final String PATH = "/v1/opamp";

  /** Lives as long as the process. */
  private static final HttpClientFactory CLIENTS =
      new HttpClientFactory("Tethys/" + BuildInfo.current().version());

  /** Values of an attribute that are reported to the control plane. */
  private static final int REPORTED_VALUES = 30;

  /** Maximum time a process may take to stop for another version before it is killed. */
  private static final Duration LONGEST_STOP = Duration.ofSeconds(90);

  private final ControlledAgent.Settings settings;
  private final PackageUpgrades.@Nullable Settings upgrades;

  private final List<String> allowed;

  ControlPlane(ControlledAgent.Settings settings) {
    this(settings, null, List.of());
  }

  /** Creates a control plane whose configurations may contain the given references to this host. */
  ControlPlane(ControlledAgent.Settings settings, List<String> allowed) {
    this(settings, null, allowed);
  }

  private ControlPlane(
      ControlledAgent.Settings settings,
      PackageUpgrades.@Nullable Settings upgrades,
      List<String> allowed) {
    this.settings = settings;
    this.upgrades = upgrades;
    this.allowed = allowed;
  }

  private static List<String> allowed(String word, FlagSet flags) {
    List<String> out = flags.list(ALLOW).stream().filter(r -> !r.isEmpty()).toList();
    try {
      AllowedReferences checked = new AllowedReferences(out);
      LOG.log(Level.DEBUG, "References of configurations of the control plane: {0}", checked);
    } catch (IllegalArgumentException e) {
      throw new UsageException("tethys " + word + ": --" + ALLOW + ": " + e.getMessage());
    }
    return out;
  }

  /** Returns the upgrade settings; null if upgrades are not configured. */
  private static PackageUpgrades.@Nullable Settings upgrades(String word, FlagSet flags)
      throws IOException {
    String folder = flags.get(UPGRADES);
    String key = flags.get(UPGRADE_KEY);
    if (folder.isEmpty()) {
      if (!key.isEmpty()) {
        throw new UsageException(
            "tethys " + word + ": --" + UPGRADE_KEY + " requires --" + UPGRADES);
      }
      return null;
    }
    String running = System.getenv(RUNNING);
    if (running == null || System.getenv(LAUNCHER_PID) == null) {
      throw new UsageException(
          "tethys "
              + word
              + ": --"
              + UPGRADES
              + " requires a process started by the launcher ./tethys");
    }
    Duration trial = Duration.ofMillis(flags.millis(UPGRADE_TIMEOUT));
    if (trial.compareTo(Duration.ofSeconds(1)) < 0 || trial.compareTo(Duration.ofHours(1)) > 0) {
      throw new UsageException(
          "tethys "
              + word
              + ": --"
              + UPGRADE_TIMEOUT
              + " must be from 1s to 1h, not "
              + flags.get(UPGRADE_TIMEOUT));
    }
    return new PackageUpgrades.Settings(
        Path.of(folder),
        key.isEmpty() ? null : PackageFile.publicKey(Path.of(key)),
        running,
        BuildInfo.current().version(),
        List.of(word, "--help"),
        trial);
  }

  private static boolean launcherIsThere() {
    String pid = String.valueOf(System.getenv(LAUNCHER_PID));
    return ProcessHandle.current().parent().stream()
        .anyMatch(p -> Long.toString(p.pid()).equals(pid));
  }

  /** Ends the process in an orderly way, or forcibly after some time. */
  private static void restart(CollectorRole role) {
    role.restart();
    Thread.ofPlatform()
        .daemon()
        .name("upgrade-stop")
        .start(
            () -> {
              try {
                Thread.sleep(LONGEST_STOP);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              Runtime.getRuntime().halt(PackageUpgrades.EXIT_CODE);
            });
  }

  /** Reads the flags; returns null if no control plane is configured. */
  static @Nullable ControlPlane of(String word, FlagSet flags) throws IOException {
    String url = flags.get(URL);
    if (url.isEmpty()) {
      return null;
    }
    Map<String, String> labels = new TreeMap<>();
    for (String label : flags.list(LABEL)) {
      int eq = label.indexOf('=');
      if (eq < 1 && !label.isEmpty()) {
        throw new UsageException(
            "tethys " + word + ": --" + LABEL + "=" + label + " must be name=value");
      }
      if (!label.isEmpty()) {
        labels.put(label.substring(0, eq), label.substring(eq + 1));
      }
    }
    String file = flags.get(TOKEN_FILE);
    String key = flags.get(CONFIG_KEY);
    String token = file.isEmpty() ? "" : Files.readString(Path.of(file)).strip();
    return new ControlPlane(
        new ControlledAgent.Settings(
            endpoint(word, url),
            TlsConfig.DEFAULT,
            token,
            Path.of(flags.get(DATA)),
            labels,
            key.isEmpty() ? null : PackageFile.publicKey(Path.of(key))),
        upgrades(word, flags),
        allowed(word, flags));
  }

  /** Returns the WebSocket address for a URL; the OpAMP path is added unless the URL has a path. */
  static URI endpoint(String word, String url) {
    try {
      URI u = URI.create(url);
      String scheme =
          switch (u.getScheme() == null ? "" : u.getScheme()) {
            case "http", "ws" -> "ws";
            case "https", "wss" -> "wss";
            default -> "";
          };
      if (!scheme.isEmpty() && u.getHost() != null) {
        String path = u.getRawPath() == null || u.getRawPath().length() < 2 ? PATH : u.getRawPath();
        return URI.create(scheme + "://" + u.getRawAuthority() + path);
      }
    } catch (IllegalArgumentException e) {
      // reported below
    }
    throw new UsageException(
        "tethys "
            + word
            + ": --"
            + URL
            + " must be a URL with http, https, ws or wss, such as http://127.0.0.1:4320, not "
            + url);
  }

  /**
   * Starts a collector with the last configuration of its control plane, else with its own, else
   * with none, and connects.
   */
  ControlledAgent connect(CollectorRole role) throws IOException {
    PackageUpgrades packages =
        upgrades == null
            ? null
            : new PackageUpgrades(
                upgrades,
                new PackageDownload(settings.endpoint(), settings.token(), settings.tls(), CLIENTS),
                role.clock(),
                () -> restart(role),
                ControlPlane::launcherIsThere);
    ControlledAgent agent =
        new ControlledAgent(
            settings,
            CLIENTS,
            role.identity(),
            role.controlClock(),
            new Controlled(role, new RecentVolumes(System::nanoTime)),
            packages);
    role.allow(allowed);
    agent.restoreControls();
    if (!agent.files().isEmpty()) {
      try {
        agent.verify();
        role.use(agent.files(), agent.variables(), role.environment(), () -> {});
      } catch (ConfigException | IOException e) {
        LOG.log(
            Level.ERROR,
            "Last configuration of the control plane not applied error={0}",
            IoFailures.describe(e));
        agent.failed(IoFailures.describe(e));
      }
    }
    if (role.graph().config().isEmpty()) {
      if (role.hasOwnConfig()) {
        role.use(List.of(), agent.variables(), role.environment(), () -> {});
      } else {
        LOG.log(Level.INFO, "Waiting for a configuration control={0}", settings.endpoint());
      }
    }
    agent.start();
    LOG.log(
        Level.INFO,
        "Control plane configured url={0} instance={1}",
        settings.endpoint(),
        agent.instanceUid());
    return agent;
  }

  /** Collector as seen by its control plane. */
  private record Controlled(CollectorRole role, RecentVolumes recent)
      implements ControlledAgent.Process {
    private static final long STARTED = System.currentTimeMillis();

    @Override
    public void apply(List<Path> files, Map<String, String> variables, Runnable runs)
        throws IOException {
      role.use(files, variables, role.environment(), runs);
    }

    @Override
    public void control(String document) {
      role.controls().set(document);
    }

    @Override
    public boolean hasOwnConfiguration() {
      return role.hasOwnConfig();
    }

    @Override
    public void shareQuotas(String json) {
      role.controls().share(json);
    }

    @Override
    public boolean takeQuotaDue() {
      return role.controls().takeQuotaDue();
    }

    @Override
    public String effective() {
      return role.printed();
    }

    @Override
    public ComponentHealth health() {
      return of(role.graph(), role.clock().millis());
    }

    @Override
    public PipelineAccounts accounts() {
      return role.accounts();
    }

    @Override
    public String tap(NodeRecords.Request request) throws IOException, InterruptedException {
      return role.withoutSecrets(role.tap(request));
    }

    @Override
    public String volumes() {
      Graph g = role.graph();
      return g.volumes().attributes().isEmpty()
          ? ""
          : role.withoutSecrets(
              VolumesJson.report(g.volumes(), g.balance(), recent, REPORTED_VALUES));
    }

    @Override
    public String masked(String error) {
      return role.masked(error);
    }

    /**
     * Returns the health of a graph: unhealthy while a destination accepts nothing, or a component
     * is not running.
     */
    private static ComponentHealth of(Graph graph, long now) {
      Map<String, ComponentHealth> parts = new LinkedHashMap<>();
      String error = "";
      for (GraphStatus.NodeStatus n : graph.status().nodes()) {
        OutboxStatus box = n.outbox();
        if (n.kind().equals(ComponentKind.EXPORTER.word()) && box != null) {
          boolean fails = box.isFailing(now);
          parts.put(
              n.id(),
              new ComponentHealth(
                  !fails,
                  0,
                  fails ? box.lastError() : "",
                  fails ? "StatusRecoverableError" : "StatusOK",
                  0,
                  Map.of()));
          error = fails && error.isEmpty() ? n.id() + ": " + box.lastError() : error;
        }
      }
      for (Map.Entry<String, String> f : graph.failures().entrySet()) {
        parts.put(
            f.getKey(),
            new ComponentHealth(false, 0, f.getValue(), "StatusRecoverableError", 0, Map.of()));
        error = f.getValue();
      }
      return new ComponentHealth(
          error.isEmpty(),
          TimeUnit.MILLISECONDS.toNanos(STARTED),
          error,
          graph.config().isEmpty()
              ? "StatusNone"
              : error.isEmpty() ? "StatusOK" : "StatusRecoverableError",
          0,
          parts);
    }
  }
}
