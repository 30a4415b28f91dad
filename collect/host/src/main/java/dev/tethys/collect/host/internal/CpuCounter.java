package dev.tethys.collect.host.internal;

/**
 * Time of one CPU by mode, as counters.
 *
 * <p>The kernel's counters may decrease slightly (idle and iowait do) and restart when a CPU is
 * unplugged and plugged in. These counters never decrease, unless a CPU's idle time fell by {@link
 * #JUMP_BACK_SECONDS} or more: then they restart.
 */
final class CpuCounter {
  private static final double JUMP_BACK_SECONDS = 3.0;
  private static final int IDLE = 3;

  /** In the order of {@link CpuLines#seconds}. */
  final double[] seconds = new double[CpuLines.TIMES];

  /**
   * Updates the counters with the kernel's current values.
   *
   * @param now current values in the same order
   */
  void update(double[] now) {
    boolean anew = seconds[IDLE] - now[IDLE] >= JUMP_BACK_SECONDS;
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = anew ? now[i] : Math.max(seconds[i], now[i]);
    }
  }
}
