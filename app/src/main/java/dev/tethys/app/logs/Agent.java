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
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.collect.logs.file.FileMetrics;
import dev.tethys.collect.logs.file.FileTailing;
import dev.tethys.collect.logs.file.Positions;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.destination.loki.LokiClient;
import dev.tethys.pipeline.destination.loki.LokiClientConfig;
import dev.tethys.pipeline.destination.loki.LokiClients;
import dev.tethys.pipeline.destination.loki.LokiMetrics;
import dev.tethys.pipeline.destination.loki.RequestQueue;
import dev.tethys.pipeline.ledger.Account;
import dev.tethys.pipeline.stages.EntryLimiter;
import dev.tethys.pipeline.stages.StageClock;
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
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A running {@code tethys logs}: its jobs, what they find, where that goes, what is shown. */
final class Agent implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Agent.class.getName());

  /** How long entries may take to be delivered at the end. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** How long entries of jobs that change may take to be delivered; later they are read again. */
  private static final Duration RELOAD_PATIENCE = Duration.ofSeconds(30);

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

  /** Where positions are, and what reads files from them: made anew when that is configured. */
  private record Reading(
      Positions positions, FileTailing tailing, CountDownLatch ending, Thread saver) {
    /** Saves nothing any more: files that nobody reads are not listed. */
    void stopSaving() {
      ending.countDown(); // an interrupt would close what is being written
      try {
        saver.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void close() {
      stopSaving();
      tailing.close();
    }
  }

  private final Mode mode;
  private final Loader loader;
  private final Registry registry = new Registry();
  private final FileMetrics fileMetrics = new FileMetrics(registry);
  private final SourceMetrics sourceMetrics = new SourceMetrics(registry);
  private final StageMetrics stageMetrics = new StageMetrics(registry);
  private final LokiMetrics lokiMetrics = new LokiMetrics(registry);
  private final Registry.Counter reloads =
      registry.counter("promtail_config_reload_success_total", "Number of reload success times.");
  private final Registry.Counter failedReloads =
      registry.counter("promtail_config_reload_fail_total", "Number of reload fail times.");
  private final Outboxes outboxes = new Outboxes(new RealFiles(), Clockwork.system(), new Random());
  private final HttpClientFactory http =
      new HttpClientFactory("promtail/" + BuildInfo.current().version());
  private final String host;
  private volatile PromtailConfig config;
  private volatile List<LogJob> jobs = List.of();
  private final ClientQueues queues = new ClientQueues();
  private volatile EntryDestination destination;

  Agent(PromtailConfig config, Mode mode, Loader loader) throws IOException {
    this.config = config;
    this.mode = mode;
    this.loader = loader;
    this.host = hostName();
    registry.register(new ProcessCollector());
    registry.register(BuildInfo.current().metric("promtail", "promtail"));
    registry.register(queues);
    this.destination = destination(config);
  }

  private EntryDestination destination(PromtailConfig c) throws IOException {
    if (mode.dryRun) {
      return limited(EntryDestination.at(Agent::print), c.readLimit());
    }
    List<LokiClient> all = clients(c);
    List<EntryDestination> parts = new ArrayList<>();
    if (!all.isEmpty()) {
      parts.add(EntryDestination.of(new LokiClients(all)));
    }
    try {
      YamlDocument into = c.graphDocument();
      if (into != null) {
        GraphDestination g = graph;
        if (g == null) {
          g = new GraphDestination(registry);
        }
        g.apply(into);
        g.tenant(c.tenant());
        graph = g;
        parts.add(EntryDestination.kept(g));
      }
    } catch (IOException | RuntimeException e) {
      all.forEach(LokiClient::close);
      throw e;
    }
    queues.show(all);
    return limited(EntryDestination.all(parts), c.readLimit());
  }

  private List<LokiClient> clients(PromtailConfig c) throws IOException {
    WriteAheadLog wal = c.wal();
    List<LokiClient> all = new ArrayList<>();
    try {
      for (LokiClientConfig l : c.clients()) {
        all.add(
            new LokiClient(
                l,
                c.limits(),
                http.client(l.client()),
                wal == null ? RequestQueue.MEMORY : wal.of(l),
                outboxes,
                new Account("client", l.id(), Signal.LOGS),
                lokiMetrics,
                Clockwork.system()));
      }
      if (wal != null) {
        for (Path p : wal.leftBehind(c.clients())) {
          LOG.log(
              Level.WARNING,
              "{0} is the queue of a client that is not configured: what waits there is not sent;"
                  + " name a client so, or delete it",
              p);
        }
      }
    } catch (IOException | RuntimeException e) {
      all.forEach(LokiClient::close);
      throw e;
    }
    return all;
  }

  /**
   * One graph for as long as this runs, because its metrics are registered once: another
   * configuration changes it, and one without exporters leaves it idle.
   */
  private @Nullable GraphDestination graph;

  /** Lets so many entries and bytes a second through, as {@code limits_config} says. */
  private EntryDestination limited(EntryDestination to, PromtailConfig.@Nullable ReadLimit limit) {
    if (limit == null) {
      return to;
    }
    EntryLimiter limiter = new EntryLimiter(limit.entries(), limit.bytes(), StageClock.system());
    return new EntryDestination() {
      @Override
      public void accept(LogEntry e) {
        if (!limit.drop()) {
          limiter.await(e);
        } else if (!limiter.lets(e)) {
          stageMetrics.dropped("global_rate_limiter_drop").inc();
          e.settle();
          return;
        }
        to.accept(e);
      }

      @Override
      public void flush() {
        to.flush();
      }

      @Override
      public void makeRoom() {
        to.makeRoom();
      }

      @Override
      public void keepToSize() {
        to.keepToSize();
      }

      @Override
      public void hasten() {
        to.hasten();
      }

      @Override
      public void close(Duration patience) {
        to.close(patience);
      }
    };
  }

  private JobPipeline pipeline(PromtailConfig.ScrapeConfig c) {
    Inspection inspection = new Inspection(c.name(), mode.inspect);
    StageContext context = new StageContext(c.name(), stageMetrics).observedBy(inspection);
    Stages stages =
        c.stages() == null || c.stages().isNull()
            ? Stages.none(context)
            : Stages.parse(c.stages(), context);
    return new JobPipeline(c.name(), stages, inspection, destination::accept);
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

  private static void print(LogEntry e) {
    long t = e.timestamp();
    Instant at =
        Instant.ofEpochSecond(Math.floorDiv(t, 1_000_000_000L), Math.floorMod(t, 1_000_000_000L));
    System.out.println(at + "\t" + e.labels() + "\t" + e.line());
    e.settle();
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
    JobPipeline pipeline =
        first == null
            ? new JobPipeline(
                "stdin",
                Stages.none(new StageContext("stdin", stageMetrics)),
                new Inspection("stdin", mode.inspect),
                destination::accept)
            : pipeline(first);
    try (pipeline) {
      while ((line = in.readLine()) != null) {
        if (!line.isEmpty()) {
          pipeline.accept(new LogEntry(labels, clock.next(), line));
        }
      }
      pipeline.drain();
      destination.flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  private Reading reading(PromtailConfig c) throws IOException {
    PromtailConfig.PositionsConfig p = c.positions();
    Positions positions =
        new Positions(
            new RealFiles(),
            Path.of(p.file()),
            p.ignoreInvalidYaml(),
            mode.dryRun,
            InstantSource.system());
    FileTailing tailing =
        new FileTailing(c.frequency(), positions, fileMetrics, InstantSource.system());
    CountDownLatch ending = new CountDownLatch(1);
    Thread saver =
        Thread.ofVirtual().name("positions").start(() -> save(positions, p.syncPeriod(), ending));
    tailing.start();
    return new Reading(positions, tailing, ending, saver);
  }

  private LogJob job(PromtailConfig.ScrapeConfig c, Reading r) {
    JobPipeline pipeline = pipeline(c);
    SourceContext context =
        new SourceContext(
            c.name(),
            pipeline,
            c.relabeling(),
            r.positions,
            sourceMetrics,
            InstantSource.system(),
            http);
    List<LogSource> sources = c.sources().stream().map(s -> s.source(context)).toList();
    return new LogJob(c, pipeline, sources, r.tailing);
  }

  /** What jobs discover; of pods those of this node, whose files are here. */
  private Map<String, List<DiscoveryConfig>> discovery(List<LogJob> jobs) {
    Map<String, List<DiscoveryConfig>> wanted = new LinkedHashMap<>();
    jobs.forEach(
        j ->
            wanted.put(
                j.name(),
                j.config.discovery().stream()
                    .map(d -> KubernetesDiscovery.onNode(d, host))
                    .toList()));
    return wanted;
  }

  private @Nullable Reading reading;
  private @Nullable DiscoveryManager discovery;

  private int files() throws IOException {
    try (AgentPages pages = new AgentPages(this, registry, mode.tap)) {
      if (!mode.silent) {
        pages.listen(config.server());
      }
      synchronized (this) {
        Reading r = reading(config);
        reading = r;
        DiscoveryManager d =
            new DiscoveryManager(
                DiscoveryContext.of(registry, http), Duration.ofMillis(500), this::discovered);
        discovery = d;
        jobs = config.jobs().stream().map(c -> job(c, r)).toList();
        d.apply(discovery(jobs));
        for (LogJob j : jobs) {
          j.start();
        }
      }
      Shutdown.await();
      LOG.log(Level.INFO, "stopping");
    } finally {
      // A reload that waits for a destination which is down has to let go of what it holds.
      Clockwork clock = Clockwork.system();
      Clockwork.Timer late =
          clock.schedule(
              PATIENCE, () -> clock.execute("a reload is slow", () -> destination.hasten()));
      synchronized (this) {
        late.cancel();
        if (discovery != null) {
          discovery.close();
        }
        // Readers end, stages give out what they hold, clients send it; only then is it saved.
        stop(jobs, true, true);
        if (reading != null) {
          reading.close();
        }
        discovery = null;
        reading = null;
        jobs = List.of();
      }
    }
    return 0;
  }

  /**
   * Ends jobs, and lets what they have read be delivered.
   *
   * @param lastOfReading whether no job is left with these positions
   * @param last whether the destination is closed too
   */
  private void stop(List<LogJob> gone, boolean lastOfReading, boolean last) {
    giveOn(gone, last ? destination::hasten : destination::makeRoom);
    if (last) {
      finish();
    } else {
      long until = System.nanoTime() + RELOAD_PATIENCE.toNanos();
      gone.forEach(j -> j.awaitDelivery(until));
    }
    if (reading != null) {
      if (lastOfReading) {
        reading.stopSaving();
      }
      reading.positions.save();
    }
    gone.forEach(LogJob::close);
  }

  /**
   * Ends the sources of jobs, and gives on what these, stages and clients hold.
   *
   * @param late run when that takes long because a destination is down, whose queue is full
   */
  private void giveOn(List<LogJob> gone, Runnable late) {
    Clockwork clock = Clockwork.system();
    ReentrantLock ends = new ReentrantLock();
    AtomicBoolean given = new AtomicBoolean();
    Runnable ifNotGiven =
        () -> {
          ends.lock();
          try {
            if (!given.get()) {
              late.run();
            }
          } finally {
            ends.unlock();
          }
        };
    Clockwork.Timer timer =
        clock.schedule(PATIENCE, () -> clock.execute("a destination is slow", ifNotGiven));
    try {
      gone.forEach(LogJob::stopReading);
      // Who pushes is answered once all is delivered, so what they sent is flushed first.
      destination.flush();
      gone.forEach(LogJob::stopSources);
      destination.flush();
    } finally {
      timer.cancel();
      ends.lock();
      try {
        given.set(true);
        destination.keepToSize();
      } finally {
        ends.unlock();
      }
    }
  }

  /** As {@link #reload}, for who cannot be told. */
  void reloadOnSignal() {
    reload();
  }

  /**
   * Reads the configuration again. Jobs that are written as before go on as if nothing had
   * happened, unless clients, limits or positions changed, which all share. The server stays as it
   * is.
   *
   * @return what is wrong with the new configuration, which then changes nothing; null for nothing
   */
  synchronized @Nullable String reload() {
    try {
      apply(loader.load());
      reloads.inc();
      LOG.log(Level.INFO, "the configuration was read anew");
      return null;
    } catch (IOException | ConfigException e) {
      failedReloads.inc();
      LOG.log(Level.ERROR, "the configuration is not taken: {0}", e.getMessage());
      return String.valueOf(e.getMessage());
    }
  }

  private void apply(PromtailConfig next) throws IOException {
    DiscoveryManager found = discovery;
    Reading r = reading;
    if (found == null || r == null) {
      throw new IOException("this is starting or stopping; ask again");
    }
    PromtailConfig was = config;
    if (!next.server().equals(was.server())) {
      LOG.log(Level.WARNING, "the server stays as it was until the next start");
    }
    boolean elsewhere = !next.destinations().equals(was.destinations());
    boolean otherFiles =
        !next.positions().equals(was.positions()) || !next.frequency().equals(was.frequency());
    // Of a queue on disk there is one at a time.
    boolean held = elsewhere && was.wal() != null;
    EntryDestination to = elsewhere && !held ? destination(next) : destination;
    List<LogJob> kept = new ArrayList<>();
    List<LogJob> gone = new ArrayList<>();
    for (LogJob j : jobs) {
      boolean same =
          next.jobs().stream().anyMatch(c -> Objects.equals(c.written(), j.config.written()));
      (same && !elsewhere && !otherFiles ? kept : gone).add(j);
    }
    jobs = List.copyOf(kept); // what is discovered from here on is not for those that go
    stop(gone, otherFiles, false);
    IOException failure = null;
    if (elsewhere) {
      destination.close(PATIENCE);
      if (held) {
        try {
          to = destination(next);
        } catch (IOException | ConfigException e) {
          failure = new IOException(e.getMessage() + "; everything is as it was before", e);
          to = destination(was);
        }
      }
      destination = to;
    }
    PromtailConfig taken = failure == null ? next : was;
    if (otherFiles) {
      r.close();
      reading = null;
      r = reading(taken);
      reading = r;
    }
    List<LogJob> all = new ArrayList<>();
    List<LogJob> made = new ArrayList<>();
    for (PromtailConfig.ScrapeConfig c : taken.jobs()) {
      LogJob j =
          kept.stream()
              .filter(k -> Objects.equals(k.config.written(), c.written()))
              .findFirst()
              .orElse(null);
      if (j == null) {
        j = job(c, r);
        made.add(j);
      }
      all.add(j);
    }
    config = taken;
    jobs = List.copyOf(all);
    found.apply(discovery(all));
    for (LogJob j : made) {
      try {
        j.start();
      } catch (IOException e) {
        failure = e; // the others are to run all the same
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  Registry metrics() {
    return registry;
  }

  PromtailConfig config() {
    return config;
  }

  List<LogJob> jobs() {
    return jobs;
  }

  private static void save(Positions positions, Duration period, CountDownLatch ending) {
    try {
      while (!ending.await(period.toNanos(), TimeUnit.NANOSECONDS)) {
        positions.save();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void discovered(Map<String, List<TargetGroup>> byJob) {
    for (LogJob j : jobs) {
      FileTargets found =
          FileTargets.of(byJob.getOrDefault(j.name(), List.of()), j.config.relabeling(), host);
      found.dropped().forEach(d -> fileMetrics.failedTargets().with(d.reason()).inc());
      j.discovered(found);
    }
  }

  private boolean finished;

  private void finish() {
    if (!finished) {
      finished = true;
      destination.flush();
      destination.close(PATIENCE);
      if (graph != null) {
        graph.close(PATIENCE);
      }
    }
  }

  @Override
  public void close() {
    finish();
    http.close();
  }
}
