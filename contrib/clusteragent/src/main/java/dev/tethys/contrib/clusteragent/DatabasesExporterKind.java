package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.LogDestination;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.ObservedDatabase;
import dev.tethys.config.YamlNode;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.HttpHandler;
import java.io.IOException;
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
    LogDestination logs = dependencies.logs();
    return new DatabasesExporter(
        source(
            settings.inlineConfig(),
            settings.get(CONFIG),
            logs == null ? ClusterAgentConfig.Defaults.NONE : ClusterAgentConfig.Defaults.STORED,
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
    private volatile ClusterAgentConfig config;
    private final Registry registry = new Registry();
    private volatile @Nullable Running running;

    /** Readings, their targets, and the records that they send. */
    private record Running(
        DatabaseReadings readings, TargetDiscovery discovery, @Nullable RecordSender records) {}

    DatabasesExporter(Source source, ExporterDependencies dependencies) throws IOException {
      this.source = source;
      this.dependencies = dependencies;
      this.config = checked();
    }

    private ClusterAgentConfig checked() throws IOException {
      ClusterAgentConfig c = source.read();
      c.found().check(dependencies.observed() != null, false);
      return c;
    }

    @Override
    public MetricsSource metrics() {
      return _ -> {
        Running r = running;
        if (r == null) {
          return List.of();
        }
        List<MetricFamily> out = new ArrayList<>(r.readings().families());
        out.addAll(registry.gather());
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
      Supplier<List<ObservedDatabase>> observed = dependencies.observed();
      if (observed != null) {
        out.put(InstrumentationJson.PATH, new InstrumentationPage(() -> config, observed));
      }
      return out;
    }

    @Override
    public void start(MetricsSource page) {
      LogDestination logs = dependencies.logs();
      RecordSender records = logs == null ? null : new RecordSender(logs, registry);
      DatabaseReadings r =
          new DatabaseReadings(dependencies.clock(), records == null ? RecordSink.NONE : records);
      TargetSources sources =
          new TargetSources(
              dependencies.clients(), dependencies.environment(), dependencies.observed(), null);
      TargetDiscovery d = new TargetDiscovery(r, sources::open);
      running = new Running(r, d, records);
      d.apply(config);
    }

    @Override
    public void reload() throws IOException {
      ClusterAgentConfig next = checked();
      config = next;
      Running r = running;
      if (r != null) {
        r.discovery().apply(next);
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
        r.discovery().close();
        r.readings().close();
        if (r.records() != null) {
          r.records().close();
        }
      }
    }
  }
}
