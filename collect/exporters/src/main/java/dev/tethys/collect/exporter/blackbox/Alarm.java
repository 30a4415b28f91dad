package dev.tethys.collect.exporter.blackbox;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection when the time of a look is up: that is how whoever waits for it is told. One
 * thread serves all looks; closing is done on threads of their own.
 */
final class Alarm implements AutoCloseable {
  private static final ScheduledThreadPoolExecutor TIMER =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("probe-deadlines").factory());

  static {
    TIMER.setRemoveOnCancelPolicy(true);
  }

  private final ScheduledFuture<?> alarm;
  private volatile boolean rung;

  private Alarm(Closeable connection, Look look) {
    alarm =
        TIMER.schedule(
            () -> {
              rung = true;
              Thread.ofVirtual()
                  .start(
                      () -> {
                        try {
                          connection.close();
                        } catch (IOException e) {
                          // it is over anyway
                        }
                      });
            },
            look.deadline - System.nanoTime(),
            TimeUnit.NANOSECONDS);
  }

  static Alarm closing(Closeable connection, Look look) {
    return new Alarm(connection, look);
  }

  /** Something that is done over the connection. */
  interface Work {
    boolean run() throws IOException;
  }

  /** Does it; an exception says that the time is up where it is. */
  boolean told(Work work) throws IOException {
    try {
      return work.run();
    } catch (IOException e) {
      throw rung ? new IOException("i/o timeout", e) : e;
    }
  }

  @Override
  public void close() {
    alarm.cancel(false);
  }
}
