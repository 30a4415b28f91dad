package dev.tethys.app.server;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlNode;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.prometheus.collect.ExporterKinds;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.List;
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
  private static final String KIND = "databases";
  private static final OwnJob OWN_JOB = new OwnJob(JOB, "/metrics/databases", "15s");

  private final Exporter exporter;
  private final Supplier<String> address;

  private EmbeddedDatabases(
      Exporter exporter, MetricsSource metrics, CollectedExporters jobs, Supplier<String> address) {
    this.exporter = exporter;
    this.address = address;
    jobs.serve(JOB, metrics);
    exporter.start(metrics);
  }

  /**
   * Starts to read the databases of the flag's file; null without the flag.
   *
   * @param jobs reads the job
   * @param address of the server, once it listens
   */
  static @Nullable EmbeddedDatabases of(
      FlagSet flags, CollectedExporters jobs, HttpClientFactory clients, Supplier<String> address) {
    String file = flags.get(CONFIG);
    if (file.isEmpty()) {
      return null;
    }
    ExporterKind kind = ExporterKinds.find(ExporterKinds.ALL, KIND);
    if (kind == null) {
      throw new UsageException("tethys server: --" + CONFIG + ": " + ExporterKinds.refusal(KIND));
    }
    try {
      Exporter e =
          kind.open(
              new FileSetting(file),
              new ExporterDependencies(clients, InstantSource.system(), System::getenv));
      MetricsSource metrics = e.metrics();
      if (metrics == null) {
        throw new IllegalStateException(KIND + " has no metrics");
      }
      return new EmbeddedDatabases(e, metrics, jobs, address);
    } catch (IOException e) {
      throw new UsageException("tethys server: --" + CONFIG + ": " + IoFailures.describe(e));
    }
  }

  /** The one flag of the exporter. */
  private record FileSetting(String file) implements ExporterSettings {
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

    @Override
    public @Nullable YamlNode inlineConfig() {
      return null;
    }
  }

  /** Serves the states of the databases. */
  void addTo(Routes routes) {
    exporter.pages(_ -> (_, r) -> r.send("")).forEach(routes::get);
  }

  /** Reads the file again; an invalid file leaves the databases as they are. */
  void reload() {
    try {
      exporter.reload();
    } catch (IOException | ConfigException e) {
      LOG.log(
          Level.ERROR,
          "Databases not reloaded, the former ones continue error=\"{0}\"",
          IoFailures.describe(e));
    }
  }

  /**
   * The job that stores the readings.
   *
   * @param configured configured jobs, which take precedence over a job of the same name
   */
  List<ScrapeConfig> jobs(List<ScrapeConfig> configured) throws IOException {
    if (OWN_JOB.isIn(configured)) {
      LOG.log(
          Level.WARNING,
          "Readings of databases are not stored: the configuration has a job named {0}; rename it",
          JOB);
      return List.of();
    }
    return OWN_JOB.at(address.get());
  }

  @Override
  public void close() {
    exporter.close();
  }
}
