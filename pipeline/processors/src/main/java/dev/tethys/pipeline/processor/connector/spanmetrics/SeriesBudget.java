package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.guard.SeriesMemory;

/**
 * Room for series and current time. Their memory is a share of that of all series: senders choose
 * their texts. Guarded by the connector.
 */
final class SeriesBudget {
  private final int limit;
  private final int exemplars;
  private final long most;
  private final SeriesMemory.Share memory;
  private long taken;
  private long nowMillis;

  /**
   * All of it is free.
   *
   * @param limit series of a metric of a resource; 0 for no separate limit
   * @param exemplars of a point
   * @param most series of all of them
   * @param memory of which a share is taken
   */
  SeriesBudget(int limit, int exemplars, long most, SeriesMemory memory) {
    this.memory = memory.open();
    this.limit = limit;
    this.exemplars = exemplars;
    this.most = most;
  }

  int limit() {
    return limit;
  }

  int exemplars() {
    return exemplars;
  }

  long nowMillis() {
    return nowMillis;
  }

  void at(long millis) {
    nowMillis = millis;
  }

  /** Takes room for a series; false when there is none left. */
  boolean take(int weight, long bytes) {
    if (taken + weight > most || !memory.take(bytes)) {
      return false;
    }
    taken += weight;
    return true;
  }

  /** Takes room for the one series that counts what has none. */
  void reserveUnchecked(int weight) {
    taken += weight;
  }

  void release(long weight, long bytes) {
    taken -= weight;
    memory.give(bytes);
  }

  /** Nothing is kept any more. */
  void free() {
    taken = 0;
    memory.close();
  }
}
