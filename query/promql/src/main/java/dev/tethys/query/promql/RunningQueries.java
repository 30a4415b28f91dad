package dev.tethys.query.promql;

import dev.tethys.model.access.Scope;
import dev.tethys.query.promql.QueryException.Kind;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Running queries, and queries waiting because of the concurrency limit. Places are shared evenly
 * between users ({@link FairQueue}); a query waits at most until its deadline. Rules have their own
 * places, so that no flood of questions delays an alert. Thread-safe.
 */
public final class RunningQueries {
  /** Time after which a waiting query checks the clock and whether it was canceled. */
  private static final long WAIT_SLICE_NANOS = 20_000_000;

  /**
   * Maximum number of queries that have just started, since their memory is not accounted for yet.
   * More start when these have ended, have run for a while, or wait for a store.
   */
  static final int STARTING = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());

  /** Time after which a query without a slot is assumed to wait for something other than a CPU. */
  private static final long STARTING_NANOS = 2_000_000_000;

  /**
   * One query as its observers see it.
   *
   * @param since arrival time
   * @param waiting whether it has no place yet
   * @param elapsedSeconds seconds since arrival
   * @param queuedSeconds part of that time spent waiting
   * @param samples samples loaded so far
   * @param bytes bytes currently held
   * @param peakBytes the most that it held
   */
  public record Entry(
      long id,
      String text,
      QueryOrigin origin,
      Instant since,
      boolean waiting,
      double elapsedSeconds,
      double queuedSeconds,
      long samples,
      long bytes,
      long peakBytes) {}

  private final Map<QueryPriority, Places> places = new EnumMap<>(QueryPriority.class);
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private volatile ActiveQueryFile tracker = ActiveQueryFile.none();
  private final AtomicLong ids = new AtomicLong();
  private final ConcurrentHashMap<Long, Running> queries = new ConcurrentHashMap<>();

  private static final class Running {
    final Query query;
    final Instant since;
    final long arrived;
    final CountDownLatch entered = new CountDownLatch(1);
    volatile boolean waiting = true;
    volatile boolean refused;
    volatile long started;
    long entry; // guarded by its places

    Running(Query query, Instant since, long arrived) {
      this.query = query;
      this.since = since;
      this.arrived = arrived;
    }

    String user() {
      return query.origin().user();
    }
  }

  /** Slots of one priority. Guarded by its own monitor. */
  private static final class Places {
    final int count;
    final String setting;
    final FairQueue<Running> queue;
    final Gate gate;
    final int mostStarting;
    final LongSupplier nanoTime;
    final List<Running> starting = new ArrayList<>();
    int free;

    Places(
        int count,
        String setting,
        int capacity,
        Gate gate,
        int mostStarting,
        LongSupplier nanoTime) {
      this.gate = gate;
      this.mostStarting = mostStarting;
      this.nanoTime = nanoTime;
      this.count = count;
      this.setting = setting;
      this.free = count;
      this.queue = new FairQueue<>(capacity);
    }

    /**
     * Admits waiting queries; the caller must hold the lock. One query may always run, regardless
     * of the gate: it fails if there is no memory for it.
     */
    void fill() {
      while (free > 0 && hasStarted() && (free == count || isAdmitted())) {
        Running r = queue.next();
        if (r == null) {
          return;
        }
        free--;
        r.entry = nanoTime.getAsLong();
        starting.add(r);
        r.entered.countDown();
      }
    }

    private boolean isAdmitted() {
      return gate.admits(queue.runningOfNext(), starting.size());
    }

    /** Whether few enough of those that were let in are in their first moments. */
    private boolean hasStarted() {
      if (starting.size() < mostStarting) {
        return true;
      }
      long now = nanoTime.getAsLong();
      starting.removeIf(r -> now - r.entry > STARTING_NANOS);
      return starting.size() < mostStarting;
    }
  }

  /** Condition under which another query may start while others run. */
  interface Gate {
    /**
     * Whether the next query may start.
     *
     * @param ofUser number of running queries of the same user
     * @param starting number of queries that have just started
     */
    boolean admits(int ofUser, int starting);
  }

  /**
   * @param gate gate for all queries except those of rules
   */
  RunningQueries(EngineOptions options, InstantSource clock, LongSupplier nanoTime, Gate gate) {
    places.put(
        QueryPriority.INTERACTIVE,
        new Places(
            options.maxConcurrent(),
            "query.max-concurrency",
            options.maxQueued(),
            gate,
            STARTING,
            nanoTime));
    places.put(
        QueryPriority.RULE,
        new Places(
            options.ruleConcurrent(),
            "rules.max-concurrent-evals",
            options.maxQueued(),
            (ofUser, starting) -> true,
            options.ruleConcurrent(),
            nanoTime));
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  /** Records queries that start from now on in a file. */
  void track(ActiveQueryFile file) {
    tracker = file;
  }

  private Places places(Query q) {
    Places p = places.get(q.origin().priority());
    if (p == null) {
      throw new IllegalStateException("no places for " + q.origin().priority());
    }
    return p;
  }

  /** Slot among the running queries. */
  final class QuerySlot implements AutoCloseable {
    private final long id;
    private final Running running;
    private final ActiveQueryFile file;
    private final int tracked;

    private QuerySlot(long id, Running running) {
      this.id = id;
      this.running = running;
      this.file = tracker;
      this.tracked = file.begin(running.query.text(), running.since);
    }

    /** Returns the time at which the query got its slot, as a {@link System#nanoTime} value. */
    long start() {
      return running.started;
    }

    /** Records that the query has been computing for some time. */
    void computesLong() {
      Places p = places(running.query);
      synchronized (p) {
        if (p.starting.remove(running)) {
          p.fill();
        }
      }
    }

    @Override
    public void close() {
      file.end(tracked);
      queries.remove(id);
      leave(running);
    }
  }

  private void leave(Running r) {
    Places p = places(r.query);
    synchronized (p) {
      p.free++;
      p.starting.remove(r);
      p.queue.ended(r.user());
      p.fill();
    }
  }

  /** Waits for a slot. */
  QuerySlot enter(Query q, long deadlineNanos) {
    long id = ids.incrementAndGet();
    Running r = new Running(q, clock.instant(), nanoTime.getAsLong());
    Places p = places(q);
    queries.put(id, r);
    boolean entered = false;
    try {
      synchronized (p) {
        Running out = p.queue.add(r.user(), r);
        if (out != null) {
          out.refused = true;
          out.entered.countDown();
        }
        p.fill();
      }
      await(q, r, p, deadlineNanos);
      entered = true;
    } finally {
      if (!entered) {
        queries.remove(id);
        withdraw(r, p);
      }
    }
    r.started = nanoTime.getAsLong();
    r.waiting = false;
    return new QuerySlot(id, r);
  }

  private void await(Query q, Running r, Places p, long deadlineNanos) {
    try {
      while (true) {
        if (q.isCanceled()) {
          throw new QueryException(Kind.CANCELED, "query was canceled in query queue");
        }
        long remaining = deadlineNanos - nanoTime.getAsLong();
        if (remaining <= 0) {
          throw new QueryException(
              Kind.TIMEOUT,
              "query timed out in query queue: "
                  + p.count
                  + " queries were running ("
                  + p.setting
                  + ")");
        }
        if (r.entered.await(Math.min(remaining, WAIT_SLICE_NANOS), TimeUnit.NANOSECONDS)) {
          if (r.refused) {
            throw new QueryException(
                Kind.OVERLOAD,
                "too many queries are waiting for one of the "
                    + p.count
                    + " places of "
                    + p.setting
                    + ", most of them of this user: retry later, or raise query.max-queued");
          }
          return;
        }
        synchronized (p) {
          p.fill(); // memory may have been given back since a query ended
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueryException(Kind.CANCELED, "query was canceled in query queue", e);
    }
  }

  /** Leaves the queue, or returns the slot that was just assigned. */
  private void withdraw(Running r, Places p) {
    boolean had;
    synchronized (p) {
      had = !p.queue.remove(r.user(), r) && !r.refused;
    }
    if (had) {
      leave(r);
    }
  }

  /** Returns the number of queries since startup, including those that run or wait. */
  public long totalQueries() {
    return ids.get();
  }

  /** Returns the number of running and waiting queries. */
  public int size() {
    return queries.size();
  }

  /** Queries that run or wait and visible to a scope, the oldest first. */
  public List<Entry> list(Scope scope) {
    List<Entry> out = new ArrayList<>();
    queries.forEach(
        (id, r) -> {
          if (scope.sees(r.query.origin().scope().tenant())) {
            out.add(entry(id, r));
          }
        });
    out.sort(Comparator.comparingLong(Entry::id));
    return out;
  }

  private Entry entry(long id, Running r) {
    long now = nanoTime.getAsLong();
    boolean waiting = r.waiting;
    Query.@Nullable Progress p = r.query.progress();
    return new Entry(
        id,
        r.query.text(),
        r.query.origin(),
        r.since,
        waiting,
        (now - r.arrived) / 1e9,
        ((waiting ? now : r.started) - r.arrived) / 1e9,
        p == null ? 0 : p.samples(),
        p == null ? 0 : p.bytes(),
        p == null ? 0 : p.peakBytes());
  }

  /** Stops a query; returns false if the scope sees no query of that number. */
  public boolean cancel(Scope scope, long id) {
    Running r = queries.get(id);
    if (r == null || !scope.sees(r.query.origin().scope().tenant())) {
      return false;
    }
    r.query.cancel();
    return true;
  }
}
