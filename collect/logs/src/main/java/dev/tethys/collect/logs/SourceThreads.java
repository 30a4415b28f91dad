package dev.tethys.collect.logs;

import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Stops the threads of sources, and waits no longer than the stop timeout. */
public final class SourceThreads {
  private static final System.Logger LOG = JulLogger.of(SourceThreads.class.getName());

  private SourceThreads() {}

  /**
   * Waits for a thread to end after a request, then interrupts it, in case it waits for a slow
   * destination, and waits again.
   *
   * @param timeLimit limit of each wait
   */
  public static void finish(@Nullable Thread t, Duration timeLimit) {
    try {
      if (t != null && !t.join(timeLimit)) {
        interrupt(t, timeLimit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Interrupts a thread and waits for its end. */
  public static void interrupt(@Nullable Thread t, Duration timeLimit) {
    if (t == null) {
      return;
    }
    t.interrupt();
    try {
      if (!t.join(timeLimit)) {
        LOG.log(
            Level.WARNING, "{0} does not end (a slow destination?) and is abandoned", t.getName());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
