package dev.tethys.api.prometheus;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.tracing.ActiveSpan;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Threads for label lookups. A lookup over many series takes a tenth of a second of processor time,
 * during which a virtual thread keeps its carrier. So lookups occupy all carriers but one; further
 * lookups wait for one of as many platform threads as there are processors. The remaining carrier
 * serves health checks and ingestion.
 */
final class LookupThreads {
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /** Shared by all listeners, as the carriers are. */
  static final LookupThreads SHARED = new LookupThreads(CORES - 1, CORES);

  private final Semaphore carriers;
  private final ThreadPoolExecutor pool;

  /**
   * Creates the thread pools.
   *
   * @param inline number of lookups that are computed on the calling thread
   * @param threads number of pool threads for all other lookups
   */
  LookupThreads(int inline, int threads) {
    carriers = new Semaphore(inline);
    pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(), // no more than connections
            Thread.ofPlatform().daemon().name("lookup-", 1).factory());
    pool.allowCoreThreadTimeOut(true);
  }

  /**
   * Computes a lookup, which neither reads from its client nor writes to it.
   *
   * @throws ApiException if the server stops meanwhile
   */
  <T> T compute(Supplier<T> lookup) {
    if (!Thread.currentThread().isVirtual()) {
      return lookup.get();
    }
    if (carriers.tryAcquire()) {
      try {
        return lookup.get();
      } finally {
        carriers.release();
      }
    }
    ActiveSpan span = ActiveSpan.current();
    Supplier<T> carried = Cancellation.propagate(lookup);
    Future<T> f = pool.submit(() -> span.<T, RuntimeException>during(carried::get));
    try {
      return f.get();
    } catch (InterruptedException e) {
      f.cancel(true);
      Thread.currentThread().interrupt();
      throw new ApiException(
          ErrorType.CANCELED, "the request was interrupted: the server stops", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException x) {
        throw x;
      }
      if (e.getCause() instanceof Error x) {
        throw x;
      }
      throw new IllegalStateException("a lookup failed", e);
    }
  }
}
