package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.QueryException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs streams of series, on several threads when there is enough to do. */
final class Streams {
  /**
   * Below this number of samples and points one thread is as fast, and other threads keep their
   * processors.
   */
  static final long PARALLEL_COST = 200_000;

  /** Assumed milliseconds between samples, to estimate the number of samples in a range. */
  static final long TYPICAL_INTERVAL = 15_000;

  /** Series handed to a thread at a time, at most. */
  private static final int CHUNK = 16;

  /** Balances work so that all threads end together, regardless of the cost of single series. */
  private static final int CHUNKS_A_THREAD = 4;

  private Streams() {}

  /** Returns a finished block as a stream that releases it at the end. */
  static SeriesStream of(Execution x, Block b) {
    return new SeriesStream() {
      @Override
      public int size() {
        return b.size();
      }

      @Override
      public Labels labels(int i) {
        return b.column(i).labels();
      }

      @Override
      public boolean dropName(int i) {
        return b.column(i).dropName();
      }

      @Override
      public void evaluate(int i, Workspace w, SeriesTarget target) {
        target.set(b.column(i));
      }

      @Override
      public void close() {
        x.release(b);
      }
    };
  }

  /** Computes all series of a stream and keeps those that are not empty, in order. */
  static Block collect(Execution x, Grid grid, SeriesStream s) {
    @Nullable Column[] out = new Column[s.size()];
    forEach(
        x,
        grid,
        s.size(),
        s.cost(grid),
        (w, target, i) -> {
          s.evaluate(i, w, target);
          if (!target.isEmpty()) {
            Column c = target.toColumn(s.labels(i), s.dropName(i));
            x.holdBytes(c.bytes());
            x.holdSamples(c.weight());
            out[i] = c;
          }
        });
    List<Column> columns = new ArrayList<>(out.length);
    long samples = 0;
    long bytes = 0;
    for (Column c : out) {
      if (c != null) {
        columns.add(c);
        samples += c.weight();
        bytes += c.bytes();
      }
    }
    return new Block(columns, samples, bytes);
  }

  /** Operation on one series. */
  @FunctionalInterface
  interface Task {
    void run(Workspace w, SeriesTarget target, int series);
  }

  /** Runs a task for each series, each thread with a workspace and a cleared target. */
  static void forEach(Execution x, Grid grid, int series, long cost, Task task) {
    share(
        x,
        grid,
        new Share(series, cost, chunk(x, series, CHUNK)),
        () -> {
          Workspace w = new Workspace();
          SeriesTarget target = new SeriesTarget(grid.steps());
          return (from, to) -> {
            for (int i = from; i < to; i++) {
              x.check();
              target.clear();
              task.run(w, target, i);
            }
          };
        });
  }

  /** Worker of one thread for its assigned series, neighbouring ones at a time. */
  @FunctionalInterface
  interface Worker {
    void run(int from, int to);

    /** Called once when there are no more. */
    default void end() {}
  }

  /**
   * Series to be distributed.
   *
   * @param cost cost of each series, see {@link SeriesStream#cost}
   * @param chunk number of series that a thread processes at a time
   */
  record Share(int series, long cost, int chunk) {}

  /** Shares series out to threads, each with its own worker, which has one target. */
  static void share(Execution x, Grid grid, Share share, Supplier<Worker> workers) {
    int n = share.series;
    int threads = threads(x, n, share.cost, share.chunk);
    AtomicInteger next = new AtomicInteger();
    Runnable loop =
        () -> {
          Worker w = workers.get();
          for (int i = next.getAndAdd(share.chunk); i < n; i = next.getAndAdd(share.chunk)) {
            w.run(i, Math.min(n, i + share.chunk));
          }
          w.end();
        };
    try (Execution.Draft draft = x.draft()) {
      draft.add(8L * threads * grid.steps());
      inParallel(x, threads, loop, () -> next.set(n));
    }
  }

  /**
   * Returns the number of neighbouring series that a thread processes at a time: small enough for
   * all threads to finish together.
   */
  static int chunk(Execution x, int series, int most) {
    return Math.clamp(series / (CHUNKS_A_THREAD * x.parallelism()), 1, most);
  }

  /**
   * Returns the number of threads for computing series.
   *
   * @param cost cost of each series, see {@link SeriesStream#cost}
   * @param chunk number of series that a thread processes at a time
   */
  static int threads(Execution x, int series, long cost, int chunk) {
    return series * cost < PARALLEL_COST
        ? 1
        : Math.min(x.parallelism(), (series + chunk - 1) / chunk);
  }

  /**
   * Threads that help another one; it does not wait for helpers that start after the work is done.
   */
  private static final class Helpers {
    private int working;
    private boolean over;
    private @Nullable Throwable failure;

    synchronized boolean enter() {
      working += over ? 0 : 1;
      return !over;
    }

    synchronized void leave() {
      working--;
      notifyAll();
    }

    synchronized void failed(Throwable e) {
      failure = failure == null ? e : failure;
    }

    /** Waits for those that work; the first error of any, or null. */
    synchronized @Nullable Throwable end(Execution x) {
      over = true;
      boolean interrupted = false;
      while (working > 0) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
          x.cancel();
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return failure;
    }
  }

  /**
   * Runs the same loop on several threads, including this one; the first error stops all. The loop
   * ends on each thread when no work is left.
   */
  static void inParallel(Execution x, int threads, Runnable loop, Runnable stop) {
    if (threads <= 1) {
      loop.run();
      return;
    }
    Helpers helpers = new Helpers();
    Profile p = x.profile();
    Profile.Node at = p == null ? null : p.current();
    for (int t = 1; t < threads; t++) {
      x.pool()
          .execute(
              () -> {
                if (!helpers.enter()) {
                  return;
                }
                long cpu = ThreadCpu.nanos();
                if (p != null) {
                  p.enter(at);
                }
                try {
                  loop.run();
                } catch (Throwable e) {
                  helpers.failed(e);
                  stop.run();
                } finally {
                  if (p != null) {
                    p.enter(null);
                  }
                  x.helped(ThreadCpu.nanos() - cpu);
                  helpers.leave();
                }
              });
    }
    try {
      loop.run();
    } catch (Throwable e) {
      helpers.failed(e);
      stop.run();
    }
    Throwable e = helpers.end(x);
    if (e instanceof RuntimeException r) {
      throw r;
    }
    if (e instanceof Error r) {
      throw r;
    }
  }

  /** Whether two series of a stream have the same labels. */
  static boolean hasSameLabels(Execution x, SeriesStream s) {
    Set<Labels> seen = new HashSet<>(s.size() * 2);
    for (int i = 0; i < s.size(); i++) {
      x.check();
      if (!seen.add(s.labels(i))) {
        return true;
      }
    }
    return false;
  }

  /** Returns the error for two series of a vector with the same labels. */
  static QueryException sameLabelset() {
    return QueryException.execution("vector cannot contain metrics with the same labelset");
  }

  /** Returns a value known to exist. */
  static <T> T there(@Nullable T t) {
    return Objects.requireNonNull(t);
  }
}
