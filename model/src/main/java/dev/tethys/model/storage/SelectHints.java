package dev.tethys.model.storage;

import org.jspecify.annotations.Nullable;

/**
 * Hints of a query about its use of a selection, so that a store may read less or choose
 * downsampled data. Only the time range is binding.
 *
 * @param minTime first millisecond needed, inclusive
 * @param maxTime last millisecond needed, inclusive
 * @param step milliseconds between evaluations, 0 for an instant query
 * @param range milliseconds of the range selector, 0 for an instant selector
 * @param function the function or aggregation around the selector, {@code ""} for none
 * @param resolution coarsest resolution accepted
 * @param windows time windows outside which floats are ignored, so that any subset or other values
 *     may be returned there; null if all are read
 */
public record SelectHints(
    long minTime,
    long maxTime,
    long step,
    long range,
    String function,
    Resolution resolution,
    @Nullable StepWindows windows) {
  /** Creates hints for reading all data. */
  public SelectHints(
      long minTime, long maxTime, long step, long range, String function, Resolution resolution) {
    this(minTime, maxTime, step, range, function, resolution, null);
  }

  /** Hints for reading samples, or the finest remaining data. */
  public SelectHints(long minTime, long maxTime, long step, long range, String function) {
    this(minTime, maxTime, step, range, function, Resolution.FINEST);
  }

  /** Only a time range. */
  public static SelectHints range(long minTime, long maxTime) {
    return new SelectHints(minTime, maxTime, 0, 0, "");
  }
}
