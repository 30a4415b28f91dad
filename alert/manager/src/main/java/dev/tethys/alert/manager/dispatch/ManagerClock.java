package dev.tethys.alert.manager.dispatch;

import dev.tethys.model.guard.SupervisedLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Time and threads of the Alertmanager, replaceable in tests. */
public interface ManagerClock extends InstantSource, AutoCloseable {
  /** Task scheduled for later. */
  interface Timer {
    /** Cancels the task unless it has started. */
    void cancel();
  }

  /** Runs a task at a time, on its own thread. */
  Timer at(Instant when, Runnable task);

  /** Runs tasks concurrently and waits for all. */
  void all(java.util.List<Runnable> tasks) throws InterruptedException;

  /** Waits. */
  void pause(Duration d) throws InterruptedException;

  @Override
  void close();

  /** Returns the clock of the machine, with virtual threads. */
  static ManagerClock system() {
    return new SystemClock();
  }

  /** A single thread keeps the time; tasks run elsewhere. */
  final class SystemClock implements ManagerClock {
    private final ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("alertmanager-timer").factory());

    private SystemClock() {
      timer.setRemoveOnCancelPolicy(true);
      timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public Instant instant() {
      return Instant.now();
    }

    @Override
    public Timer at(Instant when, Runnable task) {
      long nanos = Math.max(0, Duration.between(instant(), when).toNanos());
      ScheduledFuture<?> f =
          timer.schedule(
              () -> Thread.ofVirtual().start(SupervisedLoop.task("alertmanager_timer", task)),
              nanos,
              TimeUnit.NANOSECONDS);
      return () -> f.cancel(false);
    }

    @Override
    public void all(java.util.List<Runnable> tasks) throws InterruptedException {
      java.util.List<Thread> threads =
          tasks.stream().map(t -> Thread.ofVirtual().start(t)).toList();
      try {
        for (Thread t : threads) {
          t.join();
        }
      } catch (InterruptedException e) {
        threads.forEach(Thread::interrupt);
        throw e;
      }
    }

    @Override
    public void pause(Duration d) throws InterruptedException {
      Thread.sleep(d);
    }

    @Override
    public void close() {
      timer.shutdownNow();
    }
  }
}
