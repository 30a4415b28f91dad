package dev.tethys.store.metrics.internal.head;

/**
 * Head settings that can change at runtime.
 *
 * @param lateWindow maximum age in milliseconds of an out-of-order sample relative to the newest
 *     sample of the store; 0 if none, {@link #ANY_AGE} for all
 * @param maxSeries maximum number of series in memory
 * @param maxFuture maximum number of milliseconds by which a sample may be ahead of the clock
 * @param exemplars maximum number of exemplars in memory
 * @param memoryLimit maximum memory in bytes; 0 for no limit
 */
public record HeadSettings(
    long lateWindow, int maxSeries, long maxFuture, int exemplars, long memoryLimit) {
  /** Late samples of any age are accepted. */
  public static final long ANY_AGE = Long.MAX_VALUE;
}
