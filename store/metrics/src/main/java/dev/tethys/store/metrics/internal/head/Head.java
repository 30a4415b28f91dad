package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricSource.SeriesExemplars;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import dev.tethys.store.metrics.internal.encoding.ByteSource;
import dev.tethys.store.metrics.internal.index.Matching;
import dev.tethys.store.metrics.internal.index.Postings;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
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
 *       #minValidTime}; what comes late stands apart in {@link LateSamples}.
 *   <li>Lock order: commit lock ({@link Commits}), then {@link #view}. Rows, series table and index
 *       change under the write side of view; {@code lastTime} changes only under both.
 * </ul>
 */
public final class Head {
  private static final int POOLED_BATCHES = 32;
  private static final int MAX_DECODERS = 64;

  /** The most metric families whose metadata is remembered. */
  public static final int MAX_METADATA = 200_000;

  final long range;
  private final InstantSource clock;
  final ReentrantReadWriteLock view = new ReentrantReadWriteLock();
  private final Fingerprint key = new Fingerprint();
  final SeriesTable table = new SeriesTable(key);
  volatile Stripe[] stripes = new Stripe[16];
  final ExemplarRing exemplars;
  final Map<String, MetricMetadata> metadata = new ConcurrentHashMap<>();
  final RowPage.Scratch scratch = new RowPage.Scratch();
  private final Commits commits;

  private volatile HeadSettings settings;
  volatile long minTime = Long.MAX_VALUE;
  volatile long maxTime = Long.MIN_VALUE;
  volatile long minValidTime = Long.MIN_VALUE;

  // Series made since the last commit that wrote their definitions; guarded by view.
  private int[] unlogged = new int[64];
  private volatile int unloggedCount;

  private final ConcurrentLinkedQueue<Batch> batches = new ConcurrentLinkedQueue<>();
  private final Set<HeadAppender> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong epoch = new AtomicLong();
  private final IdentityHashMap<Appender.LabelDecoder, Integer> salts = new IdentityHashMap<>();

  /** What happened, for self-metrics. */
  public final HeadCounters counters = new HeadCounters();

  public Head(long blockRange, HeadSettings settings, CommitLog log, InstantSource clock) {
    this.range = blockRange;
    this.settings = settings;
    this.clock = clock;
    this.exemplars = new ExemplarRing(settings.exemplars());
    this.commits = new Commits(this, log);
  }

  public HeadSettings settings() {
    return settings;
  }

  /** Takes new settings; open appenders keep theirs. */
  public void configure(HeadSettings s) {
    settings = s;
    exemplars.resize(s.exemplars());
  }

  // ---- appending

  public Appender appender() {
    Batch b = batches.poll();
    HeadAppender a =
        new HeadAppender(this, key.sameKey(), b == null ? new Batch() : b, epoch.get());
    open.add(a);
    return a;
  }

  void release(HeadAppender a, Batch b) {
    open.remove(a);
    b.clear();
    if (b.worthKeeping() && batches.size() < POOLED_BATCHES) {
      batches.add(b);
    }
  }

  void commit(HeadAppender a) {
    commits.commit(a);
  }

  SeriesKeys keys() {
    return table.keys;
  }

  Stripe stripe(int slot) {
    return stripes[slot >>> 6];
  }

  /** A small number for an encoding of labels; 0 when there are too many to tell apart. */
  int salt(Appender.LabelDecoder decoder) {
    synchronized (salts) {
      Integer s = salts.get(decoder);
      if (s == null) {
        if (salts.size() >= MAX_DECODERS) {
          return 0;
        }
        s = salts.size() + 1;
        salts.put(decoder, s);
      }
      return s;
    }
  }

  long otherEncoding(long high, long low) {
    return table.otherEncoding(high, low);
  }

  /**
   * The reference of a series, made when new; its raw fingerprint is remembered when it has one.
   */
  long series(Labels labels, long high, long low, boolean hasFingerprint) {
    byte[] canonical = labels.canonicalBytes();
    if (canonical.length == 0) {
      throw new StorageException(
          StorageException.Reason.INVALID, "a series must have at least one label");
    }
    view.writeLock().lock();
    try {
      int slot = table.find(canonical);
      if (slot == 0) {
        int max = settings.maxSeries();
        if (table.live() >= max) {
          counters.limited.increment();
          throw new StorageException(
              StorageException.Reason.LIMIT,
              "series "
                  + labels
                  + " is refused: the store already holds max_series = "
                  + max
                  + " series in memory. Raise the limit or drop labels with many values");
        }
        slot = make(canonical);
      }
      if (hasFingerprint) {
        table.addEncoding(slot, high, low);
      }
      return table.reference(slot);
    } finally {
      view.writeLock().unlock();
    }
  }

  private int make(byte[] canonical) {
    int slot = table.create(canonical);
    stripeFor(slot);
    if (unloggedCount == unlogged.length) {
      unlogged = Arrays.copyOf(unlogged, unloggedCount * 2);
    }
    unlogged[unloggedCount] = slot;
    unloggedCount++;
    counters.created.increment();
    return slot;
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

  /** The live slot of what a retired slot was; made anew when there is none, whatever the limit. */
  int revive(int retiredSlot) {
    view.writeLock().lock();
    try {
      byte[] canonical = table.labels(retiredSlot).canonicalBytes();
      int slot = table.find(canonical);
      return slot != 0 ? slot : make(canonical);
    } finally {
      view.writeLock().unlock();
    }
  }

  boolean hasUnlogged() {
    return unloggedCount > 0;
  }

  /** Slots whose definitions are in no record yet, from one position on. Under the commit lock. */
  int[] unloggedFrom(int from) {
    view.readLock().lock();
    try {
      return Arrays.copyOfRange(unlogged, from, unloggedCount);
    } finally {
      view.readLock().unlock();
    }
  }

  /** The first so many are logged. Under the write lock. */
  void logged(int n) {
    System.arraycopy(unlogged, n, unlogged, 0, unloggedCount - n);
    unloggedCount -= n;
  }

  long appendFloor() {
    long newest = maxTime;
    return newest == Long.MIN_VALUE ? minValidTime : Math.max(minValidTime, newest - range / 2);
  }

  long ceiling() {
    long future = settings.maxFuture();
    long now = clock.millis();
    return future >= Long.MAX_VALUE - now ? Long.MAX_VALUE : now + future;
  }

  boolean sameAsNewest(Stripe stripe, int k, long bits, @Nullable Histogram h) {
    view.readLock().lock();
    try {
      Extras e = stripe.extras(k);
      HistogramLog log = e == null ? null : e.histograms;
      boolean newestIsHistogram = log != null && log.newestTime() == stripe.lastTime[k];
      if (h != null) {
        return newestIsHistogram && log != null && h.equals(log.newest());
      }
      return !newestIsHistogram && stripe.lastBits[k] == bits;
    } finally {
      view.readLock().unlock();
    }
  }

  /** OK when the very sample is in memory, DUPLICATE_TIMESTAMP when another is, null when none. */
  @Nullable Outcome lateDuplicate(
      Stripe stripe, int k, long time, long bits, @Nullable Histogram h) {
    view.readLock().lock();
    try {
      Extras e = stripe.extras(k);
      if (e != null && e.late != null && e.late.has(time)) {
        return e.late.same(time, bits, h) ? Outcome.OK : Outcome.DUPLICATE_TIMESTAMP;
      }
      SampleBuffer found = new SampleBuffer();
      if (e != null && e.histograms != null) {
        e.histograms.view().read(time, time, found);
        if (found.size > 0 && found.histograms != null) {
          return h != null && h.equals(found.histograms[0])
              ? Outcome.OK
              : Outcome.DUPLICATE_TIMESTAMP;
        }
      }
      if (stripe.find(k, time, found)) {
        return h == null && Double.doubleToRawLongBits(found.values[0]) == bits
            ? Outcome.OK
            : Outcome.DUPLICATE_TIMESTAMP;
      }
      return null;
    } finally {
      view.readLock().unlock();
    }
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

  boolean newMetadata(String name, MetricMetadata m) {
    MetricMetadata before = metadata.get(name);
    return before == null ? metadata.size() < MAX_METADATA : !before.equals(m);
  }

  void widen(long time) {
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

  /** Milliseconds of a block range. */
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

  /** Answers from the index as it is; nothing of it may be kept. */
  public <T> T index(Function<Postings, T> f) {
    view.readLock().lock();
    try {
      return f.apply(table.index);
    } finally {
      view.readLock().unlock();
    }
  }

  public List<String> labelNames() {
    view.readLock().lock();
    try {
      return table.index.names();
    } finally {
      view.readLock().unlock();
    }
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

  /** Series that meet the matchers and have samples in a closed range, as they are now. */
  public SourceSelection select(long min, long max, List<Matcher> matchers) {
    int[] lists;
    int[] found;
    LabelIndex index;
    Stripe.@Nullable View[] rows;
    Map<Integer, HeadSelection.Beside> beside = new HashMap<>();
    int n = 0;
    view.readLock().lock();
    try {
      index = table.index;
      RoaringBitmap slots = Matching.find(index, matchers);
      int count = slots.getCardinality();
      lists = new int[count];
      found = new int[count];
      rows = new Stripe.View[count == 0 ? 0 : (slots.last() >>> 6) + 1];
      for (IntIterator it = slots.getIntIterator(); it.hasNext(); ) {
        int slot = it.next();
        Stripe stripe = stripe(slot);
        Stripe.View v = rows[slot >>> 6];
        if (v == null) {
          v = stripe.view(min, max);
          rows[slot >>> 6] = v;
        }
        boolean has = v.has(slot & 63);
        Extras e = stripe.extras(slot & 63);
        if (e != null) {
          HeadSelection.Beside b = beside(e, has, min, max);
          if (b != null) {
            beside.put(slot, b);
            has = true;
          }
        }
        if (has) {
          lists[n] = table.list(slot);
          found[n++] = slot;
        }
      }
    } finally {
      view.readLock().unlock();
    }
    // Lists and pairs never change: they are read without the lock.
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    index.sort(order, lists);
    int[] sortedSlots = new int[n];
    int[] sortedLists = new int[n];
    for (int i = 0; i < n; i++) {
      sortedSlots[i] = found[order[i]];
      sortedLists[i] = lists[order[i]];
    }
    return new HeadSelection(index, sortedSlots, sortedLists, rows, beside);
  }

  private static HeadSelection.@Nullable Beside beside(
      Extras e, boolean hasRows, long min, long max) {
    SampleBuffer late = e.late == null ? null : e.late.view(min, max);
    HistogramLog.View h =
        e.histograms == null || e.histograms.isEmpty() ? null : e.histograms.view();
    StartTimes starts = hasRows && e.starts != null ? e.starts.copy() : null;
    return late == null && h == null && starts == null
        ? null
        : new HeadSelection.Beside(starts, h, late);
  }

  public List<SeriesExemplars> exemplars(long min, long max, List<List<Matcher>> matcherSets) {
    return exemplars.select(min, max, matcherSets);
  }

  public Map<String, MetricMetadata> metadata() {
    return Map.copyOf(metadata);
  }

  // ---- leaving memory

  /** Whether in-order samples fill a range that should become a block now: asked each second. */
  public boolean isDue() {
    view.readLock().lock();
    try {
      long limit = maxTime - range - range / 2;
      if (maxTime == Long.MIN_VALUE || minTime > limit + range) {
        return false;
      }
      for (Stripe s : stripes) {
        if (s == null) {
          continue;
        }
        for (int i = 0; i < s.pageCount(); i++) {
          if (s.page(i).rangeStart <= limit) {
            return true;
          }
        }
        for (int k = 0; s.hasExtras() && k < 64; k++) {
          Extras e = s.extras(k);
          HistogramLog h = e == null ? null : e.histograms;
          if (h != null && !h.isEmpty() && Math.floorDiv(h.oldest(), range) * range <= limit) {
            return true;
          }
        }
      }
      return false;
    } finally {
      view.readLock().unlock();
    }
  }

  /**
   * Starts of the block ranges that should become blocks now, ascending: those that in-order
   * samples have passed by half a range, and those before that hold late samples only.
   *
   * @param all every range that holds samples
   */
  public List<Long> ranges(boolean all) {
    TreeSet<Long> out = new TreeSet<>();
    view.readLock().lock();
    try {
      long newest = maxTime;
      if (newest == Long.MIN_VALUE) {
        return List.of();
      }
      long limit = all ? Long.MAX_VALUE : newest - range - range / 2;
      for (Stripe s : stripes) {
        if (s == null) {
          continue;
        }
        for (int i = 0; i < s.pageCount(); i++) {
          if (s.page(i).rangeStart <= limit) {
            out.add(s.page(i).rangeStart);
          }
        }
        if (s.hasExtras()) {
          for (int k = 0; k < 64; k++) {
            Extras e = s.extras(k);
            if (e != null) {
              extraRanges(e, limit, out);
            }
          }
        }
      }
    } finally {
      view.readLock().unlock();
    }
    return new ArrayList<>(out);
  }

  private void extraRanges(Extras e, long limit, TreeSet<Long> out) {
    if (e.late != null) {
      SampleBuffer b = e.late.view(Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; b != null && i < b.size; i++) {
        addRange(b.timestamps[i], limit, out);
      }
    }
    if (e.histograms != null) {
      SampleBuffer b = new SampleBuffer();
      e.histograms.view().times(b);
      for (int i = 0; i < b.size; i++) {
        addRange(b.timestamps[i], limit, out);
      }
    }
  }

  private void addRange(long time, long limit, TreeSet<Long> out) {
    long start = Math.floorDiv(time, range) * range;
    if (start <= limit) {
      out.add(start);
    }
  }

  /** From now on samples before this time are late: their range is about to become a block. */
  public void close(long before) {
    commits.exclusive(
        () -> {
          minValidTime = Math.max(minValidTime, before);
        });
  }

  /**
   * Forgets what became a block: all in-order samples before the end of its range, and the late
   * samples that the selection holds. Series without samples leave memory.
   */
  public void truncate(SourceSelection flushed, long end, boolean inOrder) {
    commits.exclusive(
        () -> {
          view.writeLock().lock();
          try {
            HeadSelection s = (HeadSelection) flushed;
            for (int i = 0; i < s.size(); i++) {
              SampleBuffer late = s.late(i);
              int slot = late == null ? 0 : table.find(s.labels(i).canonicalBytes());
              Extras e = slot == 0 ? null : stripe(slot).extras(slot & 63);
              if (e != null && e.late != null && late != null) {
                e.late.removeAll(late);
              }
            }
            if (inOrder) {
              minValidTime = Math.max(minValidTime, end);
            }
            drop(inOrder ? end : Long.MIN_VALUE);
          } finally {
            view.writeLock().unlock();
          }
        });
  }

  /**
   * Gives back the memory of labels that only series had which left. The new index is built beside
   * the old one; writers wait only while it is put in place. Not together with {@link #truncate}.
   */
  public void compactIndex() {
    LabelIndex old;
    int[] lists;
    view.readLock().lock();
    try {
      if (!table.worthRebuilding()) {
        return;
      }
      old = table.index;
      lists = table.lists();
    } finally {
      view.readLock().unlock();
    }
    LabelIndex made = table.rebuild(old, lists);
    commits.exclusive(
        () -> {
          view.writeLock().lock();
          try {
            table.replace(made, lists);
          } finally {
            view.writeLock().unlock();
          }
        });
  }

  /** Under both locks. */
  private void drop(long end) {
    long e = epoch.getAndIncrement();
    long oldest = Long.MAX_VALUE;
    for (int i = 0; i < stripes.length; i++) {
      Stripe s = stripes[i];
      if (s == null) {
        continue;
      }
      s.truncate(end);
      long first = s.minTime();
      for (int k = 0; k < 64; k++) {
        Extras x = s.extras(k);
        if (x != null) {
          if (x.starts != null) {
            x.starts.truncate(Math.max(end, Long.MIN_VALUE));
          }
          if (x.histograms != null) {
            x.histograms.truncate(end);
            first = Math.min(first, x.histograms.isEmpty() ? first : x.histograms.oldest());
          }
          if (x.late != null) {
            first = Math.min(first, x.late.minTime());
            if (x.late.size() == 0) {
              x.late = null;
            }
          }
          if (x.isEmpty()) {
            s.dropExtras(k);
          }
        }
        int slot = i << 6 | k;
        if (table.isLive(slot) && s.lastTime[k] < end && s.extras(k) == null) {
          table.retire(slot, e);
          counters.removed.increment();
        }
      }
      oldest = Math.min(oldest, first);
    }
    minTime = oldest;
    freeRetired();
  }

  private void freeRetired() {
    long oldest = Long.MAX_VALUE;
    for (HeadAppender a : open) {
      oldest = Math.min(oldest, a.epoch());
    }
    table.free(
        oldest == Long.MAX_VALUE ? epoch.get() : oldest,
        slot -> {
          Stripe s = stripe(slot);
          s.lastTime[slot & 63] = Stripe.NEVER;
          s.lastBits[slot & 63] = 0;
        });
  }

  /**
   * Removes the samples of matching series in a closed range.
   *
   * @return how many series lost samples
   */
  public int delete(long min, long max, List<List<Matcher>> matcherSets) {
    return commits.delete(min, max, matcherSets);
  }

  /** The matching slots. Under the commit lock. */
  int[] slots(List<List<Matcher>> matcherSets) {
    view.readLock().lock();
    try {
      RoaringBitmap all = new RoaringBitmap();
      for (List<Matcher> ms : matcherSets) {
        all.or(Matching.find(table.index, ms));
      }
      return all.toArray();
    } finally {
      view.readLock().unlock();
    }
  }

  /** Under both locks, or in recovery. */
  void remove(int slot, long min, long max) {
    Stripe s = stripe(slot);
    int k = slot & 63;
    boolean newest = s.lastTime[k] >= min && s.lastTime[k] <= max;
    s.remove(k, min, max, scratch);
    Extras e = s.extras(k);
    if (newest) {
      s.findNewest(k);
    }
    if (e != null && e.histograms != null) {
      e.histograms.remove(min, max);
      if (newest) {
        s.lastTime[k] = Math.max(s.lastTime[k], e.histograms.newestTime());
      }
    }
    if (e != null && e.late != null) {
      e.late.remove(min, max);
    }
  }

  // ---- recovery

  /** In-order samples before this time stand in blocks. Before anything is loaded. */
  public void startAt(long blocksEnd) {
    minValidTime = Math.max(minValidTime, blocksEnd);
  }

  /**
   * Replays one record of the log.
   *
   * @throws dev.tethys.store.metrics.internal.encoding.DamageException when it makes no sense
   */
  public void replay(ByteSource payload) {
    commits.replay(payload);
  }

  /** Ends recovery. */
  public void recovered() {
    view.writeLock().lock();
    try {
      table.collectFree();
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

  public int pairCount() {
    return table.index.pairCount();
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

  /** Bytes by owner: {series table and index, samples}. */
  public long[] bytes() {
    view.readLock().lock();
    try {
      long samples = 0;
      for (Stripe s : stripes) {
        samples += s == null ? 0 : s.bytes();
      }
      return new long[] {table.bytes(), samples};
    } finally {
      view.readLock().unlock();
    }
  }

  public int exemplarCount() {
    return exemplars.size();
  }

  /** The commit lock, for those who need a still head. */
  public void still(Runnable action) {
    commits.exclusive(action);
  }
}
