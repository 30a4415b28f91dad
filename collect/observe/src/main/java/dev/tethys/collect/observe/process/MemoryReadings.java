package dev.tethys.collect.observe.process;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Readings of the memory of processes by separate threads. A page of it may come from a file system
 * of the user that never responds, and the kernel waits for that. The caller waits for a moment;
 * the process is not read again until the reading has ended. Thread-safe.
 */
public final class MemoryReadings {
  private static final int MAX_HANGING = 16;
  private static final long PATIENCE_MILLIS = 1000;

  private static final MemoryReadings PROCESS = new MemoryReadings();

  private final Map<Integer, FutureTask<?>> hanging = new HashMap<>();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0,
          MAX_HANGING,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          r -> Thread.ofPlatform().name("observe-memory").daemon().unstarted(r));

  /** Returns the readings shared by all parts of this process. */
  public static MemoryReadings process() {
    return PROCESS;
  }

  /**
   * Reads.
   *
   * @param reading operation without shared state
   * @param otherwise result when it fails, or takes too long
   */
  public <T extends @Nullable Object> T read(int pid, Callable<T> reading, T otherwise) {
    FutureTask<T> task = new FutureTask<>(reading);
    try {
      synchronized (hanging) {
        hanging.values().removeIf(FutureTask::isDone);
        if (hanging.containsKey(pid)) {
          return otherwise;
        }
      }
      threads.execute(task);
      return task.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      synchronized (hanging) {
        hanging.put(pid, task);
      }
      return otherwise;
    } catch (RejectedExecutionException | ExecutionException e) {
      return otherwise; // all threads hang, or the process has ended
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return otherwise;
    }
  }
}
