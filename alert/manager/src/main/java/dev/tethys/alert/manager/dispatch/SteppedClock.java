package dev.tethys.alert.manager.dispatch;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Clock advanced by its owner, for replays and tests. Tasks run in order on the owner's thread. Not
 * thread-safe.
 */
public final class SteppedClock implements ManagerClock {
  private record Task(Instant when, long number, Runnable run) {}

  private final List<Task> tasks = new ArrayList<>();
  private Instant now;
  private long numbers;

  public SteppedClock(Instant start) {
    now = start;
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public Timer at(Instant when, Runnable task) {
    Task t = new Task(when, numbers++, task);
    tasks.add(t);
    return () -> tasks.remove(t);
  }

  @Override
  public void all(List<Runnable> some) {
    some.forEach(Runnable::run);
  }

  @Override
  public void pause(Duration d) {
    now = now.plus(d);
  }

  /** Advances the time. */
  public void advance(Duration d) {
    advanceTo(now.plus(d));
  }

  /** Advances the time to a given one, unless that has passed. */
  public void advanceTo(Instant until) {
    while (true) {
      Task next =
          tasks.stream()
              .filter(t -> !t.when().isAfter(until))
              .min(Comparator.comparing(Task::when).thenComparing(Task::number))
              .orElse(null);
      if (next == null) {
        break;
      }
      tasks.remove(next);
      if (next.when().isAfter(now)) {
        now = next.when();
      }
      next.run().run();
    }
    if (until.isAfter(now)) {
      now = until;
    }
  }

  @Override
  public void close() {
    tasks.clear();
  }
}
