package dev.tethys.pipeline.receiver.prometheus;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.remote.ExternalLabels;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.scrape.FailureReports;
import dev.tethys.collect.scrape.HttpTransports;
import dev.tethys.collect.scrape.ScrapeClock;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeManager;
import dev.tethys.collect.scrape.ScrapeMemory;
import dev.tethys.collect.scrape.ScrapeMetrics;
import dev.tethys.collect.scrape.ScrapeOptions;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Adjustable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.sample.BatchSink;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Scrapes with the server's own scrape engine and sends each scrape as a batch. A target is a lane,
 * so its samples keep their order. Changed settings affect only the changed jobs. A scrape that no
 * destination accepts cannot be repeated: it is lost, counted by the graph and logged.
 */
final class PrometheusReceiver implements Receiver, Adjustable {
  /** Between two lines of the log about scrapes that are lost. */
  private static final long LOG_EVERY = Duration.ofMinutes(1).toNanos();

  private static final Duration ALLOCATOR_TIMEOUT = Duration.ofSeconds(30);

  private final Consumer to;
  private final HttpClientFactory clients;
  private final String userAgent;
  private final Context context;
  private final AtomicLong loggedAt;
  private final AtomicLong lost = new AtomicLong();
  private volatile ExternalLabels external;
  private @Nullable ScrapeManager scrape;
  private @Nullable DiscoveryManager discovery;
  private @Nullable TargetAllocator allocator;

  @GuardedBy("this")
  private PrometheusSettings current;

  @GuardedBy("this")
  private List<ScrapeConfig> appliedJobs = List.of();

  PrometheusReceiver(
      PrometheusSettings settings,
      Consumer to,
      HttpClientFactory clients,
      String userAgent,
      Context context) {
    this.current = settings;
    this.external = new ExternalLabels(settings.global().externalLabels());
    this.to = to;
    this.clients = clients;
    this.userAgent = userAgent;
    this.context = context;
    this.loggedAt = new AtomicLong(context.clock().nanos() - LOG_EVERY);
  }

  @Override
  public void start() throws IOException {
    Registry registry = new Registry();
    String receiver = context.id().toString();
    context.metrics().register(out -> registry.collect(f -> out.accept(of(receiver, f))));
    ScrapeManager s =
        new ScrapeManager(
            new BatchSink(this::labelled, this::settled),
            ScrapeMemory.ofASink(),
            new HttpTransports(clients),
            new ScrapeOptions(userAgent, false, false, false, ScrapeOptions.DEFAULT_MAX_BODY_BYTES)
                .with(FailureReports.to(context.logger(), context.name())),
            new ScrapeMetrics(registry),
            ScrapeClock.SYSTEM);
    scrape = s;
    DiscoveryManager d =
        new DiscoveryManager(DiscoveryContext.of(registry, clients), DiscoveryManager.THROTTLE, s);
    discovery = d;
    try {
      synchronized (this) {
        apply(current, s, d);
        allocator = allocator(current);
      }
    } catch (IOException | RuntimeException e) {
      stop(Duration.ZERO);
      throw e;
    }
  }

  /** Returns the allocator of jobs in addition to the configured ones, or null if none. */
  private @Nullable TargetAllocator allocator(PrometheusSettings settings) {
    TargetAllocator.Settings a = settings.allocator();
    if (a == null) {
      return null;
    }
    Reference auth = a.client().auth();
    return new TargetAllocator(
        a,
        new HttpEndpoint(
            a.client(),
            auth == null ? null : context.extension(auth, ClientAuth.class),
            Map.of(),
            ALLOCATOR_TIMEOUT,
            clients,
            context.clock()::millis),
        settings.global().scrape(),
        System.getenv().getOrDefault("SHARD", "0"),
        context.logger(),
        this::applyJobs);
  }

  private synchronized void applyJobs(List<ScrapeConfig> jobs) throws IOException {
    ScrapeManager s = scrape;
    DiscoveryManager d = discovery;
    if (s == null || d == null || Thread.currentThread().isInterrupted()) {
      return; // it has been stopped
    }
    List<ScrapeConfig> former = appliedJobs;
    appliedJobs = jobs;
    try {
      scrape(current, s, d);
    } catch (IOException | RuntimeException e) {
      appliedJobs = former;
      throw e;
    }
  }

  private synchronized void apply(PrometheusSettings settings, ScrapeManager s, DiscoveryManager d)
      throws IOException {
    for (String key : settings.idle()) {
      context
          .logger()
          .log(
              Level.WARNING,
              "{0}: global.{1} concerns rules and queries and has no effect in a receiver",
              context.name(),
              key);
    }
    external = new ExternalLabels(settings.global().externalLabels());
    scrape(settings, s, d);
    current = settings;
  }

  /** Scrapes the jobs that are written and those that were dealt out. */
  @GuardedBy("this")
  private void scrape(PrometheusSettings settings, ScrapeManager s, DiscoveryManager d)
      throws IOException {
    Map<String, ScrapeConfig> jobs = new LinkedHashMap<>();
    settings.jobs().forEach(j -> jobs.put(j.jobName(), j));
    for (ScrapeConfig j : appliedJobs) {
      if (jobs.putIfAbsent(j.jobName(), j) != null) {
        throw new IOException("there is a job \"" + j.jobName() + "\" already");
      }
    }
    s.apply(List.copyOf(jobs.values()), settings.global().externalLabels());
    Map<String, List<DiscoveryConfig>> pools = new LinkedHashMap<>();
    jobs.forEach((name, j) -> pools.put(name, j.discoveries()));
    d.apply(pools);
  }

  @Override
  public void adjust(Object settings) throws IOException {
    ScrapeManager s = scrape;
    DiscoveryManager d = discovery;
    if (s == null || d == null) {
      throw new IOException("it is not running");
    }
    try {
      turn((PrometheusSettings) settings, s, d);
    } catch (IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Applies new settings. Jobs from a previous allocator are dropped, as if it had never responded.
   */
  private synchronized void turn(PrometheusSettings other, ScrapeManager s, DiscoveryManager d)
      throws IOException {
    if (Objects.equals(other.allocator(), current.allocator())
        && other.global().equals(current.global())) {
      apply(other, s, d);
      return;
    }
    List<ScrapeConfig> former = appliedJobs;
    appliedJobs = List.of();
    try {
      apply(other, s, d);
    } catch (IOException | RuntimeException e) {
      appliedJobs = former;
      throw e;
    }
    if (allocator != null) {
      allocator.close();
    }
    allocator = allocator(other);
  }

  private void labelled(Batch batch, AckCallback ack) {
    ExternalLabels labels = external;
    to.consume(
        labels.isEmpty()
            ? batch
            : batch.withSeries(
                labels.addTo(batch.series(), 0, batch.series().length), batch.items()),
        ack);
  }

  /** Adds a label that distinguishes the metrics of several receivers. */
  private static MetricFamily of(String receiver, MetricFamily f) {
    return new MetricFamily(
        f.name(),
        f.type(),
        f.help(),
        f.unit(),
        f.metrics().stream()
            .map(
                m -> {
                  LabelsBuilder l = new LabelsBuilder();
                  m.labels().toMap().forEach(l::set);
                  Labels with = l.set("receiver", receiver).build();
                  return new MetricFamily.Metric(
                      with, m.point(), m.timestamp(), m.startTimestamp());
                })
            .toList());
  }

  private void settled(Outcome outcome) {
    String why =
        switch (outcome) {
          case Outcome.Accepted a -> "";
          case Outcome.Rejected r -> r.reason();
          case Outcome.Unavailable u -> u.reason();
        };
    if (why.isEmpty()) {
      return;
    }
    lost.incrementAndGet();
    long at = loggedAt.get();
    long now = context.clock().nanos();
    if (now - at >= LOG_EVERY && loggedAt.compareAndSet(at, now)) {
      context
          .logger()
          .log(
              Level.WARNING,
              "{0}: {1} batches of scrapes were not accepted, or not wholly; the last: {2}",
              context.name(),
              lost.getAndSet(0),
              why);
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    synchronized (this) { // blocks job updates, also afterwards
      if (allocator != null) {
        allocator.close();
      }
      if (discovery != null) {
        discovery.close();
      }
      if (scrape != null) {
        scrape.close();
      }
    }
  }
}
