package dev.tethys.model.storage;

/**
 * The times that the steps of a query look at, where there is much between them: a month in two
 * hundred steps of minutes each. Step {@code k} looks from {@code first + k * interval - before} to
 * {@code first + k * interval + after}, both inclusive, for every k from 0 on.
 *
 * @param first milliseconds, the first step's moment
 * @param interval milliseconds between moments, positive
 * @param before milliseconds, not negative
 * @param after milliseconds, not negative
 */
public record StepWindows(long first, long interval, long before, long after) {
  /** Whether at least as much is left out as looked at. */
  public boolean leaveOutHalf() {
    return interval / 2 > before + after;
  }

  /** The moment of the first window that ends at or after a time. */
  public long momentFor(long time) {
    long behind = time - after - first;
    return behind <= 0 ? first : first + (behind + interval - 1) / interval * interval;
  }
}
