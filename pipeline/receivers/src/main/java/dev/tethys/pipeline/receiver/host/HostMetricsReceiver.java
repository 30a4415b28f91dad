package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostReadings;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.scraping.EntityLogs;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.ScrapedPoints;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Collects host metrics once per interval on a platform thread, because kernel files are read
 * blocking, and emits host entities as logs on a virtual thread.
 */
final class HostMetricsReceiver implements Receiver {
  private static final System.Logger LOG = JulLogger.of(HostMetricsReceiver.class.getName());

  /** Default maximum wait for file systems. */
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  /** Lane of the host's batches, which keeps them in order. */
  private static final long LANE = 1L << 35;

  private final HostMetricsReceiverFactory.Settings settings;
  private final String version;
  private final Supplier<HostReadings> readings;
  private final String name;
  private final ScrapedPoints points;
  private final @Nullable IntervalCollector rounds;
  private final @Nullable Thread teller;

  // Of the thread of metrics.
  private final HostScrape.BootTime boot = new HostScrape.BootTime();
  private final Map<String, HostScraper> scrapers = new LinkedHashMap<>();
  private @Nullable HostReadings host;

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
    this.points = new ScrapedPoints(registry, id);
    Consumer metrics = outputs.get(Signal.METRICS);
    this.rounds =
        metrics == null
            ? null
            : new IntervalCollector(
                name, settings.pace(), this::gather, metrics, Thread.ofPlatform().daemon());
    Consumer logs = outputs.get(Signal.LOGS);
    this.teller =
        logs == null
            ? null
            : Thread.ofVirtual()
                .name(name + " entities")
                .unstarted(SupervisedLoop.of("entities", () -> sendEntityEvents(logs)));
  }

  /** Returns the maximum time a scrape waits for file systems. */
  static Duration timeLimit(HostMetricsReceiverFactory.Settings s) {
    return s.pace().timeout().isPositive() && s.pace().timeout().compareTo(TIME_LIMIT) < 0
        ? s.pace().timeout()
        : TIME_LIMIT;
  }

  @Override
  public void start() {
    if (rounds != null) {
      rounds.start();
    }
    if (teller != null) {
      teller.start();
    }
  }

  /** Runs all scrapers. Called by one thread. */
  MetricsData gather() {
    MetricsData data = new MetricsData();
    try {
      HostReadings h = host;
      if (h == null) {
        h = readings.get();
        settings.scrapers().forEach((k, m) -> scrapers.put(k, m.make(version)));
        host = h; // all succeed, or all are created again at the next scrape
      }
      scrape(h, data);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, name + ": Error scraping metrics", e);
    }
    return data;
  }

  /** Runs all scrapers once; a failing one does not affect the others. */
  private void scrape(HostReadings h, MetricsData data) {
    long begun = System.nanoTime();
    long timeout = settings.pace().timeout().toNanos();
    for (Map.Entry<String, HostScraper> e : scrapers.entrySet()) {
      HostScraper scraper = e.getValue();
      HostScrape s =
          new HostScrape(
              h,
              data,
              IntervalCollector.nanos(),
              boot,
              () ->
                  IntervalCollector.isStopping()
                      || (timeout > 0 && System.nanoTime() - begun >= timeout));
      int before = data.itemCount();
      try {
        if (s.isLate()) {
          s.failed(scraper.metrics(), "not collected: out of time");
        } else {
          scraper.scrape(s);
        }
      } catch (IOException x) {
        s.failed(scraper.metrics(), String.valueOf(x.getMessage()));
        LOG.log(Level.DEBUG, "", x);
      } catch (RuntimeException x) { // unexpected file content: affects only this scraper
        s.failed(scraper.metrics(), x.toString());
        LOG.log(Level.DEBUG, "", x);
      } catch (Error x) { // a bug or lack of memory: affects only this scrape
        s.failed(scraper.metrics(), x.toString());
        LOG.log(Level.ERROR, name + ": scraper " + e.getKey(), x);
      }
      if (IntervalCollector.isStopping()) {
        return;
      }
      points.add(e.getKey(), data.itemCount() - before, s.failedPoints());
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

  /** Reports the host as an entity in logs at intervals. */
  private void sendEntityEvents(Consumer to) {
    try {
      do {
        logOnce(to);
        TimeUnit.NANOSECONDS.sleep(settings.metadata().toNanos());
      } while (settings.metadata().isPositive());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs one round and logs any failure. */
  private void logOnce(Consumer to) throws InterruptedException {
    try {
      Outcome o =
          IntervalCollector.settled(to, Batch.of(Signal.LOGS, entity(), LANE, Metadata.NONE));
      if (!(o instanceof Outcome.Accepted)) {
        LOG.log(Level.WARNING, "{0}: an entity event was not accepted: {1}", name, o);
      }
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, name + ": collection failed, retrying at the next interval", e);
    }
  }

  private LogsData entity() {
    EntityLogs entities = new EntityLogs();
    entities.state("host", Map.of(), settings.metadata(), Map.of());
    return entities.data();
  }

  @Override
  public void stop(Duration timeLimit) {
    long until = System.nanoTime() + timeLimit.toNanos();
    if (rounds != null) {
      rounds.stop(timeLimit); // a hanging file blocks its thread, not the process
    }
    if (teller != null) {
      IntervalCollector.stop(teller, name, Duration.ofNanos(until - System.nanoTime()));
    }
  }
}
