package dev.tethys.pipeline;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.turns.TimedTurns;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Virtual threads, or a few platform threads, and one platform thread for timers that starts with
 * the first timer.
 */
final class SystemScheduler implements Scheduler {
  static final SystemScheduler INSTANCE = new SystemScheduler(null);
  static final SystemScheduler OF_FEW_TASKS = new SystemScheduler(new TimedTurns("tasks", 4));

  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline");
  private static final LimitedLog LINES = new LimitedLog(LOG);

  private final ScheduledThreadPoolExecutor timers =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("pipeline-timers").factory());

  private final @Nullable TimedTurns turns;

  private SystemScheduler(@Nullable TimedTurns turns) {
    this.turns = turns;
    timers.setRemoveOnCancelPolicy(true);
  }

  @Override
  public long millis() {
    return System.currentTimeMillis();
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public void execute(String name, Runnable task) {
    if (turns != null) {
      turns.at(nanos(), task);
    } else {
      Thread.ofVirtual().name(name).start(task);
    }
  }

  @Override
  public Timer schedule(Duration after, Runnable task) {
    ScheduledFuture<?> f =
        timers.schedule(() -> guarded(task), Math.max(0, after.toNanos()), TimeUnit.NANOSECONDS);
    return () -> f.cancel(false);
  }

  /**
   * Runs a task and logs errors: many tasks schedule their next run at their end, so an error must
   * not propagate to the task.
   */
  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (VirtualMachineError e) {
      LINES.failure(Level.ERROR, "Timed task of the pipeline failed, it runs again", "", e);
      timers.schedule(() -> guarded(task), 1, TimeUnit.SECONDS);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a timed task of the pipeline failed", e);
    }
  }
}
