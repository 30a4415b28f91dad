package dev.tethys.app.collector;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.config.Redaction;
import dev.tethys.config.Secret;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.collector.AllowedReferences;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSource;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.collector.ReferencedValues;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.ConfigWatcher;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.config.PrintedConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.extension.opamp.ControlClock;
import dev.tethys.pipeline.extension.opamp.ControlledAgent;
import dev.tethys.pipeline.extension.opamp.PackageUpgrades;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.graph.QueueMetrics;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import dev.tethys.pipeline.processor.control.LiveControls;
import dev.tethys.pipeline.processor.fidelity.FidelityFactory;
import dev.tethys.pipeline.web.NodeRecords;
import dev.tethys.pipeline.web.PipelineEndpoints;
import dev.tethys.pipeline.web.TapAccess;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.CarrierReserve;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.log.LogFiles;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** {@code tethys collector}: any graph of components, configured as the Collector is. */
public final class CollectorRole implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(CollectorRole.class.getName());

  /** Time to wait for queues when a control plane withdraws the only configuration. */
  private static final Duration STOP_WAIT = Duration.ofSeconds(5);

  private final String word;
  private final ConfigSource ownSource;
  private volatile ConfigSource source;
  private final boolean allowUnused;
  private final ControlClock controlClock;
  private final LiveControls controls;
  private final GraphServices services;
  private final Registry metrics = new Registry();
  private final Graph graph;
  private final TapAccess tap;
  private final Registry.Gauge reloadSuccessful;
  private final Registry.Gauge reloadTime;
  private final Registry.Gauge reloadPause;
  private final ProcessLogSetup lines;
  private final OwnReaders readers;

  private volatile boolean restarts;
  private @Nullable ControlledAgent controlled;

  /** The active configuration after merging, secrets masked. */
  private volatile String printed = "";

  /** Values resolved from its references. */
  private volatile ReferencedValues values = ReferencedValues.NONE;

  /** Values of the last configuration that was rejected. */
  private volatile ReferencedValues refused = ReferencedValues.NONE;

  /**
   * References that configurations from the control plane may contain, as set on the command line.
   */
  private volatile List<String> allowed = List.of();

  CollectorRole(ConfigSource source, Components components, boolean allowUnused, boolean tap) {
    this(
        "collector",
        source,
        components,
        allowUnused,
        TapAccess.of(tap, false),
        "",
        new ProcessLogSetup(java.util.logging.Level.INFO, LogSetup.Format.LOGFMT));
  }

  CollectorRole(
      String word,
      ConfigSource source,
      Components components,
      boolean allowUnused,
      TapAccess tap,
      String overflow,
      ProcessLogSetup lines) {
    this.word = word;
    this.lines = lines;
    this.ownSource = source;
    this.source = source;
    this.allowUnused = allowUnused;
    this.tap = tap;
    AccountingRegistry ledger = new AccountingRegistry();
    Scheduler clock = Scheduler.system();
    this.controlClock = new ControlClock(clock);
    this.controls = new LiveControls(ledger, controlClock);
    Outboxes outboxes = new Outboxes(new RealFiles(), clock, RandomGenerator.getDefault());
    this.services =
        new GraphServices(
            components,
            clock,
            overflow.isEmpty() ? outboxes : outboxes.withOverflow(Path.of(overflow)),
            ledger,
            metrics,
            controls);
    this.graph = new Graph(services);
    metrics.register(ledger);
    metrics.register(new QueueMetrics(graph));
    metrics.register(controls);
    metrics.register(services.volumes());
    ProcessMetrics.register(metrics);
    metrics.register(Registry.process());
    this.readers = new OwnReaders(word, metrics, services, this::addTo);
    this.reloadSuccessful =
        metrics.gauge(
            "tethys_config_last_reload_successful",
            "1 if the last configuration reload was successful, 0 otherwise.");
    this.reloadTime =
        metrics.gauge(
            "tethys_config_last_reload_success_timestamp_seconds",
            "Timestamp of the last successful configuration reload.");
    this.reloadPause =
        metrics.gauge(
            "tethys_config_last_reload_pause_seconds",
            "Longest delay of batches while the last configuration was applied.");
  }

  /**
   * Checks a configuration as {@code validate} does.
   *
   * @throws ConfigException if it is invalid
   */
  public static void check(YamlDocument document) {
    new CollectorRole(() -> document, BuiltIn.components(), true, false).validated(document);
  }

  /**
   * Reads a configuration and checks its components, none of which starts.
   *
   * @throws ConfigException if it is invalid
   */
  GraphConfig validated(YamlDocument document) {
    GraphConfig config = read(document);
    Graph.check(config, services);
    return config;
  }

  /** Runs until the process is stopped; the exit code. */
  int serve(Duration drain, @Nullable ControlPlane control) throws IOException {
    HeapController.keep();
    CarrierReserve.keep();
    try (this) {
      start(control);
      sun.misc.Signal.handle(
          new sun.misc.Signal("HUP"), s -> Thread.ofVirtual().start(this::reloadOnSignal));
      LOG.log(
          Level.INFO, "Everything is ready: tethys {0} {1}", BuildInfo.current().version(), word);
      Shutdown.await();
      LOG.log(Level.INFO, "Stop requested, draining queues timeout={0}", Durations.format(drain));
      Optional.ofNullable(controlled).ifPresent(ControlledAgent::close);
      graph.stop(drain);
      Optional.ofNullable(controlled).ifPresent(ControlledAgent::keepLastCounts);
      return restarts ? PackageUpgrades.EXIT_CODE : Shutdown.hasFailed() ? 1 : 0;
    }
  }

  /**
   * Starts everything.
   *
   * @throws ConfigException if the configuration is invalid
   * @throws IOException if something cannot start
   */
  void start() throws IOException {
    start(() -> {});
  }

  private void start(Runnable runs) throws IOException {
    Read c = read();
    readers.listen(c.config().telemetry());
    apply(c, runs);
  }

  /**
   * Starts with the last configuration of a control plane, or with its own, or with none.
   *
   * @throws ConfigException if its own configuration is invalid
   * @throws IOException if something cannot start
   */
  void start(@Nullable ControlPlane control) throws IOException {
    if (control == null) {
      start();
    } else {
      controlled = control.connect(this);
    }
  }

  /** Ends the process for its launcher to start another version. */
  void restart() {
    restarts = true;
    Shutdown.request();
  }

  /** Whether there is a configuration without a control plane. */
  boolean hasOwnConfig() {
    return !(ownSource instanceof ConfigSources s && s.configs().isEmpty());
  }

  /**
   * Applies another configuration; if that fails, the current one is kept.
   *
   * @param files merged in their order; empty for the configuration of the command line
   * @param variables values for variable references; they take precedence over environment
   *     variables
   * @param runs called when the configuration runs, before components of the previous one have
   *     stopped
   * @throws ConfigException if the configuration is invalid
   * @throws IOException if something cannot start
   */
  synchronized void use(
      List<Path> files,
      Map<String, String> variables,
      Function<String, @Nullable String> environment,
      Runnable runs)
      throws IOException {
    ConfigSource before = source;
    ConfigSource next =
        !files.isEmpty()
            ? new ConfigSources(
                files.stream().map(Path::toString).toList(),
                List.of(),
                environment,
                variables,
                allowedReferences())
            : ownSource instanceof ConfigSources s ? s.with(variables) : ownSource;
    if (files.isEmpty() && !hasOwnConfig()) {
      graph.stop(STOP_WAIT);
      readers.close();
      printed = "";
      source = next;
      return;
    }
    source = next;
    try {
      if (!readers.isListening()) {
        start(runs);
      } else {
        reload(runs);
      }
    } catch (IOException | RuntimeException e) {
      source = before;
      if (graph.config().isEmpty()) {
        readers.close(); // the next configuration says where to listen
      }
      refused = next.lastValues();
      if (e instanceof ConfigException c) {
        throw refused.shown(c);
      }
      throw e;
    }
  }

  /** Returns the environment variables of the process. */
  Function<String, @Nullable String> environment() {
    return ownSource instanceof ConfigSources s ? s.environment() : System::getenv;
  }

  /** Sets what configurations of the control plane may read, in addition to its own references. */
  void allow(List<String> references) {
    allowed = List.copyOf(references);
  }

  /** References in the current configuration of this process and on its command line. */
  private AllowedReferences allowedReferences() {
    List<String> all = new ArrayList<>(allowed);
    if (hasOwnConfig()) {
      try {
        ownSource.texts();
      } catch (IOException | RuntimeException e) {
        LOG.log(
            Level.WARNING,
            "Own configuration not read, only its first references are allowed error={0}",
            e.getMessage());
      }
      all.addAll(ownSource.lastValues().references());
    }
    return new AllowedReferences(all);
  }

  /** Masks the values of variables and files in an error, so that it can leave the process. */
  String masked(String error) {
    return values.plus(refused).masked(error);
  }

  /**
   * Removes the secrets of variables and files from records or volumes, so that they can leave the
   * process.
   */
  String withoutSecrets(String json) {
    return values.withoutSecrets(json);
  }

  String printed() {
    return printed;
  }

  Map<String, String> identity() {
    Map<String, String> all = readers.resource();
    return Map.of(
        "service.name", all.getOrDefault("service.name", "tethys"),
        "service.version", all.getOrDefault("service.version", BuildInfo.current().version()));
  }

  PipelineAccounts accounts() {
    Map<String, PipelineAccounts.Control> applied = new TreeMap<>();
    controls
        .applied()
        .forEach(
            (id, c) ->
                applied.put(
                    id,
                    new PipelineAccounts.Control(
                        c.active(),
                        c.startMillis(),
                        c.matched(),
                        c.dropped(),
                        c.changed(),
                        c.removedBytes(),
                        c.targetMissing(),
                        c.quotas().stream()
                            .map(
                                q ->
                                    new PipelineAccounts.QuotaUse(
                                        q.value(), q.used(), q.limit(), q.step(), q.period()))
                            .toList())));
    double memory = ProcessMetrics.resident();
    return PipelineAccounts.of(services.ledger())
        .with(applied)
        .withFidelity(
            services.components().find(ComponentKind.PROCESSOR, "fidelity").orElse(null)
                    instanceof FidelityFactory f
                ? f.results()
                : Map.of())
        .with(Double.isNaN(memory) ? 0 : (long) memory, graph.exporters());
  }

  /** Returns the records of a live tap; see {@link NodeRecords}. */
  String tap(NodeRecords.Request request) throws IOException, InterruptedException {
    return NodeRecords.read(graph, tap, request);
  }

  LiveControls controls() {
    return controls;
  }

  ControlClock controlClock() {
    return controlClock;
  }

  Scheduler clock() {
    return services.clock();
  }

  /** A configuration with how it is shown. */
  private record Read(GraphConfig config, String printed, ReferencedValues values) {}

  private Read read() throws IOException {
    ConfigSource.Texts t = source.texts();
    return new Read(
        read(t.document()),
        PrintedConfig.unexpanded(t.written().root(), services.components()),
        t.values());
  }

  GraphConfig read(YamlDocument document) {
    return GraphConfig.read(document, services.components(), allowUnused);
  }

  private void apply(Read read, Runnable runs) throws IOException {
    GraphConfig c = read.config();
    LogFiles files = null;
    try {
      files = ProcessLogSetup.open(c.telemetry());
      graph.apply(
          c,
          new ConfigWatcher.Effective(
              read.printed(), described(readers.resource(c.telemetry()), read)),
          runs);
    } catch (IOException | RuntimeException e) {
      reloadSuccessful.set(0);
      if (files != null) {
        files.close();
      }
      throw e;
    }
    printed = read.printed();
    values = read.values();
    lines.take(c.telemetry(), files);
    c.warnings().forEach(w -> LOG.log(Level.WARNING, "Configuration warning: {0}", w));
    reloadSuccessful.set(1);
    reloadPause.set(graph.pause().toNanos() / 1e9);
    reloadTime.set(services.clock().millis() / 1000.0);
  }

  /** Returns the attributes that an agent reports about itself, without secrets. */
  private static Map<String, String> described(Map<String, String> resource, Read read) {
    Map<String, String> out = new TreeMap<>();
    resource.forEach(
        (k, v) ->
            out.put(k, Redaction.isSecretKey(k) ? Secret.MASK : read.values.withoutSecrets(v)));
    return out;
  }

  /**
   * Reloads the configuration; errors leave the current one unchanged.
   *
   * @throws ConfigException if it is invalid
   * @throws IOException if something cannot start
   */
  synchronized void reload() throws IOException {
    reload(() -> {});
  }

  private synchronized void reload(Runnable runs) throws IOException {
    long start = System.nanoTime();
    try {
      Read c = read();
      readers.warnOfChanges(c.config().telemetry());
      apply(c, runs);
    } catch (IOException | RuntimeException e) {
      reloadSuccessful.set(0);
      throw e;
    }
    LOG.log(
        Level.INFO,
        "configuration applied in {0} ms, delaying batches by at most {1} ms",
        (System.nanoTime() - start) / 1_000_000,
        graph.pause().toMillis());
  }

  private void reloadOnSignal() {
    try {
      reload();
    } catch (IOException | RuntimeException e) {
      LOG.log(
          Level.ERROR,
          "Configuration reload failed, previous configuration stays active: {0}",
          IoFailures.describe(e));
    }
  }

  /** Adds the pages of the graph, and its reload, to a listener of metrics. */
  private void addTo(Routes routes) {
    routes
        .get("/-/ready", this::ready)
        .post("/-/reload", reloading(500, ""))
        .post("/api/reload", reloading(400, "config reload, success"));
    PipelineEndpoints.addTo(routes, graph, InstantSource.system(), tap);
    PipelineEndpoints.addConfig(routes, () -> printed);
  }

  private void ready(dev.tethys.web.HttpRequest q, HttpResponse r) throws IOException {
    if (graph.config().isEmpty()) {
      throw new HttpException(503, "Tethys is not ready yet.");
    }
    r.send("Tethys is ready.\n");
  }

  /** Returns a handler that reloads the configuration; each API has its own status for failures. */
  private HttpHandler reloading(int failed, String answer) {
    return (q, r) -> {
      try {
        reload();
      } catch (IOException | ConfigException e) {
        throw new HttpException(
            failed, "the configuration was not applied: " + IoFailures.describe(e));
      }
      if (answer.isEmpty()) {
        r.send();
      } else {
        r.send(answer);
      }
    };
  }

  /** Returns the listeners and pushers of the process's telemetry. */
  OwnReaders readers() {
    return readers;
  }

  /** Returns the port of the first listener; -1 if there is none. */
  int port() {
    return readers.ports().isEmpty() ? -1 : readers.ports().getFirst();
  }

  Graph graph() {
    return graph;
  }

  @Override
  public void close() {
    Optional.ofNullable(controlled).ifPresent(ControlledAgent::close);
    graph.stop(Duration.ZERO);
    readers.close();
  }
}
