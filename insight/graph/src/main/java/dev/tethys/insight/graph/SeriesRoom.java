package dev.tethys.insight.graph;

import dev.tethys.model.guard.SeriesMemory;

/**
 * Capacity for the series of a graph or connector: a maximum number, and a share of the memory for
 * all series, since senders choose the strings. Guarded by its owner.
 */
public final class SeriesRoom implements AutoCloseable {
  private final long max;
  private final SeriesMemory.Share memory;
  private long taken;

  /**
   * @param max most series, or weights of series
   */
  public SeriesRoom(long max, SeriesMemory memory) {
    this.max = max;
    this.memory = memory.open();
  }

  /** Reserves capacity for a series; returns false if none is left. */
  public boolean take(int weight, long bytes) {
    if (taken + weight > max || !memory.take(bytes)) {
      return false;
    }
    taken += weight;
    return true;
  }

  /** True if there is room for a series. */
  public boolean fits(int weight, long bytes) {
    boolean fits = take(weight, bytes);
    if (fits) {
      release(weight, bytes);
    }
    return fits;
  }

  /** Reserves capacity for an overflow series beyond the limits. */
  public void force(int weight) {
    taken += weight;
  }

  /** Releases the capacity of series. */
  public void release(long weight, long bytes) {
    taken -= weight;
    memory.give(bytes);
  }

  /** Releases all capacity; it may be reserved again. */
  @Override
  public void close() {
    taken = 0;
    memory.close();
  }
}
