package dev.tethys.store.metrics;

/**
 * Series created and removed within the last hour: counter values, one reading a minute. Written by
 * the maintenance thread, read by any thread.
 */
final class Churn {
  private static final int READINGS = 61;
  private static final long MINUTE = 60_000;

  private final long[] times = new long[READINGS];
  private final long[] created = new long[READINGS];
  private final long[] removed = new long[READINGS];
  private int newest = -1;
  private int count;

  /**
   * @param millis time between the compared readings
   */
  record Counts(long millis, long created, long removed) {}

  synchronized void note(long now, long createdTotal, long removedTotal) {
    if (count > 0 && now - times[newest] < MINUTE && now >= times[newest]) {
      return;
    }
    newest = (newest + 1) % READINGS;
    times[newest] = now;
    created[newest] = createdTotal;
    removed[newest] = removedTotal;
    count = Math.min(READINGS, count + 1);
  }

  /** Series created and removed since the oldest reading of the past hour. */
  synchronized Counts since(long now, long createdTotal, long removedTotal) {
    for (int i = count - 1; i >= 0; i--) {
      int at = Math.floorMod(newest - i, READINGS);
      long age = now - times[at];
      if (age >= 0 && age <= 60 * MINUTE) {
        return new Counts(age, createdTotal - created[at], removedTotal - removed[at]);
      }
    }
    return new Counts(0, 0, 0);
  }
}
