package dev.tethys.model.guard;

import dev.tethys.model.exposition.Registry;

/**
 * Memory shared by the series of all aggregators: StatsD, Graphite, span metrics, service graphs,
 * sums of deltas. Peers choose the names of series and their values, so a bound on the number of
 * series alone bounds nothing.
 *
 * <p>Invariant: the reserved memory is the sum over all shares.
 */
public final class SeriesMemory {
  /** Error when the memory for series is exhausted. */
  public static final String EXHAUSTED = "the memory for series is used up";

  /** Memory of a series in addition to its text, here and in the outgoing data. */
  private static final long SERIES_BYTES = 512;

  /** The same of a label or attribute. */
  public static final long LABEL_BYTES = 128;

  /** Memory per character of its text, here and in the outgoing data. */
  private static final long CHARACTER_BYTES = 3;

  /** Some series are aggregated on the smallest heap. */
  private static final long LEAST_BYTES = 16L << 20;

  private static final SeriesMemory PROCESS =
      new SeriesMemory(
          MemoryBudget.ofProcess().share(MemoryUse.AGGREGATES).withAtLeast(LEAST_BYTES));

  static {
    Registry r = Registry.process();
    r.gauge(
        "tethys_aggregated_series_bytes",
        "Memory of series that receivers and processors aggregate, estimated.",
        () -> PROCESS.inUse());
    r.gauge(
        "tethys_aggregated_series_bytes_limit",
        "Memory that series which receivers and processors aggregate may take together.",
        () -> PROCESS.total());
  }

  private final MemoryShare memory;

  /** Separate instance, for tests. */
  public SeriesMemory(long total) {
    this(MemoryShare.alone(MemoryUse.AGGREGATES, total));
  }

  private SeriesMemory(MemoryShare memory) {
    this.memory = memory;
  }

  /** The memory of the process: its share for aggregated series. */
  public static SeriesMemory process() {
    return PROCESS;
  }

  /** Nothing yet. */
  public Share open() {
    return new Share();
  }

  /**
   * Memory of a series without values.
   *
   * @param characters characters of its name, labels and label values
   */
  public static long seriesBytes(long characters) {
    return SERIES_BYTES + CHARACTER_BYTES * characters;
  }

  public long total() {
    return memory.max();
  }

  /** Number of bytes in use. */
  public long inUse() {
    return memory.used();
  }

  /** Bytes held by an aggregator. Not thread-safe. */
  public final class Share implements AutoCloseable {
    private long held;

    private Share() {}

    /** Holds memory if it is available. */
    public boolean take(long bytes) {
      if (memory.reserve(bytes) != null) {
        return false;
      }
      held += bytes;
      return true;
    }

    /** Releases some of it. */
    public void give(long bytes) {
      memory.release(bytes);
      held -= bytes;
    }

    /** Releases all of it; more may be reserved afterwards. */
    @Override
    public void close() {
      give(held);
    }
  }
}
