package dev.tethys.query.logql.exec;

import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryException.Kind;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * State of a running query: store, limits and consumption. Thread-safe.
 *
 * <p>Invariant: bytes reserved from the memory of all queries and not released are in {@link
 * #held}; {@link #close} releases them.
 */
public final class QueryRun implements AutoCloseable {
  private static final int MAX_WARNINGS = 20;

  private final LogStore store;
  private final Scope scope;
  private final MemoryShare memory;
  private final long maxBytes;
  private final Executor pool;
  private final int parallelism;
  private final LongSupplier nanoTime;
  private final long deadline;
  private final BooleanSupplier stopped;
  private final AtomicLong held = new AtomicLong();
  private final Set<String> warnings = new ConcurrentSkipListSet<>();
  private volatile boolean canceled;

  /** Bytes created by stages, see {@link dev.tethys.query.logql.pipeline.Row}. */
  final AtomicLong madeBytes = new AtomicLong();

  /** Bytes of the bodies of scanned segments. */
  final LongAdder scannedBytes = new LongAdder();

  /** Rows of scanned segments. */
  final LongAdder scannedRows = new LongAdder();

  /** Rows that passed the pipeline. */
  final LongAdder passedRows = new LongAdder();

  /** Segments whose rows were read. */
  final LongAdder scannedSegments = new LongAdder();

  /**
   * @param maxBytes maximum number of bytes that the query may hold, 0 for no limit
   * @param deadline time of the clock after which the query fails
   * @param stopped whether the query is abandoned; called often
   */
  public QueryRun(
      LogStore store,
      Scope scope,
      MemoryShare memory,
      long maxBytes,
      Executor pool,
      int parallelism,
      LongSupplier nanoTime,
      long deadline,
      BooleanSupplier stopped) {
    this.store = store;
    this.scope = scope;
    this.memory = memory;
    this.maxBytes = maxBytes;
    this.pool = pool;
    this.parallelism = parallelism;
    this.nanoTime = nanoTime;
    this.deadline = deadline;
    this.stopped = stopped;
  }

  /** Time of the clock after which the query fails. */
  long deadline() {
    return deadline;
  }

  LongSupplier clock() {
    return nanoTime;
  }

  MemoryShare memory() {
    return memory;
  }

  Executor pool() {
    return pool;
  }

  int parallelism() {
    return parallelism;
  }

  /** Bytes of the bodies of scanned segments. */
  public long bytesProcessed() {
    return scannedBytes.sum();
  }

  /** Rows of scanned segments. */
  public long linesProcessed() {
    return scannedRows.sum();
  }

  /** Rows that passed the pipeline. */
  public long linesPassed() {
    return passedRows.sum();
  }

  /** Segments whose rows were read. */
  public long segmentsScanned() {
    return scannedSegments.sum();
  }

  /** Selects rows; damage that is known before they are read becomes a warning. */
  LogSelection select(List<Matcher> matchers, long from, long to) {
    LogSelection s = store.select(scope, matchers, from, to);
    s.warnings().forEach(this::warn);
    return s;
  }

  /**
   * Reads a segment. Damage to it becomes a warning, and the query continues with the other
   * segments: one damaged block must not hide the rest of the data.
   */
  void read(Runnable scan) {
    try {
      scan.run();
    } catch (StorageException e) {
      if (e.reason() != StorageException.Reason.CORRUPT) {
        throw e;
      }
      warn("rows are missing, data is damaged: " + e.getMessage());
    }
  }

  /** Reads a segment that is not read again, in the same way. */
  void read(LogSegment segment, Consumer<LogSegment> scan) {
    read(() -> scan.accept(segment));
    segment.release();
  }

  private void warn(String warning) {
    if (warnings.size() < MAX_WARNINGS) {
      warnings.add(warning);
    }
  }

  /** Reasons why the response may lack rows, sorted. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  /** Cancels the query: all later checks fail. */
  public void cancel() {
    canceled = true;
  }

  /**
   * Fails if the query was canceled or has run too long.
   *
   * @throws QueryException in these cases
   */
  public void check() {
    if (canceled || stopped.getAsBoolean() || Thread.currentThread().isInterrupted()) {
      throw new QueryException(Kind.CANCELED, "query was canceled");
    }
    if (nanoTime.getAsLong() - deadline > 0) {
      throw new QueryException(
          Kind.TIMEOUT,
          "request timed out, decrease the duration of the request or add more label"
              + " matchers (prefer exact match over regex match) to reduce the amount of data"
              + " processed");
    }
  }

  /**
   * Reserves memory until the run is closed.
   *
   * @throws QueryException of kind {@code LIMIT} if the query holds too much, {@code OVERLOAD} if
   *     others do
   */
  public void hold(long bytes) {
    long now = held.addAndGet(bytes);
    if (maxBytes > 0 && now > maxBytes) {
      held.addAndGet(-bytes);
      throw new QueryException(
          Kind.LIMIT,
          "the query would hold "
              + now
              + " bytes, more than the "
              + maxBytes
              + " of a query; add stream matchers or filters, aggregate by fewer labels, or shorten"
              + " the time range");
    }
    if (memory.reserve(bytes) != null) {
      held.addAndGet(-bytes);
      throw new QueryException(
          now > memory.max() / 2 ? Kind.LIMIT : Kind.OVERLOAD,
          "all running queries together would exceed the memory limit; run fewer queries at"
              + " a time, or smaller ones");
    }
  }

  @Override
  public void close() {
    memory.release(held.getAndSet(0));
  }
}
