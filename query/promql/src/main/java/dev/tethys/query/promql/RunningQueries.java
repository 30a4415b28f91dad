package dev.tethys.query.promql;

import dev.tethys.query.promql.QueryException.Kind;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The queries that run and those that wait because too many do. A query waits in the order of
 * arrival, at most until its deadline. Safe for any number of threads.
 */
public final class RunningQueries {
  /** How often a waiting query looks whether it was canceled. */
  private static final long WAIT_SLICE_NANOS = 20_000_000;

  /** One query as its observers see it. */
  public record Entry(long id, String text, Instant since, boolean waiting) {}

  private final int maxConcurrent;
  private final Semaphore places;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final AtomicLong ids = new AtomicLong();
  private final ConcurrentHashMap<Long, Running> queries = new ConcurrentHashMap<>();

  private static final class Running {
    final Query query;
    final Instant since;
    volatile boolean waiting = true;

    Running(Query query, Instant since) {
      this.query = query;
      this.since = since;
    }
  }

  RunningQueries(int maxConcurrent, InstantSource clock, LongSupplier nanoTime) {
    this.maxConcurrent = maxConcurrent;
    this.places = new Semaphore(maxConcurrent, true);
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  /** A place among the running queries. */
  final class Place implements AutoCloseable {
    private final long id;
    private final long start;

    private Place(long id, long start) {
      this.id = id;
      this.start = start;
    }

    /** When the query got its place, in {@link System#nanoTime}'s terms. */
    long start() {
      return start;
    }

    @Override
    public void close() {
      queries.remove(id);
      places.release();
    }
  }

  /** Waits for a place. */
  Place enter(Query q, long deadlineNanos) {
    long id = ids.incrementAndGet();
    Running r = new Running(q, clock.instant());
    queries.put(id, r);
    boolean entered = false;
    try {
      while (!entered) {
        if (q.isCanceled()) {
          throw new QueryException(Kind.CANCELED, "query was canceled in query queue");
        }
        long left = deadlineNanos - nanoTime.getAsLong();
        if (left <= 0) {
          throw new QueryException(
              Kind.TIMEOUT,
              "query timed out in query queue: "
                  + maxConcurrent
                  + " queries were running (query.max-concurrency)");
        }
        entered = places.tryAcquire(Math.min(left, WAIT_SLICE_NANOS), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueryException(Kind.CANCELED, "query was canceled in query queue", e);
    } finally {
      if (!entered) {
        queries.remove(id);
      }
    }
    r.waiting = false;
    return new Place(id, nanoTime.getAsLong());
  }

  /** How many queries may run at once. */
  public int maxConcurrent() {
    return maxConcurrent;
  }

  /** All queries that run or wait, the oldest first. */
  public List<Entry> list() {
    List<Entry> out = new ArrayList<>();
    queries.forEach((id, r) -> out.add(new Entry(id, r.query.text(), r.since, r.waiting)));
    out.sort(Comparator.comparingLong(Entry::id));
    return out;
  }

  /** Stops a query; false when there is none of that number. */
  public boolean cancel(long id) {
    Running r = queries.get(id);
    if (r == null) {
      return false;
    }
    r.query.cancel();
    return true;
  }
}
