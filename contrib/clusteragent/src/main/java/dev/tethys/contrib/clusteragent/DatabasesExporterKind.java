package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.ObservedDatabase;
import dev.tethys.config.YamlNode;
import dev.tethys.web.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
    return new DatabasesExporter(
        source(settings.inlineConfig(), settings.get(CONFIG), dependencies.environment()),
        dependencies);
  }

  private static Source source(
      @Nullable YamlNode inline, String file, Function<String, @Nullable String> environment) {
    if (inline != null) {
      return () -> ClusterAgentConfig.of(inline, environment);
    }
    if (file.isEmpty()) {
      throw new IllegalArgumentException("--" + CONFIG + " is required: the file of the databases");
    }
    return () ->
        ClusterAgentConfig.read(Path.of(file), ClusterAgentConfig.Defaults.NONE, environment);
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
    private volatile @Nullable Running running;

    /** Readings and their targets. */
    private record Running(DatabaseReadings readings, TargetDiscovery discovery) {}

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
        return r == null ? List.of() : r.readings().families();
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
      DatabaseReadings r = new DatabaseReadings(dependencies.clock(), ChangeSink.NONE);
      TargetSources sources =
          new TargetSources(
              dependencies.clients(), dependencies.environment(), dependencies.observed(), null);
      TargetDiscovery d = new TargetDiscovery(r, sources::open);
      running = new Running(r, d);
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
      }
    }
  }
}
