package dev.tethys.logagent;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.discovery.kubernetes.KubernetesDiscovery;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.collect.logs.file.FileMetrics;
import dev.tethys.config.YamlNode;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.stages.StageContext;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.pipeline.stages.Stages;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Manages the configured jobs: running jobs, stopping jobs, their positions, and the transition to
 * a new configuration.
 *
 * <p>A reload never waits for a destination: a job keeps the entries that it has passed on until
 * they are delivered ({@link JobShutdown}), and a successor that would read the same sources starts
 * after that. So nothing is read twice, and undelivered entries stay with their source. Until it is
 * closed it still learns which files appear and vanish, and reads those that would be gone before
 * its successor starts.
 */
final class LogJobs {
  private static final System.Logger LOG = JulLogger.of(LogJobs.class.getName());

  /** Maximum time to wait for delivery. */
  static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  private final Agent.Mode mode;
  private final String host;
  private final HttpClientFactory http;
  private final Registry registry;
  private final FileMetrics fileMetrics;
  private final SourceMetrics sourceMetrics;
  private final StageMetrics stageMetrics;
  private final LogExporters destinations;
  private volatile PromtailConfig config;
  private volatile List<LogJob> jobs = List.of(); // in the order of the configuration

  /** By name; each name is unique at a time. Changed while holding the lock. */
  private final Map<String, JobShutdown> leaving = new ConcurrentHashMap<>();

  private @Nullable SourcePositions reading;

  /** Positions in other files, which jobs being stopped still use. */
  private final List<SourcePositions> former = new ArrayList<>();

  private @Nullable DiscoveryManager discovery;

  LogJobs(
      PromtailConfig config,
      Agent.Mode mode,
      String host,
      HttpClientFactory http,
      Registry registry,
      StageMetrics stageMetrics,
      LogExporters destinations) {
    this.config = config;
    this.mode = mode;
    this.host = host;
    this.http = http;
    this.registry = registry;
    this.fileMetrics = new FileMetrics(registry);
    this.sourceMetrics = new SourceMetrics(registry);
    this.stageMetrics = stageMetrics;
    this.destinations = destinations;
  }

  /**
   * Starts to read.
   *
   * @throws IOException if part of it cannot start
   */
  synchronized void begin() throws IOException {
    reading = SourcePositions.open(config, mode.dryRun(), fileMetrics);
    discovery =
        new DiscoveryManager(
            DiscoveryContext.of(registry, http), Duration.ofMillis(500), this::discovered);
    List<Unbegun> failures = beginMissing();
    if (!failures.isEmpty()) {
      throw failures.getFirst().cause();
    }
  }

  /**
   * Ends readers first, then stages emit held entries and destinations send them; only then are
   * positions saved.
   */
  void end() {
    DiscoveryManager d;
    synchronized (this) {
      d = discovery;
      discovery = null;
    }
    if (d != null) {
      d.close(); // a thread that reports targets at this moment needs the lock
    }
    endReading();
  }

  private synchronized void endReading() {
    SourcePositions last = reading;
    reading = null; // nothing begins any more
    jobs.forEach(j -> leave(j, true));
    jobs = List.of();
    try {
      long until = System.nanoTime() + TIME_LIMIT.toNanos();
      for (JobShutdown j : leaving.values()) {
        if (!j.isDelivered(until)) {
          destinations.failBlockedProducers();
        }
      }
      destinations.close(TIME_LIMIT);
      if (last != null) {
        last.close(List.copyOf(leaving.values()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The stages of a job, before the destinations. */
  JobPipeline pipeline(String job, @Nullable YamlNode stages) {
    StageInspection inspection = new StageInspection(job, mode.inspect());
    return new JobPipeline(job, stages(job, stages, inspection), inspection, destinations::accept);
  }

  private Stages stages(String job, @Nullable YamlNode written, StageInspection inspection) {
    StageContext context = new StageContext(job, stageMetrics).observedBy(inspection);
    return written == null || written.isNull()
        ? Stages.none(context)
        : Stages.parse(written, context);
  }

  private LogJob job(PromtailConfig.ScrapeConfig c, SourcePositions r) {
    JobPipeline pipeline = pipeline(c.name(), c.stages());
    SourceContext context =
        new SourceContext(
            c.name(),
            pipeline,
            c.relabeling(),
            r.positions(),
            sourceMetrics,
            InstantSource.system(),
            http);
    try {
      return new LogJob(c, pipeline, context, r.tailing());
    } catch (RuntimeException e) {
      pipeline.close(); // it has a thread, and metrics that the next one of this name needs
      throw e;
    }
  }

  /** Discovery settings of the jobs, restricted to pods of this node, whose files are here. */
  private Map<String, List<DiscoveryConfig>> discovery(List<LogJob> jobs) {
    Map<String, List<DiscoveryConfig>> wanted = new LinkedHashMap<>();
    jobs.forEach(
        j ->
            wanted.put(
                j.name(),
                j.config().discovery().stream()
                    .map(d -> KubernetesDiscovery.onNode(d, host))
                    .toList()));
    return wanted;
  }

  private synchronized void discovered(Map<String, List<TargetGroup>> byJob) {
    for (LogJob j : jobs) {
      FileTargets found =
          FileTargets.of(byJob.getOrDefault(j.name(), List.of()), j.config().relabeling(), host);
      found.dropped().forEach(d -> fileMetrics.failedTargets().with(d.reason()).inc());
      j.discovered(found);
    }
  }

  /** Job that failed to start, or some of whose sources did. */
  record Unbegun(String job, IOException cause) {}

  /**
   * Creates and starts the jobs of the configuration that do not run yet, and sources that failed
   * to start before.
   *
   * @return the jobs that could not start; all others run
   */
  private List<Unbegun> beginMissing() {
    SourcePositions r = reading;
    DiscoveryManager d = discovery;
    if (r == null || d == null) {
      return List.of();
    }
    Map<String, LogJob> running = new HashMap<>();
    jobs.forEach(j -> running.put(j.name(), j));
    List<LogJob> all = new ArrayList<>();
    List<Unbegun> failures = new ArrayList<>();
    for (PromtailConfig.ScrapeConfig c : config.jobs()) {
      LogJob j = running.get(c.name());
      if (j == null && !leaving.containsKey(c.name())) {
        try {
          j = job(c, r);
        } catch (RuntimeException e) {
          failures.add(new Unbegun(c.name(), new IOException(e.getMessage(), e)));
        }
      }
      if (j != null) {
        all.add(j);
      }
    }
    jobs = List.copyOf(all);
    d.apply(discovery(all));
    for (LogJob j : all) {
      try {
        j.start();
      } catch (IOException e) {
        failures.add(new Unbegun(j.name(), e));
      } catch (RuntimeException e) {
        failures.add(new Unbegun(j.name(), new IOException(e.toString(), e)));
      }
    }
    return failures;
  }

  private void leave(LogJob j, boolean held) {
    leaving.put(j.name(), JobShutdown.of(j, destinations, held, () -> over(j)));
  }

  /** Called when a job is closed: a job of the same name may start. */
  private synchronized void over(LogJob j) {
    JobShutdown d = leaving.get(j.name());
    if (d == null || d.job() != j) {
      return; // its waiting thread has continued
    }
    leaving.remove(j.name());
    save();
    for (Unbegun u : beginMissing()) {
      LOG.log(
          Level.ERROR, "job {0} does not run, or not all of it: {1}", u.job, u.cause.getMessage());
    }
  }

  /** Waits for a while until all jobs that leave have left; the others continue to leave. */
  private void awaitDepartures() throws InterruptedException {
    long stop = System.nanoTime() + TIME_LIMIT.toNanos();
    for (JobShutdown d : leaving.values()) {
      if (!d.isStopped(stop)) {
        LOG.log(
            Level.WARNING,
            "Sources of job {0} did not stop; sources that need their ports start afterwards",
            d.job().name());
      }
    }
    long until = System.nanoTime() + TIME_LIMIT.toNanos();
    for (JobShutdown d : List.copyOf(leaving.values())) {
      if (d.isOver(until)) {
        leaving.remove(d.job().name());
      }
    }
  }

  private void save() {
    SourcePositions r = reading;
    if (r != null) {
      r.positions().save();
    }
  }

  /**
   * Continues with another configuration. Unchanged jobs continue undisturbed, others from their
   * last position.
   *
   * @return the jobs of the accepted configuration that do not run
   * @throws IOException if the configuration is rejected; nothing changes then
   */
  synchronized List<Unbegun> become(PromtailConfig next) throws IOException, InterruptedException {
    SourcePositions r = reading;
    if (r == null) {
      throw new IOException("starting or stopping; retry later");
    }
    PromtailConfig was = config;
    if (!next.server().equals(was.server())) {
      LOG.log(Level.WARNING, "the server is unchanged until the next start");
    }
    boolean elsewhere = !next.destinations().equals(was.destinations());
    boolean replaced = elsewhere && destinations.isReplacedBy(next);
    boolean otherFile = !next.positions().isSameFile(was.positions());
    former.removeIf(SourcePositions::isClosed);
    if (otherFile && former.stream().anyMatch(f -> f.isOf(next))) {
      // Positions read from it now would soon be outdated, and lines would be read twice.
      throw new IOException(
          "positions.filename "
              + next.positions().file()
              + ": entries read by jobs with this file are not delivered yet; retry when they are");
    }
    SourcePositions to = otherFile ? SourcePositions.open(next, mode.dryRun(), fileMetrics) : r;
    if (elsewhere && !replaced) {
      try {
        destinations.become(next);
      } catch (IOException | RuntimeException e) {
        if (otherFile) {
          to.close();
        }
        throw e;
      }
    }
    jobs = List.copyOf(staying(next, replaced || otherFile, otherFile && !replaced));
    if (otherFile && !replaced) {
      r.closeAfter(List.copyOf(leaving.values()));
      former.add(r);
    }
    boolean taken = false;
    try {
      awaitDepartures();
      if (replaced) {
        destinations.replaceBy(next, this::cutDepartures);
      }
      taken = true;
    } finally {
      if (!taken) { // what has left begins again as it was
        if (otherFile) {
          to.close();
        }
        beginMissing();
      }
    }
    config = next;
    reading = to;
    if (!otherFile) {
      r.become(next);
    } else if (replaced) {
      r.close();
    }
    save();
    leaving
        .keySet()
        .forEach(
            name ->
                LOG.log(
                    Level.WARNING,
                    "Entries of job {0} are not delivered yet; its new configuration"
                        + " starts, or the job ends, after that",
                    name));
    return beginMissing();
  }

  /**
   * Returns the jobs that continue with another configuration; the others start to shut down.
   *
   * @param none whether all shut down
   * @param held whether the others end by {@link JobShutdown}
   */
  private List<LogJob> staying(PromtailConfig next, boolean none, boolean held) {
    Map<String, PromtailConfig.ScrapeConfig> wanted = new HashMap<>();
    next.jobs().forEach(c -> wanted.put(c.name(), c));
    List<LogJob> kept = new ArrayList<>();
    for (LogJob j : jobs) {
      PromtailConfig.ScrapeConfig c = wanted.get(j.name());
      if (none || c == null || !j.canBecome(c)) {
        leave(j, held);
        continue;
      }
      if (!Objects.equals(c.written(), j.config().written())) {
        j.become(c, () -> stages(c.name(), c.stages(), j.pipeline.inspection()));
      }
      kept.add(j);
    }
    return kept;
  }

  /** With all that is delivered by now saved, while it is listed. */
  private void cutDepartures() throws InterruptedException {
    save();
    List<JobShutdown> all = List.copyOf(leaving.values());
    leaving.clear();
    JobShutdown.cut(all);
  }

  PromtailConfig config() {
    return config;
  }

  /** Running jobs, and those that are being stopped. */
  List<LogJob> all() {
    List<LogJob> all = new ArrayList<>(jobs);
    leaving.values().forEach(d -> all.add(d.job()));
    return all;
  }
}
