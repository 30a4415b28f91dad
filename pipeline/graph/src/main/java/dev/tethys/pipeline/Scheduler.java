package dev.tethys.pipeline;

import java.time.Duration;

/** Time and threads for the components of a graph, so that tests control both. */
public interface Scheduler {
  /** Returns the wall clock in Unix milliseconds. */
  long millis();

  /** Returns the monotonic clock; only differences are meaningful. */
  long nanos();

  /** Runs a task that may block on its own thread. */
  void execute(String name, Runnable task);

  /** Runs a short, non-blocking task after a delay. */
  Timer schedule(Duration after, Runnable task);

  /** A task that is to run. */
  @FunctionalInterface
  interface Timer {
    /** Cancels the task; no effect if it has started. */
    void cancel();
  }

  /** Creates a scheduler with the system's clocks, virtual threads, and one timer thread. */
  static Scheduler system() {
    return SystemScheduler.INSTANCE;
  }

  /**
   * Variant for a process that rarely has more than a few concurrent tasks: they use platform
   * threads, which cost more to create and much less to wake up.
   */
  static Scheduler ofFewTasks() {
    return SystemScheduler.OF_FEW_TASKS;
  }
}
