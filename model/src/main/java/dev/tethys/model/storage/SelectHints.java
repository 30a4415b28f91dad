package dev.tethys.model.storage;

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
 */
public record SelectHints(
    long minTime, long maxTime, long step, long range, String function, Resolution resolution) {
  /** Samples, or what is left of them. */
  public SelectHints(long minTime, long maxTime, long step, long range, String function) {
    this(minTime, maxTime, step, range, function, Resolution.FINEST);
  }

  /** Only a time range. */
  public static SelectHints range(long minTime, long maxTime) {
    return new SelectHints(minTime, maxTime, 0, 0, "");
  }
}
