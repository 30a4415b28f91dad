package dev.tethys.collect.observe.process;

import java.time.Duration;

/** Stops a thread that reads files and memory of other processes, where the kernel may block it. */
public final class StoppedThread {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private StoppedThread() {}

  /** Waits for the end of a daemon thread; false if it does not end in time. */
  public static boolean await(Thread thread) {
    try {
      return thread.getState() == Thread.State.NEW || thread.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
