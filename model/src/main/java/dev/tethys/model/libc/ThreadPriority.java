package dev.tethys.model.libc;

import static dev.tethys.model.libc.LibraryFunction.call;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tethys.model.log.JulLogger;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/**
 * Scheduling priority of the calling thread. The JVM ignores {@link Thread#setPriority} on Linux
 * unless a flag for root changes it for all threads.
 */
public final class ThreadPriority {
  private static final System.Logger LOG = JulLogger.of(ThreadPriority.class.getName());
  private static final int PRIO_PROCESS = 0;

  private ThreadPriority() {}

  private static final class Library {
    static final MethodHandle SETPRIORITY =
        LibraryFunction.plain(
            "setpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  }

  /**
   * Lowers the priority of the calling platform thread. On Linux the nice value belongs to a
   * thread, and 0 names the calling one (setpriority(2), notes); elsewhere nothing happens.
   *
   * @param nice 1 to 19
   */
  public static void lower(int nice) {
    if (Thread.currentThread().isVirtual()
        || !System.getProperty("os.name", "").startsWith("Linux")) {
      return;
    }
    long failed = call(() -> (int) Library.SETPRIORITY.invokeExact(PRIO_PROCESS, 0, nice));
    if (failed != 0) {
      LOG.log(System.Logger.Level.DEBUG, "Priority of thread not lowered nice={0}", nice);
    }
  }
}
