package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.ChangeLog;
import dev.tethys.model.storage.MetricSource.SeriesExemplars;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.store.metrics.internal.index.LabelColumns;
import dev.tethys.store.metrics.internal.index.MatchCache;
import dev.tethys.store.metrics.internal.index.Matching;
import dev.tethys.store.metrics.internal.index.ValueMatches;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * The newest samples, in memory, and every series that has any.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>A batch is seen only after the log has it; a reader sees a batch whole or not at all.
 *   <li>In-order samples of a series ascend: rows and histograms hold nothing older than {@link
 *       #minValidTime}; what comes late stands apart in {@link OutOfOrderSamples}.
 *   <li>Lock order: commit lock ({@link GroupCommitter}), then {@link #view}. Rows, series table
 *       and index change under the write side of view; {@link NewestTimes} change only under both.
 * </ul>
 */
public final class Head {
  private static final int POOLED_BATCHES = 32;

  /** New values that may be tested while the index is locked. */
  private static final int FEW_VALUES = 64;

  /** Maximum number of rounds that test values which arrived during the round before. */
  private static final int MAX_ROUNDS = 8;

  /** Maximum bytes of cached matcher results. */
  static final long MAX_MATCHED_BYTES =
      Math.clamp(Runtime.getRuntime().maxMemory() / 32, 1 << 20, 16 << 20);

  /** The most metric families whose metadata is remembered. */
  public static final int MAX_METADATA = MetadataTable.MAX;

  final long range;
  private final InstantSource clock;
  final ReentrantReadWriteLock view = new ReentrantReadWriteLock();
  private final Fingerprint key = new Fingerprint();
  final SeriesTable table = new SeriesTable(key);
  volatile Stripe[] stripes = new Stripe[16];
  final ExemplarRing exemplars;
  final MetadataTable metadata = new MetadataTable(MetadataTable.MAX);
  final SeriesLimiter admission = new SeriesLimiter(this);
  final Duplicates duplicates = new Duplicates(this);
  final SampleInserter placement = new SampleInserter(this);
  final SealedPages sealed = new SealedPages(view, () -> table.live());
  private final Truncation truncation = new Truncation(this);
  private final MatchCache<FoundSeries> matched = new MatchCache<>(MAX_MATCHED_BYTES);

  /** Names of labels of matching series. */
  final MatchCache<List<String>> namesFound = new MatchCache<>(LabelLookup.MAX_NAMES_BYTES);

  private final LogReplay replay = new LogReplay(this, placement);
  private final GroupCommitter commits;

  private volatile HeadSettings settings;
  volatile long minTime = Long.MAX_VALUE;
  volatile long maxTime = Long.MIN_VALUE;
  volatile long minValidTime = Long.MIN_VALUE;

  /** Time until which the store has samples with future timestamps; it only grows. */
  private volatile long aheadUntil = Long.MIN_VALUE;

  /**
   * Samples before it are rejected unless late ones are accepted. If memory was cut within a range,
   * it is less than {@link #minValidTime}: samples in between are accepted, and stored as late
   * ones.
   */
  volatile long acceptFrom = Long.MIN_VALUE;

  /** In-order samples before it are in blocks; rows that hold them still are not read. */
  volatile long flushedTo = Long.MIN_VALUE;

  private final ConcurrentLinkedQueue<AppendBatch> batches = new ConcurrentLinkedQueue<>();

  /** Memory budget. */
  public final HeadMemoryBudget budget;

  /** Changed time ranges by version; noted under the write side of {@link #view}. */
  public final ChangeLog changes;

  /** Counters for self-metrics. */
  public final HeadCounters counters = new HeadCounters();

  public Head(
      long blockRange,
      HeadSettings settings,
      CommitLog log,
      InstantSource clock,
      HeadMemoryBudget.Pause pause,
      ChangeLog changes) {
    this.changes = changes;
    this.budget = new HeadMemoryBudget(settings.memoryLimit(), pause);
    this.range = blockRange;
    this.settings = settings;
    this.clock = clock;
    this.exemplars = new ExemplarRing(settings.exemplars());
    this.commits = new GroupCommitter(this, log);
  }

  public HeadSettings settings() {
    return settings;
  }

  /** Applies new settings; open appenders keep the old ones. */
  public void configure(HeadSettings s) {
    settings = s;
    exemplars.resize(s.exemplars());
    budget.configure(s.memoryLimit());
  }

  // ---- appending

  public Appender appender() {
    AppendBatch b = batches.poll();
    HeadAppender a =
        new HeadAppender(
            this,
            key.sameKey(),
            b == null ? new AppendBatch() : b,
            truncation.epoch(),
            truncation.departures());
    truncation.began(a);
    return a;
  }

  void release(HeadAppender a, AppendBatch b) {
    truncation.ended(a);
    b.clear();
    if (b.worthKeeping() && batches.size() < POOLED_BATCHES) {
      batches.add(b);
    }
  }

  void commit(HeadAppender a) {
    budget.slow();
    commits.commit(a);
  }

  SeriesKeys keys() {
    return table.keys;
  }

  Stripe stripe(int slot) {
    return stripes[slot >>> 6];
  }

  Stripe stripeFor(int slot) {
    int i = slot >>> 6;
    Stripe[] s = stripes;
    if (i >= s.length) {
      s = Arrays.copyOf(s, Math.max(i + 1, s.length * 2));
      stripes = s;
    }
    Stripe stripe = s[i];
    if (stripe == null) {
      stripe = new Stripe();
      s[i] = stripe;
    }
    return stripe;
  }

  /**
   * The present if the store has samples or blocks of a time to come, as a clock leaves them that
   * was ahead for a while, otherwise the largest number. Ages are counted from it then: samples
   * written now must not be rejected until the clock has caught up.
   *
   * @param ceiling upper limit for the present time
   */
  long presentIfAhead(long ceiling) {
    long now = clock.millis();
    if (maxTime > ceiling) {
      aheadUntil = maxTime;
    }
    return now <= aheadUntil || acceptFrom > now ? now : Long.MAX_VALUE;
  }

  /**
   * Time from which samples are accepted independently of the window for late ones.
   *
   * @param present result of {@link #presentIfAhead}
   */
  long appendFloor(long present) {
    if (present != Long.MAX_VALUE) {
      return present - range / 2;
    }
    long newest = maxTime;
    return newest == Long.MIN_VALUE ? acceptFrom : Math.max(acceptFrom, newest - range / 2);
  }

  long ceiling() {
    long future = settings.maxFuture();
    long now = clock.millis();
    return future >= Long.MAX_VALUE - now ? Long.MAX_VALUE : now + future;
  }

  Outcome checkExemplar(int slot, Exemplar e) {
    if (settings.exemplars() == 0) {
      return Outcome.OK;
    }
    return exemplars.check(labels(slot), e);
  }

  Labels labels(int slot) {
    view.readLock().lock();
    try {
      return table.labels(slot);
    } finally {
      view.readLock().unlock();
    }
  }

  /** Records a replaced sample with this time. */
  void widen(long time) {
    changes.note(time);
    if (time < minTime) {
      minTime = time;
    }
    if (time > maxTime) {
      maxTime = time;
    }
  }

  // ---- reading

  public long minTime() {
    return minTime;
  }

  public long maxTime() {
    return maxTime;
  }

  /** Returns the block range in milliseconds. */
  public long range() {
    return range;
  }

  /** Older samples are late. */
  public long minValidTime() {
    return minValidTime;
  }

  public boolean overlaps(long min, long max) {
    return minTime <= max && maxTime >= min;
  }

  /** Returns the lookup of label names and values. */
  public LabelLookup labels() {
    return new LabelLookup(this);
  }

  /** Views of slots up to the last one, as of now; the caller must hold the lock. */
  Views views(int lastSlot, long min, long max) {
    return new Views(lastSlot, Math.max(min, flushedTo), min, max, null);
  }

  /**
   * Tests the values of labels with expressions, before taking locks that others need: a slow
   * expression delays only its own query. Values added in the meantime are tested when series are
   * looked up.
   */
  public Expressions expressions(List<List<Matcher>> matcherSets) {
    Expressions known = new Expressions();
    for (List<Matcher> matchers : matcherSets) {
      for (Matcher m : matchers) {
        if (Matching.testsValues(m)) {
          test(m, known);
        }
      }
    }
    return known;
  }

  private void test(Matcher m, Expressions known) {
    int rest = Integer.MAX_VALUE;
    for (int round = 0; round < MAX_ROUNDS && rest > FEW_VALUES; round++) {
      LabelIndex index;
      MatchedValueCache.Values values;
      view.readLock().lock();
      try {
        index = table.index;
        values = index.valuesOf(m.name());
      } finally {
        view.readLock().unlock();
      }
      ValueMatches matches = known.of(m, index);
      if (matches == null) {
        matches = index.tested().of(m);
        known.put(m, index, matches);
      }
      rest = values.count() - matches.state().tested();
      index.tested().test(m, matches, values);
    }
  }

  /** Labels of the series that meet any of some sets of matchers; of all if there is no set. */
  public LabelColumns columns(List<List<Matcher>> matcherSets, Expressions known) {
    HeadColumns c;
    view.readLock().lock();
    try {
      RoaringBitmap found = Matching.findAny(table.index, matcherSets, known);
      int[] lists = new int[found.getCardinality()];
      int n = 0;
      for (IntIterator it = found.getIntIterator(); it.hasNext(); ) {
        lists[n++] = table.list(it.next());
      }
      c = new HeadColumns(table.index, lists);
    } finally {
      view.readLock().unlock();
    }
    return c.counted();
  }

  /** Visits every label with the number of its series. */
  public void forEachPair(PairVisitor v) {
    view.readLock().lock();
    try {
      table.index.forEachPair(v::pair);
    } finally {
      view.readLock().unlock();
    }
  }

  /** Receives one label. */
  @FunctionalInterface
  public interface PairVisitor {
    void pair(String name, String value, int series);
  }

  /** Expression results that {@link #select} needs: none when the series are cached. */
  public Expressions expressionsOfSelection(List<Matcher> matchers) {
    return isFound(matchers) ? Expressions.NONE : expressions(List.of(matchers));
  }

  /** Series that meet the matchers and have samples in a closed range, as they are now. */
  public SourceSelection select(long min, long max, List<Matcher> matchers, Expressions known) {
    return select(min, max, matchers, known, null);
  }

  /** All samples in a closed range, for a single read. */
  public SourceSelection selectOnce(long min, long max) {
    return select(min, max, List.of(), Expressions.NONE, new ReadAhead());
  }

  private SourceSelection select(
      long min, long max, List<Matcher> matchers, Expressions known, @Nullable ReadAhead ahead) {
    LabelIndex index;
    long version;
    FoundSeries found;
    int[] slots;
    int[] lists = {};
    Views views;
    view.readLock().lock();
    try {
      index = table.index;
      version = index.version();
      found = matched.get(this, version, matchers);
      int last;
      if (found != null) {
        slots = found.slots();
        last = found.last();
      } else {
        slots = Matching.find(index, matchers, known).toArray();
        last = slots.length == 0 ? 0 : slots[slots.length - 1];
        lists = new int[slots.length];
        for (int i = 0; i < slots.length; i++) {
          lists[i] = table.list(slots[i]);
        }
      }
      views = new Views(last, Math.max(min, flushedTo), min, max, ahead);
      for (int slot : slots) {
        views.see(slot);
      }
    } finally {
      view.readLock().unlock();
    }
    if (found == null) {
      // Lists and pairs never change: they are read without the lock.
      found = new FoundSeries(index, slots, lists, matched.most());
      matched.put(this, version, matchers, found, found.weight());
    }
    return new HeadSelection(found, views.rows, views.rowsFrom, views.sideSeries);
  }

  /** Views of a selection on stripes and on the additional data of their series. */
  final class Views {
    final Stripe.@Nullable View[] rows; // by stripe
    final Map<Integer, HeadSelection.SideSeries> sideSeries = new HashMap<>(); // by slot
    final long rowsFrom;
    private final long min;
    private final long max;
    private final @Nullable ReadAhead ahead;
    private final TimeLists lists = new TimeLists();

    Views(int lastSlot, long rowsFrom, long min, long max, @Nullable ReadAhead ahead) {
      rows = new Stripe.View[(lastSlot >>> 6) + 1];
      this.rowsFrom = rowsFrom;
      this.min = min;
      this.max = max;
      this.ahead = ahead;
    }

    /** Whether a series has samples in the range, under the lock. */
    boolean has(int slot) {
      see(slot);
      Stripe.View v = rows[slot >>> 6];
      return v != null && v.has(slot & 63) || sideSeries.containsKey(slot);
    }

    /** Records what there is of a series, under the lock. */
    void see(int slot) {
      Stripe stripe = stripe(slot);
      Stripe.View v = rows[slot >>> 6];
      if (v == null) {
        v = stripe.view(rowsFrom, max, ahead, lists);
        rows[slot >>> 6] = v;
      }
      SeriesExtras e = stripe.extras(slot & 63);
      if (e != null) {
        HeadSelection.SideSeries b = sideSeries(e, v.has(slot & 63), min, max);
        if (b != null) {
          sideSeries.put(slot, b);
        }
      }
    }
  }

  /** Whether series of these matchers are known already. */
  private boolean isFound(List<Matcher> matchers) {
    view.readLock().lock();
    try {
      return matched.get(this, table.index.version(), matchers) != null;
    } finally {
      view.readLock().unlock();
    }
  }

  private static HeadSelection.@Nullable SideSeries sideSeries(
      SeriesExtras e, boolean hasRows, long min, long max) {
    SampleBuffer late = e.late == null ? null : e.late.view(min, max);
    HistogramLog.View h =
        e.histograms == null || e.histograms.isEmpty() ? null : e.histograms.view();
    StartTimes starts = hasRows && e.starts != null ? e.starts.copy() : null;
    return late == null && h == null && starts == null
        ? null
        : new HeadSelection.SideSeries(starts, h, late);
  }

  public List<SeriesExemplars> exemplars(long min, long max, List<List<Matcher>> matcherSets) {
    return exemplars.select(min, max, matcherSets);
  }

  public Map<String, MetricMetadata> metadata() {
    return metadata.all();
  }

  /** Returns the number of metadata updates dropped beyond {@link #MAX_METADATA} families. */
  public long metadataDropped() {
    return metadata.dropped.sum();
  }

  public int metadataCount() {
    return metadata.size();
  }

  // ---- leaving memory

  /** Moves samples to blocks and removes series permanently. */
  public Truncation truncation() {
    return truncation;
  }

  /**
   * Removes the samples of matching series in a closed range.
   *
   * @return number of series that lost samples
   */
  public int delete(long min, long max, List<List<Matcher>> matcherSets) {
    return commits.delete(
        min, max, matcherSets, expressions(matcherSets), exemplars.seriesOf(matcherSets));
  }

  /** Returns the matching slots. Under the commit lock. */
  int[] slots(List<List<Matcher>> matcherSets, Expressions known) {
    view.readLock().lock();
    try {
      RoaringBitmap all = new RoaringBitmap();
      for (List<Matcher> ms : matcherSets) {
        all.or(Matching.find(table.index, ms, known));
      }
      return all.toArray();
    } finally {
      view.readLock().unlock();
    }
  }

  /** Storage of full pages that leave memory. */
  public SealedPages sealed() {
    return sealed;
  }

  // ---- recovery

  /** Records that in-order samples before this time are in blocks. Before anything is loaded. */
  public void startAt(long blocksEnd) {
    minValidTime = Math.max(minValidTime, blocksEnd);
    flushedTo = Math.max(flushedTo, blocksEnd);
    acceptFrom = Math.max(acceptFrom, blocksEnd);
  }

  /** Announces the maximum number of series definitions in the log and the preceding snapshot. */
  public void expect(long definitions) {
    replay.expect(definitions);
  }

  /**
   * Replays one record of the log.
   *
   * @throws dev.tethys.store.files.CorruptionException if it is invalid
   */
  public void replay(ByteSource payload) {
    replay.replay(payload);
  }

  /** Ends recovery. */
  public void recovered() {
    view.writeLock().lock();
    try {
      table.collectFree();
      if (maxTime > clock.millis()) {
        aheadUntil = maxTime;
      }
      if (minTime == Long.MAX_VALUE
          && maxTime == Long.MIN_VALUE
          && minValidTime != Long.MIN_VALUE) {
        maxTime = minValidTime - 1; // so that the window for late samples has an end
        minTime = Long.MAX_VALUE;
      }
    } finally {
      view.writeLock().unlock();
    }
  }

  // ---- figures

  public int seriesCount() {
    return table.live();
  }

  /** Row pages and histogram chunks in memory. */
  public long chunkCount() {
    view.readLock().lock();
    try {
      long n = 0;
      for (Stripe s : stripes) {
        n += s == null ? 0 : s.pageCount();
      }
      return n;
    } finally {
      view.readLock().unlock();
    }
  }

  /** Memory by owner. Walks over all pages: for each second, not each sample. */
  public HeadMemory memory() {
    view.readLock().lock();
    try {
      long samples = 0;
      long files = 0;
      long series = table.bytes() + stripes.length * 4L;
      for (Stripe s : stripes) {
        if (s != null) {
          samples += s.sampleBytes();
          files += s.fileBytes();
          series += Stripe.BYTES;
        }
      }
      long buffers = commits.bytes() + matched.bytes();
      for (AppendBatch b : batches) {
        buffers += b.bytes();
      }
      return new HeadMemory(series, samples, exemplars.bytes(), metadata.bytes(), buffers, files);
    } finally {
      view.readLock().unlock();
    }
  }

  /** Measures memory for the budget. */
  public HeadMemory measure() {
    HeadMemory m = memory();
    budget.measured(m.total());
    return m;
  }

  long now() {
    return clock.millis();
  }

  /** Exemplars that were accepted. */
  public long exemplarsAppended() {
    return exemplars.figures().appended();
  }

  /** Exemplars that were rejected because they were older than the newest of their series. */
  public long exemplarsOutOfOrder() {
    return exemplars.figures().outOfOrder();
  }

  /** Series that have exemplars. */
  public int exemplarSeries() {
    return exemplars.figures().series();
  }

  /** Returns the time of the oldest exemplar, 0 if there is none. */
  public long oldestExemplar() {
    return exemplars.figures().oldest();
  }

  public int exemplarCount() {
    return exemplars.size();
  }

  /** Runs an action under the commit lock, for callers that need a consistent head. */
  public void still(Runnable action) {
    commits.exclusive(action);
  }
}
