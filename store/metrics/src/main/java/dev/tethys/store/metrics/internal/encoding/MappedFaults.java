package dev.tethys.store.metrics.internal.encoding;

/**
 * Faults of reads of mapped files. Compiled code continues after one, with anything that stands
 * where it copied to, and is given at its next way through the Java runtime; by then it may have
 * left the place that knows what to do, and have kept what it took for content.
 */
public final class MappedFaults {
  private static final Object NOTHING = new Object();

  private MappedFaults() {}

  /**
   * Goes through the runtime, which takes some ten nanoseconds.
   *
   * @throws InternalError where a read of this thread before it has failed
   */
  public static void await() {
    boolean _ = Thread.holdsLock(NOTHING); // a native method that no compiler replaces
  }
}
