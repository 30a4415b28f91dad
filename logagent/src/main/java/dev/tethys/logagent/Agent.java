package dev.tethys.logagent;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.StaticConfig;
import dev.tethys.collect.host.linux.ProcessCollector;
import dev.tethys.collect.logs.EntryClock;
import dev.tethys.config.ConfigException;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.exporter.loki.LokiClient;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.Shutdown;
import dev.tethys.web.client.HttpClientFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Running {@code tethys logs}, from start to end, over standard input or its {@link LogJobs}. It
 * provides the status for the pages and the result of reloads.
 */
final class Agent implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(Agent.class.getName());

  /**
   * Run mode.
   *
   * @param dryRun entries are printed, positions are not saved
   * @param stdin lines come from standard input, not from files
   * @param tap whether pages may inspect entries
   */
  record Mode(boolean dryRun, boolean inspect, boolean stdin, boolean silent, boolean tap) {}

  /** Reads the configuration again, with the flags of the process. */
  interface Loader {
    PromtailConfig load() throws IOException;
  }

  private final Mode mode;
  private final Loader loader;
  private final Registry registry = new Registry();
  private final Registry.Counter reloads =
      registry.counter("promtail_config_reload_success_total", "Number of reload success times.");
  private final Registry.Counter failedReloads =
      registry.counter("promtail_config_reload_fail_total", "Number of reload fail times.");
  private final HttpClientFactory http =
      new HttpClientFactory("promtail/" + BuildInfo.current().version());
  private final String host;
  private final LogExporters destinations;
  private final LogJobs jobs;

  Agent(PromtailConfig config, Mode mode, Loader loader) throws IOException {
    this(config, mode, loader, List.of());
    registry.register(new ProcessCollector());
    registry.register(Registry.process());
    registry.register(BuildInfo.current().metric("promtail", "promtail"));
  }

  /**
   * An agent inside another role, which shows the metrics of the process.
   *
   * @param own factories of components that only this process has
   */
  Agent(PromtailConfig config, Mode mode, Loader loader, List<ComponentFactory<?>> own)
      throws IOException {
    this.mode = mode;
    this.loader = loader;
    this.host = hostName();
    StageMetrics stageMetrics = new StageMetrics(registry);
    this.destinations = new LogExporters(config, mode.dryRun, http, registry, stageMetrics, own);
    this.jobs = new LogJobs(config, mode, host, http, registry, stageMetrics, destinations);
  }

  private static String hostName() {
    String named = System.getenv("HOSTNAME");
    if (named != null && !named.isEmpty()) {
      return named;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** Returns the clients used to send entries. */
  List<LokiClient> clients() {
    return destinations.clients();
  }

  int run() throws IOException {
    LOG.log(Level.INFO, "starting tethys logs, version {0}", BuildInfo.current().version());
    return mode.stdin ? standardInput() : files();
  }

  /** Lines pass through the stages of the first job, with the labels that it sets. */
  private int standardInput() throws IOException {
    EntryClock clock = new EntryClock(InstantSource.system());
    LabelsBuilder b = new LabelsBuilder().set("job", "stdin").set("hostname", host);
    PromtailConfig.ScrapeConfig first =
        config().jobs().isEmpty() ? null : config().jobs().getFirst();
    if (first != null) {
      for (DiscoveryConfig d : first.discovery()) {
        if (d instanceof StaticConfig s) {
          s.groups().forEach(g -> b.addAll(g.labels()));
        }
      }
    }
    b.names().stream().filter(n -> n.startsWith("__")).forEach(b::remove);
    Labels labels = b.build();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line;
    try (JobPipeline pipeline =
        first == null
            ? jobs.pipeline("stdin", null)
            : jobs.pipeline(first.name(), first.stages())) {
      while ((line = in.readLine()) != null) {
        if (!line.isEmpty()) {
          pipeline.accept(new LogEntry(labels, clock.next(), line));
        }
      }
      pipeline.drain();
      destinations.flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  private int files() throws IOException {
    try (AgentPages pages = new AgentPages(this, registry, mode.tap)) {
      if (!mode.silent) {
        pages.listen(config().server());
      }
      begin();
      Shutdown.await();
      LOG.log(Level.INFO, "stopping");
    } finally {
      end();
    }
    return 0;
  }

  /**
   * Starts to read.
   *
   * @throws IOException if part of it cannot start
   */
  void begin() throws IOException {
    jobs.begin();
  }

  /**
   * Ends readers first, then stages emit held entries and destinations send them; only then are
   * positions saved.
   */
  void end() {
    jobs.end();
  }

  /** Reloads like {@link #reload}, for callers without a result. */
  void reloadOnSignal() {
    reload();
  }

  /**
   * Reads the configuration again. Unchanged jobs continue undisturbed, others from their
   * positions; destinations continue with their waiting entries. The server is not changed.
   *
   * <p>It has its own thread, which is never interrupted: half a reload would leave jobs out.
   *
   * @return the problem of the new configuration, which then changes nothing, or of a part that
   *     does not run; null if none
   */
  @Nullable String reload() {
    CompletableFuture<@Nullable String> wrong = new CompletableFuture<>();
    Thread.ofVirtual().name("reload").start(() -> wrong.complete(reloadNow()));
    try {
      return wrong.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "the wait was interrupted; the log shows the result";
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // it is completed with results only
    }
  }

  private synchronized @Nullable String reloadNow() {
    try {
      List<LogJobs.Unbegun> failures = jobs.become(loader.load());
      if (failures.isEmpty()) {
        reloads.inc();
        LOG.log(Level.INFO, "configuration reloaded");
        return null;
      }
      failedReloads.inc();
      String which =
          failures.stream()
              .map(u -> "job " + u.job() + ": " + u.cause().getMessage())
              .collect(Collectors.joining("; "));
      LOG.log(Level.ERROR, "the configuration is in force, but not all of it runs: {0}", which);
      return "the configuration is in force, but not all of it runs: " + which;
    } catch (IOException | ConfigException e) {
      failedReloads.inc();
      LOG.log(Level.ERROR, "the configuration is not accepted: {0}", IoFailures.describe(e));
      return IoFailures.describe(e);
    } catch (InterruptedException | RuntimeException | Error e) {
      failedReloads.inc();
      LOG.log(Level.ERROR, "the configuration is not accepted, by a fault of Tethys", e);
      return e.toString();
    }
  }

  Registry metrics() {
    return registry;
  }

  PromtailConfig config() {
    return jobs.config();
  }

  /** Running jobs, and those that are being stopped. */
  List<LogJob> jobs() {
    return jobs.all();
  }

  @Override
  public void close() {
    destinations.close(LogJobs.TIME_LIMIT);
    http.close();
  }
}
