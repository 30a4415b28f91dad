package dev.tethys.query.traceql.exec;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRelation;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.model.traces.TraceSummaries;
import dev.tethys.query.traceql.TraceLimits;
import dev.tethys.query.traceql.TraceQueryException;
import dev.tethys.query.traceql.TraceStatistics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Run of one query over a selection: threads, memory, statistics.
 *
 * <p>Invariant: bytes reserved from the memory of all queries and not released are in {@link
 * #bytes}; {@link #close} releases them.
 */
public final class TraceqlRun implements AutoCloseable {
  private final Executor pool;
  private final int parallelism;
  private final TraceLimits limits;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong spans = new AtomicLong();
  private final AtomicLong traces = new AtomicLong();
  private final AtomicInteger scans = new AtomicInteger();
  private final MemoryShare memory;
  private int segments;

  /**
   * @param memory total memory of all queries
   */
  public TraceqlRun(Executor pool, int parallelism, TraceLimits limits, MemoryShare memory) {
    this.memory = memory;
    this.pool = pool;
    this.parallelism = parallelism;
    this.limits = limits;
  }

  TraceLimits limits() {
    return limits;
  }

  int parallelism() {
    return parallelism;
  }

  /** Segments of a selection, newest first. */
  List<SpanSegment> segments(SpanSelection selection) {
    List<SpanSegment> out = new ArrayList<>(selection.segments());
    out.sort(
        Comparator.comparingLong(SpanSegment::lastTime)
            .reversed()
            .thenComparing(Comparator.comparingLong(SpanSegment::firstTime).reversed())
            .thenComparingLong(SpanSegment::rows));
    segments = Math.max(segments, out.size());
    return out;
  }

  /**
   * Charges memory.
   *
   * @throws TraceQueryException if the limit of the query or of all queries would be exceeded
   */
  void reserve(long n) {
    if (memory.reserve(n) != null) {
      throw TraceQueryException.overload(
          "all running queries together would hold more memory than is free; run fewer queries at"
              + " a time, or smaller ones");
    }
    long now = bytes.addAndGet(n);
    if (now > limits.maxBytes()) {
      throw TraceQueryException.limit(
          "query would hold "
              + now
              + " bytes, more than its limit of "
              + limits.maxBytes()
              + "; narrow the filter or the time range, or group by fewer attributes");
    }
  }

  void release(long n) {
    bytes.addAndGet(-n);
    memory.release(n);
  }

  @Override
  public void close() {
    memory.release(bytes.getAndSet(0));
  }

  void countTraces(int n) {
    traces.addAndGet(n);
  }

  public TraceStatistics statistics() {
    return new TraceStatistics(traces.get(), spans.get(), segments, scans.get());
  }

  /** End of a scan whose consumer has all it needs. */
  static final class EnoughResults extends RuntimeException {
    private static final long serialVersionUID = 1L;
    static final EnoughResults ENOUGH = new EnoughResults();

    private EnoughResults() {
      super(null, null, false, false);
    }
  }

  /** Scans a segment, counting its rows. */
  void scan(SpanSegment s, SpanFilter filter, SpanNeeds needs, Consumer<SpanRows> consumer) {
    scans.incrementAndGet();
    try {
      s.scan(
          filter,
          needs,
          rows -> {
            spans.addAndGet(rows.count);
            consumer.accept(rows);
          });
    } catch (EnoughResults e) {
      // the consumer ended the scan
    }
  }

  /** Summaries of some traces, at least, by their spans in a segment. */
  TraceSummaries summaries(SpanSegment s, TraceIds ids) {
    scans.incrementAndGet();
    return s.summaries(ids);
  }

  /** Passes on the traces of a segment with spans of a relation. */
  void related(SpanSegment s, SpanRelation relation, SpanRelation.Consumer consumer) {
    scans.incrementAndGet();
    s.related(relation, consumer);
  }

  /**
   * Runs numbered tasks on this thread and threads of the pool. The first failure ends all.
   *
   * @param workers provides each thread with its worker, which receives numbers in ascending order
   */
  void forEach(int tasks, Supplier<IntConsumer> workers) {
    int threads = Math.min(parallelism, tasks);
    Parallel p = new Parallel(tasks);
    Supplier<Boolean> job =
        Cancellation.propagate(
            () -> {
              p.work(workers);
              return Boolean.TRUE;
            });
    for (int t = 1; t < threads; t++) {
      try {
        pool.execute(() -> p.help(job));
      } catch (RejectedExecutionException e) {
        break; // the pool is full or closing; this thread does the work
      }
    }
    p.work(workers);
    p.end();
  }

  /** Tasks that are shared out. A helper that starts after the end does nothing. */
  private static final class Parallel {
    private final AtomicInteger next = new AtomicInteger();
    private final int tasks;
    private int helping;
    private boolean over;
    private @Nullable Throwable failure;

    Parallel(int tasks) {
      this.tasks = tasks;
    }

    void help(Supplier<Boolean> job) {
      synchronized (this) {
        if (over) {
          return;
        }
        helping++;
      }
      try {
        var unused = job.get();
      } finally {
        synchronized (this) {
          helping--;
          notifyAll();
        }
      }
    }

    void work(Supplier<IntConsumer> workers) {
      try {
        IntConsumer worker = null;
        for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
          Cancellation.check();
          if (worker == null) {
            worker = workers.get();
          }
          worker.accept(i);
        }
      } catch (Throwable e) {
        next.set(tasks);
        synchronized (this) {
          failure = failure == null ? e : failure;
        }
      }
    }

    void end() {
      Throwable e;
      boolean interrupted = false;
      synchronized (this) {
        over = true;
        while (helping > 0) {
          try {
            wait();
          } catch (InterruptedException x) {
            interrupted = true;
            next.set(tasks);
          }
        }
        e = failure;
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (e instanceof RuntimeException r) {
        throw r;
      }
      if (e instanceof Error r) {
        throw r;
      }
    }
  }
}
