package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryException.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * State of a running query: its source, limits and consumption. Operators frequently check it for
 * cancellation.
 *
 * <p>Invariant: {@link #heldBytes} is the part of the common memory budget that is reserved and not
 * released; {@link #close} releases it. Safe for several threads, but {@link #shared} only for the
 * one that runs the operators.
 */
public final class Execution implements AutoCloseable {
  /** Interval at which a waiting thread checks whether the query was canceled. */
  private static final int AWAIT_MILLIS = 20;

  /** Label values up to this length, in characters, are not counted. */
  private static final int USUAL_LABEL_VALUE = 1 << 10;

  /**
   * Maximum number of characters of longer label values that functions read or make. Groups of
   * expressions take about 50 ns for each.
   */
  static final long MAX_LABEL_TEXT = 1 << 25;

  /**
   * Query limits.
   *
   * @param maxSourceResolution see {@link dev.tethys.query.promql.QueryOptions}
   * @param memoryReserve whether the query may use the reserved part of the common memory
   */
  public record Limits(
      long maxSamples,
      long maxBytes,
      long deadlineNanos,
      long lookbackMillis,
      long maxSourceResolution,
      boolean memoryReserve) {}

  /** Behaviour enabled by feature flags. */
  public record Features(
      boolean delayedNameRemoval, boolean typeAndUnitLabels, boolean startTimestamps) {}

  private final MetricSource source;
  private final Limits limits;
  private final Features features;
  private final QueryMemoryBudget budget;
  private final Executor pool;
  private final int parallelism;
  private final LongSupplier nanoTime;
  private final Annotations annotations = new Annotations();
  private final AtomicLong heldSamples = new AtomicLong();
  private final AtomicLong peakSamples = new AtomicLong();
  private final AtomicLong heldBytes = new AtomicLong();
  private final AtomicLong peakBytes = new AtomicLong();
  private final LongAdder helperCpu = new LongAdder();
  private final Map<SharedKey, Block> shared = new HashMap<>();
  private final BlockOwners holders = new BlockOwners();
  private final AtomicLong labelText = new AtomicLong();
  private SampleCount count;
  private volatile boolean canceled;
  private volatile boolean readHistograms;
  private final @Nullable Profile profile;
  private boolean brief;
  private long briefUntil;
  private ComputeSlots.@Nullable Slot slot;

  /** Signals that a query expected to be brief is not, and must run on another thread. */
  public static final class NotBrief extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotBrief() {
      super("the query takes longer than in earlier runs", null, false, false);
    }
  }

  private record SharedKey(int operator, Grid grid) {
    // By hand: the generated methods of a record are linked on first use, which takes milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof SharedKey k && operator == k.operator && grid.equals(k.grid);
    }

    @Override
    public int hashCode() {
      return 31 * operator + grid.hashCode();
    }
  }

  public Execution(
      MetricSource source,
      Limits limits,
      Features features,
      QueryMemoryBudget budget,
      Executor pool,
      int parallelism,
      LongSupplier nanoTime,
      SampleCount count,
      @Nullable Profile profile) {
    this.source = source;
    this.limits = limits;
    this.features = features;
    this.budget = budget;
    this.pool = pool;
    this.parallelism = parallelism;
    this.nanoTime = nanoTime;
    this.count = count;
    this.profile = profile;
  }

  /**
   * Counts a label value that a function reads or makes; nested calls could double long ones for
   * each series.
   *
   * @throws QueryException if all long ones together are too many characters
   */
  void countLabelText(int length) {
    if (length > USUAL_LABEL_VALUE && labelText.addAndGet(length) > MAX_LABEL_TEXT) {
      throw new QueryException(
          Kind.LIMIT,
          "label_replace() and label_join() would change long label values of more than "
              + MAX_LABEL_TEXT
              + " characters in all");
    }
  }

  /**
   * Makes checks fail with {@link NotBrief} from a given time; called before it is run.
   *
   * @param nanos period in nanoseconds, measured by the deadline clock
   */
  public void limitBriefly(long nanos) {
    brief = true;
    briefUntil = nanos;
  }

  /**
   * Subjects the query to a limit of long computations; by the thread that runs it.
   *
   * @param first runs when the query requests its first slot
   */
  public void useSlots(ComputeSlots slots, Runnable first) {
    slot = slots.begin(nanoTime, this::check, first);
  }

  /** Releases its slot: the thread that runs it computes no more. */
  public void endSlot() {
    ComputeSlots.Slot t = slot;
    if (t != null) {
      t.release();
      slot = null;
    }
  }

  long now() {
    return nanoTime.getAsLong();
  }

  /** Whether the query is expected to be brief. */
  public boolean isBrief() {
    return brief;
  }

  /**
   * Waits for another query.
   *
   * @throws QueryException if this one was canceled or has run too long meanwhile
   */
  public void await(CountDownLatch other) {
    ComputeSlots.Slot t = slot;
    if (t != null) {
      t.pause(now()); // the other query may be the one that waits for a slot
    }
    try {
      while (!other.await(AWAIT_MILLIS, TimeUnit.MILLISECONDS)) {
        check();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueryException(Kind.CANCELED, "query was canceled in expression evaluation");
    }
  }

  /** Returns the CPU time of threads other than the query's own. */
  public long helperCpuNanos() {
    return helperCpu.sum();
  }

  /** Records CPU time of a helper thread. */
  void helped(long cpuNanos) {
    helperCpu.add(cpuNanos);
  }

  /** Returns the profile of the time spent in each step, or null if not requested. */
  @Nullable Profile profile() {
    return profile;
  }

  /** Creates a counter for the steps of the query itself. */
  public static SampleCount counter(Grid grid, boolean byStep) {
    return new SampleCount(grid.steps(), byStep);
  }

  MetricSource source() {
    return source;
  }

  Features features() {
    return features;
  }

  long lookback() {
    return limits.lookbackMillis();
  }

  /**
   * Returns the coarsest resolution that the query accepts; see {@link
   * dev.tethys.query.promql.QueryOptions}.
   */
  long maxSourceResolution() {
    return limits.maxSourceResolution();
  }

  /** Returns the annotation collector. */
  public Annotations annotations() {
    return annotations;
  }

  /** Returns the memory by owner. */
  BlockOwners holders() {
    return holders;
  }

  /** Records that native histograms were read. */
  void noteHistograms() {
    if (!readHistograms) {
      readHistograms = true;
    }
  }

  /** Whether native histograms were read. */
  public boolean readHistograms() {
    return readHistograms;
  }

  Executor pool() {
    return pool;
  }

  int parallelism() {
    return parallelism;
  }

  /** Returns the sample counter of the grid being computed. */
  SampleCount count() {
    return count;
  }

  /** Switches to the counter of another grid; returns the previous one. */
  SampleCount count(SampleCount c) {
    SampleCount before = count;
    count = c;
    return before;
  }

  /** Cancels the query: all later checks fail. */
  public void cancel() {
    canceled = true;
  }

  /**
   * Throws when the query must stop. Called at least once per series or a few thousand points.
   *
   * @throws QueryException if the query was canceled or has run too long
   */
  void check() {
    if (canceled) {
      throw new QueryException(Kind.CANCELED, "query was canceled in expression evaluation");
    }
    long now = nanoTime.getAsLong();
    if (now - limits.deadlineNanos() > 0) {
      throw new QueryException(Kind.TIMEOUT, "query timed out in expression evaluation");
    }
    if (brief && now - briefUntil > 0) {
      throw new NotBrief();
    }
    ComputeSlots.Slot t = slot;
    if (t != null && t.isDue(now)) {
      takeSlot(t, now);
    } else if (t != null) {
      t.stepBack(now);
    }
  }

  private void takeSlot(ComputeSlots.Slot t, long now) {
    try {
      t.take(now);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueryException(Kind.CANCELED, "query was canceled while it waited for its slot", e);
    }
  }

  /** Rejects a grid for which a single series would exceed the limit, as in some subqueries. */
  void check(Grid grid) {
    if (grid.steps() > limits.maxSamples()) {
      throw tooManySamples();
    }
  }

  /** Counts samples that stay in memory. */
  void holdSamples(long n) {
    long now = heldSamples.addAndGet(n);
    peakSamples.accumulateAndGet(now, Math::max);
    if (now > limits.maxSamples()) {
      throw tooManySamples();
    }
  }

  /** Checks the limit with temporary samples in addition to the held ones. */
  void touchSamples(long n) {
    long now = heldSamples.get() + n;
    if (now > peakSamples.get()) {
      peakSamples.accumulateAndGet(now, Math::max);
    }
    if (now > limits.maxSamples()) {
      throw tooManySamples();
    }
  }

  private static QueryException tooManySamples() {
    return new QueryException(
        Kind.LIMIT, "query processing would load too many samples into memory in query execution");
  }

  public long peakSamples() {
    return peakSamples.get();
  }

  /** Returns the current memory in bytes. */
  public long heldBytes() {
    return heldBytes.get();
  }

  /** Returns the peak memory in bytes. */
  public long peakBytes() {
    return peakBytes.get();
  }

  /** Reserves memory; fails with a message that names the limit. */
  void holdBytes(long n) {
    budget.reserve(n, heldBytes.get(), limits.memoryReserve());
    long now = heldBytes.addAndGet(n);
    if (now > peakBytes.get()) {
      peakBytes.accumulateAndGet(now, Math::max);
    }
    if (profile != null) {
      profile.held(n);
    }
    if (limits.maxBytes() > 0 && now > limits.maxBytes()) {
      throw new MemoryLimitException(
          Kind.LIMIT,
          "the query would hold "
              + now
              + " bytes, more than the "
              + limits.maxBytes()
              + " of query.max-memory-bytes-per-query");
    }
  }

  /**
   * Memory account of a growing structure: charged before allocation, released once the finished
   * result is accounted for. Thread-safe.
   */
  final class Draft implements AutoCloseable {
    private final AtomicLong bytes = new AtomicLong();

    private Draft() {}

    /** Charges memory before it is used. */
    void add(long n) {
      holdBytes(n);
      bytes.addAndGet(n);
    }

    /** Charges the memory of another series. */
    void addSeries(Labels labels, int steps) {
      add(8L * steps + 96 + labels.canonicalBytes().length);
    }

    @Override
    public void close() {
      long n = bytes.getAndSet(0);
      heldBytes.addAndGet(-n);
      budget.release(n, limits.memoryReserve());
      if (profile != null) {
        profile.held(-n);
      }
    }
  }

  /** Opens an account for a growing structure. */
  Draft draft() {
    return new Draft();
  }

  /** Charges the memory of columns and returns them as a block. */
  public Block hold(List<Column> columns) {
    if (columns.isEmpty()) {
      return Block.EMPTY;
    }
    long samples = 0;
    long bytes = 0;
    for (Column c : columns) {
      samples += c.weight();
      bytes += c.bytes();
    }
    holdBytes(bytes);
    holdSamples(samples);
    return new Block(columns, samples, bytes);
  }

  /** Releases the memory of a block. */
  public void release(Block b) {
    if (b.bytes() == 0 || isShared(b)) {
      return;
    }
    holders.released(b);
    heldSamples.addAndGet(-b.samples());
    heldBytes.addAndGet(-b.bytes());
    budget.release(b.bytes(), limits.memoryReserve());
    if (profile != null) {
      profile.released(b);
    }
  }

  private boolean isShared(Block b) {
    if (!shared.isEmpty()) {
      for (Block s : shared.values()) {
        if (s == b) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Returns the result of an operator that occurs in the query more than once, if it already
   * exists.
   */
  @Nullable Block shared(int operator, Grid grid) {
    return shared.get(new SharedKey(operator, grid));
  }

  /** Caches the result of an operator for its other occurrences. */
  Block share(int operator, Grid grid, Block b) {
    shared.put(new SharedKey(operator, grid), b);
    return b;
  }

  /** Releases all memory. */
  @Override
  public void close() {
    budget.release(heldBytes.getAndSet(0), limits.memoryReserve());
  }
}
