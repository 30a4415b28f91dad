package dev.tethys.model.guard;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Free memory of the heap. Budgets count the known memory of queries and requests; this is the
 * limit for everything together. While next to nothing is free after a collection, queries may hold
 * no more and large requests are refused, requests later than queries. Thread-safe.
 *
 * <p>The old generation is collected here before it is full: objects that are dead refuse nothing.
 */
public final class HeapRoom {
  private static final long MIB = 1L << 20;
  private static final long MARGIN_PART = 10;
  private static final long LEAST_MARGIN = 8 * MIB;
  private static final long MOST_MARGIN = 128 * MIB;
  private static final long QUERY_BYTES = 64 * MIB;
  private static final long CHECK_NANOS = Duration.ofMillis(5).toNanos();
  private static final long PAUSE_NANOS = Duration.ofMillis(200).toNanos();

  /** Collections take at most a part of the time while the heap stays full. */
  private static final long PAUSE_FACTOR = 5;

  private static final HeapRoom PROCESS = new HeapRoom(OldGeneration.ofProcess(), System::nanoTime);

  /** Old generation of the heap. */
  interface Generation {
    long used();

    /** Returns the bytes in use after the last collection. */
    long alive();

    long max();

    void collect();
  }

  private enum Level {
    FREE,
    NO_QUERIES,
    FULL
  }

  private final @Nullable Generation old;
  private final LongSupplier nanos;
  private final ReentrantLock checking = new ReentrantLock();
  private volatile Level level = Level.FREE;
  private volatile long checked;
  private long collected; // time of the last collection; this and its duration for the lock's owner
  private long took;

  /**
   * @param old null if the collector keeps the heap from being full
   */
  HeapRoom(@Nullable Generation old, LongSupplier nanos) {
    this.old = old;
    this.nanos = nanos;
    checked = nanos.getAsLong() - CHECK_NANOS;
    collected = nanos.getAsLong() - PAUSE_NANOS;
  }

  /** Returns the instance for this process. */
  public static HeapRoom process() {
    return PROCESS;
  }

  /**
   * Maximum number of threads that scan stored data at a time: each holds decoded blocks.
   *
   * @param usual their number on a heap that is large enough
   */
  public static int scanThreads(int usual) {
    return (int) Math.min(usual, Math.max(2, Runtime.getRuntime().maxMemory() / QUERY_BYTES));
  }

  /** Whether queries may hold more memory. */
  public boolean allowsQueries() {
    return level() == Level.FREE;
  }

  /** Whether large requests may be received. */
  public boolean allowsRequests() {
    return level() != Level.FULL;
  }

  private Level level() {
    Generation of = old;
    if (of != null && nanos.getAsLong() - checked >= CHECK_NANOS && checking.tryLock()) {
      try {
        level = check(of);
        checked = nanos.getAsLong();
      } finally {
        checking.unlock();
      }
    }
    return level;
  }

  private Level check(Generation of) {
    long margin = Math.clamp(of.max() / MARGIN_PART, LEAST_MARGIN, MOST_MARGIN);
    long used = of.used();
    if (of.max() - used >= margin) {
      return Level.FREE;
    }
    long now = nanos.getAsLong();
    boolean isDue = now - collected >= Math.max(PAUSE_NANOS, PAUSE_FACTOR * took);
    if (isDue || used - of.alive() >= margin / 2) {
      of.collect();
      collected = nanos.getAsLong();
      took = collected - now;
    }
    long free = of.max() - of.alive();
    return free < margin * 3 / 4
        ? Level.FULL
        : free < margin * 3 / 2 ? Level.NO_QUERIES : Level.FREE;
  }

  /** Old generation of the serial collector. */
  private record OldGeneration(MemoryPoolMXBean pool) implements Generation {
    static @Nullable Generation ofProcess() {
      return ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(p -> p.getName().equals("Tenured Gen"))
          .findFirst()
          .map(OldGeneration::new)
          .orElse(null);
    }

    @Override
    public long used() {
      return pool.getUsage().getUsed();
    }

    @Override
    public long alive() {
      MemoryUsage after = pool.getCollectionUsage();
      return after == null ? 0 : after.getUsed();
    }

    @Override
    public long max() {
      return pool.getUsage().getMax();
    }

    @Override
    public void collect() {
      System.gc();
    }
  }
}
