package dev.tethys.collect.scrape;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry.BucketHistogram;
import dev.tethys.model.exposition.Registry.Summary;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleSink;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.ActiveSpan.Kind;
import dev.tethys.model.turns.TimedTurns;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Scrapes one target, a turn at each of its times, until it is stopped.
 *
 * <p>Ticks have fixed places on the absolute time line: those whose distance from the epoch, modulo
 * the interval, is the target's offset, while other targets may have other offsets. A scrape that
 * starts no more than a tolerance after its tick carries the tick's time, so that timestamps of a
 * series are evenly spaced and compress well. A tick that passes during a scrape is caught up
 * immediately; earlier ones are skipped. Where the clock is set back by an interval or more, ticks
 * continue from its new time.
 *
 * <p>A stopped loop lets a running scrape finish. It then waits for slightly more than two ticks,
 * and ends its series at the time of the first, unless this is disabled or the process is shutting
 * down: if the target is back by then, the series of its new loop are not touched.
 */
final class ScrapeLoop {
  private static final System.Logger LOG = JulLogger.of(ScrapeLoop.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /**
   * Dependencies shared by the loops of a pool.
   *
   * @param scraping finds the loops that scrape targets with given labels
   */
  record Dependencies(
      SampleSink store,
      ScrapeMemory memory,
      ScrapeClock clock,
      BodyReader bodies,
      TargetUrls urls,
      ScrapeMetrics metrics,
      ScrapeOptions options,
      ScrapeTickAligner ticks,
      long offsetSeed,
      CountDownLatch shutdown,
      Function<Labels, List<ScrapeLoop>> scraping) {}

  private final Dependencies dependencies;
  private final Target target;
  private final ScrapeConfig config;
  private final ScrapeTransport transport;
  private final SampleIngest ingest;
  private final ReportSeries report;
  private final FailureReports.OfTarget failures = new FailureReports.OfTarget();
  private final ScrapeTiming pace;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Runnable turn = this::turn;

  private int usedInSync; // guarded by the pool's lock

  private volatile @Nullable String forcedError;
  private volatile @Nullable FailureLog failureLog;
  private volatile boolean keepsSeriesAtEnd;

  /** Held while the caches change. */
  private final ReentrantLock scraping = new ReentrantLock();

  // Turns are sequential.
  @GuardedBy("this")
  private boolean stopping;

  @GuardedBy("this")
  private TimedTurns.@Nullable Alarm alarm; // of the next turn

  @GuardedBy("this")
  private @Nullable Thread thread; // on which a turn is

  @GuardedBy("this")
  private boolean over;

  // of the present turn
  private Instant tick = Instant.MIN;
  private boolean scraped;
  private @Nullable Instant last;
  private @Nullable Summary intervals; // those of the interval's length
  private @Nullable BucketHistogram intervalBuckets;

  ScrapeLoop(
      Dependencies dependencies,
      Target target,
      ScrapeConfig config,
      ScrapeTransport transport,
      ScrapeTiming pace,
      SeriesMemory cache,
      FamilyMemory metadata) {
    this.dependencies = dependencies;
    this.target = target;
    this.config = config;
    this.transport = transport;
    this.pace = pace;
    this.ingest =
        new SampleIngest(
            target,
            config,
            pace.parsing(),
            dependencies.options,
            dependencies.metrics,
            cache,
            metadata);
    this.report =
        new ReportSeries(
            ingest.sampleLabels(), config.common().extraMetrics(), metadata.isPageOnly());
    target.metadataFrom(metadata);
    target.setRequestedPace(pace.asked());
    dependencies.ticks.join(pace.interval());
  }

  /** Marks the loop as used by a sync of its pool; returns whether it was not marked before. */
  boolean markUsed(int sync) {
    boolean first = usedInSync != sync;
    usedInSync = sync;
    return first;
  }

  boolean isWantedIn(int sync) {
    return usedInSync == sync;
  }

  Target target() {
    return target;
  }

  SampleIngest ingest() {
    return ingest;
  }

  void forcedError(@Nullable String error) {
    forcedError = error;
  }

  void failureLog(@Nullable FailureLog log) {
    failureLog = log;
  }

  /** Starts; the first turn is at the target's next tick. */
  synchronized void start() {
    tick = firstTick(dependencies.clock.instant());
    if (!stopping) {
      alarm = dependencies.clock.at(tick, turn);
    }
  }

  /** Signals the loop to stop. */
  void requestStop() {
    synchronized (this) {
      stopping = true;
      if (alarm != null && !alarm.cancel()) {
        return; // a turn has begun, and sees it
      }
      alarm = null;
    }
    ended();
  }

  /** Signals the loop to stop and waits until it no longer scrapes. */
  void stop() throws InterruptedException {
    requestStop();
    stopped.await();
  }

  /** Writes no staleness markers at the end, because another loop has taken over the cache. */
  void keepSeriesAtEnd() {
    keepsSeriesAtEnd = true;
  }

  /** Adds the series that the last good scrape had; waits for a scrape that runs. */
  void addSeriesTo(Set<Long> references) {
    scraping.lock();
    try {
      ingest.cache().forEachTrackedIdentity(references::add);
    } finally {
      scraping.unlock();
    }
  }

  /** Stops immediately: a running scrape is aborted and stores nothing. */
  void abort() {
    keepsSeriesAtEnd = true;
    requestStop();
    synchronized (this) {
      Thread t = thread;
      if (t != null) {
        t.interrupt();
      }
    }
  }

  /** Scrapes once, unless it is stopping, and schedules the next scrape. */
  private void turn() {
    boolean wanted;
    synchronized (this) {
      wanted = !stopping;
      thread = Thread.currentThread();
    }
    boolean goesOn = wanted && turned();
    synchronized (this) {
      thread = null;
      if (goesOn && !stopping) {
        alarm = dependencies.clock.at(tick, turn);
        return;
      }
      stopping = true;
      alarm = null;
    }
    ended();
  }

  /** One turn; whether there may be another. */
  private boolean turned() {
    try {
      scrapeOnce();
      return true;
    } catch (InterruptedException e) {
      keepsSeriesAtEnd = true;
      return false;
    } catch (RuntimeException | Error e) {
      // Memory may have ended, or a target's page met a fault: the next scrape may well succeed.
      tick = tick.plus(pace.interval());
      PEER_LOG.failure(Level.ERROR, "Scrape failed unexpectedly target", target, e);
      target.report(
          new Target.Report(TargetHealth.DOWN, "scrape failed: " + e, last, Duration.ZERO));
      return true;
    }
  }

  private void scrapeOnce() throws InterruptedException {
    Instant now = dependencies.clock.instant();
    if (!now.isBefore(tick.plus(pace.interval())) || !now.isAfter(tick.minus(pace.interval()))) {
      tick = latestTick(now);
    }
    Instant time = now.isAfter(tick.plus(pace.tolerance())) ? now : tick;
    scraping.lock();
    try {
      scrape(time, now);
    } catch (StorageException e) {
      LOG.log(Level.ERROR, "scrape of " + target + " could not be stored", e);
    } finally {
      scraping.unlock();
    }
    scraped = true;
    tick = tick.plus(pace.interval());
  }

  /**
   * The latest tick not after now, counted from the due one: ticks were missed, or the clock was
   * set, possibly by years or backwards.
   */
  private Instant latestTick(Instant now) {
    long ticks = Duration.between(tick, now).dividedBy(pace.interval());
    Instant t = tick.plus(pace.interval().multipliedBy(ticks));
    return t.isAfter(now) ? t.minus(pace.interval()) : t;
  }

  /** Ends the loop; no further scrapes follow. */
  private void ended() {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    dependencies.ticks.leave(pace.interval());
    // A loop without any scrape may have taken over the series of its predecessor.
    boolean hasSeries = scraped || ingest.cache().size() > 0;
    Instant next = tick;
    if (hasSeries && !keepsSeriesAtEnd) {
      Thread.ofVirtual().name("end of " + target.url()).start(() -> endSeries(next));
    }
    stopped.countDown();
  }

  private Instant firstTick(Instant now) {
    long step = pace.interval().toNanos();
    long alone = target.offsetNanos(pace.interval(), dependencies.offsetSeed);
    long offset = dependencies.ticks.place(alone, pace.interval());
    long sinceEpoch = Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L) + now.getNano();
    long wait = Math.floorMod(offset - sinceEpoch, step);
    return now.plusNanos(wait);
  }

  private void endSeries(Instant next) {
    long staleTime;
    try {
      if (dependencies.clock.await(next, dependencies.shutdown)) {
        return;
      }
      staleTime = dependencies.clock.instant().toEpochMilli();
      // By then a recreated target has been scraped.
      if (dependencies.clock.await(
          next.plus(pace.interval()).plus(pace.interval().dividedBy(10)), dependencies.shutdown)) {
        return;
      }
    } catch (InterruptedException e) {
      return;
    }
    if (keepsSeriesAtEnd) {
      return;
    }
    List<ScrapeLoop> successors =
        dependencies.scraping.apply(target.labels()).stream().filter(l -> l != this).toList();
    Set<Long> elsewhere = new HashSet<>();
    successors.forEach(l -> l.addSeriesTo(elsewhere));
    try (Appender app = dependencies.store.appender(target.hash() | 1)) {
      ingest.endExcept(app, staleTime, elsewhere::contains);
      if (successors.isEmpty()) {
        report.end(app, staleTime);
      }
      app.commit();
    } catch (StorageException e) {
      LOG.log(Level.WARNING, "ending the series of " + target + " failed", e);
    }
  }

  /** One scrape with all that is written about it. */
  private void scrape(Instant time, Instant now) throws InterruptedException {
    try (ActiveSpan span = dependencies.options.tracing().begin("scrape", Kind.INTERNAL)) {
      span.perform(() -> scrape(time, now, span));
    }
  }

  private void scrape(Instant time, Instant now, ActiveSpan span) throws InterruptedException {
    ScrapeMetrics m = dependencies.metrics;
    Instant before = last;
    if (before != null) {
      double seconds = Duration.between(before, now).toNanos() / 1e9;
      if (intervals == null || intervalBuckets == null) {
        intervals = m.intervalLength.with(pace.intervalText());
        intervalBuckets = m.intervalLengthHistogram.with(pace.intervalText());
      }
      intervals.observe(seconds);
      intervalBuckets.observe(seconds);
    }
    last = now;
    long t = time.toEpochMilli();
    String error = forcedError != null ? forcedError : pace.error();
    double bodySize = 0;
    Appender app = ingest.steady(dependencies.store.appender(target.hash() | 1));
    boolean good = false;
    boolean hadBody = false;
    int scraped = 0;
    int kept = 0;
    int added = 0;
    try {
      if (error == null) {
        try (BodyReader.Body body = fetch()) {
          bodySize = body.length();
          hadBody = body.length() > 0;
          try {
            ingest.append(app, body.bytes(), body.length(), contentType, t, now.toEpochMilli());
            good = true;
          } finally {
            scraped = ingest.scraped();
            kept = ingest.kept();
            added = ingest.added();
          }
        } catch (ScrapeException e) {
          error = String.valueOf(e.getMessage());
          if (e.bodyTooLarge()) {
            bodySize = -1;
            m.exceededBodySizeLimit.inc();
          }
        } catch (RuntimeException e) {
          if (e instanceof StorageException) {
            throw e;
          }
          LOG.log(Level.ERROR, "internal error while scraping " + target, e);
          error = "internal error: " + e;
        } catch (IOException e) {
          if (dependencies.shutdown.getCount() == 0 || Thread.currentThread().isInterrupted()) {
            throw new InterruptedException();
          }
          error = message(e);
        }
        FailureLog log = failureLog;
        if (error != null) {
          String mediaType = error;
          LOG.log(Level.DEBUG, () -> "Scrape failed: " + target + ": " + mediaType);
          if (log != null) {
            log.failed(now, config.jobName(), target.url(), error);
          }
        }
      }
      if (!good) {
        app.close();
        app = dependencies.store.appender(target.hash() | 1);
        ingest.end(app, t);
      }
      dependencies.options.failures().scraped(failures, now, config.jobName(), target.url(), error);
      Duration took = Duration.between(now, dependencies.clock.instant());
      target.report(
          new Target.Report(
              error == null ? TargetHealth.UP : TargetHealth.DOWN, error, time, took));
      report.append(
          app,
          t,
          error == null ? 1 : 0,
          took.toNanos() / 1e9,
          scraped,
          kept,
          added,
          pace.timeout().toMillis() / 1e3,
          config.common().limits().samples(),
          bodySize);
      try (ActiveSpan commit = span.child("scrapeCommit")) {
        app.commit();
      }
      if (span.isRecorded()) {
        span.set("job", config.jobName())
            .set("url", target.url())
            .set("samples_scraped", scraped)
            .set("samples_added", kept)
            .set("series_added", added)
            .set("bytes", (long) bodySize);
        if (error != null) {
          span.failed(error);
        }
      }
      if (good) {
        ingest.committed(hadBody);
      }
      if (config.common().extraMetrics()) {
        m.duration
            .with()
            .observe(Duration.between(now, dependencies.clock.instant()).toNanos() / 1e9);
      }
    } catch (StorageException e) {
      LOG.log(Level.ERROR, "Scrape commit failed: " + target, e);
    } finally {
      app.close();
    }
  }

  private String contentType = "";

  private BodyReader.Body fetch() throws IOException, ScrapeException, InterruptedException {
    URI u = dependencies.urls.of(target);
    long limit = config.common().limits().bodySize().bytes();
    boolean own = limit > 0;
    try (ScrapeTransport.Response r = transport.get(u, pace.headers(), pace.timeout())) {
      if (r.status() != 200) {
        throw new ScrapeException(
            ("server returned HTTP status " + r.status() + " " + r.reason()).strip());
      }
      contentType = r.header("Content-Type");
      try {
        return dependencies.bodies.read(r, own ? limit : dependencies.options.maxBodyBytes());
      } catch (ScrapeException e) {
        throw e.bodyTooLarge() && !own
            ? new ScrapeException(
                "body size limit exceeded: no body_size_limit is set, and without one a body may"
                    + " have "
                    + dependencies.options.maxBodyBytes()
                    + " bytes",
                true)
            : e;
      }
    }
  }

  /** Names the URL where the transport has not done so already. */
  private String message(IOException e) {
    String m = e.getMessage();
    String reason =
        e instanceof java.net.http.HttpTimeoutException
            ? "context deadline exceeded"
            : m == null ? e.getClass().getSimpleName() : m;
    return m != null && m.startsWith("Get \"")
        ? m
        : "Get " + GoQuote.quote(target.url()) + ": " + reason;
  }
}
