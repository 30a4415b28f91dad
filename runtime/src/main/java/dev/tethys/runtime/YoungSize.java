package dev.tethys.runtime;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Size of the young generation under the serial collector, which follows the load. It is small
 * while little is allocated, so that it fits into the processor's cache and an idle process stays
 * small. It is large while young collections take a considerable share of the time, which is the
 * case under many heavy queries, because each collection copies the data of all running queries.
 *
 * <p>The collector derives the size from the capacity of the old generation, only at full
 * collections. The capacity, in turn, follows from two flags that can be changed at run time: the
 * share of it that is to be free. Unused capacity takes no memory.
 */
final class YoungSize {
  /** The share of the time in young collections from which they are too frequent. */
  static final double TOO_MUCH = 0.15;

  /** The window of time that is evaluated together. */
  static final long WINDOW_NANOS = Duration.ofSeconds(1).toNanos();

  /** Time with few allocations after which the generation shrinks again. */
  static final long CALM_NANOS = Duration.ofSeconds(20).toNanos();

  /** Collections a second that a small generation would need, below which there is little. */
  static final double CALM_RATE = 3;

  private static final long MOST_BYTES = 32L << 20;
  private static final System.Logger LOG = JulLogger.of(HeapController.class.getName());

  /** Size change. */
  enum Change {
    NONE,
    ENLARGE,
    REDUCE
  }

  /** The rule over time. */
  static final class Rule {
    private final double tooMuch;
    private boolean large;
    private boolean begun;
    private long since;
    private long collections;
    private long millis;
    private long calmSince;

    /** Creates the default rule. */
    Rule() {
      this(TOO_MUCH);
    }

    /**
     * Rule of a test that must not depend on the speed of the machine.
     *
     * @param tooMuch share of the time in young collections from which they are too frequent
     */
    Rule(double tooMuch) {
      this.tooMuch = tooMuch;
    }

    /**
     * Decides.
     *
     * @param now current {@link System#nanoTime} value
     * @param count number of young collections so far
     * @param spentMillis their total time
     * @param times current multiple of the small size
     */
    Change next(long now, long count, long spentMillis, double times) {
      if (!begun) {
        begun = true;
        calmSince = now;
        begin(now, count, spentMillis);
        return Change.NONE;
      }
      long elapsed = now - since;
      if (elapsed < WINDOW_NANOS) {
        return Change.NONE;
      }
      double share = (spentMillis - millis) * 1e6 / elapsed;
      double rate = (count - collections) * times * 1e9 / elapsed;
      begin(now, count, spentMillis);
      if (rate >= CALM_RATE) {
        calmSince = now;
      }
      if (!large && share >= tooMuch) {
        large = true;
        return Change.ENLARGE;
      }
      if (large && now - calmSince >= CALM_NANOS) {
        large = false;
        return Change.REDUCE;
      }
      return Change.NONE;
    }

    boolean isLarge() {
      return large;
    }

    private void begin(long now, long count, long spentMillis) {
      since = now;
      collections = count;
      millis = spentMillis;
    }
  }

  private final Rule rule;
  private final GarbageCollectorMXBean young;
  private final int ratio; // of the old generation's capacity to the young one's
  private final long small;
  private double times = 1;
  private @Nullable String minFree; // before they were changed
  private @Nullable String maxFree;

  private YoungSize(Rule rule, GarbageCollectorMXBean young, int ratio, long small) {
    this.rule = rule;
    this.young = young;
    this.ratio = ratio;
    this.small = small;
  }

  /**
   * Returns the young generation of this process; empty under another collector, or when its size
   * is fixed.
   */
  static Optional<YoungSize> ofProcess(Rule rule) {
    HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    int ratio = Integer.parseInt(vm.getVMOption("NewRatio").getValue());
    long small = Long.parseLong(vm.getVMOption("NewSize").getValue());
    long most = Long.parseLong(vm.getVMOption("MaxNewSize").getValue());
    return most <= small
        ? Optional.empty()
        : ManagementFactory.getGarbageCollectorMXBeans().stream()
            .filter(b -> b.getName().equals("Copy"))
            .findFirst()
            .map(b -> new YoungSize(rule, b, ratio, small));
  }

  /**
   * Returns the share of the old generation, in percent, that has to be free for a young generation
   * of the most bytes.
   */
  static int percentFree(long used, int ratio) {
    return (int) Math.clamp(100 - 100.0 * used / ((double) ratio * MOST_BYTES), 5, 98);
  }

  /** Whether the generation is large, since much is allocated. */
  boolean isLarge() {
    return rule.isLarge();
  }

  /**
   * Follows the load.
   *
   * @param used bytes in the old generation
   * @return whether a full collection is needed, by which the size changes
   */
  boolean changes(long now, long used) {
    Change c = rule.next(now, young.getCollectionCount(), young.getCollectionTime(), times);
    if (c == Change.NONE) {
      return false;
    }
    HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    if (minFree == null || maxFree == null) {
      minFree = vm.getVMOption("MinHeapFreeRatio").getValue();
      maxFree = vm.getVMOption("MaxHeapFreeRatio").getValue();
    }
    if (c == Change.ENLARGE) {
      int percent = percentFree(used, ratio);
      free(vm, percent, percent + 2);
      times = Math.max(1, 100.0 * used / (100 - percent) / ratio / small);
    } else {
      free(vm, Integer.parseInt(minFree), Integer.parseInt(maxFree));
      times = 1;
    }
    LOG.log(Level.DEBUG, "young generation changed change={0} times={1}", c, times);
    return true;
  }

  /** Sets both flags in an order that never violates minimum <= maximum, which is rejected. */
  static void free(HotSpotDiagnosticMXBean vm, int least, int most) {
    if (most >= Integer.parseInt(vm.getVMOption("MinHeapFreeRatio").getValue())) {
      vm.setVMOption("MaxHeapFreeRatio", String.valueOf(most));
      vm.setVMOption("MinHeapFreeRatio", String.valueOf(least));
    } else {
      vm.setVMOption("MinHeapFreeRatio", String.valueOf(least));
      vm.setVMOption("MaxHeapFreeRatio", String.valueOf(most));
    }
  }
}
