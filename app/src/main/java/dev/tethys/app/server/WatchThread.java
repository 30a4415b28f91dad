package dev.tethys.app.server;

import dev.tethys.model.guard.SupervisedLoop;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Thread of a part of the server that works at an interval, or earlier when it is woken. Started
 * and ended by one thread; {@link #wake} is for any.
 */
final class WatchThread {
  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  private final String name;
  private final Semaphore wake = new Semaphore(0);
  private volatile boolean stopped;
  private @Nullable Thread thread;

  WatchThread(String name) {
    this.name = name;
  }

  /** Starts the work, which must return when {@link #isStopped} is true. */
  void start(Runnable work) {
    thread = Thread.ofVirtual().name(name).start(SupervisedLoop.of(name, work));
  }

  /** Ends the present pause of the work. */
  void wake() {
    wake.release();
  }

  /** Pauses the work; returns whether it must end. */
  boolean isStopped(long seconds) {
    return isStopped(seconds, 0);
  }

  /**
   * Pauses the work; returns whether it must end.
   *
   * @param collectMillis further pause after a wake-up, so that several in a row are one
   */
  boolean isStopped(long seconds, long collectMillis) {
    try {
      if (!stopped && wake.tryAcquire(seconds, TimeUnit.SECONDS)) {
        if (!stopped) {
          Thread.sleep(collectMillis);
        }
        wake.drainPermits();
      }
      return stopped;
    } catch (InterruptedException e) {
      return true;
    }
  }

  /** Asks the work to end; returns false if it still runs after ten seconds. */
  boolean end() {
    stopped = true;
    wake();
    Thread t = thread;
    try {
      return t == null || t.join(LONGEST_END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
