package dev.tethys.runtime;

import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import jdk.management.VirtualThreadSchedulerMXBean;

/**
 * Carriers of virtual threads, whose number is raised while some virtual threads compute for a long
 * time. A virtual thread keeps its carrier until it waits, and there are as many carriers as
 * processors: two large requests that are decoded would keep health checks waiting. With more
 * carriers the kernel shares the processors out.
 */
public final class CarrierReserve {
  static final Duration CHECK_INTERVAL = Duration.ofMillis(250);

  /** Number of checks without a late thread after which the initial number is restored. */
  static final int CALM_LOOKS = 40;

  /** Maximum number of carriers per initial carrier. */
  private static final int MOST_TIMES = 16;

  /** Threads that start a virtual thread while some are late. */
  private static final int STARTERS = 4;

  private static final System.Logger LOG = JulLogger.of(CarrierReserve.class.getName());

  private final int base;
  private final IntConsumer set;
  private int now;
  private int calm;

  /**
   * Creates a reserve.
   *
   * @param base carriers at the start
   * @param set changes the number of carriers
   */
  CarrierReserve(int base, IntConsumer set) {
    this.base = base;
    this.set = set;
    this.now = base;
  }

  /**
   * Follows the load.
   *
   * @param late whether a virtual thread that was started at the last check has not run yet
   */
  void recordCheck(boolean late) {
    if (late) {
      calm = 0;
      change(Math.min(now + base, MOST_TIMES * base));
    } else if (now > base && ++calm >= CALM_LOOKS) {
      calm = 0;
      change(base);
    }
  }

  private void change(int carriers) {
    if (carriers != now) {
      LOG.log(Level.DEBUG, "Carriers of virtual threads changed from={0} to={1}", now, carriers);
      now = carriers;
      set.accept(carriers);
    }
  }

  /** Starts to watch the virtual threads of this process. */
  public static void keep() {
    VirtualThreadSchedulerMXBean scheduler =
        ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
    CarrierReserve r = new CarrierReserve(scheduler.getParallelism(), scheduler::setParallelism);
    Thread.ofPlatform()
        .daemon()
        .name("carrier-reserve")
        .start(SupervisedLoop.of("carriers", r::watch));
  }

  private void watch() {
    boolean late = false;
    while (true) {
      AtomicBoolean ran = new AtomicBoolean();
      Runnable start = () -> Thread.startVirtualThread(() -> ran.set(true));
      if (late) {
        // The scheduler adds a carrier when a virtual thread is put into an empty queue. The queues
        // of submitters that wait are not empty, and a new thread has another one.
        for (int i = 0; i < STARTERS; i++) {
          Thread.ofPlatform().daemon().name("carrier-reserve-start").start(start);
        }
      } else {
        start.run();
      }
      try {
        Thread.sleep(CHECK_INTERVAL);
      } catch (InterruptedException e) {
        return;
      }
      late = !ran.get();
      recordCheck(late);
    }
  }
}
