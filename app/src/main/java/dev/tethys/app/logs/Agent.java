package dev.tethys.app.logs;

import dev.tethys.api.MetricsPage;
import dev.tethys.app.BuildInfo;
import dev.tethys.app.Shutdown;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.discovery.StaticConfig;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.host.ProcessCollector;
import dev.tethys.collect.logs.EntryClock;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.collect.logs.file.FileJob;
import dev.tethys.collect.logs.file.FileMetrics;
import dev.tethys.collect.logs.file.FileTailing;
import dev.tethys.collect.logs.file.FileTarget;
import dev.tethys.collect.logs.file.Positions;
import dev.tethys.collect.logs.push.ServerTls;
import dev.tethys.config.YamlWriter;
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
import dev.tethys.pipeline.ledger.Account;
import dev.tethys.pipeline.stages.EntrySnapshot;
import dev.tethys.pipeline.stages.StageContext;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.pipeline.stages.Stages;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
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
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A running {@code tethys logs}: its jobs, what they find, where that goes, what is shown. */
final class Agent implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Agent.class.getName());

  /** How long entries may take to be delivered at the end. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * How it runs.
   *
   * @param dryRun entries are printed, positions are not saved
   * @param stdin lines come from standard input, not from files
   */
  record Mode(boolean dryRun, boolean inspect, boolean stdin, boolean silent) {}

  private record Job(
      PromtailConfig.ScrapeConfig config, JobPipeline pipeline, List<LogSource> sources) {}

  private final PromtailConfig config;
  private final Mode mode;
  private final Registry registry = new Registry();
  private final FileMetrics fileMetrics = new FileMetrics(registry);
  private final Registry.Vector<Registry.Counter> failedTargets;
  private final HttpClientFactory http =
      new HttpClientFactory("promtail/" + BuildInfo.current().version());
  private final LokiClients clients;
  private final List<Job> jobs = new ArrayList<>();
  private final Map<String, FileTargets> targets = new ConcurrentHashMap<>();
  private final Map<String, FileJob> fileJobs = new LinkedHashMap<>();
  private final String host;

  Agent(PromtailConfig config, Mode mode) throws IOException {
    this.config = config;
    this.mode = mode;
    this.host = hostName();
    this.failedTargets = fileMetrics.failedTargets();
    registry.register(new ProcessCollector());
    registry.register(BuildInfo.current().metric("promtail", "promtail"));
    StageMetrics stageMetrics = new StageMetrics(registry);
    LokiMetrics lokiMetrics = new LokiMetrics(registry);
    Outboxes outboxes = new Outboxes(new RealFiles(), Clockwork.system(), new Random());
    List<LokiClient> all = new ArrayList<>();
    for (LokiClientConfig c : mode.dryRun ? List.<LokiClientConfig>of() : config.clients()) {
      all.add(
          new LokiClient(
              c,
              config.limits(),
              http.client(c.client()),
              null,
              outboxes,
              new Account("client", c.id(), Signal.LOGS),
              lokiMetrics,
              Clockwork.system()));
    }
    this.clients = new LokiClients(all);
    Consumer<LogEntry> to = mode.dryRun ? Agent::print : clients::accept;
    for (PromtailConfig.ScrapeConfig c : config.jobs()) {
      StageContext context =
          new StageContext(c.name(), stageMetrics).observedBy(mode.inspect ? Agent::inspect : null);
      Stages stages =
          c.stages() == null || c.stages().isNull()
              ? Stages.none(context)
              : Stages.parse(c.stages(), context);
      jobs.add(new Job(c, new JobPipeline(c.name(), stages, to), new ArrayList<>()));
    }
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

  private static void inspect(
      String stage, @Nullable EntrySnapshot before, List<EntrySnapshot> after) {
    StringBuilder sb = new StringBuilder("[inspect: " + stage + " stage]:\n");
    for (EntrySnapshot a : after) {
      if (before == null || after.size() > 1) {
        sb.append("+ ").append(a).append('\n');
        continue;
      }
      change(sb, "labels", before.labels(), a.labels());
      change(sb, "metadata", before.metadata(), a.metadata());
      change(sb, "timestamp", before.timestamp(), a.timestamp());
      change(sb, "line", before.line(), a.line());
      change(sb, "extracted", before.extracted(), a.extracted());
    }
    if (after.isEmpty()) {
      sb.append("- ").append(before == null ? "" : before.line()).append(" (dropped or held)\n");
    }
    System.err.print(sb);
  }

  private static void change(StringBuilder sb, String what, Object before, Object after) {
    if (!before.equals(after)) {
      sb.append(what).append(":\n-  ").append(before).append("\n+  ").append(after).append('\n');
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
    Job first = jobs.isEmpty() ? null : jobs.getFirst();
    if (first != null) {
      for (DiscoveryConfig d : first.config.discovery()) {
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
    try {
      while ((line = in.readLine()) != null) {
        if (!line.isEmpty()) {
          LogEntry e = new LogEntry(labels, clock.next(), line);
          if (first != null) {
            first.pipeline.accept(e);
          } else if (mode.dryRun) {
            print(e);
          } else {
            clients.accept(e);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  private int files() throws IOException {
    PromtailConfig.PositionsConfig p = config.positions();
    Positions positions =
        new Positions(
            new RealFiles(),
            Path.of(p.file()),
            p.ignoreInvalidYaml(),
            mode.dryRun,
            InstantSource.system());
    FileTailing tailing =
        new FileTailing(config.frequency(), positions, fileMetrics, InstantSource.system());
    SourceMetrics sourceMetrics = new SourceMetrics(registry);
    for (Job j : jobs) {
      SourceContext context =
          new SourceContext(
              j.config.name(),
              j.pipeline,
              j.config.relabeling(),
              positions,
              sourceMetrics,
              InstantSource.system(),
              http);
      j.config.sources().forEach(s -> j.sources.add(s.source(context)));
      fileJobs.put(j.config.name(), tailing.job(j.config.name(), j.config.options(), j.pipeline));
    }
    Thread saver = Thread.ofVirtual().name("positions").start(() -> save(positions));
    DiscoveryManager discovery =
        new DiscoveryManager(
            DiscoveryContext.of(registry, http), Duration.ofMillis(500), this::discovered);
    try (HttpListener listener = mode.silent ? null : listen()) {
      if (listener != null) {
        LOG.log(Level.INFO, "tethys logs listens on {0}", listener.addresses());
      }
      tailing.start();
      Map<String, List<DiscoveryConfig>> wanted = new LinkedHashMap<>();
      jobs.forEach(j -> wanted.put(j.config.name(), j.config.discovery()));
      discovery.apply(wanted);
      for (Job j : jobs) {
        for (LogSource s : j.sources) {
          s.start();
        }
      }
      Shutdown.await();
      LOG.log(Level.INFO, "stopping");
    } finally {
      discovery.close();
      saver.interrupt();
      // Readers end, stages give out what they hold, clients send it; only then is it saved.
      fileJobs.values().forEach(FileJob::stop);
      // Who pushes is answered once all is delivered, so what they sent is flushed first.
      jobs.forEach(j -> j.pipeline.drain());
      clients.flush();
      jobs.forEach(j -> j.sources.forEach(LogSource::stop));
      finish();
      jobs.forEach(j -> j.sources.forEach(LogSource::close));
      positions.save();
      tailing.close();
    }
    return 0;
  }

  private void save(Positions positions) {
    try {
      while (true) {
        Thread.sleep(config.positions().syncPeriod());
        positions.save();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void discovered(Map<String, List<TargetGroup>> byJob) {
    for (Job j : jobs) {
      String name = j.config.name();
      FileTargets found =
          FileTargets.of(byJob.getOrDefault(name, List.of()), j.config.relabeling(), host);
      found.dropped().forEach(d -> failedTargets.with(d.reason()).inc());
      targets.put(name, found);
      FileJob job = fileJobs.get(name);
      if (job != null) {
        job.targets(found.files());
      }
    }
  }

  private HttpListener listen() throws IOException {
    PromtailConfig.Server s = config.server();
    Routes routes = new Routes();
    routes.get("/", (q, r) -> r.redirect(302, s.prefix() + "/targets"));
    routes.get(
        "/ready",
        (q, r) -> {
          if (s.healthCheckTarget()
              && jobs.stream().allMatch(j -> j.sources.isEmpty())
              && targets.values().stream().allMatch(t -> t.files().isEmpty())) {
            r.status(500)
                .send(
                    "Not ready: Unable to find any logs to tail. Please verify permissions,"
                        + " volumes, scrape_config, etc.");
          } else {
            r.send("Ready");
          }
        });
    routes.get("/metrics", (q, r) -> MetricsPage.answer(q, r, registry.gather()));
    routes.get("/config", (q, r) -> r.send(YamlWriter.write(config.tree())));
    routes.get("/targets", (q, r) -> r.send(targetsPage()));
    routes.get("/service-discovery", (q, r) -> r.send(discoveryPage()));
    HttpListenerOptions options =
        HttpListenerOptions.on(s.address() + ":" + s.port()).withRoutePrefix(s.prefix());
    ServerTls tls = s.tls();
    if (tls == null) {
      return HttpListener.start(options, routes, null);
    }
    WebConfig web = tls.web();
    return HttpListener.start(options, () -> web, routes, null);
  }

  private String targetsPage() {
    StringBuilder sb = new StringBuilder();
    for (Job j : jobs) {
      FileTargets t = targets.getOrDefault(j.config.name(), new FileTargets(List.of(), List.of()));
      FileJob job = fileJobs.get(j.config.name());
      for (LogSource s : j.sources) {
        sb.append(j.config.name()).append(' ').append(s.labels()).append(' ');
        sb.append(s.details()).append('\n');
      }
      for (FileTarget f : t.files()) {
        sb.append(j.config.name()).append(' ').append(f.path()).append(' ').append(f.labels());
        sb.append('\n');
        if (job != null) {
          job.status(f)
              .forEach(
                  (path, s) ->
                      sb.append("  ")
                          .append(path)
                          .append(" size=")
                          .append(s.size())
                          .append(" read=")
                          .append(s.read())
                          .append(" delivered=")
                          .append(s.delivered())
                          .append(s.failed() ? " cannot be read" : "")
                          .append('\n'));
        }
      }
    }
    return sb.toString();
  }

  private String discoveryPage() {
    StringBuilder sb = new StringBuilder();
    for (Job j : jobs) {
      FileTargets t = targets.getOrDefault(j.config.name(), new FileTargets(List.of(), List.of()));
      t.files()
          .forEach(
              f -> sb.append(j.config.name()).append(" active ").append(f.labels()).append('\n'));
      t.dropped()
          .forEach(
              d ->
                  sb.append(j.config.name())
                      .append(" dropped ")
                      .append(d.discovered())
                      .append(": ")
                      .append(d.why())
                      .append('\n'));
    }
    return sb.toString();
  }

  private boolean finished;

  private void finish() {
    if (!finished) {
      finished = true;
      jobs.forEach(j -> j.pipeline.drain());
      clients.flush();
      clients.close(PATIENCE);
      jobs.forEach(j -> j.pipeline.close());
    }
  }

  @Override
  public void close() {
    finish();
    http.close();
  }
}
