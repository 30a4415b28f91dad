package dev.tethys.collect.observe.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Scheduling of threads that must not delay the programs they observe. They do not preempt others
 * when they wake (SCHED_BATCH of sched_setattr(2)); their share of the processors stays, so that
 * they keep up on a busy machine.
 */
public final class ThreadScheduling {
  private static final System.Logger LOG = JulLogger.of(ThreadScheduling.class.getName());
  private static final int SCHED_BATCH = 3;
  private static final int CALLING_THREAD = 0;

  private ThreadScheduling() {}

  /** Lowers the priority of the calling platform thread and of threads that it starts. */
  public static void giveWay() {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread would change its carrier");
    }
    giveWay(CALLING_THREAD);
  }

  /**
   * Lowers the priority of all threads of this process, including threads of the virtual machine.
   */
  public static void giveWayWhole() {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      List<Path> threads = tasks.toList();
      for (Path t : threads) {
        if (!giveWay(Integer.parseInt(t.getFileName().toString()))) {
          return;
        }
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.log(Level.INFO, "Threads of the node agent could not be listed: {0}", e.getMessage());
    }
  }

  /** Returns the CPU time of the calling platform thread in nanoseconds. */
  public static long time() {
    return SystemCalls.threadTime();
  }

  private static boolean giveWay(int thread) {
    try (Arena arena = Arena.ofConfined()) {
      // struct sched_attr of 48 bytes: size, policy, flags, nice, priority, runtime, deadline,
      // period
      MemorySegment attributes = arena.allocate(48, 8);
      attributes.set(JAVA_INT, 0, (int) attributes.byteSize());
      attributes.set(JAVA_INT, 4, SCHED_BATCH);
      SystemCalls.schedule(thread, attributes);
      return true;
    } catch (LibraryException e) {
      LOG.log(
          Level.INFO, "Threads of the node agent are scheduled like others: {0}", e.getMessage());
      return false;
    }
  }
}
