package dev.tethys.insight.source;

import dev.tethys.insight.source.SourceReader.Settings;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** Sources and their cache: a thread for each source reads it at an interval. */
public final class InsightSources implements Collector, AutoCloseable {
  /** Maximum size of an uncompressed response; larger responses are requested in parts. */
  static final long MAX_ANSWER = 64L << 20;

  /** Timeout of a request. */
  static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
  private static final System.Logger LOG = JulLogger.of(InsightSources.class.getName());

  private final MetricCache cache;
  private final long intervalMillis;
  private final List<SourceReader> readers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final FileAccess files = new RealFiles();

  /**
   * Sources that are not read yet.
   *
   * @param wanted series to be read
   * @param interval between two readings
   * @param maxCatchUp age of the oldest samples that are read
   * @throws IOException if a certificate or the folder of the marks cannot be read
   */
  public InsightSources(
      List<InsightSource> sources,
      MetricCache cache,
      List<WantedSeries> wanted,
      Duration interval,
      Duration maxCatchUp,
      HttpClientFactory clients,
      InstantSource clock)
      throws IOException {
    this.cache = cache;
    this.intervalMillis = interval.toMillis();
    Path marks = cache.folder().resolve("marks");
    files.createDirectories(marks);
    for (InsightSource s : sources) {
      readers.add(
          new SourceReader(
              s,
              new SourceClient(s, clients.client(s.client()), MAX_ANSWER, TIMEOUT),
              cache,
              new SourceMarks(files, marks.resolve(s.shownName())),
              wanted,
              new Settings(interval, maxCatchUp),
              clock));
    }
  }

  /** Opens the cache in the background, then reads all sources. */
  public void start() {
    Thread opening = Thread.ofPlatform().daemon().name("insight-cache").start(cache::open);
    for (SourceReader r : readers) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("insight-source")
              .start(SupervisedLoop.of("insight-source", () -> readOften(r, opening))));
    }
  }

  private void readOften(SourceReader r, Thread opening) {
    try {
      opening.join();
      do {
        long next = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(intervalMillis);
        r.read();
        while (r.needsCatchUp() && System.nanoTime() < next && stop.getCount() > 0) {
          long began = System.nanoTime();
          r.catchUp();
          // Half of the time is left to other clients of the source.
          stop.await(System.nanoTime() - began, TimeUnit.NANOSECONDS);
        }
        if (stop.await(Math.max(0, next - System.nanoTime()), TimeUnit.NANOSECONDS)) {
          return;
        }
      } while (stop.getCount() > 0);
    } catch (InterruptedException e) {
      // The server stops.
    }
  }

  /** States of all sources, in the order of the configuration. */
  public List<SourceStatus> status() {
    return readers.stream().map(SourceReader::status).toList();
  }

  /** Passes on metrics of each source. */
  @Override
  public void collect(Consumer<MetricFamily> to) {
    to.accept(
        family(
            "tethys_insight_source_up",
            MetricType.GAUGE,
            "1 if the last reading of the source succeeded.",
            s -> s.error() == null && s.lastSuccess() > 0 ? 1 : 0));
    to.accept(
        family(
            "tethys_insight_source_behind_seconds",
            MetricType.GAUGE,
            "Time between now and the newest samples that were read; -1 if none were.",
            s -> s.lag() < 0 ? -1 : s.lag() / 1000.0));
    to.accept(
        family(
            "tethys_insight_source_series",
            MetricType.GAUGE,
            "Series that had samples in the last minutes.",
            SourceStatus::series));
    to.accept(
        family(
            "tethys_insight_source_samples_total",
            MetricType.COUNTER,
            "Samples that were read and appended to the cache.",
            SourceStatus::samples));
  }

  private MetricFamily family(
      String name, MetricType type, String help, ToDoubleFunction<SourceStatus> value) {
    return new MetricFamily(
        name,
        type,
        help,
        "",
        status().stream()
            .map(s -> new Metric(Labels.of("source", shown(s.name())), value.applyAsDouble(s)))
            .toList());
  }

  private static String shown(String name) {
    return name.isEmpty() ? "default" : name;
  }

  @Override
  public void close() {
    stop.countDown();
    boolean ended = true;
    try {
      // Not interrupted: an interrupt closes files that the thread writes to.
      readers.forEach(SourceReader::stop);
      for (Thread t : threads) {
        ended &= t.join(STOP_LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended = false;
    }
    if (!ended) {
      LOG.log(
          Level.INFO,
          "Metric cache not closed, a source has not answered yet; its log is read at the start");
      return;
    }
    readers.forEach(SourceReader::close);
    cache.close();
  }
}
