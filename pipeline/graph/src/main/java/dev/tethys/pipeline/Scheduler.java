package dev.tethys.pipeline;

import java.time.Duration;

/** Time and threads as the parts of a graph use them, so that tests own both. */
public interface Scheduler {
  /** Wall clock, Unix milliseconds. */
  long millis();

  /** A clock that never goes back. Only differences mean anything. */
  long nanos();

  /** Runs a task that may block, on its own thread. */
  void execute(String name, Runnable task);

  /** Runs a short task that never blocks, once the time has passed. */
  Timer schedule(Duration after, Runnable task);

  /** A task that is to run. */
  @FunctionalInterface
  interface Timer {
    /** Takes it back; when it has run or runs, nothing happens. */
    void cancel();
  }

  /** The system's clocks; virtual threads, and one thread for timers. */
  static Scheduler system() {
    return SystemScheduler.INSTANCE;
  }

  /**
   * The same for a process that seldom has more than a few tasks at once: these have platform
   * threads, which are dearer to have and much cheaper to wake.
   */
  static Scheduler ofFewTasks() {
    return SystemScheduler.OF_FEW_TASKS;
  }
}
