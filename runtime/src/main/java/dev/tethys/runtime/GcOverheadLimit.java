package dev.tethys.runtime;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends a process whose heap is full: it spends most of its time collecting garbage, or its requests
 * keep failing with {@code OutOfMemoryError}. The serial collector has no such limit; the process
 * would neither work nor end.
 */
public final class GcOverheadLimit {
  /**
   * Share of the time in collections above which a window counts. A thread that waits for a
   * processor of a busy machine after each collection leaves the collections less than all of the
   * time.
   */
  static final double MAX_TIME = 0.75;

  /** Share of the old generation that is free after a collection, below which a window counts. */
  static final double MIN_FREE = 0.03;

  /** Windows in a row after which the process ends. */
  static final int WINDOWS = 6;

  private static final Duration WINDOW = Duration.ofSeconds(5);

  /** Time of the collectors that stop the process; those of others run in addition to its work. */
  private static final List<String> STOPPING =
      List.of(
          "Copy",
          "MarkSweepCompact",
          "PS Scavenge",
          "PS MarkSweep",
          "G1 Young Generation",
          "G1 Old Generation");

  private static final List<String> OLD_POOLS = List.of("Tenured Gen", "PS Old Gen", "G1 Old Gen");

  /** The rule over time. Not thread-safe. */
  static final class Rule {
    private long since;
    private long millis;
    private long errors;
    private boolean begun;
    private int windows;

    /**
     * Evaluates the window that ends now.
     *
     * @param now current {@link System#nanoTime} value
     * @param spentMillis total time of collections so far
     * @param memoryErrors number of failures so far because of exhausted memory
     * @param isFull whether the last collection left next to nothing free
     * @return whether the process is to end
     */
    boolean isExceeded(long now, long spentMillis, long memoryErrors, boolean isFull) {
      double share = (spentMillis - millis) * 1e6 / Math.max(1, now - since);
      boolean fails = share > MAX_TIME || memoryErrors > errors;
      windows = begun && isFull && fails ? windows + 1 : 0;
      begun = true;
      since = now;
      millis = spentMillis;
      errors = memoryErrors;
      return windows >= WINDOWS;
    }
  }

  private final GarbageCollectorMXBean[] collectors;
  private final MemoryPoolMXBean old;
  private final long window;
  private final byte[] reason;
  private final Rule rule = new Rule();

  private GcOverheadLimit(
      GarbageCollectorMXBean[] collectors, MemoryPoolMXBean old, Duration window) {
    this.collectors = collectors;
    this.old = old;
    this.window = window.toNanos();
    // Made in advance: when it is needed there is no memory for it.
    this.reason = reason(Runtime.getRuntime().maxMemory(), this.window);
    LimitedLog.memoryErrors(); // loads its class
  }

  /** Returns the limit of this process; empty under a collector that has no limit. */
  static Optional<GcOverheadLimit> ofProcess(Duration window) {
    GarbageCollectorMXBean[] collectors =
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .filter(c -> STOPPING.contains(c.getName()))
            .toArray(GarbageCollectorMXBean[]::new);
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(p -> collectors.length > 0 && OLD_POOLS.contains(p.getName()))
        .findFirst()
        .map(old -> new GcOverheadLimit(collectors, old, window));
  }

  /** Starts to watch this process. */
  public static void keep() {
    Thread.ofPlatform()
        .daemon()
        .name("gc-overhead-limit")
        .start(
            SupervisedLoop.of(
                "gc-overhead-limit", () -> ofProcess(WINDOW).ifPresent(GcOverheadLimit::watch)));
  }

  /** Watches until the process ends. */
  void watch() {
    while (true) {
      LockSupport.parkNanos(window);
      long spent = 0;
      for (GarbageCollectorMXBean c : collectors) {
        spent += c.getCollectionTime();
      }
      if (rule.isExceeded(System.nanoTime(), spent, LimitedLog.memoryErrors(), isFull(old))) {
        SupervisedLoop.endProcess(reason);
      }
    }
  }

  private static boolean isFull(MemoryPoolMXBean pool) {
    try {
      MemoryUsage after = pool.getCollectionUsage();
      return after != null && isFull(after.getUsed(), after.getMax());
    } catch (OutOfMemoryError e) { // no memory for the response
      return true;
    }
  }

  static boolean isFull(long used, long most) {
    return most > 0 && most - used < MIN_FREE * most;
  }

  private static byte[] reason(long heapBytes, long window) {
    return ("tethys: the heap of "
            + (heapBytes >> 20)
            + " MB was full, and requests failed or garbage collection took nearly all of the time for "
            + Math.max(1, WINDOWS * window / 1_000_000_000)
            + " s; the process ends with exit code "
            + SupervisedLoop.EXIT_CODE
            + "; give it more memory (-Xmx in TETHYS_JAVA_OPTS) or less data (series, limits of"
            + " receivers, retention)\n")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
