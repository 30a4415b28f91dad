package dev.tethys.model.guard;

import dev.tethys.model.tracing.ActiveSpan.TracedAction;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Threads that run the queries of an API. On the virtual thread of its request, a query would
 * occupy a carrier; on a platform thread the kernel shares the processors fairly. A few queries run
 * at a time and others wait in order; queries beyond the maximum number or time of waiting are
 * rejected.
 *
 * <p>Invariant: at most as many threads compute as there are places.
 */
public final class QueryThreads {
  /** Maximum number of waiting queries. */
  private static final int MAX_WAITING = 128;

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /** No slot is available for a query. */
  public static final class NoPlaceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoPlaceException(String message) {
      super(message, null, false, false);
    }
  }

  private final String name;
  private final int maxWaiting;
  private final Duration longest;
  private final QueryPlaces.Language places;
  private final AtomicInteger unanswered = new AtomicInteger();
  private final LongAdder total = new LongAdder();
  private final ComputeThreads threads;

  /**
   * Threads with the default limits.
   *
   * @param name kind of data queried, for thread names and rejections
   * @param places slots of the query language
   */
  public QueryThreads(String name, QueryPlaces.Language places) {
    this(name, places, MAX_WAITING, LONGEST_WAIT);
  }

  /**
   * Creates threads that share their places with no other language, for tools and tests.
   *
   * @param name name of the data being queried
   */
  public static QueryThreads alone(String name) {
    return new QueryThreads(name, QueryPlaces.ofProcess().add());
  }

  QueryThreads(String name, QueryPlaces.Language places, int maxWaiting, Duration longest) {
    this.name = name;
    this.maxWaiting = maxWaiting;
    this.longest = longest;
    this.places = places;
    this.threads = new ComputeThreads("query-" + name);
  }

  /**
   * Runs a query when it has a place, and waits for it. An interrupt is passed on to it.
   *
   * @throws NoPlaceException if too many queries wait, or it has waited too long
   */
  public <T extends @Nullable Object, E extends Exception> T run(TracedAction<T, E> query)
      throws E {
    if (threads.isOwn(Thread.currentThread())) {
      return query.run(); // part of a query that has its place
    }
    total.increment();
    unanswered.incrementAndGet();
    try {
      awaitPlace();
      try {
        return threads.run(query);
      } finally {
        places.release();
      }
    } finally {
      unanswered.decrementAndGet();
    }
  }

  /** Number of queries since startup, including running and waiting ones. */
  public long total() {
    return total.sum();
  }

  /** Number of running and waiting queries. */
  public int unanswered() {
    return unanswered.get();
  }

  /** Number of queries that wait for a slot. */
  int waiting() {
    return places.waiting();
  }

  private void awaitPlace() {
    if (places.tryAcquire()) {
      return;
    }
    if (places.waiting() >= maxWaiting) {
      throw new NoPlaceException(
          "too many queries of "
              + name
              + " run and "
              + maxWaiting
              + " wait already, send the query again later");
    }
    try {
      if (!places.tryAcquire(longest.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new NoPlaceException(
            "too many queries of "
                + name
                + " run: this one has waited for "
                + longest.toSeconds()
                + " s, send it again later");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoPlaceException("interrupted while waiting for a place to run the query");
    }
  }
}
