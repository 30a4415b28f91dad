package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.encoding.ByteSink;
import dev.tethys.store.metrics.internal.encoding.ByteSource;
import dev.tethys.store.metrics.internal.encoding.DamageException;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import dev.tethys.store.metrics.internal.encoding.ValueColumn;
import dev.tethys.store.metrics.internal.file.FileAccess;
import dev.tethys.store.metrics.internal.file.FileAccess.WritableFile;
import dev.tethys.store.metrics.internal.index.Matching;
import dev.tethys.store.metrics.internal.index.Postings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.ref.SoftReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * A block on disk, mapped. Immutable but for its tombstones, safe for several threads.
 *
 * <p>Life: opened with one reference, {@link #acquire}d by every selection, {@link #release}d; the
 * mapping ends with the last reference. A block to be deleted is unlinked at once: its pages stay
 * readable until then.
 */
public final class BlockReader implements Postings {
  private static final GroupCache CACHE = new GroupCache();

  private final FileAccess files;
  private final Path folder;
  private final Arena arena = Arena.ofShared();
  private final Mapped chunks;
  private final Mapped index;
  private final BlockMeta meta;
  private final long bytes;
  private final Dictionary dictionary;
  private final long[] groupOffsets; // one more: the end
  private final int[] chunkGroups; // numbers of the groups that hold chunks
  private final long[] pageOffsets;
  private final int[] postingsFirst; // first label of a page; one more: all
  private final long[] postingsOffsets;
  private final int[] setGroup;
  private final int[] setOffset;
  private final int[] setCount;
  private final long[] setFirst;
  private final long[] setLast;
  private final RoaringBitmap all = new RoaringBitmap();
  private final Map<Integer, SoftReference<long[]>> times = new ConcurrentHashMap<>();
  private final Map<Integer, SoftReference<RoaringBitmap>> bitmaps = new ConcurrentHashMap<>();
  private volatile Map<Integer, long[]> tombstones;
  private int references = 1;
  private @Nullable Runnable afterwards;

  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private static final class Scratch {
    final ValueColumn.Reader values = new ValueColumn.Reader();
    long[] starts = new long[0];
  }

  /**
   * Opens a block.
   *
   * @throws DamageException when it is not whole
   */
  public BlockReader(FileAccess files, Path folder) throws IOException {
    this.files = files;
    this.folder = folder;
    boolean opened = false;
    try {
      chunks = new Mapped(files.map(folder.resolve(BlockLayout.CHUNKS), arena));
      index = new Mapped(files.map(folder.resolve(BlockLayout.INDEX), arena));
      magic(chunks, 0, BlockLayout.CHUNKS_MAGIC);
      magic(index, 0, BlockLayout.INDEX_MAGIC);
      ByteSource[] sections = sections();
      meta = BlockMeta.read(sections[BlockLayout.META_SECTION]);
      dictionary =
          new Dictionary(
              index,
              sectionOffset(BlockLayout.DICTIONARY),
              sections[BlockLayout.DICTIONARY].remaining(),
              sections[BlockLayout.NAMES]);
      List<Integer> chunkGroupList = new ArrayList<>();
      groupOffsets = groups(sections[BlockLayout.GROUPS], chunkGroupList);
      chunkGroups = chunkGroupList.stream().mapToInt(i -> i).toArray();
      pageOffsets = directory(sections[BlockLayout.SERIES_DIRECTORY]);
      ByteSource p = sections[BlockLayout.POSTINGS_DIRECTORY];
      int pages = p.count();
      postingsFirst = new int[pages + 1];
      postingsOffsets = new long[pages + 1];
      postingsOffsets[0] = p.uvarint();
      for (int i = 0; i < pages; i++) {
        postingsFirst[i + 1] = postingsFirst[i] + p.count(Integer.MAX_VALUE / 2);
        postingsOffsets[i + 1] = postingsOffsets[i] + p.uvarint();
      }
      ByteSource t = sections[BlockLayout.TIMES];
      int sets = t.count();
      setGroup = new int[sets];
      setOffset = new int[sets];
      setCount = new int[sets];
      setFirst = new long[sets];
      setLast = new long[sets];
      int group = 0;
      long first = 0;
      for (int i = 0; i < sets; i++) {
        group += t.count(groupOffsets.length);
        setGroup[i] = group;
        setOffset[i] = t.count(BlockLayout.MAX_GROUP_BYTES);
        setCount[i] = t.count(BlockLayout.CHUNK_SAMPLES);
        first += t.svarint();
        setFirst[i] = first;
        setLast[i] = first + t.uvarint();
      }
      if (meta.series() > Integer.MAX_VALUE / 2 || meta.series() > pageOffsets.length * 128L) {
        throw new DamageException("more series than pages");
      }
      all.add(0L, meta.series());
      bytes = chunks.size() + index.size();
      tombstones = readTombstones();
      opened = true;
    } catch (ArithmeticException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      throw new DamageException("its index makes no sense: " + e.getMessage());
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  private static void magic(Mapped f, long at, byte[] magic) {
    if (f.size() < at + magic.length || !Arrays.equals(f.bytes(at, magic.length), magic)) {
      throw new DamageException("it is no block of this version");
    }
  }

  private ByteSource footer() {
    if (index.size() < BlockLayout.FOOTER + 8) {
      throw new DamageException("its index ends early");
    }
    byte[] b = index.bytes(index.size() - BlockLayout.FOOTER, BlockLayout.FOOTER);
    ByteSource in = new ByteSource(b);
    int crc = ByteSink.crc(b, 0, BlockLayout.SECTIONS * 20);
    in.pos = BlockLayout.SECTIONS * 20;
    if (in.getInt() != crc) {
      throw new DamageException("checksum of its index does not agree");
    }
    in.pos = 0;
    return in;
  }

  private long sectionOffset(int section) {
    ByteSource f = footer();
    f.pos = section * 20;
    return f.getLong();
  }

  private ByteSource[] sections() {
    magic(index, index.size() - 8, BlockLayout.INDEX_MAGIC);
    ByteSource f = footer();
    ByteSource[] out = new ByteSource[BlockLayout.SECTIONS];
    for (int i = 0; i < out.length; i++) {
      long offset = f.getLong();
      long length = f.getLong();
      int crc = f.getInt();
      if (length < 0 || length > Integer.MAX_VALUE - 64) {
        throw new DamageException("a section of " + length + " bytes");
      }
      byte[] b = index.bytes(offset, (int) length);
      if (ByteSink.crc(b, 0, b.length) != crc) {
        throw new DamageException("checksum of section " + i + " of its index does not agree");
      }
      out[i] = new ByteSource(b);
    }
    return out;
  }

  private static long[] groups(ByteSource in, List<Integer> chunkGroups) {
    int n = in.count();
    long[] out = new long[n + 1];
    out[0] = BlockLayout.CHUNKS_MAGIC.length;
    for (int i = 0; i < n; i++) {
      long v = in.uvarint();
      out[i + 1] = out[i] + (v >>> 1);
      if ((v & 1) == 0) {
        chunkGroups.add(i);
      }
    }
    return out;
  }

  private static long[] directory(ByteSource in) {
    int n = in.count();
    long[] out = new long[n + 1];
    out[0] = in.uvarint();
    for (int i = 0; i < n; i++) {
      out[i + 1] = out[i] + in.uvarint();
    }
    return out;
  }

  public BlockMeta meta() {
    return meta;
  }

  public Path folder() {
    return folder;
  }

  /** Bytes on disk. */
  public long bytes() {
    return bytes;
  }

  public boolean overlaps(long min, long max) {
    return meta.minTime() <= max && meta.maxTime() > min;
  }

  // ---- life

  /** Another user; false when the block has been closed for good. */
  public synchronized boolean acquire() {
    if (references == 0) {
      return false;
    }
    references++;
    return true;
  }

  public void release() {
    Runnable then;
    synchronized (this) {
      if (--references > 0) {
        return;
      }
      then = afterwards;
    }
    CACHE.forget(this);
    arena.close();
    if (then != null) {
      then.run();
    }
  }

  /** Releases the reference of whoever opened the block; runs something after the last one. */
  public void retire(Runnable then) {
    synchronized (this) {
      afterwards = then;
    }
    release();
  }

  // ---- labels

  @Override
  public RoaringBitmap all() {
    return all;
  }

  @Override
  public @Nullable RoaringBitmap of(String name, String value) {
    int pair = dictionary.find(name, value);
    return pair < 0 ? null : postings(pair);
  }

  @Override
  public void values(String name, String prefix, BiConsumer<String, Supplier<RoaringBitmap>> to) {
    dictionary.values(name, prefix, (v, pair) -> to.accept(v, () -> postings(pair)));
  }

  @Override
  public List<String> names() {
    return List.of(dictionary.names);
  }

  private RoaringBitmap postings(int pair) {
    SoftReference<RoaringBitmap> ref = bitmaps.get(pair);
    RoaringBitmap b = ref == null ? null : ref.get();
    if (b == null) {
      b = readPostings(pair);
      if (bitmaps.size() > 100_000) {
        bitmaps.clear();
      }
      bitmaps.put(pair, new SoftReference<>(b));
    }
    return b;
  }

  private RoaringBitmap readPostings(int pair) {
    int page = Arrays.binarySearch(postingsFirst, pair);
    page = page < 0 ? -page - 2 : page;
    byte[] b =
        GroupWriter.read(
            index, postingsOffsets[page], postingsOffsets[page + 1] - postingsOffsets[page]);
    ByteSource in = new ByteSource(b, 0, b.length - ByteSink.SLACK);
    int first = in.count(Integer.MAX_VALUE);
    int n = in.count(Integer.MAX_VALUE);
    if (first != postingsFirst[page] || pair >= first + n) {
      throw new DamageException("a page of postings is not where it should be");
    }
    for (int i = first; i < pair; i++) {
      for (int c = in.count(); c > 0; c--) {
        in.uvarint();
      }
    }
    int[] list = new int[in.count()];
    long before = -1;
    for (int i = 0; i < list.length; i++) {
      before += 1 + in.uvarint();
      if (before >= meta.series()) {
        throw new DamageException("a posting behind the last series");
      }
      list[i] = (int) before;
    }
    RoaringBitmap out = new RoaringBitmap();
    out.addN(list, 0, list.length);
    out.runOptimize();
    return out;
  }

  /** Series that meet the matchers and have chunks in a closed time range. Holds a reference. */
  public SourceSelection select(long min, long max, List<Matcher> matchers) {
    RoaringBitmap found = guard(() -> Matching.find(this, matchers));
    if (!acquire()) {
      throw new IllegalStateException("the block is closed");
    }
    boolean done = false;
    try {
      SourceSelection s = guard(() -> selection(found, min, max));
      done = true;
      return s;
    } finally {
      if (!done) {
        release();
      }
    }
  }

  /** Runs something over this index; damage that it meets is told as a person can use it. */
  public void answer(Runnable action) {
    guard(
        () -> {
          action.run();
          return "";
        });
  }

  /** All series, to be read once and in their order by one thread. Holds a reference. */
  public SourceSelection everything() {
    if (!acquire()) {
      throw new IllegalStateException("the block is closed");
    }
    return new Passing();
  }

  private <T> T guard(Supplier<T> action) {
    try {
      return action.get();
    } catch (DamageException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      throw damaged(e);
    }
  }

  private StorageException damaged(Exception e) {
    return new StorageException(
        StorageException.Reason.CORRUPT,
        "block "
            + folder
            + " is damaged: "
            + e.getMessage()
            + ". Restore it from a backup, or move the folder away to answer without it",
        e);
  }

  /** A chunk of a selected series. */
  private record Chunk(int set, int group, int offset, int length, boolean special) {}

  private Selected selection(RoaringBitmap found, long min, long max) {
    List<Labels> labels = new ArrayList<>();
    List<Chunk[]> chunks = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    IntIterator it = found.getIntIterator();
    Page page = null;
    while (it.hasNext()) {
      int series = it.next();
      int number = series / BlockLayout.SERIES_PAGE;
      if (page == null || page.number != number) {
        page = new Page(number);
      }
      Chunk[] c = page.chunks(series % BlockLayout.SERIES_PAGE, min, max);
      if (c.length > 0) {
        labels.add(page.labels(series % BlockLayout.SERIES_PAGE));
        chunks.add(c);
        numbers.add(series);
      }
    }
    return new Selected(labels, chunks, numbers);
  }

  /** A page of series, decoded. */
  private final class Page {
    final int number;
    private final int[][] pairs;
    private final Chunk[][] chunks;

    Page(int number) {
      this.number = number;
      byte[] b =
          GroupWriter.read(
              index, pageOffsets[number], pageOffsets[number + 1] - pageOffsets[number]);
      ByteSource in = new ByteSource(b, 0, b.length - ByteSink.SLACK);
      int group = in.count(chunkGroups.length) - 1;
      int offset = in.count(BlockLayout.MAX_GROUP_BYTES);
      int n = in.count(BlockLayout.SERIES_PAGE);
      int[] shared = new int[n];
      int[] further = new int[n];
      for (int i = 0; i < n; i++) {
        shared[i] = in.count(1 << 20);
      }
      for (int i = 0; i < n; i++) {
        further[i] = in.count();
      }
      pairs = new int[n][];
      int[] before = {};
      for (int i = 0; i < n; i++) {
        int[] p = Arrays.copyOf(before, shared[i] + further[i]);
        if (shared[i] > before.length) {
          throw new DamageException("a series shares more labels than there are");
        }
        for (int k = shared[i]; k < p.length; k++) {
          long v = in.uvarint() + (k == 0 ? 0 : p[k - 1] + 1L);
          if (v < 0 || v >= dictionary.pairs()) {
            throw new DamageException("a label behind the dictionary");
          }
          p[k] = (int) v;
        }
        pairs[i] = p;
        before = p;
      }
      chunks = new Chunk[n][];
      int total = 0;
      for (int i = 0; i < n; i++) {
        chunks[i] = new Chunk[in.count()];
        total += chunks[i].length;
      }
      int[] sets = new int[total];
      long set = 0;
      for (int i = 0; i < total; i++) {
        set += in.svarint();
        if (set < 0 || set >= setCount.length) {
          throw new DamageException("a time set that is not there");
        }
        sets[i] = (int) set;
      }
      int at = 0;
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < chunks[i].length; k++) {
          long v = in.uvarint();
          if ((v & 1) != 0) {
            group++;
            offset = 0;
          }
          if (group < 0 || group >= chunkGroups.length) {
            throw new DamageException("a chunk behind the last group");
          }
          int length = (int) Math.min(Integer.MAX_VALUE / 2, v >>> 2);
          chunks[i][k] = new Chunk(sets[at++], chunkGroups[group], offset, length, (v & 2) != 0);
          offset = Math.addExact(offset, length);
        }
      }
    }

    Chunk[] chunks(int i, long min, long max) {
      Chunk[] c = chunks[i];
      int n = 0;
      for (Chunk x : c) {
        n += setFirst[x.set] <= max && setLast[x.set] >= min ? 1 : 0;
      }
      if (n == c.length) {
        return c;
      }
      Chunk[] out = new Chunk[n];
      n = 0;
      for (Chunk x : c) {
        if (setFirst[x.set] <= max && setLast[x.set] >= min) {
          out[n++] = x;
        }
      }
      return out;
    }

    Labels labels(int i) {
      int n = 0;
      for (int p : pairs[i]) {
        n += dictionary.fragment(p).length;
      }
      byte[] out = new byte[n];
      n = 0;
      for (int p : pairs[i]) {
        byte[] f = dictionary.fragment(p);
        System.arraycopy(f, 0, out, n, f.length);
        n += f.length;
      }
      return Labels.ofCanonicalBytes(out);
    }
  }

  private final class Selected implements SourceSelection {
    private final List<Labels> labels;
    private final List<Chunk[]> series;
    private final List<Integer> numbers;
    private final Map<Integer, long[]> dead = tombstones;
    private final Map<List<Integer>, Integer> setLists = new ConcurrentHashMap<>();
    private final AtomicInteger setListCount = new AtomicInteger();
    private boolean closed;

    Selected(List<Labels> labels, List<Chunk[]> series, List<Integer> numbers) {
      this.labels = labels;
      this.series = series;
      this.numbers = numbers;
    }

    @Override
    public int size() {
      return labels.size();
    }

    @Override
    public Labels labels(int i) {
      return labels.get(i);
    }

    @Override
    public void read(int i, long min, long max, SampleBuffer into) {
      try {
        for (Chunk c : series.get(i)) {
          chunk(c, min, max, into);
        }
      } catch (DamageException | IndexOutOfBoundsException | NegativeArraySizeException e) {
        throw damaged(e);
      }
      long[] ranges = dead.get(numbers.get(i));
      if (ranges != null) {
        erase(ranges, into);
      }
    }

    @Override
    public void readTimes(int i, long min, long max, SampleBuffer into) {
      if (dead.containsKey(numbers.get(i))) {
        read(i, min, max, into);
        return;
      }
      for (Chunk c : series.get(i)) {
        if (c.special) {
          read(i, min, max, into);
          return;
        }
      }
      try {
        for (Chunk c : series.get(i)) {
          long[] t = timeSet(c.set);
          int from = lower(t, min);
          int to = max == Long.MAX_VALUE ? t.length : lower(t, max + 1);
          if (from < to) {
            into.ensure(into.size + to - from);
            System.arraycopy(t, from, into.timestamps, into.size, to - from);
            into.size += to - from;
          }
        }
      } catch (DamageException | IndexOutOfBoundsException | NegativeArraySizeException e) {
        throw damaged(e);
      }
    }

    @Override
    public long timesKey(int i) {
      Chunk[] c = series.get(i);
      if (dead.containsKey(numbers.get(i))) {
        return 0;
      }
      for (Chunk x : c) {
        if (x.special) {
          return 0;
        }
      }
      if (c.length == 1) {
        return c[0].set + 1L;
      }
      List<Integer> sets = new ArrayList<>(c.length);
      for (Chunk x : c) {
        sets.add(x.set);
      }
      return 1L << 40 | setLists.computeIfAbsent(sets, k -> setListCount.incrementAndGet());
    }

    @Override
    public void close() {
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
      }
      release();
    }
  }

  /** All series, meant to be read in their order: holds one page of them at a time. */
  private final class Passing implements SourceSelection {
    private final Map<Integer, long[]> dead = tombstones;
    private @Nullable Page page;
    private boolean closed;

    private Page page(int series) {
      int number = series / BlockLayout.SERIES_PAGE;
      Page p = page;
      if (p == null || p.number != number) {
        p = guard(() -> new Page(number));
        page = p;
      }
      return p;
    }

    @Override
    public int size() {
      return (int) meta.series();
    }

    @Override
    public Labels labels(int i) {
      return guard(() -> page(i).labels(i % BlockLayout.SERIES_PAGE));
    }

    @Override
    public void read(int i, long min, long max, SampleBuffer into) {
      Page p = page(i);
      guard(
          () -> {
            for (Chunk c : p.chunks(i % BlockLayout.SERIES_PAGE, min, max)) {
              chunk(c, min, max, into);
            }
            return "";
          });
      long[] ranges = dead.get(i);
      if (ranges != null) {
        erase(ranges, into);
      }
    }

    @Override
    public void close() {
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
      }
      release();
    }
  }

  private byte[] group(int g) {
    return CACHE.get(
        this,
        g,
        () -> GroupWriter.read(chunks, groupOffsets[g], groupOffsets[g + 1] - groupOffsets[g]));
  }

  private long[] timeSet(int set) {
    SoftReference<long[]> ref = times.get(set);
    long[] t = ref == null ? null : ref.get();
    if (t == null) {
      byte[] b = group(setGroup[set]);
      ByteSource in = new ByteSource(b, setOffset[set], b.length - ByteSink.SLACK - setOffset[set]);
      t = new long[setCount[set]];
      IntColumn.decode(in, t, t.length);
      for (int i = 0; i < t.length; i++) {
        if (i > 0 && t[i] <= t[i - 1] || t[i] < setFirst[set] || t[i] > setLast[set]) {
          throw new DamageException("timestamps do not ascend");
        }
      }
      times.put(set, new SoftReference<>(t));
    }
    return t;
  }

  private void chunk(Chunk c, long min, long max, SampleBuffer into) {
    if (setFirst[c.set] > max || setLast[c.set] < min) {
      return;
    }
    long[] t = timeSet(c.set);
    int n = t.length;
    int from = t[0] >= min ? 0 : lower(t, min);
    int to = t[n - 1] <= max ? n : lower(t, max + 1);
    if (from >= to) {
      return;
    }
    byte[] b = group(c.group);
    if (c.offset + (long) c.length > b.length - ByteSink.SLACK) {
      throw new DamageException("a chunk behind the end of its group");
    }
    ByteSource in = new ByteSource(b, c.offset, c.length);
    int head = in.getByte();
    Scratch s = SCRATCH.get();
    boolean starts = (head & BlockLayout.CHUNK_STARTS) != 0;
    if (starts) {
      if (s.starts.length < n) {
        s.starts = new long[Math.max(n, 512)];
      }
      IntColumn.decode(in, s.starts, n);
    }
    if ((head & BlockLayout.CHUNK_HISTOGRAM) != 0) {
      var h = HistogramColumn.decode(in, n);
      for (int i = from; i < to; i++) {
        into.add(starts ? s.starts[i] : 0, t[i], h[i]);
      }
      into.mayBeStale = true;
      return;
    }
    int at = into.size;
    into.ensure(at + n);
    into.mayBeStale |= s.values.decode(in, into.values, at, n);
    int m = to - from;
    if (from > 0) {
      System.arraycopy(into.values, at + from, into.values, at, m);
    }
    System.arraycopy(t, from, into.timestamps, at, m);
    if (into.histograms != null) {
      Arrays.fill(into.histograms, at, at + m, null);
    }
    if (starts || into.startTimestamps != null) {
      long[] st = into.startTimestamps;
      if (st == null) {
        st = new long[into.timestamps.length];
        into.startTimestamps = st;
      }
      if (starts) {
        System.arraycopy(s.starts, from, st, at, m);
      } else {
        Arrays.fill(st, at, at + m, 0);
      }
    }
    into.size = at + m;
  }

  /** Index of the first timestamp that is not before a time. */
  private static int lower(long[] t, long time) {
    int i = Arrays.binarySearch(t, time);
    return i < 0 ? -i - 1 : i;
  }

  /** Takes samples in closed ranges (pairs of min, max) out of a buffer. */
  private static void erase(long[] ranges, SampleBuffer b) {
    int n = 0;
    for (int i = 0; i < b.size; i++) {
      boolean dead = false;
      for (int r = 0; r < ranges.length; r += 2) {
        dead |= b.timestamps[i] >= ranges[r] && b.timestamps[i] <= ranges[r + 1];
      }
      if (dead) {
        continue;
      }
      b.timestamps[n] = b.timestamps[i];
      b.values[n] = b.values[i];
      if (b.histograms != null) {
        b.histograms[n] = b.histograms[i];
      }
      if (b.startTimestamps != null) {
        b.startTimestamps[n] = b.startTimestamps[i];
      }
      n++;
    }
    b.size = n;
  }

  // ---- tombstones

  /** Ranges that are deleted, counted over all series. */
  public int tombstoneCount() {
    int n = 0;
    for (long[] r : tombstones.values()) {
      n += r.length / 2;
    }
    return n;
  }

  /** Series that a deletion touched. */
  public int deletedSeries() {
    return tombstones.size();
  }

  /**
   * Marks samples of matching series in a closed range as deleted, durably:
   *
   * <pre>
   * tombstones: 8 bytes "TTHSTMB" 1, uvarint series, each { uvarint series, uvarint ranges,
   *   ranges * { svarint min, svarint max } }, 4 bytes CRC-32C of all before
   * </pre>
   */
  public void delete(long min, long max, List<List<Matcher>> matcherSets) throws IOException {
    RoaringBitmap found = new RoaringBitmap();
    for (List<Matcher> ms : matcherSets) {
      found.or(guard(() -> Matching.find(this, ms)));
    }
    if (found.isEmpty()) {
      return;
    }
    Map<Integer, long[]> next = new HashMap<>(tombstones);
    long from = Math.max(min, meta.minTime());
    long to = Math.min(max, meta.maxTime() - 1);
    for (IntIterator it = found.getIntIterator(); it.hasNext(); ) {
      next.merge(it.next(), new long[] {from, to}, BlockReader::union);
    }
    ByteSink out = new ByteSink();
    out.put(BlockLayout.TOMBSTONES_MAGIC, 0, 8);
    out.uvarint(next.size());
    next.forEach(
        (series, ranges) -> {
          out.uvarint(series);
          out.uvarint(ranges.length / 2);
          for (long r : ranges) {
            out.svarint(r);
          }
        });
    out.putInt(ByteSink.crc(out.buf, 0, out.size));
    Path tmp = folder.resolve(BlockLayout.TOMBSTONES + ".tmp");
    try (WritableFile f = files.create(tmp)) {
      f.write(out.buf, 0, out.size);
      f.force();
    }
    files.rename(tmp, folder.resolve(BlockLayout.TOMBSTONES));
    files.syncDirectory(folder);
    tombstones = Map.copyOf(next);
  }

  /** Joins a range into disjoint, ascending ones. */
  private static long[] union(long[] ranges, long[] one) {
    long min = one[0];
    long max = one[1];
    List<long[]> out = new ArrayList<>();
    for (int i = 0; i < ranges.length; i += 2) {
      if (ranges[i + 1] < min - 1 || ranges[i] > max + 1) {
        out.add(new long[] {ranges[i], ranges[i + 1]});
      } else {
        min = Math.min(min, ranges[i]);
        max = Math.max(max, ranges[i + 1]);
      }
    }
    out.add(new long[] {min, max});
    out.sort((a, b) -> Long.compare(a[0], b[0]));
    return out.stream().flatMapToLong(Arrays::stream).toArray();
  }

  private Map<Integer, long[]> readTombstones() throws IOException {
    Path p = folder.resolve(BlockLayout.TOMBSTONES);
    if (!files.exists(p)) {
      return Map.of();
    }
    byte[] b = files.read(p);
    if (b.length < 12 || !Arrays.equals(Arrays.copyOf(b, 8), BlockLayout.TOMBSTONES_MAGIC)) {
      throw new DamageException("its tombstones are none");
    }
    ByteSource in = new ByteSource(b, b.length - 4, 4);
    if (in.getInt() != ByteSink.crc(b, 0, b.length - 4)) {
      throw new DamageException("checksum of its tombstones does not agree");
    }
    in = new ByteSource(b, 8, b.length - 12);
    Map<Integer, long[]> out = new HashMap<>();
    for (int n = in.count(); n > 0; n--) {
      int series = in.count(Integer.MAX_VALUE);
      long[] ranges = new long[2 * in.count()];
      for (int i = 0; i < ranges.length; i++) {
        ranges[i] = in.svarint();
      }
      out.put(series, ranges);
    }
    return Map.copyOf(out);
  }
}
