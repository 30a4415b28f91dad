package dev.tethys.pipeline;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Time that advances only on request, and tasks that run on request. */
public final class ManualClockwork implements Scheduler {
  private record Alarm(long at, long order, Runnable task) {}

  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final List<Alarm> alarms = new ArrayList<>();
  private long nanos = 1_000_000_000L;
  private long order;

  @Override
  public synchronized long millis() {
    return nanos / 1_000_000;
  }

  @Override
  public synchronized long nanos() {
    return nanos;
  }

  @Override
  public synchronized void execute(String name, Runnable task) {
    tasks.add(task);
    notifyAll();
  }

  @Override
  public synchronized Timer schedule(Duration after, Runnable task) {
    Alarm a = new Alarm(nanos + Math.max(0, after.toNanos()), order++, task);
    alarms.add(a);
    return () -> {
      synchronized (this) {
        alarms.remove(a);
      }
    };
  }

  /** Runs tasks until none is left. */
  public ManualClockwork run() {
    for (Runnable r = poll(); r != null; r = poll()) {
      r.run();
    }
    return this;
  }

  private synchronized @org.jspecify.annotations.Nullable Runnable poll() {
    return tasks.poll();
  }

  /** Tasks that wait to run. */
  public synchronized int waiting() {
    return tasks.size();
  }

  /** Alarms that are set. */
  public synchronized int alarms() {
    return alarms.size();
  }

  /** Advances the clock, running timers and tasks as they become due. */
  public ManualClockwork advance(Duration by) {
    long end = nanos() + by.toNanos();
    while (true) {
      run();
      Alarm next;
      synchronized (this) {
        next =
            alarms.stream()
                .filter(a -> a.at <= end)
                .min(Comparator.comparingLong(Alarm::at).thenComparingLong(Alarm::order))
                .orElse(null);
        if (next == null) {
          nanos = end;
          break;
        }
        alarms.remove(next);
        nanos = Math.max(nanos, next.at);
      }
      next.task.run();
    }
    return run();
  }
}
