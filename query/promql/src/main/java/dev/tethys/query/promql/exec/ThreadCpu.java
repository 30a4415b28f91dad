package dev.tethys.query.promql.exec;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** CPU time of threads. */
public final class ThreadCpu {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final boolean SUPPORTED = THREADS.isCurrentThreadCpuTimeSupported();

  private ThreadCpu() {}

  /** Returns the CPU time of the calling thread in nanoseconds; always 0 if unavailable. */
  public static long nanos() {
    if (!SUPPORTED || Thread.currentThread().isVirtual()) {
      return 0;
    }
    return Math.max(0, THREADS.getCurrentThreadCpuTime());
  }
}
