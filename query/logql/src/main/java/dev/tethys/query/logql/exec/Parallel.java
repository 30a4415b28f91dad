package dev.tethys.query.logql.exec;

import dev.tethys.model.cancellation.Cancellation;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Shares numbered tasks out to threads of a pool. The calling thread also works, so that a busy
 * pool only makes a query slower. The first error stops all.
 */
final class Parallel {
  private final QueryRun run;
  private final AtomicInteger next = new AtomicInteger();
  private final int tasks;
  private int working;
  private boolean over;
  private @Nullable Throwable failure;

  private Parallel(QueryRun run, int tasks) {
    this.run = run;
    this.tasks = tasks;
  }

  /**
   * Runs tasks.
   *
   * @param workers provides each thread with its worker, which receives task numbers in ascending
   *     order
   */
  static void forEach(QueryRun run, int tasks, Supplier<IntConsumer> workers) {
    if (tasks > 0) {
      new Parallel(run, tasks).run(workers);
    }
  }

  private void run(Supplier<IntConsumer> workers) {
    int threads = Math.min(run.parallelism(), tasks);
    for (int t = 1; t < threads; t++) {
      try {
        run.pool().execute(() -> help(workers));
      } catch (RejectedExecutionException e) {
        break; // the pool is full or closing; this thread does the work
      }
    }
    work(workers);
    Throwable e = end();
    if (e instanceof RuntimeException r) {
      throw r;
    }
    if (e instanceof Error r) {
      throw r;
    }
  }

  private void help(Supplier<IntConsumer> workers) {
    synchronized (this) {
      if (over) {
        return;
      }
      working++;
    }
    try {
      work(workers);
    } finally {
      synchronized (this) {
        working--;
        notifyAll();
      }
    }
  }

  private void work(Supplier<IntConsumer> workers) {
    try {
      Cancellation.within(
          run::check,
          () -> {
            IntConsumer worker = null;
            for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
              run.check();
              if (worker == null) {
                worker = workers.get();
              }
              worker.accept(i);
            }
            return Boolean.TRUE;
          });
    } catch (Throwable e) {
      next.set(tasks);
      synchronized (this) {
        failure = failure == null ? e : failure;
      }
    }
  }

  private synchronized @Nullable Throwable end() {
    over = true;
    boolean interrupted = false;
    while (working > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
        run.cancel();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return failure;
  }
}
