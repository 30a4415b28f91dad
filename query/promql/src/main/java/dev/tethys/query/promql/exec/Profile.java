package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.Selection.Groups;
import dev.tethys.model.storage.Summaries;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Time and memory of one query, by plan step. Costs a few clock readings per series, so it is
 * created only on request.
 *
 * <p>Time is charged exclusively: each thread has one current step, and at each change the time
 * since the last change is charged to the previous step. The time of a step with its inputs is the
 * sum over its subtree; with several threads it may exceed the duration of the query.
 */
public final class Profile {
  /** Accumulated cost of one step. Thread-safe. */
  public static final class Node {
    private final LongAdder calls = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final LongAdder cpuNanos = new LongAdder();
    private final LongAdder series = new LongAdder();
    private final LongAdder samples = new LongAdder();
    private final AtomicLong heldBytes = new AtomicLong();
    private final AtomicLong peakBytes = new AtomicLong();
    private final LongAdder storedSeries = new LongAdder();
    private final LongAdder readSeries = new LongAdder();
    private final LongAdder readSamples = new LongAdder();
    private final ConcurrentSkipListSet<Long> resolutions = new ConcurrentSkipListSet<>();
    private final LongAdder selectNanos = new LongAdder();
    private final LongAdder readNanos = new LongAdder();

    private void recordOutput(long seriesGiven, long samplesGiven) {
      series.add(seriesGiven);
      samples.add(samplesGiven);
    }

    private void hold(long bytes) {
      peakBytes.accumulateAndGet(heldBytes.addAndGet(bytes), Math::max);
    }

    /** Returns the number of evaluations. */
    public long calls() {
      return calls.sum();
    }

    /** Returns the time spent in the operator itself, summed over all threads. */
    public long nanos() {
      return nanos.sum();
    }

    /** Returns the CPU time spent only in it, over all threads. */
    public long cpuNanos() {
      return cpuNanos.sum();
    }

    /** Returns the number of returned series. */
    public long series() {
      return series.sum();
    }

    /** Returns the number of returned samples. */
    public long samples() {
      return samples.sum();
    }

    /** Returns the peak size of its results in bytes. */
    public long peakBytes() {
      return peakBytes.get();
    }

    /** Returns the number of series found by the store for this step. */
    public long storedSeries() {
      return storedSeries.sum();
    }

    /** Series whose samples or timestamps were read from the store. */
    public long readSeries() {
      return readSeries.sum();
    }

    /** Samples read from the store. */
    public long readSamples() {
      return readSamples.sum();
    }

    /**
     * Resolutions of the data read: lengths of buckets in milliseconds, 0 for samples; ascending,
     * and empty if the store does not report them.
     */
    public List<Long> resolutions() {
      return List.copyOf(resolutions);
    }

    /** Returns the time of series lookups in the store. */
    public long selectNanos() {
      return selectNanos.sum();
    }

    /** Returns the time in which the store read samples, over all threads. */
    public long readNanos() {
      return readNanos.sum();
    }
  }

  /** Current step of a thread and its start time. */
  private static final class Cursor {
    @Nullable Node node;
    long since;
    long cpuSince;
  }

  private final LongSupplier nanoTime;
  private final LongSupplier threadCpuNanos;
  private final Map<PlanStep, Node> nodes = new IdentityHashMap<>();
  private final Map<Block, Node> owners = new IdentityHashMap<>();
  private final ThreadLocal<Cursor> cursors = ThreadLocal.withInitial(Cursor::new);

  /**
   * Creates an empty profile.
   *
   * @param nanoTime monotonic clock, as {@link System#nanoTime}
   * @param threadCpuNanos CPU time of the current thread
   */
  public Profile(LongSupplier nanoTime, LongSupplier threadCpuNanos) {
    this.nanoTime = nanoTime;
    this.threadCpuNanos = threadCpuNanos;
  }

  /** Returns the profile of a step, or null if it never ran. */
  public synchronized @Nullable Node find(PlanStep step) {
    return nodes.get(step);
  }

  private synchronized Node node(PlanStep step) {
    return nodes.computeIfAbsent(step, s -> new Node());
  }

  /** Returns the step currently run by the calling thread. */
  @Nullable Node current() {
    return cursors.get().node;
  }

  /** Moves from the current step, which is returned, to another. */
  @Nullable Node enter(@Nullable Node next) {
    Cursor c = cursors.get();
    long now = nanoTime.getAsLong();
    long cpu = threadCpuNanos.getAsLong();
    Node before = c.node;
    if (before != null) {
      before.nanos.add(now - c.since);
      before.cpuNanos.add(cpu - c.cpuSince);
    }
    c.node = next;
    c.since = now;
    c.cpuSince = cpu;
    return before;
  }

  /** The calling thread is in a step until this is closed, then in the step before again. */
  private final class StepScope implements AutoCloseable {
    private final @Nullable Node before;

    StepScope(Node node) {
      before = enter(node);
    }

    @Override
    public void close() {
      enter(before);
    }
  }

  /** Evaluates an operator and records its cost and results. */
  Block evaluate(Operator o, Execution x, Grid grid) {
    Node n = node(o);
    n.calls.increment();
    try (StepScope in = new StepScope(n)) {
      Block b = o.compute(x, grid);
      n.recordOutput(b.size(), b.samples());
      if (b.bytes() > 0) {
        synchronized (this) {
          owners.putIfAbsent(b, n);
        }
      }
      return b;
    }
  }

  /** Opens an operator's series and records the cost and results of each. */
  @Nullable SeriesStream open(Operator o, Execution x, Grid grid) {
    Node n = node(o);
    SeriesStream s;
    try (StepScope in = new StepScope(n)) {
      s = o.open(x, grid);
    }
    if (s == null) {
      return null;
    }
    n.calls.increment();
    return new Measured(s, n);
  }

  private final class Measured implements SeriesStream {
    private final SeriesStream inner;
    private final Node node;

    Measured(SeriesStream inner, Node node) {
      this.inner = inner;
      this.node = node;
    }

    @Override
    public int size() {
      return inner.size();
    }

    @Override
    public Labels labels(int series) {
      return inner.labels(series);
    }

    @Override
    public boolean dropName(int series) {
      return inner.dropName(series);
    }

    @Override
    public @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
      return inner.groups(sortedNames, keep);
    }

    @Override
    public void evaluate(int series, Workspace workspace, SeriesTarget target) {
      try (StepScope in = new StepScope(node)) {
        inner.evaluate(series, workspace, target);
        long n = target.count();
        node.recordOutput(n > 0 ? 1 : 0, n);
      }
    }

    @Override
    public int @Nullable [] presence(int series) {
      try (StepScope in = new StepScope(node)) {
        return inner.presence(series);
      }
    }

    @Override
    public void countPresent(int[] presence, int series) {
      long n = 0;
      for (int p : presence) {
        n += p < 0 ? 0 : 1;
      }
      node.recordOutput(n > 0 ? series : 0, n * series);
      inner.countPresent(presence, series);
    }

    @Override
    public long cost(Grid grid) {
      return inner.cost(grid);
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** Opens the windows of a range function and records the cost of each series. */
  RangeSource.Series open(RangeSource source, Execution x, Grid grid) {
    Node n = node(source);
    n.calls.increment();
    RangeSource.Series s;
    try (StepScope in = new StepScope(n)) {
      s = source.open(x, grid);
    }
    return new RangeSource.Series() {
      @Override
      public int size() {
        return s.size();
      }

      @Override
      public Labels labels(int series) {
        return s.labels(series);
      }

      @Override
      public boolean dropName(int series) {
        return s.dropName(series);
      }

      @Override
      public @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
        return s.groups(sortedNames, keep);
      }

      @Override
      public void load(int series, Workspace workspace) {
        try (StepScope in = new StepScope(n)) {
          s.load(series, workspace);
          long size = (long) workspace.samples.size + workspace.samples.histogramSize;
          n.recordOutput(size > 0 ? 1 : 0, size);
        }
      }

      @Override
      public void close() {
        s.close();
      }
    };
  }

  /** Selection of the store for the current step. */
  interface Select {
    Selection open();
  }

  /** Selects series from the store and records its reads. */
  Selection select(Select select) {
    Node n = current();
    long began = nanoTime.getAsLong();
    Selection s = select.open();
    if (n == null) {
      return s;
    }
    n.selectNanos.add(nanoTime.getAsLong() - began);
    n.storedSeries.add(s.size());
    n.resolutions.addAll(s.resolutions());
    return new Reading(s, n);
  }

  private final class Reading implements Selection {
    private final Selection inner;
    private final Node node;

    Reading(Selection inner, Node node) {
      this.inner = inner;
      this.node = node;
    }

    @Override
    public int size() {
      return inner.size();
    }

    @Override
    public Labels labels(int series) {
      return inner.labels(series);
    }

    @Override
    public void read(int series, SampleBuffer into) {
      long began = nanoTime.getAsLong();
      inner.read(series, into);
      noteRead(began, into);
    }

    @Override
    public void readTimes(int series, SampleBuffer into) {
      long began = nanoTime.getAsLong();
      inner.readTimes(series, into);
      noteRead(began, into);
    }

    private void noteRead(long began, SampleBuffer b) {
      node.readNanos.add(nanoTime.getAsLong() - began);
      node.readSeries.increment();
      Summaries s = b.summaries;
      node.readSamples.add(s == null ? b.size : s.size);
    }

    @Override
    public long timesIdIfNeverStale(int series) {
      return inner.timesIdIfNeverStale(series);
    }

    @Override
    public List<String> warnings() {
      return inner.warnings();
    }

    @Override
    public List<Long> resolutions() {
      return inner.resolutions();
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** Records memory allocated by the current step. */
  void held(long bytes) {
    Node n = current();
    if (n != null) {
      n.hold(bytes);
    }
  }

  /** Records a released result. */
  void released(Block b) {
    Node n;
    synchronized (this) {
      n = owners.remove(b);
    }
    if (n != null) {
      n.hold(-b.bytes());
    }
  }
}
