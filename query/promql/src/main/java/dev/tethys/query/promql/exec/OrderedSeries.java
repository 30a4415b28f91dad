package dev.tethys.query.promql.exec;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Computes the series of a stream on all threads and delivers them in order, independently of the
 * number of threads, so that sums of floats are always equal.
 *
 * <p>Threads take chunks of neighbouring series. The thread that finishes the next chunk in order
 * delivers it, and the completed chunks that follow; a thread waits for another only when it is a
 * whole ring ahead. So a thread is woken once per query instead of once per chunk; a wakeup takes
 * as long as computing a chunk.
 *
 * <p>Invariant: chunks {@code handed} to {@code begun} are in the ring at their number; the content
 * of one belongs to the thread that began it until it is done, then to the thread that delivers.
 */
final class OrderedSeries {
  private static final int SERIES_A_CHUNK = 16;

  /** Number of chunks by which threads may be ahead of a preempted one. */
  private static final int CHUNKS_A_THREAD = 8;

  /** Interval at which a waiting thread checks whether the query was canceled. */
  private static final int AWAIT_MILLIS = 20;

  /** Receiver of the series, called by one thread at a time. */
  @FunctionalInterface
  interface Taker {
    void take(int series, SeriesTarget values);
  }

  private static final class Chunk {
    final SeriesTarget[] targets;
    int from;
    int to;
    boolean done;

    Chunk(int series, int steps) {
      targets = new SeriesTarget[series];
      for (int i = 0; i < series; i++) {
        targets[i] = new SeriesTarget(steps);
      }
    }
  }

  private final Execution x;
  private final Execution.Draft memory;
  private final Grid grid;
  private final SeriesStream in;
  private final Taker taker;
  private final int chunkSize;
  private final @Nullable Chunk[] ring;
  private final ArrayDeque<Chunk> free = new ArrayDeque<>(); // mostly one a thread is ever made
  private int begun;
  private int emitted;
  private boolean emitting; // a thread is passing on
  private boolean stopped;

  private OrderedSeries(
      Execution x,
      Execution.Draft memory,
      Grid grid,
      SeriesStream in,
      Taker taker,
      int threads,
      int chunk) {
    this.x = x;
    this.memory = memory;
    this.grid = grid;
    this.in = in;
    this.taker = taker;
    chunkSize = threads == 1 ? 1 : chunk;
    ring = new @Nullable Chunk[threads == 1 ? 1 : threads * CHUNKS_A_THREAD];
  }

  /** Computes all series of a stream; each is passed on, also those that turn out empty. */
  static void forEach(Execution x, Grid grid, SeriesStream in, Taker taker) {
    int chunk = Streams.chunk(x, in.size(), SERIES_A_CHUNK);
    int threads = Streams.threads(x, in.size(), in.cost(grid), chunk);
    try (Execution.Draft memory = x.draft()) {
      OrderedSeries all = new OrderedSeries(x, memory, grid, in, taker, threads, chunk);
      Streams.inParallel(x, threads, all::work, all::stop);
    }
  }

  private void work() {
    Workspace w = new Workspace();
    for (Chunk c = begin(); c != null; c = begin()) {
      for (int i = c.from; i < c.to; i++) {
        x.check();
        SeriesTarget t = c.targets[i - c.from];
        t.clear();
        in.evaluate(i, w, t);
      }
      if (completeAndClaim(c)) {
        forward();
      }
    }
  }

  /** Returns the next chunk; null after the last one. */
  private synchronized @Nullable Chunk begin() {
    while (begun - emitted == ring.length && !stopped) {
      try {
        wait(AWAIT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        x.cancel();
      }
      x.check();
    }
    int from = begun * chunkSize;
    if (stopped || from >= in.size()) {
      return null;
    }
    Chunk c = free.poll();
    if (c == null) {
      memory.add(8L * chunkSize * grid.steps());
      c = new Chunk(chunkSize, grid.steps());
    }
    ring[begun++ % ring.length] = c;
    c.from = from;
    c.to = Math.min(in.size(), from + chunkSize);
    return c;
  }

  private synchronized boolean completeAndClaim(Chunk c) {
    c.done = true;
    if (emitting || ring[emitted % ring.length] != c) {
      return false;
    }
    emitting = true;
    return true;
  }

  private void forward() {
    for (Chunk c = turn(null); c != null; c = turn(c)) {
      for (int i = c.from; i < c.to; i++) {
        taker.take(i, c.targets[i - c.from]);
      }
    }
  }

  /** Returns the chunk to pass on after another one, or null if it is not computed yet. */
  private synchronized @Nullable Chunk turn(@Nullable Chunk before) {
    if (before != null) {
      before.done = false;
      free.push(before);
      ring[emitted++ % ring.length] = null;
      notifyAll();
    }
    Chunk c = ring[emitted % ring.length];
    if (c != null && c.done) {
      return c;
    }
    emitting = false;
    return null;
  }

  private synchronized void stop() {
    stopped = true;
    notifyAll();
  }
}
