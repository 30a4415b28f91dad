package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.MetricMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The content of one appender as columns: what was appended, in the order of arrival, and after
 * {@link #arrange} the floats by stripe, time, and slot. Pooled; one thread at a time.
 */
final class AppendBatch {
  /** Pooled batches keep arrays up to this many samples. */
  static final int KEEP = 1 << 16;

  /** Maximum number of histograms of the batch that a new one is compared with. */
  static final int MAX_LOOK_BACK = 64;

  int count;
  int[] slots = new int[256];
  int[] generations = new int[256];
  long[] times = new long[256];
  long[] bits = new long[256];
  long @Nullable [] starts;

  /** Whether floats came by ascending slot and at one time. */
  boolean arranged = true;

  final List<HistogramSample> histograms = new ArrayList<>();
  final List<ExemplarSample> exemplars = new ArrayList<>();
  final Map<String, MetricMetadata> metadata = new LinkedHashMap<>();

  /** In-order floats of a commit: the ones picked out, or {@link #takeAll all}. */
  Columns inOrder = new Columns();

  private final Columns picked = inOrder;
  private final Columns all = new Columns(0); // has the arrays of the batch, while it is in order
  final Columns late = new Columns();
  final List<HistogramSample> inOrderHistograms = new ArrayList<>();
  final List<HistogramSample> lateHistograms = new ArrayList<>();

  /** The last sample of each slot in this batch, kept from the first slot that does not ascend. */
  private int[] pending = new int[0]; // index + 1 by slot, open addressing

  private int pendingCount;
  private boolean tracking;
  private long[] keys = new long[0];
  private boolean sorted; // then the keys tell when a float came
  private final Map<SampleKey, Integer> firstHistograms =
      new HashMap<>(); // filled when it is needed
  private long[] scratch = new long[128];

  // The other arrays of two sets: arranging writes from the ones to the others.
  private int[] spareSlots = new int[0];
  private int[] spareGenerations = new int[0];
  private long[] spareTimes = new long[0];
  private long[] spareBits = new long[0];

  /**
   * One histogram.
   *
   * @param floats number of floats of the batch before it
   */
  record HistogramSample(
      int slot, int generation, long start, long time, Histogram histogram, int floats) {
    HistogramSample of(int otherSlot, int otherGeneration) {
      return new HistogramSample(otherSlot, otherGeneration, start, time, histogram, floats);
    }
  }

  private record SampleKey(int slot, long time) {
    // By hand: what a record makes of itself is assembled when it is first needed, which takes
    // milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof SampleKey k && slot == k.slot && time == k.time;
    }

    @Override
    public int hashCode() {
      return 31 * slot + Long.hashCode(time);
    }
  }

  record ExemplarSample(int slot, int generation, Exemplar exemplar) {}

  /** Floats ready for the log and the rows. */
  static final class Columns {
    int count;

    /** Known to have ascending slots and one time: no search for others is required. */
    boolean oneRow;

    int[] slots;
    long[] times;
    long[] bits;
    long @Nullable [] starts;

    Columns() {
      this(256);
    }

    private Columns(int capacity) {
      slots = new int[capacity];
      times = new long[capacity];
      bits = new long[capacity];
    }

    void add(int slot, long time, long valueBits, long start) {
      if (count == slots.length) {
        int n = count * 2;
        slots = Arrays.copyOf(slots, n);
        times = Arrays.copyOf(times, n);
        bits = Arrays.copyOf(bits, n);
        if (starts != null) {
          starts = Arrays.copyOf(starts, n);
        }
      }
      slots[count] = slot;
      times[count] = time;
      bits[count] = valueBits;
      if (start != 0 && starts == null) {
        starts = new long[slots.length];
      }
      if (starts != null) {
        starts[count] = start;
      }
      count++;
    }

    /**
     * Returns the time of the newest float of a slot; that of {@link NewestTimes#NEVER} if there is
     * none. The stripes of the columns ascend. Newest time of the floats of the slot's stripe.
     */
    long newestOf(int slot) {
      int low = 0;
      for (int high = count; low < high; ) {
        int mid = (low + high) >>> 1;
        if (slots[mid] >>> 6 < slot >>> 6) {
          low = mid + 1;
        } else {
          high = mid;
        }
      }
      long newest = NewestTimes.NEVER;
      for (int i = low; i < count && slots[i] >>> 6 == slot >>> 6; i++) {
        if (slots[i] == slot) {
          newest = Math.max(newest, times[i]);
        }
      }
      return newest;
    }

    void clear() {
      count = 0;
      starts = null;
      oneRow = false;
    }

    long bytes() {
      return slots.length * (starts == null ? 20L : 28L);
    }
  }

  void clear() {
    count = 0;
    starts = null;
    arranged = true;
    sorted = false;
    firstHistograms.clear();
    histograms.clear();
    exemplars.clear();
    metadata.clear();
    inOrder = picked;
    picked.clear();
    all.clear();
    late.clear();
    inOrderHistograms.clear();
    lateHistograms.clear();
    if (tracking) {
      tracking = false;
      pendingCount = 0;
      Arrays.fill(pending, 0);
    }
  }

  boolean isEmpty() {
    return count == 0 && histograms.isEmpty() && exemplars.isEmpty() && metadata.isEmpty();
  }

  boolean worthKeeping() {
    return slots.length <= KEEP && picked.slots.length <= KEEP;
  }

  /** Returns the memory used by the arrays. */
  long bytes() {
    return slots.length * (starts == null ? 24L : 32L)
        + picked.bytes()
        + late.bytes()
        + pending.length * 4L
        + spareSlots.length * 24L
        + scratch.length * 8L
        + keys.length * 8L;
  }

  void add(int slot, int generation, long time, long valueBits, long start) {
    int i = count;
    if (i == slots.length) {
      int n = i * 2;
      slots = Arrays.copyOf(slots, n);
      generations = Arrays.copyOf(generations, n);
      times = Arrays.copyOf(times, n);
      bits = Arrays.copyOf(bits, n);
      if (starts != null) {
        starts = Arrays.copyOf(starts, n);
      }
    }
    slots[i] = slot;
    generations[i] = generation;
    times[i] = time;
    bits[i] = valueBits;
    if (start != 0 && starts == null) {
      starts = new long[slots.length];
    }
    if (starts != null) {
      starts[i] = start;
    }
    if (i > 0 && (slot <= slots[i - 1] || time != times[i - 1])) {
      arranged = false;
    }
    count = i + 1;
    if (tracking) {
      track(i);
    }
  }

  void addHistogram(int slot, int generation, long start, long time, Histogram histogram) {
    histograms.add(new HistogramSample(slot, generation, start, time, histogram, count));
  }

  /**
   * Whether an older histogram of the same series and time preceded a float that {@link #arrange}
   * put here. Not before all slots are final.
   */
  boolean histogramCameFirst(int i) {
    if (firstHistograms.isEmpty()) {
      for (HistogramSample h : histograms) {
        firstHistograms.putIfAbsent(new SampleKey(h.slot, h.time), h.floats);
      }
    }
    Integer floats = firstHistograms.get(new SampleKey(slots[i], times[i]));
    return floats != null && (sorted ? (int) keys[i] : i) >= floats;
  }

  /** Returns the index of the newest float of a slot in this batch, or -1. */
  int pending(int slot) {
    if (count == 0 || !tracking && slot > slots[count - 1]) {
      return -1;
    }
    if (slot == slots[count - 1]) {
      return count - 1;
    }
    if (!tracking) {
      // Slots ascended until now. From here on each is remembered.
      tracking = true;
      if (pending.length < count * 4) {
        pending = new int[Integer.highestOneBit(count * 4) * 2];
      }
      for (int i = 0; i < count; i++) {
        track(i);
      }
    }
    int mask = pending.length - 1;
    int h = mix(slot) & mask;
    while (pending[h] != 0) {
      if (slots[pending[h] - 1] == slot) {
        return pending[h] - 1;
      }
      h = h + 1 & mask;
    }
    return -1;
  }

  private static int mix(int slot) {
    int h = slot * 0x9E3779B9;
    return h ^ h >>> 15;
  }

  private void track(int i) {
    if (pendingCount * 2 >= pending.length) {
      int[] old = pending;
      pending = new int[Math.max(512, old.length * 2)];
      pendingCount = 0;
      for (int e : old) {
        if (e != 0) {
          place(e - 1);
        }
      }
    }
    place(i);
  }

  private void place(int i) {
    int mask = pending.length - 1;
    int h = mix(slots[i]) & mask;
    while (pending[h] != 0) {
      if (slots[pending[h] - 1] == slots[i]) {
        pending[h] = i + 1;
        return;
      }
      h = h + 1 & mask;
    }
    pending[h] = i + 1;
    pendingCount++;
  }

  /** Whether the floats came by ascending slot, all at one time. */
  boolean isOneRow() {
    return arranged && !sorted && count > 0;
  }

  /** Takes all floats for {@link #inOrder} in place; they form one row. */
  void takeAll() {
    all.count = count;
    all.oneRow = true;
    all.slots = slots;
    all.times = times;
    all.bits = bits;
    all.starts = starts;
    inOrder = all;
  }

  /** Sorts the floats by stripe, then time, then slot, unless they already are. */
  void arrange() {
    if (arranged || count < 2) {
      return;
    }
    int n = count;
    if (keys.length < n) {
      keys = new long[Math.max(n, 512)];
    }
    for (int i = 0; i < n; i++) {
      keys[i] = (long) slots[i] << 32 | i;
    }
    Arrays.sort(keys, 0, n);
    int from = 0;
    while (from < n) {
      int stripe = (int) (keys[from] >>> 38);
      int to = from + 1;
      while (to < n && (int) (keys[to] >>> 38) == stripe) {
        to++;
      }
      byTime(from, to);
      from = to;
    }
    if (spareSlots.length != slots.length) {
      spareSlots = new int[slots.length];
      spareGenerations = new int[slots.length];
      spareTimes = new long[slots.length];
      spareBits = new long[slots.length];
    }
    int[] s = spareSlots;
    int[] g = spareGenerations;
    long[] t = spareTimes;
    long[] b = spareBits;
    long[] st = starts == null ? null : new long[slots.length];
    for (int i = 0; i < n; i++) {
      int at = (int) keys[i];
      s[i] = slots[at];
      g[i] = generations[at];
      t[i] = times[at];
      b[i] = bits[at];
      if (st != null && starts != null) {
        st[i] = starts[at];
      }
    }
    spareSlots = slots;
    spareGenerations = generations;
    spareTimes = times;
    spareBits = bits;
    slots = s;
    generations = g;
    times = t;
    bits = b;
    starts = st;
    arranged = true;
    sorted = true;
  }

  /** Sorts a range of keys, now by slot, by time and then slot. */
  private void byTime(int from, int to) {
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    for (int i = from; i < to; i++) {
      long t = times[(int) keys[i]];
      min = Math.min(min, t);
      max = Math.max(max, t);
    }
    if (min == max) {
      return;
    }
    if (max - min >= 0 && max - min < 1L << 42 && to - from <= 1 << 20) {
      int n = to - from;
      if (scratch.length < 2 * n) {
        scratch = new long[2 * n];
      }
      long[] x = scratch; // first what is sorted, then the keys as they were
      for (int i = 0; i < n; i++) {
        x[i] = (times[(int) keys[from + i]] - min) << 20 | i;
        x[n + i] = keys[from + i];
      }
      Arrays.sort(x, 0, n);
      for (int i = 0; i < n; i++) {
        keys[from + i] = x[n + (int) (x[i] & 0xfffff)];
      }
      return;
    }
    Long[] boxed = new Long[to - from];
    for (int i = from; i < to; i++) {
      boxed[i - from] = keys[i];
    }
    Arrays.sort(
        boxed,
        (a, b) -> {
          int c = Long.compare(times[a.intValue()], times[b.intValue()]);
          return c != 0 ? c : Long.compare(a, b);
        });
    for (int i = from; i < to; i++) {
      keys[i] = boxed[i - from];
    }
  }
}
