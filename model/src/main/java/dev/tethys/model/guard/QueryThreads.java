package dev.tethys.model.guard;

import dev.tethys.model.tracing.ActiveSpan;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Threads on which the queries of an API compute. A query that computed on the virtual thread of
 * its request would keep a carrier from all other requests; on a platform thread the kernel shares
 * the processors fairly. Few queries compute at a time, others wait in order, and beyond a number
 * or a time of waiting they are refused.
 *
 * <p>Invariant: at most as many threads compute as there are places.
 */
public final class QueryThreads {
  /** Most queries that wait. */
  private static final int MAX_WAITING = 128;

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /** Places for each processor. */
  private static final int PLACES_OF_PROCESSOR = 2;

  /** There is no place for a query now. */
  public static final class NoPlaceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoPlaceException(String message) {
      super(message, null, false, false);
    }
  }

  private static final class Worker extends Thread {
    Worker(Runnable work, String name) {
      super(null, work, name);
      setDaemon(true);
    }
  }

  private final String name;
  private final int maxWaiting;
  private final Duration longest;
  private final Semaphore places;
  private final AtomicInteger waiting = new AtomicInteger();
  private final ThreadPoolExecutor pool;

  /**
   * Threads of the usual bounds.
   *
   * @param name of what is queried, for names of threads and refusals
   */
  public QueryThreads(String name) {
    this(
        name,
        PLACES_OF_PROCESSOR * Runtime.getRuntime().availableProcessors(),
        MAX_WAITING,
        LONGEST_WAIT);
  }

  QueryThreads(String name, int places, int maxWaiting, Duration longest) {
    this.name = name;
    this.maxWaiting = maxWaiting;
    this.longest = longest;
    this.places = new Semaphore(places, true);
    this.pool =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE, // as many as places
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            r -> new Worker(r, "query-" + name));
  }

  /**
   * Runs a query when it has a place, and waits for it. An interrupt is passed on to it.
   *
   * @throws NoPlaceException when too many queries wait, or it has waited too long
   */
  public <T extends @Nullable Object> T run(Callable<T> query) throws Exception {
    if (Thread.currentThread() instanceof Worker) {
      return query.call(); // part of a query that has its place
    }
    awaitPlace();
    try {
      return await(query);
    } finally {
      places.release();
    }
  }

  /** How many queries wait for a place. */
  int waiting() {
    return waiting.get();
  }

  private void awaitPlace() {
    if (places.tryAcquire()) {
      return;
    }
    try {
      if (waiting.incrementAndGet() > maxWaiting) {
        throw new NoPlaceException(
            "too many queries of "
                + name
                + " run and "
                + maxWaiting
                + " wait already, send the query again later");
      }
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
    } finally {
      waiting.decrementAndGet();
    }
  }

  private <T extends @Nullable Object> T await(Callable<T> query) throws Exception {
    ActiveSpan span = ActiveSpan.current();
    FutureTask<T> task = new FutureTask<>(() -> span.during(query::call));
    @Nullable Thread[] worker = {null};
    boolean interrupted = false;
    pool.execute(
        () -> {
          synchronized (worker) {
            worker[0] = Thread.currentThread();
          }
          task.run();
          synchronized (worker) {
            worker[0] = null;
          }
        });
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
          synchronized (worker) {
            Thread computing = worker[0];
            if (computing != null) {
              computing.interrupt();
            }
          }
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception x) {
        throw x;
      }
      if (e.getCause() instanceof Error x) {
        throw x;
      }
      throw e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
