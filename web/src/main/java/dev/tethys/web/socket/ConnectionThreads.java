package dev.tethys.web.socket;

import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Threads that read connections without requests: platform threads up to a limit of the process,
 * then virtual ones. A client that sends without a pause never lets its reader wait: on virtual
 * threads a few such clients would keep all carriers from others.
 */
public final class ConnectionThreads {
  /** Connections of the process that are read on platform threads. */
  public static final int MAX_PLATFORM_THREADS = 64;

  private static final Semaphore PLATFORM = new Semaphore(MAX_PLATFORM_THREADS);

  private ConnectionThreads() {}

  /**
   * Runs a task on its own thread.
   *
   * @param known called with the thread before it starts; the start may still fail
   */
  public static void start(String name, Consumer<Thread> known, Runnable task) {
    int places = PLATFORM.tryAcquire() ? 1 : 0;
    boolean started = false;
    try {
      Thread t =
          (places > 0 ? Thread.ofPlatform().daemon() : Thread.ofVirtual())
              .name(name)
              .unstarted(
                  () -> {
                    try {
                      task.run();
                    } finally {
                      PLATFORM.release(places);
                    }
                  });
      known.accept(t);
      t.start();
      started = true;
    } finally {
      if (!started) { // the system has no thread to give
        PLATFORM.release(places);
      }
    }
  }
}
