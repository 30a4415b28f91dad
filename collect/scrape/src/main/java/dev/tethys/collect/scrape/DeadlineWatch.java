package dev.tethys.collect.scrape;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Closes answers whose bodies do not come to an end in time: a read from a slow target has no
 * timeout of its own. One thread watches over all of a process's scrapes.
 */
final class DeadlineWatch implements Closeable {
  private final ScheduledThreadPoolExecutor timer;

  DeadlineWatch() {
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("scrape-deadlines").factory());
    timer.setRemoveOnCancelPolicy(true);
  }

  /** One answer watched over; to be closed when its body has been read. */
  static final class Watch implements Closeable {
    private final Closeable watched;
    private volatile boolean expired;
    private volatile boolean done;
    private ScheduledFuture<?> alarm;

    @SuppressWarnings("NullAway.Init") // set by watch() before anyone sees it
    private Watch(Closeable watched) {
      this.watched = watched;
    }

    private void expire() {
      if (!done) {
        expired = true;
        // Closing may wait for the network, and others' deadlines must not wait for that.
        Thread.ofVirtual().start(this::closeQuietly);
      }
    }

    private void closeQuietly() {
      try {
        watched.close();
      } catch (IOException e) {
        // the reader is told by its own exception
      }
    }

    /** Whether the deadline passed before this was closed. */
    boolean expired() {
      return expired;
    }

    @Override
    public void close() {
      done = true;
      alarm.cancel(false);
    }
  }

  /**
   * Watches over an answer.
   *
   * @param deadline by {@link System#nanoTime()}
   */
  Watch watch(Closeable answer, long deadline) {
    Watch w = new Watch(answer);
    w.alarm =
        timer.schedule(w::expire, Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    return w;
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
