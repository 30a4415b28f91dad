package dev.tethys.insight.source;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Sources and their cache: a thread for each source reads it at an interval. */
public final class InsightSources implements Collector, AutoCloseable {
  /** Maximum size of an uncompressed response; larger responses are requested in parts. */
  static final long MAX_ANSWER = 64L << 20;

  /** Request timeout. */
  static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
  private static final System.Logger LOG = JulLogger.of(InsightSources.class.getName());

  private final MetricCache cache;
  private final List<WantedSeries> wanted;
  private final Duration interval;
  private final Duration maxCatchUp;
  private final HttpClientFactory clients;
  private final InstantSource clock;
  private final Path marks;
  private final FileAccess files = new RealFiles();
  private volatile List<Running> running = List.of();

  @GuardedBy("this")
  private @Nullable Thread opening;

  /** Source with the thread that reads it. */
  private static final class Running {
    final InsightSource source;
    final SourceReader reader;
    final CountDownLatch stop = new CountDownLatch(1);
    @Nullable Thread thread;

    Running(InsightSource source, SourceReader reader) {
      this.source = source;
      this.reader = reader;
    }

    void stop() {
      stop.countDown();
      reader.stop();
    }

    /** True if the thread has ended; the reader is closed then. */
    boolean awaitEnd() throws InterruptedException {
      Thread t = thread;
      if (t != null && !t.join(STOP_LIMIT)) {
        return false;
      }
      reader.close();
      return true;
    }
  }

  /**
   * Creates sources that are not being read yet.
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
    this.wanted = wanted;
    this.interval = interval;
    this.maxCatchUp = maxCatchUp;
    this.clients = clients;
    this.clock = clock;
    this.marks = cache.folder().resolve("marks");
    files.createDirectories(marks);
    List<Running> all = new ArrayList<>();
    for (InsightSource s : sources) {
      all.add(running(s, client(s)));
    }
    running = List.copyOf(all);
  }

  private SourceClient client(InsightSource s) throws IOException {
    return new SourceClient(s, clients.client(s.client()), MAX_ANSWER, TIMEOUT);
  }

  private Running running(InsightSource s, SourceClient client) throws IOException {
    return new Running(
        s,
        new SourceReader(
            s,
            client,
            cache,
            new SourceMarks(files, marks.resolve(s.shownName())),
            wanted,
            new Settings(interval, maxCatchUp),
            clock));
  }

  /** Opens the cache in the background, then reads all sources. */
  public synchronized void start() {
    Thread t = Thread.ofPlatform().daemon().name("insight-cache").start(cache::open);
    opening = t;
    running.forEach(r -> start(r, t));
  }

  private void start(Running r, Thread open) {
    r.thread =
        Thread.ofPlatform()
            .daemon()
            .name("insight-source")
            .start(SupervisedLoop.of("insight-source", () -> readOften(r, open)));
  }

  /**
   * Replaces the sources after {@link #start}. One that is the same continues; one with the name of
   * another continues where that ended. Samples of removed sources stay in the cache.
   *
   * @throws IOException if a certificate cannot be read; the sources are then those before
   */
  public synchronized void replace(List<InsightSource> next) throws IOException {
    Thread open = opening;
    List<Running> kept = running.stream().filter(r -> next.contains(r.source)).toList();
    List<Running> gone = running.stream().filter(r -> !next.contains(r.source)).toList();
    // Certificates are read before anything changes.
    Map<InsightSource, SourceClient> made = new HashMap<>();
    for (InsightSource s : next) {
      if (kept.stream().noneMatch(r -> r.source.equals(s))) {
        made.put(s, client(s));
      }
    }
    gone.forEach(Running::stop);
    for (Running r : gone) {
      try {
        if (!r.awaitEnd()) {
          LOG.log(
              Level.WARNING,
              "Source removed while it answers a request source={0}",
              r.source.shownUrl());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while sources are replaced", e);
      }
    }
    List<Running> all = new ArrayList<>();
    for (InsightSource s : next) {
      SourceClient client = made.get(s);
      if (client == null) {
        kept.stream().filter(r -> r.source.equals(s)).forEach(all::add);
        continue;
      }
      Running r = running(s, client);
      if (open != null) {
        start(r, open);
      }
      all.add(r);
    }
    running = List.copyOf(all);
  }

  private void readOften(Running r, Thread open) {
    try {
      open.join();
      SourceReader reader = r.reader;
      do {
        long next = System.nanoTime() + interval.toNanos();
        reader.read();
        while (reader.needsCatchUp() && System.nanoTime() < next && r.stop.getCount() > 0) {
          long began = System.nanoTime();
          reader.catchUp();
          // Half of the time is left to other clients of the source.
          r.stop.await(System.nanoTime() - began, TimeUnit.NANOSECONDS);
        }
        if (r.stop.await(Math.max(0, next - System.nanoTime()), TimeUnit.NANOSECONDS)) {
          return;
        }
      } while (r.stop.getCount() > 0);
    } catch (InterruptedException e) {
      // The source is removed, or the server stops.
    }
  }

  /** States of all sources, in the order of the configuration. */
  public List<SourceStatus> status() {
    return running.stream().map(r -> r.reader.status()).toList();
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
  public synchronized void close() {
    boolean ended = true;
    try {
      // Not interrupted: an interrupt closes files that the thread writes to.
      running.forEach(Running::stop);
      for (Running r : running) {
        ended &= r.awaitEnd();
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
    cache.close();
  }
}
