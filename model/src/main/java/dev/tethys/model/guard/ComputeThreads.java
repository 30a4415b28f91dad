package dev.tethys.model.guard;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.libc.ThreadPriority;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.ActiveSpan.TracedAction;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Platform threads that run long computations for waiting virtual threads. A long computation on a
 * virtual thread would occupy its carrier; on a platform thread the kernel shares the processors
 * fairly. The threads have a lower priority than threads that receive data, evaluate rules and
 * respond to health checks.
 *
 * <p>There are as many threads as callers: they bound their number.
 */
public final class ComputeThreads {
  /** Trees of queries and messages can be tall. The kernel gives a stack as much as it uses. */
  private static final long STACK_BYTES = 32 << 20;

  /** Nice value of threads of queries: a third of the usual weight when processors are short. */
  private static final int NICE = 5;

  private final class Worker extends Thread {
    Worker(Runnable work, String name) {
      super(null, work, name, STACK_BYTES);
      setDaemon(true);
    }

    @Override
    public void run() {
      ThreadPriority.lower(NICE);
      super.run();
    }

    private boolean isOf(ComputeThreads threads) {
      return threads == ComputeThreads.this;
    }
  }

  private final ThreadPoolExecutor pool;

  /**
   * Threads of other pools that compute for queries: of lower priority, with a large stack.
   *
   * @param prefix thread name prefix, followed by a number
   */
  public static ThreadFactory factory(String prefix) {
    ThreadFactory base =
        Thread.ofPlatform().daemon().name(prefix, 1).stackSize(STACK_BYTES).factory();
    return work ->
        base.newThread(
            () -> {
              ThreadPriority.lower(NICE);
              work.run();
            });
  }

  /**
   * Creates threads that are started on demand and end when idle.
   *
   * @param name name given to each thread
   */
  public ComputeThreads(String name) {
    this.pool =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE, // as many as callers
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            r -> new Worker(r, name));
  }

  /** Whether a thread is one of these. */
  boolean isOwn(Thread thread) {
    return thread instanceof Worker w && w.isOf(this);
  }

  /** Runs work on one of the threads and waits for it. Interrupts are forwarded to it. */
  @SuppressWarnings("unchecked") // the work throws nothing checked but E
  public <T extends @Nullable Object, E extends Exception> T run(TracedAction<T, E> work) throws E {
    ActiveSpan span = ActiveSpan.current();
    FutureTask<T> task = new FutureTask<>(() -> span.during(work));
    Interruption interruption = new Interruption();
    boolean interrupted = false;
    pool.execute(
        () -> {
          interruption.begin();
          task.run();
          interruption.end();
        });
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
          interruption.pass();
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case Exception x -> throw (E) x;
        case Error x -> throw x;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Interrupt of a working thread, which may arrive before its start or after its end. */
  private static final class Interruption {
    @GuardedBy("this")
    private @Nullable Thread computing;

    @GuardedBy("this")
    private boolean requested;

    synchronized void begin() {
      computing = Thread.currentThread();
      if (requested) {
        computing.interrupt();
      }
    }

    synchronized void pass() {
      requested = true;
      if (computing != null) {
        computing.interrupt();
      }
    }

    synchronized void end() {
      computing = null;
    }
  }
}
