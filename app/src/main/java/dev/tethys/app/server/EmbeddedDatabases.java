package dev.tethys.app.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.ObservedDatabase;
import dev.tethys.collect.exporter.ServerAccess;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.insight.entities.DatabaseEndpoint;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.exporter.tethys.TethysSettings;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.prometheus.collect.ExporterKinds;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Readings of databases inside the server, as {@code tethys cluster-agent} makes them. A job of the
 * scraper stores them without a port.
 */
final class EmbeddedDatabases implements AutoCloseable {
  /** Flag with the file of the databases. */
  static final String CONFIG = "cluster-agent.config-file";

  /** Name of the job. */
  static final String JOB = "cluster-agent";

  private static final System.Logger LOG = JulLogger.of(EmbeddedDatabases.class.getName());
  private static final int MAX_SCRAPES = 16;
  private static final String SCRAPES = "scrape_configs:\n";
  private static final String KIND = "databases";
  private static final OwnJob OWN_JOB = new OwnJob(JOB, "/metrics/databases", "15s");

  private static final String COROOT_CONFIG = "/v1/config";

  /** Answer of a server without the contribution. */
  private static final String NO_DATABASES = "{\"application_instrumentation\":[]}";

  /** Configuration of a server without a file: databases are read by agents only. */
  private static final String SERVE = "found_databases: serve";

  private final @Nullable Exporter exporter;
  private final CollectedExporters sources;
  private final ExporterDependencies dependencies;
  private final Supplier<String> address;

  /**
   * Starts to read the databases of the flag's file, and those of the service map.
   *
   * @param jobs reads the job
   * @param endpoints databases of the service map
   * @param address of the server, once it listens
   * @param folder of the server's data
   * @param logs stores records about changes, statements and events; null if the server has no logs
   */
  EmbeddedDatabases(
      FlagSet flags,
      CollectedExporters jobs,
      HttpClientFactory clients,
      Supplier<List<DatabaseEndpoint>> endpoints,
      Supplier<String> address,
      Path folder,
      @Nullable EmbeddedStore logs) {
    this.address = address;
    this.sources = jobs;
    this.dependencies =
        new ExporterDependencies(
            clients,
            InstantSource.system(),
            System::getenv,
            new ServerAccess(
                folder, new Observed(endpoints), logs == null ? null : l -> store(l, logs)));
    String file = flags.get(CONFIG);
    if (file.isEmpty()) {
      exporter = null;
      return;
    }
    ExporterKind kind = ExporterKinds.find(ExporterKinds.ALL, KIND);
    if (kind == null) {
      throw new UsageException("tethys server: --" + CONFIG + ": " + ExporterKinds.refusal(KIND));
    }
    try {
      Exporter e = kind.open(new FileSetting(file, null), dependencies);
      MetricsSource metrics = e.metrics();
      if (metrics == null) {
        throw new IllegalStateException(KIND + " has no metrics");
      }
      exporter = e;
      jobs.serve(JOB, metrics);
      e.start(metrics);
    } catch (IOException e) {
      throw new UsageException("tethys server: --" + CONFIG + ": " + IoFailures.describe(e));
    }
  }

  /** Databases of the service map, looked up at most once in a period. */
  private static final class Observed implements Supplier<List<ObservedDatabase>> {
    private static final long PERIOD_NANOS = 10_000_000_000L;

    private final Supplier<List<DatabaseEndpoint>> endpoints;

    @GuardedBy("this")
    private List<ObservedDatabase> last = List.of();

    @GuardedBy("this")
    private long until = System.nanoTime();

    Observed(Supplier<List<DatabaseEndpoint>> endpoints) {
      this.endpoints = endpoints;
    }

    @Override
    public synchronized List<ObservedDatabase> get() {
      long now = System.nanoTime();
      if (now - until >= 0) {
        last =
            endpoints.get().stream()
                .map(
                    e ->
                        new ObservedDatabase(
                            e.system(), e.host(), e.port(), e.name(), e.addresses()))
                .toList();
        // The entities may not be known yet.
        until = last.isEmpty() ? now : now + PERIOD_NANOS;
      }
      return last;
    }
  }

  /** Stores log records of the exporter. */
  private static String store(LogsData logs, EmbeddedStore to) throws IOException {
    int records = 0;
    for (ResourceGroup<LogRecord> r : logs.resources()) {
      for (ScopeGroup<LogRecord> s : r.scopes()) {
        records += s.items().size();
      }
    }
    Batch batch = new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(logs), records, 0);
    return switch (to.store(batch, TethysSettings.DEFAULT)) {
      case Outcome.Accepted _ -> "";
      case Outcome.Rejected r -> r.reason();
      case Outcome.Unavailable u -> throw new IOException(u.reason());
    };
  }

  /** The one flag of the exporter. */
  private record FileSetting(String file, @Nullable YamlNode inlineConfig)
      implements ExporterSettings {
    @Override
    public boolean isGiven(String flag) {
      return flag.equals("config.file");
    }

    @Override
    public String get(String flag) {
      return isGiven(flag) ? file : "";
    }

    @Override
    public List<String> list(String flag) {
      return isGiven(flag) ? List.of(file) : List.of();
    }

    @Override
    public boolean bool(String flag) {
      return false;
    }

    @Override
    public long integer(String flag) {
      return 0;
    }

    @Override
    public double number(String flag) {
      return 0;
    }

    @Override
    public long millis(String flag) {
      return 0;
    }
  }

  /** Serves the states of the databases, and to agents those of the service map. */
  void addTo(Routes routes) {
    Exporter e = exporter;
    if (e != null) {
      pages(e).forEach(routes::get);
    } else {
      routes.get(COROOT_CONFIG, new WithoutFile());
    }
  }

  private static Map<String, HttpHandler> pages(Exporter e) {
    return e.pages(_ -> (_, r) -> r.send(""));
  }

  /** Page for agents of a server without a file, opened with the first request. */
  private final class WithoutFile implements HttpHandler {
    private volatile @Nullable HttpHandler page;

    @Override
    public void handle(HttpRequest q, HttpResponse r) throws Exception {
      HttpHandler p = page;
      if (p == null) {
        p = opened();
        page = p;
      }
      p.handle(q, r);
    }

    private HttpHandler opened() throws IOException {
      ExporterKind kind = ExporterKinds.find(ExporterKinds.ALL, KIND);
      if (kind != null) {
        YamlNode inline = YamlDocument.parse(KIND, null, SERVE).root();
        HttpHandler p =
            pages(kind.open(new FileSetting("", inline), dependencies)).get(COROOT_CONFIG);
        if (p != null) {
          return p;
        }
      }
      return (_, r) -> r.send("application/json", NO_DATABASES.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Reads the file again; an invalid file leaves the databases as they are. */
  void reload() {
    Exporter running = exporter;
    if (running == null) {
      return;
    }
    try {
      running.reload();
    } catch (IOException | ConfigException e) {
      LOG.log(
          Level.ERROR,
          "Databases not reloaded, the former ones continue error=\"{0}\"",
          IoFailures.describe(e));
    }
  }

  /**
   * Jobs that store the readings, and the state of Kubernetes.
   *
   * @param configured configured jobs, which take precedence over a job of the same name
   */
  List<ScrapeConfig> jobs(List<ScrapeConfig> configured) throws IOException {
    if (exporter == null) {
      return List.of();
    }
    List<ScrapeConfig> out = new ArrayList<>(OWN_JOB.at(address.get()));
    MetricsSource own = exporter.metrics();
    if (own != null) {
      sources.serve(JOB, own);
    }
    exporter.jobs().forEach((name, source) -> sources.serve(name, source, MAX_SCRAPES));
    String others = exporter.scrapeConfigs(address.get(), Configuration.hostName());
    if (!others.isEmpty()) {
      out.addAll(PrometheusConfig.parse("jobs of the cluster agent", SCRAPES + others).jobs());
    }
    out.removeIf(
        j -> {
          boolean taken = configured.stream().anyMatch(c -> c.jobName().equals(j.jobName()));
          if (taken) {
            LOG.log(
                Level.WARNING,
                "Metrics of the cluster agent are not stored: the configuration has a job named"
                    + " {0}; rename it",
                j.jobName());
            sources.withdraw(j.jobName());
          }
          return taken;
        });
    return out;
  }

  @Override
  public void close() {
    Exporter running = exporter;
    if (running != null) {
      running.close();
    }
  }
}
