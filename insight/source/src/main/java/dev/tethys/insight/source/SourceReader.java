package dev.tethys.insight.source;

import dev.tethys.insight.source.NameBatches.Batch;
import dev.tethys.insight.source.SourceMarks.Hole;
import dev.tethys.insight.source.SourceStatus.State;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.MetricsDatabase;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies the wanted series of one source into the cache.
 *
 * <p>Each read requests the samples since the previous read, plus {@link #OVERLAP} for late
 * samples, with instant queries of range selectors, for which all compatible sources return raw
 * samples. An interval that is longer than {@link #MAX_LIVE} is left to {@link CatchUp}, so that
 * new samples come first.
 *
 * <p>Answers contain no stale markers. A series that has no samples in a complete reading that must
 * have one gets a marker; its interval is the distance of its last two samples.
 *
 * <p>Only {@link #status} is thread-safe.
 */
final class SourceReader implements AutoCloseable {
  /** Time before the last reading that is read again. */
  static final long OVERLAP = 60_000;

  /** Longest interval of a reading of new samples. */
  static final long MAX_LIVE = 600_000;

  /** Longest time of a reading. */
  private static final long MAX_ROUND = 300_000;

  /** Time between two readings of the names. */
  private static final long NAMES_INTERVAL = 60_000;

  /** Time before now in which a metric must have samples for its name to be known. */
  private static final long NAMES_RANGE = 900_000;

  /** Splits of groups of names in one reading after which it ends. */
  private static final int MAX_SPLITS = 64;

  /** Warnings of the source that are shown. */
  private static final int MAX_WARNINGS = 5;

  /** Time without samples after which a series is forgotten. */
  private static final long FORGET = 900_000;

  private static final System.Logger LOG = JulLogger.of(SourceReader.class.getName());

  /**
   * Settings shared by all sources.
   *
   * @param maxCatchUp age of the oldest samples that are read
   */
  record Settings(Duration interval, Duration maxCatchUp) {}

  private final InsightSource source;
  private final SourceClient client;
  private final MetricCache cache;
  private final SourceMarks marks;
  private final SourceLabels decoder;
  private final List<WantedSeries> wanted;
  private final Settings settings;
  private final InstantSource clock;
  private final NameBatches batches = new NameBatches();
  private final SeriesProgress progress;
  private WantedNames names = new WantedNames(List.of());
  private long namesRead = Long.MIN_VALUE;
  private long nextForget;
  private @Nullable CacheWriter writer;
  private @Nullable CatchUp catchUp;
  private final Set<String> warnings = new LinkedHashSet<>();
  private long lastSuccess;
  private @Nullable SourceException failure;
  private @Nullable String error;
  private volatile SourceStatus status;
  private volatile boolean stopped;
  private volatile long shownMark = Long.MIN_VALUE;

  SourceReader(
      InsightSource source,
      SourceClient client,
      MetricCache cache,
      SourceMarks marks,
      List<WantedSeries> wanted,
      Settings settings,
      InstantSource clock) {
    this.source = source;
    this.client = client;
    this.cache = cache;
    this.marks = marks;
    this.decoder = new SourceLabels(source.name());
    this.wanted = wanted;
    this.settings = settings;
    this.clock = clock;
    this.progress = new SeriesProgress(cache.limits().series());
    this.status =
        new SourceStatus(
            source.name(),
            source.shownUrl(),
            State.CATCHING_UP,
            0,
            -1,
            0,
            0,
            List.of(),
            List.of(),
            null,
            List.of());
  }

  /** State after the last reading. */
  SourceStatus status() {
    long mark = shownMark;
    return mark == Long.MIN_VALUE ? status : status.withBehind(Math.max(0, clock.millis() - mark));
  }

  /** Reads the samples since the last reading. */
  void read() throws InterruptedException {
    MetricsDatabase database = cache.database();
    if (database == null) {
      failed(SourceException.Kind.REFUSED, String.valueOf(cache.problem()));
      report();
      return;
    }
    CacheWriter w = writer;
    if (w == null) {
      w = new CacheWriter(database, decoder, progress);
      writer = w;
      catchUp = new CatchUp(client, decoder, marks, database);
    }
    try {
      read(w, clock.millis());
      succeeded();
    } catch (SourceException e) {
      failed(e.kind(), String.valueOf(e.getMessage()));
    } catch (StorageException e) {
      failed(SourceException.Kind.REFUSED, "the cache cannot be written: " + e.getMessage());
    } finally {
      w.discard();
      report();
    }
  }

  private void read(CacheWriter w, long now) throws SourceException, InterruptedException {
    long to = now / 1000 * 1000;
    readNames(to);
    long mark = Math.min(marks.mark(), to);
    boolean isFirst = marks.mark() == Long.MIN_VALUE;
    long wantedFrom =
        isFirst ? to - settings.interval().toMillis() - OVERLAP : (mark - OVERLAP) / 1000 * 1000;
    long from = Math.max(wantedFrom, to - MAX_LIVE);
    warnings.clear();
    w.begin(from, to);
    readBatches(w, from, to, now);
    long newest = w.newest();
    long covered = newest == Long.MIN_VALUE ? to : newest;
    progress.end(covered, w::end);
    w.commit();
    if (now >= nextForget) {
      progress.removeBefore(now - FORGET);
      nextForget = now + FORGET / 3;
    }
    if (isFirst) {
      marks.addHole(to - settings.maxCatchUp().toMillis(), from, true);
    } else if (wantedFrom < from) {
      marks.addHole(mark / 1000 * 1000, from, false);
    }
    expireHoles(to - settings.maxCatchUp().toMillis());
    marks.forgetMissingBefore(to - cache.limits().age().toMillis());
    marks.setMark(isFirst ? covered : Math.max(mark, covered));
    marks.write();
  }

  private void readNames(long to) throws SourceException, InterruptedException {
    if (namesRead != Long.MIN_VALUE && to - namesRead < NAMES_INTERVAL && to >= namesRead) {
      return;
    }
    WantedNames next = new WantedNames(wanted);
    List<String> found = client.names(to - NAMES_RANGE, to);
    batches.update(found.stream().filter(next::includes).toList(), next.selectors(), to);
    names = next;
    namesRead = to;
  }

  private void readBatches(CacheWriter w, long from, long to, long now)
      throws SourceException, InterruptedException {
    Deque<Batch> todo = new ArrayDeque<>(batches.all());
    int splits = 0;
    while (!todo.isEmpty()) {
      Batch b = todo.remove();
      if (stopped) {
        throw new InterruptedException("the server stops");
      }
      if (clock.millis() - now > MAX_ROUND) {
        throw new SourceException(
            SourceException.Kind.SLOW,
            source.shownUrl() + ": one reading takes more than " + MAX_ROUND / 1000 + " s");
      }
      try {
        for (String warning : client.samples(b.promql(), from, to, w)) {
          if (warnings.size() < MAX_WARNINGS) {
            warnings.add(warning);
          }
        }
        w.commit();
      } catch (SourceException e) {
        w.commit(); // the samples before the failure are valid
        if (e.kind() == SourceException.Kind.AWAY || e.kind() == SourceException.Kind.REFUSED) {
          throw e;
        }
        List<Batch> halves = batches.split(b);
        if (halves.isEmpty()) {
          batches.leaveOut(b, now, String.valueOf(e.getMessage()));
        }
        halves.reversed().forEach(todo::addFirst);
        if (e.kind() == SourceException.Kind.SLOW || ++splits > MAX_SPLITS) {
          throw e;
        }
      }
    }
  }

  /** Drops intervals that are too old to be read. */
  private void expireHoles(long oldest) {
    for (Hole h : marks.holes()) {
      if (h.from() >= oldest) {
        continue;
      }
      long end = Math.min(h.to(), oldest);
      if (!h.isHistory()) {
        marks.addMissing(h.from(), end, "older than --insight.source.max-catch-up");
        LOG.log(
            Level.WARNING,
            "Interval of a source not read, older than --insight.source.max-catch-up source={0}"
                + " interval=\"{1}\"",
            source.shownName(),
            TimeTexts.range(h.from(), end));
      }
      marks.fill(h.from(), end);
    }
  }

  /** True if older intervals are to be read and the source responds. */
  boolean needsCatchUp() {
    CatchUp c = catchUp;
    return c != null && error == null && c.isNeeded();
  }

  /** Sends one request for older samples. */
  void catchUp() throws InterruptedException {
    CatchUp c = catchUp;
    if (c == null) {
      return;
    }
    try {
      c.step(names, clock.millis());
    } catch (SourceException e) {
      failed(e.kind(), String.valueOf(e.getMessage()));
    } catch (StorageException e) {
      c.close();
      failed(SourceException.Kind.REFUSED, "the cache cannot be written: " + e.getMessage());
    } finally {
      report();
    }
  }

  private void succeeded() {
    if (error != null) {
      LOG.log(
          Level.INFO,
          "Source read again source={0} url={1}",
          source.shownName(),
          source.shownUrl());
    }
    failure = null;
    error = null;
    lastSuccess = clock.millis();
  }

  private void failed(SourceException.Kind kind, String message) {
    if (error == null) {
      LOG.log(
          Level.WARNING,
          "Source not read, retrying source={0} retry_in={1}s error=\"{2}\"",
          source.shownName(),
          settings.interval().toSeconds(),
          message);
    }
    failure = new SourceException(kind, message);
    error = message;
  }

  private void report() {
    CacheWriter w = writer;
    List<Hole> holes = marks.holes();
    SourceException f = failure;
    State state =
        f == null
            ? holes.isEmpty() ? State.OK : State.CATCHING_UP
            : f.kind() == SourceException.Kind.AWAY || f.kind() == SourceException.Kind.SLOW
                ? State.AWAY
                : State.REFUSED;
    List<String> problems = new ArrayList<>(names.problems());
    problems.addAll(batches.problems());
    if (w != null) {
      problems.addAll(w.problems());
    }
    CatchUp c = catchUp;
    if (c != null) {
      problems.addAll(c.problems());
    }
    warnings.forEach(x -> problems.add("the source warns: " + x));
    String unwritten = marks.problem();
    if (unwritten != null) {
      problems.add(unwritten);
    }
    shownMark = marks.mark();
    status =
        new SourceStatus(
            source.name(),
            source.shownUrl(),
            state,
            lastSuccess,
            -1,
            progress.size(),
            w == null ? 0 : w.appended(),
            marks.missing(),
            holes.stream()
                .map(h -> new TimeGap(h.from(), h.to(), h.isHistory() ? "history" : "outage"))
                .toList(),
            error,
            List.copyOf(problems));
  }

  /** Ends a reading after its current request; from any thread. */
  void stop() {
    stopped = true;
  }

  @Override
  public void close() {
    CatchUp c = catchUp;
    if (c != null) {
      c.close();
    }
  }
}
