package dev.tethys.api.pyroscope.debuginfo;

import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Memory for reading files with debug information. A reader reserves all the memory it needs in one
 * step, and holds none while it waits. One reader cannot take all of it. Thread-safe.
 */
final class ReadingMemory {
  private static final long PAUSE_MILLIS = 50;
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  private final long largest;
  private final LongSupplier nanoTime;
  private long free;

  /**
   * @param total memory for all readers together
   * @param largest maximum memory for a single reader
   */
  ReadingMemory(long total, long largest, LongSupplier nanoTime) {
    this.free = total;
    this.largest = largest;
    this.nanoTime = nanoTime;
  }

  /** Returns the maximum memory of a single reader. */
  long largest() {
    return largest;
  }

  /**
   * Reserves memory.
   *
   * @return false if there was not enough for a long time
   * @throws CancellationException if the signal is raised, or the thread is interrupted
   */
  synchronized boolean take(long bytes, BooleanSupplier stopped) {
    long until = nanoTime.getAsLong() + PATIENCE_NANOS;
    while (bytes > free) {
      if (nanoTime.getAsLong() - until > 0) {
        return false;
      }
      pause(this, stopped);
    }
    free -= bytes;
    return true;
  }

  /** Releases memory. */
  synchronized void give(long bytes) {
    free += bytes;
    notifyAll();
  }

  /** Waits for a notification of a monitor that the thread holds, or a short time. */
  static void pause(Object monitor, BooleanSupplier stopped) {
    if (stopped.getAsBoolean()) {
      throw new CancellationException("the query has ended");
    }
    try {
      monitor.wait(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    }
  }
}
