package dev.tethys.store.metrics.internal.encoding;

/**
 * Faults of reads of mapped files. Compiled code continues after a fault with undefined bytes in
 * its copy, and the error is thrown at its next call into the Java runtime; by then it may have
 * left the code that handles the error, and have kept the bytes as content.
 */
public final class MappedFaults {
  private static final Object NOTHING = new Object();

  private MappedFaults() {}

  /**
   * Calls the runtime, which takes about ten nanoseconds.
   *
   * @throws InternalError if an earlier read of this thread has failed
   */
  public static void await() {
    boolean _ = Thread.holdsLock(NOTHING); // a native method that no compiler replaces
  }
}
