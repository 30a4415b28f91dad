package dev.tethys.store.metrics.internal.head;

/**
 * What of the head can change while it runs.
 *
 * @param lateWindow how many milliseconds behind the newest sample of the store a late sample may
 *     be; 0 for none, {@link #ANY_AGE} for all
 * @param maxSeries the most series in memory
 * @param maxFuture how many milliseconds ahead of the clock a sample may be
 * @param exemplars the most exemplars held
 * @param memoryLimit the most bytes of memory; 0 for no limit
 */
public record HeadSettings(
    long lateWindow, int maxSeries, long maxFuture, int exemplars, long memoryLimit) {
  /** Late samples of any age are taken. */
  public static final long ANY_AGE = Long.MAX_VALUE;
}
