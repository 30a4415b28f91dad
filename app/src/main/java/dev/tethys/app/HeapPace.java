package dev.tethys.app;

import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.Optional;

/**
 * Keeps the heap near what is alive in it.
 *
 * <p>The serial collector, chosen because it costs least beside the heap itself, looks for garbage
 * in its old generation only when that cannot grow any more: a server with a large maximum would
 * fill it with what died long ago. So the old generation is collected whenever it has grown by a
 * share of what was alive after the last full collection, plus a headroom: the rule that Go's
 * runtime follows with {@code GOGC}. Collections then cost a constant share of what is allocated,
 * and resident memory stays within that share of the live heap.
 */
public final class HeapPace {
  static final long HEADROOM_BYTES = 16L << 20;

  /** The growth that is allowed when nothing else is said: as much again as is alive. */
  static final double DOUBLING = 1;

  /**
   * The growth and the headroom of a server that stores: nearly all that is alive in it are arrays
   * of numbers, in which there is little to follow, so that a full collection takes some tenths of
   * a second a gigabyte, and three of them are cheaper than the memory that one would leave.
   */
  private static final double STORE_GROWTH = 0.35;

  private static final long STORE_HEADROOM_BYTES = 8L << 20;

  /**
   * The same of an agent: what is alive are arrays of bytes, made at its first scrapes with as much
   * garbage, and nearly none afterwards.
   */
  private static final double AGENT_GROWTH = 0.25;

  private static final long AGENT_HEADROOM_BYTES = 2L << 20;

  private static final Duration LOOK = Duration.ofMillis(500);
  private static final System.Logger LOG = System.getLogger(HeapPace.class.getName());

  private HeapPace() {}

  /** Starts looking at the heap; without effect under a collector that paces itself. */
  public static void keep() {
    keep(HEADROOM_BYTES, DOUBLING);
  }

  /** The same for an agent. */
  public static void keepAgent() {
    keep(AGENT_HEADROOM_BYTES, AGENT_GROWTH);
  }

  /** The same for a process whose heap is a store of samples. */
  public static void keepStore() {
    keep(STORE_HEADROOM_BYTES, STORE_GROWTH);
  }

  private static void keep(long headroom, double growth) {
    StartPages.letGo(); // whoever watches the heap stays, and has no more use for these either
    Optional<MemoryPoolMXBean> old =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(p -> p.getName().equals("Tenured Gen"))
            .findFirst();
    if (old.isPresent()) {
      Thread.ofPlatform()
          .daemon()
          .name("heap-pace")
          .start(() -> watch(old.get(), headroom, growth));
    }
  }

  static boolean due(long used, long alive, long headroom) {
    return due(used, alive, headroom, DOUBLING);
  }

  /**
   * Whether the old generation is to be collected.
   *
   * @param used bytes in it now
   * @param alive bytes in it after its last collection
   * @param growth the share of these by which it may grow besides the headroom
   */
  static boolean due(long used, long alive, long headroom, double growth) {
    return used > alive + (long) (growth * alive) + headroom;
  }

  private static void watch(MemoryPoolMXBean old, long headroom, double growth) {
    while (true) {
      MemoryUsage after = old.getCollectionUsage();
      long used = old.getUsage().getUsed();
      if (due(used, after == null ? 0 : after.getUsed(), headroom, growth)) {
        long begin = System.nanoTime();
        System.gc();
        LOG.log(
            Level.DEBUG,
            "old generation collected from {0} to {1} bytes in {2} ms",
            used,
            old.getUsage().getUsed(),
            (System.nanoTime() - begin) / 1_000_000);
      }
      try {
        Thread.sleep(LOOK);
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
