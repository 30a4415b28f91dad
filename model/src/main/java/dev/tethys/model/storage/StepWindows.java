package dev.tethys.model.storage;

/**
 * Time windows of query steps with large gaps between them: a month in two hundred steps of minutes
 * each. Step {@code k} reads from {@code first + k * interval - before} to {@code first + k *
 * interval + after}, both inclusive, for every k from 0 on.
 *
 * @param first milliseconds, time of the first step
 * @param interval milliseconds between steps, positive
 * @param before milliseconds, not negative
 * @param after milliseconds, not negative
 */
public record StepWindows(long first, long interval, long before, long after) {
  /** Whether at least as much is skipped as read. */
  public boolean skipsHalf() {
    return interval / 2 > before + after;
  }

  /** Time of the first window that ends at or after a given time. */
  public long momentFor(long time) {
    long behind = time - after - first;
    return behind <= 0 ? first : first + (behind + interval - 1) / interval * interval;
  }
}
