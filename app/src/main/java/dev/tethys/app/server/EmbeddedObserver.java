package dev.tethys.app.server;

import dev.tethys.collect.observe.MachineIdentity;
import dev.tethys.collect.observe.NodeObserver;
import dev.tethys.collect.observe.ObserverOptions;
import dev.tethys.collect.observe.ObserverParts;
import dev.tethys.collect.observe.ObserverRights;
import dev.tethys.collect.observe.ObserverSinks;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.HttpException;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Node agent inside the server, which observes the machine once the server is ready. A job of the
 * scraper reads it without a port, so that {@code up}, staleness and the page of targets apply.
 */
final class EmbeddedObserver implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(EmbeddedObserver.class.getName());

  /** Flag that enables or disables the observer. */
  static final String OBSERVE = "observe";

  /** Job name of the observer's metrics. */
  static final String JOB = "node-agent";

  /** Path of the same metrics over HTTP. */
  static final String PATH = "/metrics/observe";

  /** Job that stores these metrics. */
  static final OwnJob OWN_JOB = new OwnJob(JOB, PATH, "10s");

  /** Change of jobs in the server. */
  interface Jobs {
    void changed() throws IOException;
  }

  private record Observed(NodeObserver observer, Registry registry, MachineIdentity machine) {
    List<MetricFamily> gather() {
      return MachineIdentity.labelled(registry.gather(), machine.labels());
    }
  }

  private final CollectedExporters exporters;
  private final Supplier<String> address;
  private final boolean wanted;
  private final String refusal;
  private final CountDownLatch settled = new CountDownLatch(1);
  private volatile boolean closing;
  private volatile @Nullable Observed observed;
  private @Nullable Thread starting; // of the thread that starts and closes the server

  /**
   * @param embedded the server runs without a configuration file
   * @param exporters exporters used to read the job
   * @param address server address, available once the server is listening
   */
  EmbeddedObserver(
      FlagSet flags, boolean embedded, CollectedExporters exporters, Supplier<String> address) {
    this.exporters = exporters;
    this.address = address;
    boolean given = flags.isGiven(OBSERVE);
    String missing = ObserverRights.missing(Path.of("/proc"));
    if (given && !flags.bool(OBSERVE)) {
      refusal = "switched off by --no-" + OBSERVE;
    } else if (!given && !embedded) {
      refusal = "off with a configuration file unless --" + OBSERVE + " is given";
    } else if (!given) {
      refusal = missing;
    } else {
      refusal = ""; // requested: observe what is possible without privileges
    }
    wanted = refusal.isEmpty();
  }

  /** Returns one line for the terminal. */
  String plan() {
    return wanted
        ? "containers, connections and requests of this machine (job " + JOB + ")"
        : "no processes: " + refusal;
  }

  /**
   * Starts the observation on its own thread: loading programs takes a second, and server startup
   * does not wait for it.
   *
   * @param sinks receivers of profiles and spans
   * @param local receives log messages; null if the server does not store logs
   * @param folder folder that stores log positions
   * @param jobs called when there is something to read
   */
  void start(ObserverSinks sinks, @Nullable LocalLogs local, Path folder, Jobs jobs) {
    if (!wanted) {
      LOG.log(Level.INFO, "Machine not observed reason=\"{0}\"", refusal);
      settled.countDown();
      return;
    }
    starting =
        Thread.ofPlatform()
            .name("observe-start")
            .daemon()
            .start(() -> open(sinks, local, folder, jobs));
  }

  private void open(ObserverSinks sinks, @Nullable LocalLogs local, Path folder, Jobs jobs) {
    try {
      NodeObserver.Logs logs =
          local == null
              ? NodeObserver.Logs.COUNTED
              : new NodeObserver.Logs(
                  folder.resolve("observe").resolve("log-positions"), l -> local.put(entry(l)));
      NodeObserver o = NodeObserver.start(ObserverOptions.standard(), sinks, logs);
      if (local != null) {
        local.onJournal(e -> o.journal(e.labels().get("unit"), e.labels().get("level"), e.line()));
      }
      observed =
          new Observed(
              o,
              ObserverParts.registry(o, BuildInfo.current().version()),
              MachineIdentity.read(Path.of("/")));
      ObserverParts.logSignals(LOG, o.signals());
      exporters.serve(JOB, _ -> gather());
      if (!closing) {
        jobs.changed();
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.ERROR, "Machine cannot be observed: " + e.getMessage(), e);
    } finally {
      settled.countDown();
    }
  }

  /** Creates a log store entry; its service is named as on the service map. */
  static LogEntry entry(ObservedLog l) {
    LabelsBuilder b =
        new LabelsBuilder()
            .set("job", JOB)
            .set("container_id", l.owner().containerId())
            .set("service_name", l.owner().shortName())
            .set("source", l.source());
    if (l.level() != LogLevel.UNKNOWN) {
      b.set("level", l.level().label());
    }
    return new LogEntry(b.build(), l.timeNanos(), l.message());
  }

  private List<MetricFamily> gather() {
    Observed o = observed;
    return o == null ? List.of() : o.gather();
  }

  /** Serves the metrics over HTTP as well. */
  void addTo(Routes routes) {
    routes.get(
        PATH,
        (q, r) -> {
          if (observed == null) {
            throw new HttpException(
                404, "no observation of this machine: " + (wanted ? "not started yet" : refusal));
          }
          MetricsPage.answer(q, r, gather());
        });
  }

  /**
   * Returns the job that scrapes the observer; empty before it has started.
   *
   * @param configured configured jobs, which take precedence over jobs of the same name
   */
  List<ScrapeConfig> jobs(List<ScrapeConfig> configured) throws IOException {
    if (observed == null) {
      return List.of();
    }
    if (OWN_JOB.isIn(configured)) {
      LOG.log(
          Level.WARNING,
          "Observation of this machine is not stored: the configuration has a job named {0};"
              + " rename it",
          JOB);
      return List.of();
    }
    return OWN_JOB.at(address.get());
  }

  /** Detaches all programs. */
  @Override
  public void close() {
    closing = true;
    if (starting != null) {
      try {
        settled.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    Observed o = observed;
    if (o != null) {
      o.observer().close();
    }
  }
}
