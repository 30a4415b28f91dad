package dev.tethys.insight.source;

import dev.tethys.insight.source.NameBatches.Batch;
import dev.tethys.insight.source.SourceMarks.Hole;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.BlockImport;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.SampleSorter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Backfills intervals missed because of a failure of the source or of this server, or that precede
 * the first reading. The newest interval comes first, in pieces of at most two hours, so that pages
 * of the last hours are complete first. A piece is read with many requests, sorted on disk and
 * written as a block, which costs no memory for its samples; the part that the memory of the cache
 * covers is appended as late samples.
 *
 * <p>Not thread-safe.
 */
final class CatchUp implements AutoCloseable {
  /** Maximum interval read in one request. */
  static final long PIECE = SampleSorter.GRANULE_MILLIS;

  /** Memory of samples that wait to be sorted. */
  private static final long SORT_BYTES = 16L << 20;

  /** Samples of a piece after which the rest of it is left out. */
  private static final long MAX_SAMPLES = 200_000_000;

  /**
   * Request interval above which a response that is too large shortens the interval instead of
   * splitting the names.
   */
  private static final long MIN_RANGE = 300_000;

  /** Initial request interval; it doubles while responses are small. */
  private static final long FIRST_RANGE = 1_800_000;

  /** Number of samples in a response up to which the request interval is doubled. */
  private static final long SMALL_ANSWER = 200_000;

  /** Part of a piece without samples that counts as a gap. */
  private static final long TOLERANCE = 300_000;

  /** Attempts to read or write a piece before it is left out. */
  private static final int MAX_ATTEMPTS = 5;

  private static final int COMMIT_SAMPLES = 20_000;

  private final SourceClient client;
  private final SourceLabels decoder;
  private final SourceMarks marks;
  private final MetricsDatabase database;
  private final Deque<Request> requests = new ArrayDeque<>();
  private final List<String> problems = new ArrayList<>();
  private final NameBatches batches = new NameBatches();
  private @Nullable Hole piece;
  private @Nullable SampleSorter sorter;
  private long range = FIRST_RANGE;
  private int attempts;
  private int refusals;
  private @Nullable Appender appender; // of late samples
  private int uncommitted;

  /** Names and an interval that are to be read. */
  private record Request(Batch batch, long from, long to) {}

  CatchUp(SourceClient client, SourceLabels decoder, SourceMarks marks, MetricsDatabase database) {
    this.client = client;
    this.decoder = decoder;
    this.marks = marks;
    this.database = database;
  }

  /** True if there is an interval to be read. */
  boolean isNeeded() {
    return piece != null || !marks.holes().isEmpty();
  }

  /** Problems: most recent omissions, with reasons. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  private void problem(String text) {
    problems.remove(text);
    problems.add(text);
    if (problems.size() > 10) {
      problems.removeFirst();
    }
  }

  /**
   * Sends one request, or writes a piece that is complete.
   *
   * @throws SourceException if the source is away or refuses; the next call tries again
   * @throws StorageException if the cache cannot be written
   */
  void step(WantedNames wanted, long now) throws SourceException, InterruptedException {
    try {
      next(wanted, now);
    } catch (SourceException e) {
      // The source is responding, otherwise this would not be called.
      if (e.kind() == SourceException.Kind.REFUSED && ++refusals >= MAX_ATTEMPTS) {
        Hole p = piece == null ? newest() : piece;
        if (p != null) {
          marks.addMissing(p.from(), p.to(), "the source refuses it: " + e.getMessage());
          marks.fill(p.from(), p.to());
          marks.write();
        }
        close();
        return;
      }
      throw e;
    }
  }

  private void next(WantedNames wanted, long now) throws SourceException, InterruptedException {
    Hole p = piece;
    SampleSorter s = sorter;
    if (p == null || s == null) {
      begin(wanted, now);
      return;
    }
    Request r = requests.poll();
    if (r == null) {
      write(p, s);
    } else if (s.samples() >= MAX_SAMPLES) {
      problem("a part of " + TimeTexts.range(p.from(), p.to()) + " is left out: too many samples");
      requests.clear();
    } else {
      read(r, s, now);
    }
  }

  private @Nullable Hole newest() {
    List<Hole> holes = marks.holes();
    if (holes.isEmpty()) {
      return null;
    }
    Hole h = holes.getFirst();
    long start = Math.floorDiv(h.to() - 1, PIECE) * PIECE;
    return new Hole(Math.max(h.from(), start), h.to(), h.isHistory());
  }

  /** Chooses the newest piece and finds the names of its metrics. */
  private void begin(WantedNames wanted, long now) throws SourceException, InterruptedException {
    Hole p = newest();
    if (p == null) {
      return;
    }
    long from = Math.floorDiv(p.from(), 1000) * 1000;
    long to = Math.ceilDiv(p.to(), 1000) * 1000;
    List<String> names = client.names(from, to).stream().filter(wanted::includes).toList();
    batches.update(names, names.isEmpty() ? List.of() : wanted.selectors(), now);
    requests.clear();
    for (Batch b : batches.all()) {
      requests.add(new Request(b, from, to));
    }
    piece = p;
    sorter = database.sampleSorter(SORT_BYTES);
  }

  private void read(Request r, SampleSorter into, long now)
      throws SourceException, InterruptedException {
    if (r.to - r.from > range) {
      requests.addFirst(new Request(r.batch, r.from + range, r.to));
      requests.addFirst(new Request(r.batch, r.from, r.from + range));
      return;
    }
    long before = into.samples();
    try {
      client.samples(r.batch.promql(), r.from, r.to, new Sorting(into, r));
      if (into.samples() - before < SMALL_ANSWER) {
        range = Math.min(PIECE, range * 2);
      }
    } catch (SourceException e) {
      switch (e.kind()) {
        case AWAY, REFUSED -> {
          requests.addFirst(r);
          throw e;
        }
        case SLOW, TOO_LARGE -> {
          if (r.to - r.from > MIN_RANGE) {
            range = Math.max(MIN_RANGE, Math.ceilDiv(r.to - r.from, 2000) * 1000);
            requests.addFirst(r);
          } else {
            divide(r, now, e);
          }
        }
        case UNREADABLE -> divide(r, now, e);
      }
      if (e.kind() == SourceException.Kind.SLOW) {
        throw e; // so that a slow source gets a pause
      }
    }
  }

  private void divide(Request r, long now, SourceException e) {
    List<Batch> halves = batches.split(r.batch);
    if (halves.isEmpty()) {
      batches.leaveOut(r.batch, now, String.valueOf(e.getMessage()));
      problem(
          r.batch.shown()
              + " is left out of "
              + TimeTexts.range(r.from, r.to)
              + ": "
              + e.getMessage());
    }
    for (Batch b : halves.reversed()) {
      requests.addFirst(new Request(b, r.from, r.to));
    }
  }

  /** Adds the samples of a response to those of the piece. */
  private final class Sorting implements QueryAnswer.Sink {
    private final SampleSorter into;
    private final Request request;
    private @Nullable Labels current;

    Sorting(SampleSorter into, Request request) {
      this.into = into;
      this.request = request;
    }

    @Override
    public void series(byte[] labels, int length, boolean isWhole) {
      try {
        current = isWhole ? decoder.decode(labels, 0, length) : null;
      } catch (IllegalArgumentException e) {
        current = null; // the reading of new samples reports such series
      }
    }

    @Override
    public void sample(long time, double value) {
      Labels l = current;
      if (l != null && time >= request.from && time <= request.to) {
        into.add(l, 0, time, Double.isNaN(value) ? Samples.NORMAL_NAN : value);
      }
    }

    @Override
    public void histograms() {
      // The reading of new samples reports such series.
    }
  }

  private void write(Hole p, SampleSorter s) {
    try {
      if (s.samples() > 0) {
        write(s);
      }
    } catch (StorageException e) {
      if (e.reason() == StorageException.Reason.INVALID && ++attempts < MAX_ATTEMPTS) {
        return; // another source appended late samples meanwhile; the next step tries again
      }
      if (e.reason() != StorageException.Reason.INVALID) {
        throw e;
      }
      marks.addMissing(p.from(), p.to(), "the cache could not write it: " + e.getMessage());
    }
    attempts = 0;
    noteGaps(p, s);
    marks.fill(p.from(), p.to());
    marks.write();
    close();
  }

  private void write(SampleSorter s) {
    try (BlockImport into = database.blockImport()) {
      for (long start : s.ranges(PIECE)) {
        if (into.floor() <= Math.max(start, s.minTime())) {
          s.read(start, start + PIECE - 1, this::append);
          continue;
        }
        try (BlockImport.Draft draft = into.begin(null, start, start + PIECE, List.of(), 1)) {
          s.read(start, start + PIECE - 1, draft::add);
          draft.finish();
        }
      }
      commit();
    } finally {
      discard();
    }
  }

  private void append(Labels labels, SampleBuffer samples) {
    Appender a = appender;
    if (a == null) {
      a = database.appender();
      appender = a;
    }
    long series;
    try {
      series = a.series(labels);
    } catch (StorageException e) {
      if (e.reason() == StorageException.Reason.UNAVAILABLE) {
        throw e;
      }
      problem("series are left out while catching up: " + e.getMessage());
      return;
    }
    for (int i = 0; i < samples.size; i++) {
      a.append(series, 0, samples.timestamps[i], samples.values[i]);
    }
    uncommitted += samples.size;
    if (uncommitted >= COMMIT_SAMPLES) {
      commit();
    }
  }

  private void commit() {
    Appender a = appender;
    if (a != null) {
      a.commit();
      discard();
    }
  }

  private void discard() {
    Appender a = appender;
    appender = null;
    uncommitted = 0;
    if (a != null) {
      a.close();
    }
  }

  private void noteGaps(Hole p, SampleSorter s) {
    if (p.isHistory()) {
      return;
    }
    String reason = "the source has no samples of this time";
    if (s.samples() == 0) {
      marks.addMissing(p.from(), p.to(), reason);
      return;
    }
    if (s.minTime() - p.from() > TOLERANCE) {
      marks.addMissing(p.from(), s.minTime(), reason);
    }
    if (p.to() - s.maxTime() > TOLERANCE) {
      marks.addMissing(s.maxTime(), p.to(), reason);
    }
  }

  /** Discards a piece that is not complete; it is read again later. */
  @Override
  public void close() {
    requests.clear();
    refusals = 0;
    piece = null;
    SampleSorter s = sorter;
    sorter = null;
    if (s != null) {
      s.close();
    }
  }
}
