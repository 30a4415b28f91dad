package dev.tethys.model.storage;

import org.jspecify.annotations.Nullable;

/**
 * What a query will do with a selection, so that a store may read less or choose downsampled data.
 * Only the time range binds; the rest is advice.
 *
 * @param minTime first millisecond wanted, inclusive
 * @param maxTime last millisecond wanted, inclusive
 * @param step milliseconds between evaluations, 0 for an instant query
 * @param range milliseconds of the range selector, 0 for an instant selector
 * @param function the function or aggregation around the selector, {@code ""} for none
 * @param resolution how coarse it may be
 * @param windows outside of which floats are not looked at, so that some, any or others than else
 *     may be given there; null when all are
 */
public record SelectHints(
    long minTime,
    long maxTime,
    long step,
    long range,
    String function,
    Resolution resolution,
    @Nullable StepWindows windows) {
  /** For who looks at all there is. */
  public SelectHints(
      long minTime, long maxTime, long step, long range, String function, Resolution resolution) {
    this(minTime, maxTime, step, range, function, resolution, null);
  }

  /** Samples, or what is left of them. */
  public SelectHints(long minTime, long maxTime, long step, long range, String function) {
    this(minTime, maxTime, step, range, function, Resolution.FINEST);
  }

  /** Only a time range. */
  public static SelectHints range(long minTime, long maxTime) {
    return new SelectHints(minTime, maxTime, 0, 0, "");
  }
}
