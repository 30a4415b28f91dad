package dev.tethys.codec.elf;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Limits the bytes, steps and time spent on a file and the files that it references. Sizes, counts
 * and references in a file come from its sender and are not trusted. Not thread-safe.
 *
 * <p>Bytes are charged before memory is allocated, and released when it is no longer referenced.
 */
public final class ElfBudget {
  /** Steps on a file; about as many entries of debug information as a program of 1 GB has. */
  public static final long STEPS = 400_000_000;

  private static final Duration TIME = Duration.ofSeconds(30);
  private static final long HEAP_PART = 8;

  /** Steps between two questions for the time and the stop signal. */
  private static final long CHECK_STEPS = 1 << 14;

  private final BooleanSupplier stopped;
  private final long deadline;
  private long bytes;
  private long steps;
  private long unchecked;
  private boolean isOutOfBytes;

  /**
   * @param bytes memory at a time
   * @param steps work in all
   * @param time maximum time, starting now
   * @param stopped true or an exception ends the work
   */
  public ElfBudget(long bytes, long steps, Duration time, BooleanSupplier stopped) {
    this.bytes = bytes;
    this.steps = steps;
    this.stopped = stopped;
    this.deadline = System.nanoTime() + time.toNanos();
  }

  /** Budget of a file that is read once: an eighth of the heap. */
  public static ElfBudget standard() {
    return new ElfBudget(Runtime.getRuntime().maxMemory() / HEAP_PART, STEPS, TIME, () -> false);
  }

  /**
   * Counts steps.
   *
   * @throws IOException if there are no more steps, or the time limit expires
   * @throws CancellationException if the work is stopped
   */
  public void take(long some) throws IOException {
    steps -= some;
    unchecked += some;
    if (steps < 0) {
      throw new IOException("reading the file exceeds the limit of steps");
    }
    if (unchecked >= CHECK_STEPS) {
      unchecked = 0;
      check();
    }
  }

  private void check() throws IOException {
    if (stopped.getAsBoolean()) {
      throw new CancellationException("reading the file was stopped");
    }
    if (System.nanoTime() - deadline > 0) {
      steps = 0;
      throw new IOException("reading the file exceeds the time limit");
    }
  }

  /** Charges memory; returns false if the budget does not suffice. */
  boolean tryTakeBytes(long some) {
    if (some < 0 || some > bytes) {
      isOutOfBytes = true;
      return false;
    }
    bytes -= some;
    return true;
  }

  /**
   * Charges memory.
   *
   * @throws IOException if the budget does not suffice
   */
  void takeBytes(long some) throws IOException {
    if (!tryTakeBytes(some)) {
      throw new IOException("reading the file exceeds the memory limit");
    }
  }

  /** Releases charged memory. */
  void giveBytes(long some) {
    bytes += some;
  }

  /** Remaining memory in bytes. */
  long bytes() {
    return bytes;
  }

  /** Whether something was omitted because there was not enough memory. */
  public boolean isOutOfBytes() {
    return isOutOfBytes;
  }
}
