package dev.tethys.web.internal;

import dev.tethys.model.guard.ComputeThreads;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.tracing.ActiveSpan.TracedAction;
import dev.tethys.web.HttpRequest;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Platform threads that decode large bodies of requests. On virtual threads a few such requests
 * would occupy all carriers, and connections and health checks would wait for them.
 */
public final class BodyThreads {
  /** Minimum size of a large body. */
  static final int LARGE_BYTES = 64 << 10;

  /** Minimum size of a large compressed body. */
  static final int LARGE_COMPRESSED_BYTES = 4 << 10;

  /** Maximum number of requests with a pooled thread; further ones run on their own. */
  static final int MAX_THREADS = 64;

  private static final Semaphore PLACES = new Semaphore(MAX_THREADS);
  private static final ComputeThreads THREADS = new ComputeThreads("request-body");

  private BodyThreads() {}

  /** Whether decoding a body is slow. */
  public static boolean isLarge(long bytes, boolean compressed) {
    return bytes >= (compressed ? LARGE_COMPRESSED_BYTES : LARGE_BYTES);
  }

  /**
   * Runs work of a request that charges its memory to it, on a platform thread if it is large and
   * there is a thread for it.
   */
  public static <T extends @Nullable Object, E extends Exception> T run(
      HttpRequest request, boolean large, TracedAction<T, E> work) throws E {
    if (!large || !Thread.currentThread().isVirtual() || !PLACES.tryAcquire()) {
      return RequestMemory.during(request::reserve, work::run);
    }
    try {
      return THREADS.run(() -> RequestMemory.during(request::reserve, work::run));
    } finally {
      PLACES.release();
    }
  }
}
