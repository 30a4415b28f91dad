package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.cloud.CloudReadings;
import dev.tethys.collect.cloud.CloudState;
import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.LogDestination;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.ObservedDatabase;
import dev.tethys.collect.exporter.ServerAccess;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlNode;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpHandler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Databases of one configuration under the names of Coroot's cluster agent. */
public final class DatabasesExporterKind implements ExporterKind {
  static final String CONFIG = "config.file";

  private static final long INTERVAL_MILLIS = 15_000;
  private static final System.Logger LOG = JulLogger.of(DatabasesExporterKind.class.getName());

  @Override
  public String name() {
    return "databases";
  }

  @Override
  public String title() {
    return "Databases";
  }

  @Override
  public String program() {
    return "coroot-cluster-agent";
  }

  @Override
  public String address() {
    return ":10301";
  }

  @Override
  public String about() {
    return "Shows databases of one configuration as Coroot's cluster agent does.";
  }

  @Override
  public List<ExporterFlag> flags() {
    return List.of(
        ExporterFlag.of(CONFIG, Kind.PATH, "", "File of the databases (docs/cluster-agent.md)."));
  }

  @Override
  public boolean takesInlineConfig() {
    return true;
  }

  @Override
  public Exporter open(ExporterSettings settings, ExporterDependencies dependencies)
      throws IOException {
    ServerAccess server = dependencies.server();
    boolean hasLogs = server != null && server.logs() != null;
    return new DatabasesExporter(
        source(
            settings.inlineConfig(),
            settings.get(CONFIG),
            hasLogs ? ClusterAgentConfig.Defaults.STORED : ClusterAgentConfig.Defaults.NONE,
            dependencies.environment()),
        dependencies);
  }

  private static Source source(
      @Nullable YamlNode inline,
      String file,
      ClusterAgentConfig.Defaults defaults,
      Function<String, @Nullable String> environment) {
    if (inline != null) {
      return () -> ClusterAgentConfig.of(inline, defaults, environment);
    }
    if (file.isEmpty()) {
      throw new IllegalArgumentException("--" + CONFIG + " is required: the file of the databases");
    }
    return () -> ClusterAgentConfig.read(Path.of(file), defaults, environment);
  }

  /** Source of the configuration. */
  @FunctionalInterface
  interface Source {
    ClusterAgentConfig read() throws IOException;
  }

  /** Exporter whose page has the last readings; it reads from its start on. */
  private static final class DatabasesExporter implements Exporter {
    private final Source source;
    private final ExporterDependencies dependencies;
    private final @Nullable ClusterWatch cluster;
    private volatile ClusterAgentConfig config;
    private final Registry registry = new Registry();
    private volatile @Nullable Running running;

    /** Readings, their targets, and the records that they send. */
    private record Running(
        DatabaseReadings readings,
        TargetDiscovery discovery,
        CloudReadings clouds,
        @Nullable RecordSender records) {}

    DatabasesExporter(Source source, ExporterDependencies dependencies) throws IOException {
      this.source = source;
      this.dependencies = dependencies;
      ServerAccess server = dependencies.server();
      this.cluster =
          server == null
              ? null
              : new ClusterWatch(
                  dependencies.clients(),
                  dependencies.clock(),
                  dependencies.environment(),
                  server.logs(),
                  server.folder().resolve("cluster-agent"),
                  true);
      this.config = checked();
    }

    /** Reads the configuration, and refuses settings without effect in this place. */
    private ClusterAgentConfig checked() throws IOException {
      ClusterAgentConfig c = source.read();
      try {
        c.found().check(cluster != null, false, !c.clouds().isEmpty());
        check(c.kubernetes());
      } catch (IllegalArgumentException e) {
        if (cluster != null) { // the file of a flag
          throw new IOException(e.getMessage(), e);
        }
        throw e;
      }
      return c;
    }

    private void check(@Nullable KubernetesSettings k) {
      if (cluster == null && k != null && (k.state() || k.pods())) {
        throw new IllegalArgumentException(
            "state and scrape_pods of kubernetes are for tethys cluster-agent, and for tethys"
                + " server with --cluster-agent.config-file; set both to false here");
      }
      if (k != null && k.pods() && !k.context().isEmpty()) {
        throw new IllegalArgumentException(
            "kubernetes: scrape_pods uses the current context of kubeconfig; remove context or set"
                + " scrape_pods: false");
      }
    }

    private @Nullable Supplier<List<ObservedDatabase>> observed() {
      ServerAccess server = dependencies.server();
      return server == null ? null : server.observed();
    }

    @Override
    public Map<String, MetricsSource> jobs() {
      ClusterWatch c = cluster;
      return c != null && c.hasState()
          ? Map.of(ClusterWatch.JOB, probe -> c.families(ClusterWatch.shard(probe.params())))
          : Map.of();
    }

    @Override
    public String scrapeConfigs(String address, String instance) {
      KubernetesSettings k = config.kubernetes();
      if (k == null) {
        return "";
      }
      return (k.state() ? PodJobs.state(address, instance, INTERVAL_MILLIS) : "")
          + (k.pods()
              ? PodJobs.metrics(PodJobs.discovery(k), INTERVAL_MILLIS) + PodJobs.profiles(k)
              : "");
    }

    @Override
    public MetricsSource metrics() {
      return _ -> {
        Running r = running;
        List<MetricFamily> out = new ArrayList<>(r == null ? List.of() : r.readings().families());
        if (r != null) {
          out.addAll(r.clouds().families());
        }
        out.addAll(registry.gather());
        if (cluster != null) {
          cluster.collect(out::add);
        }
        return out;
      };
    }

    @Override
    public Map<String, MetricsSource> probes() {
      return Map.of();
    }

    @Override
    public Map<String, HttpHandler> pages(Answers answers) {
      Map<String, HttpHandler> out = new LinkedHashMap<>();
      out.put(
          "/api/v1/databases",
          (q, r) -> {
            Running now = running;
            r.send(
                "application/json",
                (now == null
                        ? TargetsJson.write(List.of(), List.of())
                        : TargetsJson.write(now.readings().states(), now.discovery().sources()))
                    .getBytes(StandardCharsets.UTF_8));
          });
      out.put(
          "/api/v1/clouds",
          (q, r) -> {
            Running now = running;
            r.send(
                "application/json",
                CloudState.json(now == null ? List.of() : now.clouds().states())
                    .getBytes(StandardCharsets.UTF_8));
          });
      Supplier<List<ObservedDatabase>> observed = observed();
      if (observed != null) {
        out.put(InstrumentationJson.PATH, new InstrumentationPage(() -> config, observed));
      }
      return out;
    }

    @Override
    public void start(MetricsSource page) {
      ServerAccess server = dependencies.server();
      LogDestination logs = server == null ? null : server.logs();
      RecordSender records = logs == null ? null : new RecordSender(logs, registry);
      DatabaseReadings r =
          new DatabaseReadings(dependencies.clock(), records == null ? RecordSink.NONE : records);
      CloudReadings clouds =
          new CloudReadings(
              CloudContext.of(
                  call -> dependencies.clients().client(HttpClientConfig.DEFAULT).send(call)),
              CloudRecords.to(records));
      TargetSources sources =
          new TargetSources(
              dependencies.clients(), dependencies.environment(), observed(), clouds, null);
      TargetDiscovery d = new TargetDiscovery(r, sources::open);
      running = new Running(r, d, clouds, records);
      d.apply(config);
      clouds.apply(config.clouds());
      try {
        watch(config);
      } catch (IOException e) {
        LOG.log(Level.ERROR, "Kubernetes is not watched error=\"{0}\"", IoFailures.describe(e));
      }
    }

    private void watch(ClusterAgentConfig c) throws IOException {
      if (cluster != null) {
        cluster.apply(c.kubernetes());
      }
    }

    @Override
    public void reload() throws IOException {
      ClusterAgentConfig next = checked();
      watch(next);
      config = next;
      Running r = running;
      if (r != null) {
        r.discovery().apply(next);
        r.clouds().apply(next.clouds());
      }
    }

    @Override
    public boolean reloads() {
      return true;
    }

    @Override
    public void close() {
      Running r = running;
      if (r != null) {
        r.clouds().close();
        r.discovery().close();
        r.readings().close();
        if (r.records() != null) {
          r.records().close();
        }
      }
      if (cluster != null) {
        cluster.close();
      }
    }
  }
}
