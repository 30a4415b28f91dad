package dev.tethys.app.logs;

import dev.tethys.app.BuildInfo;
import dev.tethys.app.Shutdown;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.discovery.StaticConfig;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.discovery.kubernetes.KubernetesDiscovery;
import dev.tethys.collect.host.ProcessCollector;
import dev.tethys.collect.logs.EntryClock;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.collect.logs.file.FileMetrics;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlNode;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.stages.StageContext;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.pipeline.stages.Stages;
import dev.tethys.web.client.HttpClientFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A running {@code tethys logs}: its jobs, what they find, what is shown.
 *
 * <p>A reload never waits for a destination: what a job has handed on is its own until it is
 * delivered ({@link Departure}), and one in its place that would read the same begins after that.
 * So nothing is read twice, and what is not taken stays with its source.
 */
final class Agent implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Agent.class.getName());

  /** How long entries may take to be delivered before nobody waits for that. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * How it runs.
   *
   * @param dryRun entries are printed, positions are not saved
   * @param stdin lines come from standard input, not from files
   * @param tap whether pages may look at entries
   */
  record Mode(boolean dryRun, boolean inspect, boolean stdin, boolean silent, boolean tap) {}

  /** Reads the configuration anew, with the flags that the process was given. */
  interface Loader {
    PromtailConfig load() throws IOException;
  }

  private final Mode mode;
  private final Loader loader;
  private final Registry registry = new Registry();
  private final FileMetrics fileMetrics = new FileMetrics(registry);
  private final SourceMetrics sourceMetrics = new SourceMetrics(registry);
  private final StageMetrics stageMetrics = new StageMetrics(registry);
  private final Registry.Counter reloads =
      registry.counter("promtail_config_reload_success_total", "Number of reload success times.");
  private final Registry.Counter failedReloads =
      registry.counter("promtail_config_reload_fail_total", "Number of reload fail times.");
  private final HttpClientFactory http =
      new HttpClientFactory("promtail/" + BuildInfo.current().version());
  private final String host;
  private final Destinations destinations;
  private volatile PromtailConfig config;
  private volatile List<LogJob> jobs = List.of(); // in the order of the configuration

  /** By name; of one name there is one at a time. Changed with the lock. */
  private final Map<String, Departure> leaving = new ConcurrentHashMap<>();

  private @Nullable Reading reading;

  /** Those of other files, which jobs that are leaving still have. */
  private final List<Reading> former = new ArrayList<>();

  private @Nullable DiscoveryManager discovery;

  Agent(PromtailConfig config, Mode mode, Loader loader) throws IOException {
    this.config = config;
    this.mode = mode;
    this.loader = loader;
    this.host = hostName();
    registry.register(new ProcessCollector());
    registry.register(BuildInfo.current().metric("promtail", "promtail"));
    this.destinations = new Destinations(config, mode.dryRun, http, registry, stageMetrics);
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

  int run() throws IOException {
    LOG.log(Level.INFO, "starting tethys logs, version {0}", BuildInfo.current().version());
    return mode.stdin ? standardInput() : files();
  }

  /** Lines go through the stages of the first job, with the labels that it sets. */
  private int standardInput() throws IOException {
    EntryClock clock = new EntryClock(InstantSource.system());
    LabelsBuilder b = new LabelsBuilder().set("job", "stdin").set("hostname", host);
    PromtailConfig.ScrapeConfig first = config.jobs().isEmpty() ? null : config.jobs().getFirst();
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
        first == null ? pipeline("stdin", null) : pipeline(first.name(), first.stages())) {
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

  private JobPipeline pipeline(String job, @Nullable YamlNode stages) {
    Inspection inspection = new Inspection(job, mode.inspect);
    return new JobPipeline(job, stages(job, stages, inspection), inspection, destinations::accept);
  }

  private Stages stages(String job, @Nullable YamlNode written, Inspection inspection) {
    StageContext context = new StageContext(job, stageMetrics).observedBy(inspection);
    return written == null || written.isNull()
        ? Stages.none(context)
        : Stages.parse(written, context);
  }

  private LogJob job(PromtailConfig.ScrapeConfig c, Reading r) {
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
      pipeline.close(); // it has a thread, and metrics that the next of this name wants
      throw e;
    }
  }

  /** What jobs discover; of pods those of this node, whose files are here. */
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

  private int files() throws IOException {
    try (AgentPages pages = new AgentPages(this, registry, mode.tap)) {
      if (!mode.silent) {
        pages.listen(config.server());
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
   * Begins to read.
   *
   * @throws IOException when something of it cannot
   */
  synchronized void begin() throws IOException {
    reading = Reading.open(config, mode.dryRun, fileMetrics);
    discovery =
        new DiscoveryManager(
            DiscoveryContext.of(registry, http), Duration.ofMillis(500), this::discovered);
    List<Unbegun> failures = beginMissing();
    if (!failures.isEmpty()) {
      throw failures.getFirst().why();
    }
  }

  /** Readers end, stages give out what they hold, destinations send it; only then is it saved. */
  void end() {
    DiscoveryManager d;
    synchronized (this) {
      d = discovery;
      discovery = null;
    }
    if (d != null) {
      d.close(); // whoever tells what it has found at this moment wants the lock
    }
    endReading();
  }

  private synchronized void endReading() {
    Reading last = reading;
    reading = null; // nothing begins any more
    jobs.forEach(j -> leave(j, true));
    jobs = List.of();
    try {
      long until = System.nanoTime() + PATIENCE.toNanos();
      for (Departure j : leaving.values()) {
        if (!j.isDelivered(until)) {
          destinations.hasten();
        }
      }
      finish();
      if (last != null) {
        last.close(List.copyOf(leaving.values()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A job that could not begin, or not with all of its sources. */
  private record Unbegun(String job, IOException why) {}

  /**
   * Makes and starts the jobs of the configuration that do not run and can begin, and sources that
   * could not start before.
   *
   * @return what could not; all others run
   */
  private List<Unbegun> beginMissing() {
    Reading r = reading;
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
    leaving.put(j.name(), Departure.of(j, destinations, held, () -> over(j)));
  }

  /** A job is closed: what has its name may begin. */
  private synchronized void over(LogJob j) {
    Departure d = leaving.get(j.name());
    if (d == null || d.job() != j) {
      return; // whoever waited for it has gone on
    }
    leaving.remove(j.name());
    save();
    for (Unbegun u : beginMissing()) {
      LOG.log(
          Level.ERROR, "job {0} does not run, or not all of it: {1}", u.job, u.why.getMessage());
    }
  }

  /** Waits for a while until all that leaves has left; what has not goes on. */
  private void awaitDepartures() throws InterruptedException {
    long stop = System.nanoTime() + PATIENCE.toNanos();
    for (Departure d : leaving.values()) {
      if (!d.isStopped(stop)) {
        LOG.log(
            Level.WARNING,
            "sources of job {0} do not stop: what wants their ports begins when they have",
            d.job().name());
      }
    }
    long until = System.nanoTime() + PATIENCE.toNanos();
    for (Departure d : List.copyOf(leaving.values())) {
      if (d.isOver(until)) {
        leaving.remove(d.job().name());
      }
    }
  }

  private void save() {
    Reading r = reading;
    if (r != null) {
      r.positions().save();
    }
  }

  /** As {@link #reload}, for who cannot be told. */
  void reloadOnSignal() {
    reload();
  }

  /**
   * Reads the configuration again. Jobs that are written as before go on as if nothing had
   * happened, others from where they were; destinations go on with what waits in them. The server
   * stays as it is.
   *
   * <p>It has a thread of its own, which nobody interrupts: half a reload would leave jobs out.
   *
   * @return what is wrong with the new configuration, which then changes nothing, or what of it
   *     does not run; null for nothing
   */
  @Nullable String reload() {
    CompletableFuture<@Nullable String> wrong = new CompletableFuture<>();
    Thread.ofVirtual().name("reload").start(() -> wrong.complete(reloadNow()));
    try {
      return wrong.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "nobody waits for it any more; what becomes of it is in the log";
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // nobody completes it so
    }
  }

  private synchronized @Nullable String reloadNow() {
    try {
      List<Unbegun> failures = apply(loader.load());
      if (failures.isEmpty()) {
        reloads.inc();
        LOG.log(Level.INFO, "the configuration was read anew");
        return null;
      }
      failedReloads.inc();
      String which =
          failures.stream()
              .map(u -> "job " + u.job + ": " + u.why.getMessage())
              .collect(Collectors.joining("; "));
      LOG.log(Level.ERROR, "the configuration is in force, but not all of it runs: {0}", which);
      return "the configuration is in force, but not all of it runs: " + which;
    } catch (IOException | ConfigException e) {
      failedReloads.inc();
      LOG.log(Level.ERROR, "the configuration is not taken: {0}", e.getMessage());
      return String.valueOf(e.getMessage());
    } catch (InterruptedException | RuntimeException | Error e) {
      failedReloads.inc();
      LOG.log(Level.ERROR, "the configuration is not taken, by a fault of Tethys", e);
      return e.toString();
    }
  }

  /** What of the configuration, which is taken, does not run. */
  private List<Unbegun> apply(PromtailConfig next) throws IOException, InterruptedException {
    Reading r = reading;
    if (r == null) {
      throw new IOException("this is starting or stopping; ask again");
    }
    PromtailConfig was = config;
    if (!next.server().equals(was.server())) {
      LOG.log(Level.WARNING, "the server stays as it was until the next start");
    }
    boolean elsewhere = !next.destinations().equals(was.destinations());
    boolean replaced = elsewhere && destinations.isReplacedBy(next);
    boolean otherFile = !next.positions().isSameFile(was.positions());
    former.removeIf(Reading::isClosed);
    if (otherFile && former.stream().anyMatch(f -> f.isOf(next))) {
      // What is read out of it now would soon not be true any more, and lines be read twice.
      throw new IOException(
          "positions.filename "
              + next.positions().file()
              + ": what jobs have read by this file is not delivered yet; ask again when it is");
    }
    Reading to = otherFile ? Reading.open(next, mode.dryRun, fileMetrics) : r;
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
                    "what job {0} has handed on is not delivered yet: as it is configured now it"
                        + " begins, or it ends, when that is",
                    name));
    return beginMissing();
  }

  /**
   * The jobs that go on, as another configuration says; the others begin to leave.
   *
   * @param none whether all leave
   * @param held whether those that leave do so as {@link Departure} says
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
    for (Departure d : List.copyOf(leaving.values())) {
      leaving.remove(d.job().name());
      d.cut();
    }
  }

  Registry metrics() {
    return registry;
  }

  PromtailConfig config() {
    return config;
  }

  /** Those that run, and those that are leaving. */
  List<LogJob> jobs() {
    List<LogJob> all = new ArrayList<>(jobs);
    leaving.values().forEach(d -> all.add(d.job()));
    return all;
  }

  private boolean finished;

  private void finish() {
    if (!finished) {
      finished = true;
      destinations.close(PATIENCE);
    }
  }

  @Override
  public void close() {
    finish();
    http.close();
  }
}
