package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.pipeline.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Clock that stands still until the test advances it; no timer fires by itself. */
final class ManualClockwork implements Scheduler {
  long millis = 1_700_000_000_000L;

  /** Tasks that got their own thread, in order. */
  final List<String> executed = new ArrayList<>();

  private final List<Runnable> timers = new ArrayList<>();

  @Override
  public long millis() {
    return millis;
  }

  @Override
  public long nanos() {
    return millis * 1_000_000;
  }

  @Override
  public void execute(String name, Runnable task) {
    executed.add(name);
    task.run();
  }

  @Override
  public Timer schedule(Duration after, Runnable task) {
    timers.add(task);
    return () -> timers.remove(task);
  }

  /** Runs all waiting tasks, regardless of their time. */
  void ring() {
    List<Runnable> due = List.copyOf(timers);
    timers.clear();
    due.forEach(Runnable::run);
  }
}
