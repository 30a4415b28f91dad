package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.cloud.CloudReadings;
import dev.tethys.collect.cloud.CloudState;
import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.host.linux.ProcessCollector;
import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.prometheus.push.MetricsPush;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Role;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.EnvironmentFlags;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.ListenAddress;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Role {@code tethys cluster-agent}: the features of Coroot's in docs/cluster-agent.md. */
public final class ClusterAgentRole implements Role {
  private static final System.Logger LOG = JulLogger.of(ClusterAgentRole.class.getName());
  private static final String CHECK = "check";
  private static final Duration FIRST_ANSWER = Duration.ofSeconds(15);
  private static final String USER_AGENT = "tethys-cluster-agent/" + BuildInfo.current().version();

  @Override
  public String command() {
    return "cluster-agent";
  }

  @Override
  public int run(List<String> args) {
    return run(args, System.getenv(), System.out);
  }

  static int run(List<String> args, Map<String, String> environment, PrintStream out) {
    FlagSet flags = ClusterAgentFlags.flags();
    if (args.contains("--help") || args.contains("-h")) {
      out.print(flags.help());
      return 0;
    }
    List<String> operands = new ArrayList<>();
    flags.parse(
        EnvironmentFlags.arguments(args, environment, flags, EnvironmentFlags::variable), operands);
    if (!operands.isEmpty() && (!operands.getFirst().equals(CHECK) || operands.size() > 2)) {
      throw new UsageException(
          ClusterAgentFlags.COMMAND
              + ": unexpected argument '"
              + String.join(" ", operands)
              + "'; only 'check' and 'check ADDRESS' are known");
    }
    return operands.isEmpty()
        ? serve(flags, environment)
        : check(flags, environment, operands.subList(1, operands.size()), out);
  }

  private static ClusterAgentConfig read(FlagSet flags, Map<String, String> environment)
      throws IOException {
    ClusterAgentConfig.Defaults defaults = ClusterAgentFlags.defaults(flags);
    String file = flags.get("config.file");
    boolean inPod = !environment.getOrDefault("KUBERNETES_SERVICE_HOST", "").isEmpty();
    if (file.isEmpty() && !inPod && flags.get("coroot-url").isEmpty()) {
      throw new UsageException(
          ClusterAgentFlags.COMMAND
              + ": --config.file is required outside of Kubernetes: the file of the databases"
              + " (docs/cluster-agent.md); or --coroot-url, whose server names them");
    }
    ClusterAgentConfig c =
        file.isEmpty()
            ? ClusterAgentConfig.withoutFile(defaults)
            : ClusterAgentConfig.read(Path.of(file), defaults, environment::get);
    if (inPod && c.kubernetes() == null) {
      c = c.with(KubernetesSettings.of(defaults.kubernetes()));
    }
    try {
      c.found().check(false, !flags.get("coroot-url").isEmpty(), !c.clouds().isEmpty());
    } catch (IllegalArgumentException e) {
      throw new UsageException(ClusterAgentFlags.COMMAND + ": " + file + ": " + e.getMessage());
    }
    return c;
  }

  private static TargetSources sources(
      FlagSet flags,
      Map<String, String> environment,
      HttpClientFactory clients,
      @Nullable CloudReadings clouds) {
    return new TargetSources(
        clients, environment::get, null, clouds, ClusterAgentFlags.config(flags, USER_AGENT));
  }

  private static int check(
      FlagSet flags, Map<String, String> environment, List<String> address, PrintStream out) {
    ClusterAgentConfig config;
    try {
      config = read(flags, environment);
    } catch (IOException e) {
      throw new UsageException(ClusterAgentFlags.COMMAND + ": " + IoFailures.describe(e));
    }
    List<DatabaseTarget> all = config.databases();
    List<TargetDiscovery.SourceState> asked = List.of();
    try (HttpClientFactory clients = new HttpClientFactory(USER_AGENT);
        DatabaseReadings none = new DatabaseReadings(InstantSource.system(), RecordSink.NONE)) {
      none.close(); // the check reads each database itself
      try (TargetDiscovery discovery =
          new TargetDiscovery(none, sources(flags, environment, clients, null)::open)) {
        discovery.apply(config);
        discovery.awaitFirst(FIRST_ANSWER);
        all = discovery.targets();
        asked = discovery.sources();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    boolean found = true;
    for (TargetDiscovery.SourceState s : asked) {
      found &= s.problem().isEmpty();
      out.println(
          s.name()
              + ": "
              + s.databases()
              + (s.databases() == 1 ? " database" : " databases")
              + (s.problem().isEmpty() ? "" : ", " + s.problem()));
    }
    List<DatabaseTarget> some =
        all.stream()
            .filter(t -> address.isEmpty() || t.server().address().equals(address.getFirst()))
            .toList();
    KubernetesSettings kubernetes = address.isEmpty() ? config.kubernetes() : null;
    boolean withClouds = address.isEmpty() && !config.clouds().isEmpty();
    if (some.isEmpty() && kubernetes == null && !withClouds) {
      String file = flags.get("config.file");
      String where = file.isEmpty() ? "the answer of --coroot-url" : file;
      throw new UsageException(
          ClusterAgentFlags.COMMAND
              + ": "
              + (address.isEmpty()
                  ? "no databases in " + where
                  : "no database with address " + address.getFirst() + " in " + where));
    }
    boolean whole = found;
    for (DatabaseTarget t : some) {
      StringBuilder sb = new StringBuilder();
      whole &= DatabaseCheck.run(t, sb);
      out.print(sb);
    }
    if (kubernetes != null) {
      StringBuilder sb = new StringBuilder();
      try (HttpClientFactory clients = new HttpClientFactory(USER_AGENT)) {
        whole &= ClusterCheck.run(kubernetes, clients, environment::get, sb);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        whole = false;
      }
      out.print(sb);
    }
    if (withClouds) {
      try (HttpClientFactory clients = new HttpClientFactory(USER_AGENT)) {
        for (CloudReader r :
            config.clouds().readers(cloudContext(clients), CloudLogEntry.Sink.NONE)) {
          StringBuilder sb = new StringBuilder();
          whole &= CloudCheck.run(r, sb);
          out.print(sb);
        }
      }
    }
    return whole ? 0 : 1;
  }

  private static int serve(FlagSet flags, Map<String, String> environment) {
    String address = ClusterAgentFlags.listen(flags);
    MetricsPush.Options push = ClusterAgentFlags.push(flags);
    try {
      ListenAddress.check(address);
    } catch (IllegalArgumentException e) {
      throw new UsageException(ClusterAgentFlags.COMMAND + ": --listen: " + e.getMessage());
    }
    ClusterAgentConfig config;
    try {
      config = read(flags, environment);
    } catch (IOException e) {
      throw new UsageException(ClusterAgentFlags.COMMAND + ": " + IoFailures.describe(e));
    }
    HeapController.keepAgent();
    LogSetup.install(flags);
    Registry registry = new Registry();
    registry.register(new ProcessCollector());
    registry.register(Registry.process());
    registry.register(BuildInfo.current().metric("tethys", "the cluster agent"));
    String web = flags.get("web.config.file");
    HttpListenerOptions listening =
        HttpListenerOptions.on(address).withWebConfigFile(web.isEmpty() ? null : Path.of(web));
    try (OtlpDestination logs = push == null ? null : logs(push);
        RecordSender sender = logs == null ? null : new RecordSender(logs, registry);
        HttpClientFactory clients = new HttpClientFactory(USER_AGENT);
        DatabaseReadings readings =
            new DatabaseReadings(
                InstantSource.system(), sender == null ? RecordSink.NONE : sender);
        CloudReadings clouds = new CloudReadings(cloudContext(clients), CloudRecords.to(sender));
        TargetDiscovery discovery =
            new TargetDiscovery(readings, sources(flags, environment, clients, clouds)::open);
        ClusterWatch cluster =
            new ClusterWatch(
                clients,
                InstantSource.system(),
                environment::get,
                logs,
                push == null ? null : push.folder(),
                false)) {
      registry.register(readings);
      registry.register(clouds);
      registry.register(cluster);
      discovery.apply(config);
      clouds.apply(config.clouds());
      cluster.apply(config.kubernetes());
      sun.misc.Signal.handle(
          new sun.misc.Signal("HUP"),
          _ ->
              Thread.ofVirtual()
                  .start(() -> reload(flags, environment, discovery, clouds, cluster)));
      try (HttpListener listener =
              ListenFlags.listening(
                  ClusterAgentFlags.LISTEN,
                  () ->
                      HttpListener.start(
                          listening, routes(registry, readings, discovery, clouds), null));
          HttpListener state = cluster.hasPage() ? stateListener(flags, listening, cluster) : null;
          MetricsPush _ =
              push == null
                  ? null
                  : new MetricsPush(
                      push,
                      List.of(job(address, listener.port())),
                      state == null ? "" : clusterJobs(config, push, flags, state),
                      registry)) {
        ListenFlags.warnIfOpen(
            LOG,
            flags,
            ClusterAgentFlags.LISTEN,
            listener.addresses(),
            "statements, connections and tables of the databases");
        LOG.log(
            Level.INFO,
            "Cluster agent started address={0} databases={1} state_of_kubernetes={2}",
            listener.addresses(),
            config.databases().size(),
            state == null ? "none" : state.addresses());
        Shutdown.await();
      }
      return 0;
    } catch (IOException e) {
      LOG.log(
          Level.ERROR,
          "Cluster agent could not be started address={0}: {1}",
          address,
          IoFailures.describe(e));
      return 1;
    }
  }

  private static CloudContext cloudContext(HttpClientFactory clients) {
    return CloudContext.of(call -> clients.client(HttpClientConfig.DEFAULT).send(call));
  }

  /** Listener with the state of the cluster. */
  private static HttpListener stateListener(
      FlagSet flags, HttpListenerOptions listening, ClusterWatch cluster) throws IOException {
    Routes routes =
        new Routes()
            .get(
                "/metrics",
                (q, r) -> MetricsPage.answer(q, r, cluster.families(ClusterWatch.shard(q.query()))))
            .get(
                PodJobs.TARGETS,
                (q, r) ->
                    r.send(
                        "application/json", cluster.podTargets().getBytes(StandardCharsets.UTF_8)))
            .get("/healthz", (q, r) -> r.send("OK"))
            .get("/livez", (q, r) -> r.send("OK"))
            .get("/readyz", (q, r) -> r.send("OK"));
    HttpListenerOptions own =
        HttpListenerOptions.on(ClusterAgentFlags.stateListen(flags))
            .withWebConfigFile(listening.webConfigFile());
    HttpListener out =
        ListenFlags.listening(
            ClusterAgentFlags.STATE_LISTEN, () -> HttpListener.start(own, routes, null));
    ListenFlags.warnIfOpen(
        LOG,
        flags,
        ClusterAgentFlags.STATE_LISTEN,
        out.addresses(),
        "names, labels and states of the cluster's objects");
    return out;
  }

  /** Jobs of the state and of pods. */
  private static String clusterJobs(
      ClusterAgentConfig config, MetricsPush.Options push, FlagSet flags, HttpListener state) {
    KubernetesSettings k = config.kubernetes();
    if (k == null) {
      return "";
    }
    String page = page(ClusterAgentFlags.stateListen(flags), state.port());
    return (k.state() ? PodJobs.state(page, page, push.intervalMillis()) : "")
        + (k.pods() ? PodJobs.metrics(PodJobs.http(page), push.intervalMillis()) : "");
  }

  /** Receiver of log records beside that of the metrics. */
  private static OtlpDestination logs(MetricsPush.Options push) throws IOException {
    return new OtlpDestination(
        URI.create(push.endpoint().replaceAll("/v1/metrics$", "/v1/logs")),
        push.apiKey(),
        push.insecureSkipVerify(),
        push.caFile(),
        USER_AGENT);
  }

  private static void reload(
      FlagSet flags,
      Map<String, String> environment,
      TargetDiscovery discovery,
      CloudReadings clouds,
      ClusterWatch cluster) {
    try {
      ClusterAgentConfig config = read(flags, environment);
      boolean hadState = cluster.hasState();
      cluster.apply(config.kubernetes());
      discovery.apply(config);
      clouds.apply(config.clouds());
      LOG.log(Level.INFO, "Configuration reloaded databases={0}", config.databases().size());
      if (cluster.hasState() && !hadState) {
        LOG.log(
            Level.WARNING,
            "State of Kubernetes is not served before a restart: it was not configured at the"
                + " start");
      }
    } catch (IOException | ConfigException e) {
      LOG.log(
          Level.ERROR,
          "Configuration not reloaded, the former one continues error=\"{0}\"",
          IoFailures.describe(e));
    }
  }

  private static Routes routes(
      Registry registry,
      DatabaseReadings readings,
      TargetDiscovery discovery,
      CloudReadings clouds) {
    return new Routes()
        .get("/metrics", (q, r) -> MetricsPage.answer(q, r, registry.gather()))
        .get(
            "/api/v1/databases",
            (q, r) ->
                r.send(
                    "application/json",
                    TargetsJson.write(readings.states(), discovery.sources())
                        .getBytes(StandardCharsets.UTF_8)))
        .get(
            "/api/v1/clouds",
            (q, r) ->
                r.send(
                    "application/json",
                    CloudState.json(clouds.states()).getBytes(StandardCharsets.UTF_8)))
        .get("/health", (q, r) -> r.send("OK"))
        .get("/-/healthy", (q, r) -> r.send("OK"))
        .get("/-/ready", (q, r) -> r.send("OK"));
  }

  /** Job that reads the page; its names are those of Coroot's cluster agent. */
  static MetricsPush.Job job(String listen, int port) {
    return new MetricsPush.Job("coroot-cluster-agent", "", page(listen, port), USER_AGENT);
  }

  /** Address of an own page. */
  private static String page(String listen, int port) {
    String host = listen.substring(0, Math.max(0, listen.lastIndexOf(':')));
    boolean everywhere = host.isEmpty() || host.equals("0.0.0.0") || host.equals("[::]");
    return (everywhere ? "127.0.0.1" : host) + ":" + port;
  }
}
