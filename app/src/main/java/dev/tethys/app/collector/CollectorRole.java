package dev.tethys.app.collector;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.config.NameSuggestion;
import dev.tethys.config.Redaction;
import dev.tethys.config.Secret;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Span;
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
import dev.tethys.pipeline.config.OwnBatchPush;
import dev.tethys.pipeline.config.OwnMetrics;
import dev.tethys.pipeline.config.OwnMetricsPush;
import dev.tethys.pipeline.config.OwnTraces;
import dev.tethys.pipeline.config.PrintedConfig;
import dev.tethys.pipeline.config.TelemetrySettings;
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
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogFiles;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.runtime.ui.WebUi;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.MetricsPage;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** {@code tethys collector}: any graph of components, configured as the Collector is. */
public final class CollectorRole implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(CollectorRole.class.getName());

  private static final String OVERFLOW = "queue.overflow-path";

  private static final List<Flag> FLAGS =
      List.of(
          Flag.of(
              "config",
              Flag.Kind.LIST,
              "",
              "Configuration: a file, env:NAME, yaml:TEXT (a::b nests) or a URL. Can be repeated;"
                  + " later ones are laid over earlier ones."),
          Flag.of(
              "set",
              Flag.Kind.LIST,
              "",
              "Override of all configurations, as path.to.key=value. Can be repeated."),
          Flag.of(
              "feature-gates",
              Flag.Kind.LIST,
              "",
              "Feature gates of the Collector, which cannot be changed: accepted if they match the"
                  + " current state. Can be repeated."),
          Flag.of(
              "allow-unused",
              Flag.Kind.BOOLEAN,
              "true",
              "If true, components that no pipeline names are a warning; otherwise they are an"
                  + " error."),
          Flag.of(
              "drain-timeout",
              Flag.Kind.DURATION,
              "15s",
              "Time to drain queues at shutdown, at most 50s; the rest of the shutdown takes up to"
                  + " 5s. Kubernetes kills a container 30s after the signal."),
          Flag.of(
              OVERFLOW,
              Flag.Kind.STRING,
              "data-collector/overflow",
              "Folder in which queues without storage continue while their destination fails; empty"
                  + " for none. No two processes can share it."),
          Flag.of(
              "web.enable-tap",
              Flag.Kind.BOOLEAN,
              "false",
              "Allow live inspection of an edge's data: every client of the port can then read"
                  + " telemetry, in which detected personal data and credentials are masked."),
          Flag.of(
              "web.tap-plain",
              Flag.Kind.BOOLEAN,
              "false",
              "If true, live inspection shows data unmasked."),
          Flag.of(
              ControlPlane.URL,
              Flag.Kind.STRING,
              "",
              "URL of a control plane (tethys control or another OpAMP server) that sets the"
                  + " configuration; until then --config applies, which is optional."),
          Flag.of(
              ControlPlane.TOKEN_FILE,
              Flag.Kind.STRING,
              "",
              "File with the bearer token for --control."),
          Flag.of(
              ControlPlane.DATA,
              Flag.Kind.STRING,
              "data-collector",
              "Folder of the identity and the last applied configuration of --control."),
          Flag.of(
              ControlPlane.ALLOW,
              Flag.Kind.LIST,
              "",
              "Reference to this machine that configurations of the control plane may have, beside"
                  + " those of --config: env:NAME, file:PATH, or a URL. Can be repeated."),
          Flag.of(
              ControlPlane.LABEL,
              Flag.Kind.LIST,
              "",
              "Label by which --control selects this process, as name=value. Can be repeated."),
          Flag.of(
              ControlPlane.CONFIG_KEY,
              Flag.Kind.STRING,
              "",
              "File with the public key of Ed25519, in PEM, that must have signed configurations of"
                  + " --control; empty to accept them unsigned."),
          Flag.of(
              ControlPlane.UPGRADES,
              Flag.Kind.STRING,
              "",
              "Folder of versions of this program that --control installs; empty to refuse"
                  + " packages. Requires the launcher."),
          Flag.of(
              ControlPlane.UPGRADE_KEY,
              Flag.Kind.STRING,
              "",
              "File with the public key of Ed25519, in PEM, that verifies packages."),
          Flag.of(
              ControlPlane.UPGRADE_TIMEOUT,
              Flag.Kind.DURATION,
              "2m",
              "Time within which a new version must be connected to --control, from 1s to 1h;"
                  + " otherwise the former one is started again."),
          Flag.of("log.level", Flag.Kind.STRING, "info", "Log level: debug, info, warn or error."),
          Flag.of("log.format", Flag.Kind.STRING, "logfmt", "Log format: logfmt or json."));

  private static final String ABOUT =
      "Runs a graph of receivers, processors and exporters. Commands: validate checks the"
          + " configuration and starts nothing, print-config shows it put together and with secrets"
          + " masked, components lists what there is, featuregate the gates. SIGHUP and POST"
          + " /-/reload read the configuration again and change only what changed.";

  /** Wait for queues when a control plane takes the only configuration back. */
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
  private final List<HttpListener> listeners = new ArrayList<>();
  private final ProcessLogSetup lines;
  private final UUID instance = UUID.randomUUID();
  private final List<MetricsPusher> pushers = new ArrayList<>();
  private final List<BatchPusher<LogSetup.Entry>> logPushers = new ArrayList<>();
  private final List<BatchPusher<Span>> spanPushers = new ArrayList<>();
  private List<OwnBatchPush> logsShown = List.of();
  private OwnTraces tracesShown = OwnTraces.DEFAULT;
  private @Nullable OwnMetrics shownAs;
  private Map<String, Optional<String>> resource = Map.of();

  private volatile boolean restarts;
  private @Nullable ControlledAgent controlled;

  /** The configuration that holds, put together, secrets masked. */
  private volatile String printed = "";

  /** Values that its references gave. */
  private volatile ReferencedValues values = ReferencedValues.NONE;

  /** Values of the last configuration that was refused. */
  private volatile ReferencedValues refused = ReferencedValues.NONE;

  /** References that configurations of the control plane may have, by the command line. */
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

  private CollectorRole(
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

  /** Runs until the process is stopped, or one command. */
  public static int run(List<String> args) {
    return run("collector", args, System::getenv);
  }

  /**
   * The same for a role that is a collector under another word, with other variables for {@code
   * env:} and {@code ${env:…}}.
   *
   * @param word what the role is called on the command line
   */
  public static int run(
      String word, List<String> args, Function<String, @Nullable String> environment) {
    FlagSet flags =
        new FlagSet(
            "tethys " + word, "[validate | print-config | components | featuregate]", ABOUT, FLAGS);
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    List<String> operands = new ArrayList<>();
    flags.parse(args, operands); // a command may come before or after its flags
    String command = operands.isEmpty() ? "" : operands.getFirst();
    if (command.equals("featuregate")) {
      System.out.print(FeatureGates.list(operands.size() == 1 ? "" : operands.get(1)));
      return 0;
    }
    if (!Set.of("", "validate", "print-config", "components").contains(command)) {
      throw new UsageException(
          "tethys "
              + word
              + ": unknown command "
              + command
              + NameSuggestion.question(
                  command, List.of("validate", "print-config", "components", "featuregate"))
              + "; there are: validate, print-config, components, featuregate");
    }
    if (operands.size() > 1) {
      throw new UsageException(
          "tethys " + word + " " + command + ": unexpected argument \"" + operands.get(1) + "\"");
    }
    FeatureGates.check(flags.list("feature-gates"));
    LogSetup.install(flags);
    Components components = BuiltIn.components();
    if (command.equals("components")) {
      System.out.print(ComponentsList.of(components));
      return 0;
    }
    return run(
        word,
        command,
        new ConfigSources(flags.list("config"), flags.list("set"), environment),
        components,
        flags);
  }

  /** Runs a role that is a collector with its own configuration until it is stopped. */
  public static int run(String word, ConfigSource source) {
    FlagSet defaults = new FlagSet("tethys " + word, ABOUT, FLAGS);
    LogSetup.install(defaults);
    return run(word, "", source, BuiltIn.components(), defaults);
  }

  /**
   * Checks a configuration as {@code validate} does.
   *
   * @throws ConfigException where it is wrong
   */
  public static void check(YamlDocument document) {
    CollectorRole role = new CollectorRole(() -> document, BuiltIn.components(), true, false);
    Graph.check(role.read(document), role.services);
  }

  private static int run(
      String word, String command, ConfigSource source, Components components, FlagSet flags) {
    CollectorRole role =
        new CollectorRole(
            word,
            source,
            components,
            flags.bool("allow-unused"),
            TapAccess.of(flags.bool("web.enable-tap"), flags.bool("web.tap-plain")),
            flags.get(OVERFLOW),
            new ProcessLogSetup(
                LogSetup.level(flags.get("log.level")),
                flags.get("log.format").equals("json")
                    ? LogSetup.Format.JSON
                    : LogSetup.Format.LOGFMT));
    try {
      return switch (command) {
        case "validate" -> {
          GraphConfig config = role.read(source.read());
          Graph.check(config, role.services);
          config.warnings().forEach(w -> System.err.println("warning: " + w));
          yield 0;
        }
        case "print-config" -> {
          YamlDocument document = source.read();
          role.read(document);
          System.out.print(PrintedConfig.of(document.root(), components));
          yield 0;
        }
        default ->
            role.serve(
                Duration.ofMillis(Math.min(50_000, flags.millis("drain-timeout"))),
                ControlPlane.of(word, flags));
      };
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      return 1;
    } catch (IOException e) {
      System.err.println("tethys " + word + ": " + IoFailures.describe(e));
      return 1;
    }
  }

  private int serve(Duration drain, @Nullable ControlPlane control) throws IOException {
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
   * @throws ConfigException where the configuration is wrong
   * @throws IOException when something cannot start
   */
  void start() throws IOException {
    start(() -> {});
  }

  private void start(Runnable runs) throws IOException {
    Read c = read();
    listen(c.config().telemetry());
    apply(c, runs);
  }

  /**
   * Starts with the last configuration of a control plane, else with its own, else with none.
   *
   * @throws ConfigException where its own configuration is wrong
   * @throws IOException when something cannot start
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
   * Takes another configuration; when that fails, the present one stays.
   *
   * @param files merged in their order; empty for the configuration of the command line
   * @param variables for references to variables, before those of the environment
   * @param runs called when the configuration runs, before components of the former one have ended
   * @throws ConfigException where the configuration is wrong
   * @throws IOException when something cannot start
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
      closeReaders();
      printed = "";
      source = next;
      return;
    }
    source = next;
    try {
      if (shownAs == null) {
        start(runs);
      } else {
        reload(runs);
      }
    } catch (IOException | RuntimeException e) {
      source = before;
      if (graph.config().isEmpty()) {
        closeReaders(); // the next configuration says where to listen
      }
      refused = next.lastValues();
      if (e instanceof ConfigException c) {
        throw refused.shown(c);
      }
      throw e;
    }
  }

  /** Variables of the process. */
  Function<String, @Nullable String> environment() {
    return ownSource instanceof ConfigSources s ? s.environment() : System::getenv;
  }

  /** Sets what configurations of the control plane may read beside what the own one names. */
  void allow(List<String> references) {
    allowed = List.copyOf(references);
  }

  /** The references of the own configuration, as it is now, and those of the command line. */
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

  /** An error that may leave the process: without values of variables and files. */
  String masked(String error) {
    return values.plus(refused).masked(error);
  }

  /** Records or volumes that may leave the process: without secrets of variables and files. */
  String withoutSecrets(String json) {
    return values.withoutSecrets(json);
  }

  String printed() {
    return printed;
  }

  Map<String, String> identity() {
    Map<String, String> all = OwnMetricsPage.resource(resource, instance);
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

  /** Records of a live tap; see {@link NodeRecords}. */
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

  private GraphConfig read(YamlDocument document) {
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
              read.printed(),
              described(OwnMetricsPage.resource(c.telemetry().resource(), instance), read)),
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

  /** Attributes that agents report of themselves: without secrets. */
  private static Map<String, String> described(Map<String, String> resource, Read read) {
    Map<String, String> out = new TreeMap<>();
    resource.forEach(
        (k, v) ->
            out.put(k, Redaction.isSecretKey(k) ? Secret.MASK : read.values.withoutSecrets(v)));
    return out;
  }

  /**
   * Reads the configuration again; what is wrong with it changes nothing.
   *
   * @throws ConfigException where it is wrong
   * @throws IOException when something cannot start
   */
  synchronized void reload() throws IOException {
    reload(() -> {});
  }

  private synchronized void reload(Runnable runs) throws IOException {
    long start = System.nanoTime();
    try {
      Read c = read();
      TelemetrySettings telemetry = c.config().telemetry();
      if (!telemetry.metrics().equals(shownAs)
          || !telemetry.logs().pushes().equals(logsShown)
          || !telemetry.traces().equals(tracesShown)) {
        LOG.log(
            Level.WARNING,
            "the readers, views, processors and traces of service.telemetry change only with a restart; until then"
                + " they stay as they were");
      }
      if (hasReaders() && !c.config().telemetry().resource().equals(resource)) {
        LOG.log(
            Level.WARNING,
            "service.telemetry.resource changes on the lines of the log; the readers of metrics"
                + " show the former one until a restart");
      }
      apply(c, runs);
    } catch (IOException | RuntimeException e) {
      reloadSuccessful.set(0);
      throw e;
    }
    LOG.log(
        Level.INFO,
        "configuration taken in {0} ms, which made batches wait for {1} ms at most",
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

  private void listen(TelemetrySettings t) throws IOException {
    OwnMetrics m = t.metrics();
    shownAs = m;
    resource = t.resource();
    Map<String, String> shown = OwnMetricsPage.resource(resource, instance);
    MetricViews views = new MetricViews(m.views());
    for (OwnMetrics.Page p : m.pages()) {
      listen(p.address(), new OwnMetricsPage(p, views, shown));
    }
    for (OwnMetricsPush p : m.pushes()) {
      MetricsPusher pusher =
          new MetricsPusher(p, metrics::gather, views, shown, services.clock()::millis, System.out);
      pusher.start();
      pushers.add(pusher);
    }
    OwnRequests requests = new OwnRequests(shown);
    logsShown = t.logs().pushes();
    for (OwnBatchPush p : logsShown) {
      logPushers.add(
          new BatchPusher<>(OtlpSignal.LOGS, "log records", p, requests::logs, System.out));
    }
    if (!logPushers.isEmpty()) {
      logPushers.forEach(BatchPusher::start);
      List<BatchPusher<LogSetup.Entry>> all = List.copyOf(logPushers);
      LogSetup.entriesTo(
          e -> {
            if (!e.logger().equals(BatchPusher.NAME)) {
              all.forEach(p -> p.take(e));
            }
          });
    }
    trace(t.traces(), requests);
  }

  private void trace(OwnTraces traces, OwnRequests requests) {
    tracesShown = traces;
    for (OwnBatchPush p : traces.pushes()) {
      spanPushers.add(
          new BatchPusher<>(OtlpSignal.TRACES, "spans", p, requests::traces, System.out));
    }
    if (!spanPushers.isEmpty()) {
      spanPushers.forEach(BatchPusher::start);
      List<BatchPusher<Span>> all = List.copyOf(spanPushers);
      services
          .spans()
          .recordTo(
              traces.sampling(),
              traces.propagates(),
              span -> {
                traces.limits().apply(span);
                all.forEach(p -> p.take(span));
              });
    }
  }

  private boolean hasReaders() {
    return !listeners.isEmpty()
        || !pushers.isEmpty()
        || !logPushers.isEmpty()
        || !spanPushers.isEmpty();
  }

  private void listen(String address, OwnMetricsPage page) throws IOException {
    Routes routes =
        new Routes()
            .get("/metrics", (q, r) -> MetricsPage.answer(q, r, page.of(metrics.gather())))
            .get("/-/healthy", (q, r) -> r.send("Tethys is healthy.\n"))
            .get("/-/ready", this::ready)
            .post("/-/reload", reloading(500, ""))
            .post("/api/reload", reloading(400, "config reload, success"));
    PipelineEndpoints.addTo(routes, graph, InstantSource.system(), tap);
    PipelineEndpoints.addConfig(routes, () -> printed);
    new WebUi("", "Tethys", word).with(WebUi.Part.PIPELINES).routes(routes);
    try {
      listeners.add(
          HttpListener.start(
              HttpListenerOptions.on(address).withStopGrace(Duration.ofSeconds(1)), routes, null));
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void ready(dev.tethys.web.HttpRequest q, HttpResponse r) throws IOException {
    if (graph.config().isEmpty()) {
      throw new HttpException(503, "Tethys is not ready yet.");
    }
    r.send("Tethys is ready.\n");
  }

  /** Handler that reloads; failures have their own status in each API. */
  private HttpHandler reloading(int failed, String answer) {
    return (q, r) -> {
      try {
        reload();
      } catch (IOException | ConfigException e) {
        throw new HttpException(
            failed, "the configuration was not taken: " + IoFailures.describe(e));
      }
      if (answer.isEmpty()) {
        r.send();
      } else {
        r.send(answer);
      }
    };
  }

  /** Where it listens first; -1 for nowhere. */
  int port() {
    return listeners.isEmpty() ? -1 : listeners.getFirst().port();
  }

  /** Where it listens. */
  List<Integer> ports() {
    return listeners.stream().map(HttpListener::port).toList();
  }

  Graph graph() {
    return graph;
  }

  Registry metrics() {
    return metrics;
  }

  @Override
  public void close() {
    Optional.ofNullable(controlled).ifPresent(ControlledAgent::close);
    graph.stop(Duration.ZERO);
    closeReaders();
  }

  private void closeReaders() {
    if (!logPushers.isEmpty()) {
      LogSetup.entriesTo(null);
    }
    services.spans().off();
    pushers.forEach(MetricsPusher::end);
    logPushers.forEach(BatchPusher::close);
    spanPushers.forEach(BatchPusher::close);
    logPushers.clear();
    spanPushers.clear();
    pushers.forEach(MetricsPusher::close);
    listeners.forEach(HttpListener::close);
    pushers.clear();
    listeners.clear();
    shownAs = null;
  }
}
