package dev.tethys.runtime;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Orderly shutdown of the process. The first SIGTERM or SIGINT, or {@link #request()}, lets the
 * role that waits in {@link #await()} return and close its resources; the process then ends with
 * the exit code of the role, not with the signal's.
 */
public final class Shutdown {
  private static final CountDownLatch REQUESTED = new CountDownLatch(1);
  private static final CountDownLatch FINISHED = new CountDownLatch(1);

  /** Maximum time of closing before the process is ended anyway; see {@link #allow}. */
  private static volatile long limitSeconds = 60;

  private static volatile int status;
  private static volatile boolean failed;

  private Shutdown() {}

  /** Waits until the process is to stop. */
  public static void await() {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  REQUESTED.countDown();
                  try {
                    FINISHED.await(limitSeconds, TimeUnit.SECONDS);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  // Inside a hook nothing else ends the process with a given status.
                  Runtime.getRuntime().halt(status);
                },
                "shutdown"));
    try {
      REQUESTED.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Allows closing to take the time set by a flag, plus 30 s for the rest, if that is more than the
   * usual minute.
   */
  public static void allow(Duration draining) {
    limitSeconds = Math.max(limitSeconds, draining.toSeconds() + 30);
  }

  /** Signals the process to stop. */
  public static void request() {
    REQUESTED.countDown();
  }

  /** Shuts down after a fatal failure. */
  public static void fail() {
    failed = true;
    REQUESTED.countDown();
  }

  /** Whether a shutdown was requested. */
  public static boolean isRequested() {
    return REQUESTED.getCount() == 0;
  }

  /** Whether the process stops because of {@link #fail}. */
  public static boolean hasFailed() {
    return failed;
  }

  /** Signals that everything is closed, so that the process may end. */
  public static void finished(int exitCode) {
    status = exitCode;
    FINISHED.countDown();
  }
}
