package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostReadings;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the host once an interval and hands on what it saw as one batch. What is not taken is
 * offered again until the next look, which is about the same and newer.
 *
 * <p>One thread for metrics, which reads files of the kernel and so is no virtual one, and a
 * virtual one for what is told in logs.
 */
final class HostMetricsReceiver implements Receiver {
  private static final System.Logger LOG = System.getLogger(HostMetricsReceiver.class.getName());

  /** How long file systems are waited for where no timeout is shorter. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration RETRY = Duration.ofSeconds(1);

  /** Batches of one host keep their order. */
  private static final long LANE = 1L << 35;

  private final HostMetricsReceiverFactory.Settings settings;
  private final String version;
  private final Supplier<HostReadings> readings;
  private final String name;
  private final String id;
  private final Vector<Counter> scraped;
  private final Vector<Counter> errored;
  private final List<Thread> threads = new ArrayList<>();

  // Of the thread of metrics.
  private final Scrape.BootTime boot = new Scrape.BootTime();
  private final Map<String, HostScraper> scrapers = new LinkedHashMap<>();
  private @Nullable HostReadings host;
  private long nextDue;

  HostMetricsReceiver(
      HostMetricsReceiverFactory.Settings settings,
      String version,
      Supplier<HostReadings> readings,
      Map<Signal, Consumer> outputs,
      String name,
      String id,
      Registry registry) {
    this.settings = settings;
    this.version = version;
    this.readings = readings;
    this.name = name;
    this.id = id;
    this.scraped =
        registry.counters(
            "otelcol_scraper_scraped_metric_points_total",
            "Metric points that scrapers made.",
            "receiver",
            "scraper");
    this.errored =
        registry.counters(
            "otelcol_scraper_errored_metric_points_total",
            "Metrics that scrapers could not make.",
            "receiver",
            "scraper");
    Consumer metrics = outputs.get(Signal.METRICS);
    if (metrics != null) {
      threads.add(
          Thread.ofPlatform().daemon().name(name).unstarted(() -> rounds(() -> look(metrics))));
    }
    Consumer logs = outputs.get(Signal.LOGS);
    if (logs != null) {
      threads.add(Thread.ofVirtual().name(name + " entities").unstarted(() -> tell(logs)));
    }
  }

  /** How long a look waits for file systems. */
  static Duration patience(HostMetricsReceiverFactory.Settings s) {
    return s.timeout().isPositive() && s.timeout().compareTo(PATIENCE) < 0 ? s.timeout() : PATIENCE;
  }

  @Override
  public void start() {
    threads.forEach(Thread::start);
  }

  /** Something that is done once an interval, until an interrupt. */
  @FunctionalInterface
  private interface Round {
    void run() throws InterruptedException;
  }

  private void rounds(Round round) {
    try {
      TimeUnit.NANOSECONDS.sleep(settings.delay().toNanos());
      long interval = settings.interval().toNanos();
      long due = System.nanoTime();
      while (true) {
        nextDue = due + interval;
        attempt(round);
        long now = System.nanoTime();
        due += interval;
        if (due < now) { // looks that were missed are not made up for
          due = now + interval - (now - due) % interval;
        }
        TimeUnit.NANOSECONDS.sleep(due - now);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One round; whatever befalls it, an error too, is told, and the next one comes. */
  private void attempt(Round round) throws InterruptedException {
    try {
      round.run();
    } catch (InterruptedException e) {
      throw e;
    } catch (Throwable e) {
      LOG.log(Level.ERROR, name + ": a round has failed; the next one comes in its time", e);
    }
  }

  private void look(Consumer to) throws InterruptedException {
    MetricsData data = gather();
    if (data.itemCount() > 0 && !stopping()) {
      deliver(to, Batch.of(Signal.METRICS, data, LANE, Metadata.NONE));
    }
  }

  /** What all scrapers see now. By one thread. */
  MetricsData gather() {
    MetricsData data = new MetricsData();
    try {
      HostReadings h = host;
      if (h == null) {
        h = readings.get();
        settings.scrapers().forEach((k, m) -> scrapers.put(k, m.make(version)));
        host = h; // all are made, or all are made anew at the next look
      }
      scrape(h, data);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, name + ": Error scraping metrics", e);
    }
    return data;
  }

  /** One look by all scrapers; none of them keeps another from its own. */
  private void scrape(HostReadings h, MetricsData data) {
    long begun = System.nanoTime();
    long timeout = settings.timeout().toNanos();
    for (Map.Entry<String, HostScraper> e : scrapers.entrySet()) {
      HostScraper scraper = e.getValue();
      Scrape s =
          new Scrape(
              h,
              data,
              nanos(),
              boot,
              () -> stopping() || timeout > 0 && System.nanoTime() - begun >= timeout);
      int before = data.itemCount();
      try {
        if (s.isLate()) {
          s.failed(scraper.metrics(), "not looked at: out of time");
        } else {
          scraper.scrape(s);
        }
      } catch (IOException x) {
        s.failed(scraper.metrics(), String.valueOf(x.getMessage()));
        LOG.log(Level.DEBUG, "", x);
      } catch (RuntimeException x) { // a file that nobody foresaw: it costs this scraper alone
        s.failed(scraper.metrics(), x.toString());
        LOG.log(Level.DEBUG, "", x);
      } catch (Error x) { // the program's own fault, or want of memory: of this look alone, too
        s.failed(scraper.metrics(), x.toString());
        LOG.log(Level.ERROR, name + ": scraper " + e.getKey(), x);
      }
      if (stopping()) {
        return;
      }
      scraped.with(id, e.getKey()).add(data.itemCount() - before);
      errored.with(id, e.getKey()).add(s.failedPoints());
      if (s.hasFailures()) {
        LOG.log(
            Level.ERROR,
            "{0}: Error scraping metrics: scraper={1} error=\"{2}\"",
            name,
            e.getKey(),
            s.failures());
      }
    }
  }

  private static boolean stopping() {
    return Thread.currentThread().isInterrupted();
  }

  private static long nanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000 + now.getNano();
  }

  private void deliver(Consumer to, Batch batch) throws InterruptedException {
    batch.share(); // it may have to come again as it is
    while (true) {
      Outcome o = settled(to, batch);
      switch (o) {
        case Outcome.Accepted _ -> {
          return;
        }
        case Outcome.Rejected r -> {
          LOG.log(Level.WARNING, "{0}: metrics are refused: {1}", name, r.reason());
          return;
        }
        case Outcome.Unavailable u -> {
          Duration wait = u.retryAfter().compareTo(RETRY) > 0 ? u.retryAfter() : RETRY;
          if (nextDue - System.nanoTime() <= wait.toNanos()) {
            LOG.log(
                Level.WARNING,
                "{0}: metrics were not taken before newer ones are due: {1}",
                name,
                u.reason());
            return;
          }
          Thread.sleep(wait);
        }
      }
    }
  }

  private static Outcome settled(Consumer to, Batch batch) throws InterruptedException {
    CompletableFuture<Outcome> settled = new CompletableFuture<>();
    to.consume(batch, settled::complete);
    try {
      return settled.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // nobody completes it so
    }
  }

  /** Says in logs that there is this host, now and again. */
  private void tell(Consumer to) {
    try {
      do {
        attempt(
            () -> {
              LogsData data = entity();
              Outcome o = settled(to, Batch.of(Signal.LOGS, data, LANE, Metadata.NONE));
              if (!(o instanceof Outcome.Accepted)) {
                LOG.log(Level.WARNING, "{0}: an entity event was not taken: {1}", name, o);
              }
            });
        TimeUnit.NANOSECONDS.sleep(settings.metadata().toNanos());
      } while (settings.metadata().isPositive());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private LogsData entity() {
    LogRecord log = new LogRecord();
    log.setTimeUnixNano(nanos());
    log.attributes().add("otel.entity.event.type", "entity_state");
    log.attributes().add("otel.entity.type", "host");
    if (settings.metadata().isPositive()) {
      log.attributes().add("otel.entity.interval", settings.metadata().toMillis());
    }
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    scope.scope().attributes().add("otel.entity.event_as_log", true);
    scope.items().add(log);
    ResourceGroup<LogRecord> resource = new ResourceGroup<>();
    resource.scopes().add(scope);
    LogsData data = new LogsData();
    data.resources().add(resource);
    return data;
  }

  @Override
  public void stop(Duration patience) {
    threads.forEach(Thread::interrupt);
    long until = System.nanoTime() + patience.toNanos();
    for (Thread t : threads) {
      try {
        // A file that does not answer keeps its thread, a daemon, not the process.
        if (!t.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())))) {
          LOG.log(Level.WARNING, "{0}: a look at the host has not ended in time", name);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IllegalThreadStateException e) {
        // it was never started
      }
    }
  }
}
