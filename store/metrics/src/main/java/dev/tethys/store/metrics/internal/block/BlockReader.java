package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Matcher;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.StepWindows;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.store.metrics.internal.index.MatchCache;
import dev.tethys.store.metrics.internal.index.Matching;
import dev.tethys.store.metrics.internal.index.Postings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * A block on disk, mapped. Immutable but for its tombstones, safe for several threads.
 *
 * <p>Life: opened with one reference, {@link #acquire}d by every selection, {@link #release}d; the
 * mapping ends with the last reference. A block to be deleted is unlinked immediately: its pages
 * stay readable until then.
 */
public final class BlockReader implements Postings {
  /** Maximum bytes of cached matcher results of all blocks. */
  static final long MAX_MATCHED_BYTES =
      Math.clamp(Runtime.getRuntime().maxMemory() / 32, 1 << 20, 16 << 20);

  private static final MatchCache<FoundChunks> MATCHED = new MatchCache<>(MAX_MATCHED_BYTES);

  /** Series numbers only, for results that are too large to cache with labels and chunks. */
  private static final MatchCache<RoaringBitmap> NUMBERS = new MatchCache<>(MAX_MATCHED_BYTES / 4);

  private final FileAccess files;
  private volatile Path folder;
  private final Arena arena = Arena.ofShared();
  private final BlockMeta meta;
  private final long bytes;
  private final ChunkGroups groups;
  private final TimeSets times;
  private final SeriesPages pages;
  private final Dictionary dictionary;
  private final BlockPostings postings;
  private final ChunkReader chunks;
  private final SummaryReader summaries;
  private final CorruptionTracker damage;
  private volatile Tombstones tombstones;
  private int references = 1;
  private @Nullable Runnable afterwards;

  /**
   * Opens a block.
   *
   * @throws CorruptionException if it is not whole
   */
  public BlockReader(FileAccess files, Path folder) throws IOException {
    this.files = files;
    this.folder = folder;
    this.damage = new CorruptionTracker(() -> this.folder);
    boolean opened = false;
    try {
      Mapped chunkFile = new Mapped(files.map(folder.resolve(BlockLayout.CHUNKS), arena));
      Mapped indexFile = new Mapped(files.map(folder.resolve(BlockLayout.INDEX), arena));
      IndexFile index = new IndexFile(indexFile);
      meta = BlockMeta.read(index.take(BlockLayout.META_SECTION));
      IndexFile.magic(
          chunkFile,
          0,
          meta.resolution() > 0 ? BlockLayout.SUMMARY_CHUNKS_MAGIC : BlockLayout.CHUNKS_MAGIC);
      dictionary = new Dictionary(index);
      groups = new ChunkGroups(chunkFile, index.take(BlockLayout.GROUPS));
      times = new TimeSets(groups, index.take(BlockLayout.TIMES));
      pages = new SeriesPages(index, dictionary, groups, times);
      if (meta.series() > Integer.MAX_VALUE / 2 || meta.series() > pages.capacity()) {
        throw new CorruptionException("more series than pages");
      }
      postings = new BlockPostings(index, dictionary, meta.series());
      chunks = new ChunkReader(groups, times);
      summaries = new SummaryReader(groups, times, chunks, Math.max(1, meta.resolution()));
      bytes = chunkFile.size() + indexFile.size();
      tombstones = Tombstones.read(files, folder);
      opened = true;
    } catch (ArithmeticException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      throw new CorruptionException("its index is not valid: " + e.getMessage());
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  /** Bytes that were kept of all blocks of the process for the next query. */
  public static CacheBytes cacheBytes() {
    return new CacheBytes(ChunkGroups.cachedBytes(), MATCHED.bytes() + NUMBERS.bytes());
  }

  /**
   * Cached bytes of blocks.
   *
   * @param groups unpacked groups
   * @param matches results of matchers
   */
  public record CacheBytes(long groups, long matches) {}

  public BlockMeta meta() {
    return meta;
  }

  public Path folder() {
    return folder;
  }

  /** Records that the block's folder has been renamed. */
  public void named(Path folder) {
    this.folder = folder;
  }

  /** Bytes on disk. */
  public long bytes() {
    return bytes;
  }

  /** Returns the memory of names and values of labels. */
  public long dictionaryBytes() {
    return dictionary.bytes();
  }

  public boolean overlaps(long min, long max) {
    return meta.minTime() <= max && meta.maxTime() > min;
  }

  // ---- life

  /** Adds a user; returns false if the block has been closed permanently. */
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
    groups.forget();
    MATCHED.forget(this);
    NUMBERS.forget(this);
    arena.close();
    if (then != null) {
      then.run();
    }
  }

  /**
   * Releases the reference taken by the opener of the block; {@code then} runs after the last
   * release.
   */
  public void retire(Runnable then) {
    synchronized (this) {
      afterwards = then;
    }
    release();
  }

  // ---- labels

  @Override
  public RoaringBitmap all() {
    return postings.all();
  }

  @Override
  public @Nullable RoaringBitmap of(String name, String value) {
    return postings.of(name, value);
  }

  @Override
  public void values(String name, String prefix, ValueVisitor to) {
    postings.values(name, prefix, to);
  }

  @Override
  public RoaringBitmap join(Matcher m, boolean wanted, Expressions known) {
    return postings.join(m, wanted, known);
  }

  @Override
  public List<String> names() {
    return postings.names();
  }

  /** Names and values of labels; damage that they meet is thrown. */
  public BlockLabels labels() {
    return new BlockLabels(dictionary, postings, pages, times, this::numbers);
  }

  /** Numbers of the series that meet matchers. Not to be changed. */
  private RoaringBitmap numbers(List<Matcher> matchers) {
    RoaringBitmap found = NUMBERS.get(this, 0, matchers);
    if (found == null) {
      found = Matching.find(postings, matchers);
      found.runOptimize();
      NUMBERS.put(this, 0, matchers, found, 256 + found.getLongSizeInBytes());
    }
    return found;
  }

  /** Runs an operation over this index; found damage is recorded and thrown. */
  public void answer(Runnable action) {
    guard(
        () -> {
          action.run();
          return "";
        });
  }

  /** Variant for a caller that continues after damage, and is notified. */
  public void answer(Runnable action, Consumer<String> lost) {
    passOver(action, lost);
  }

  // ---- samples

  /**
   * Series that meet the matchers and have chunks in a closed time range. Holds a reference.
   *
   * @param lost receives a description of omitted damaged data, now or while samples are read; the
   *     same text each time
   */
  public SourceSelection select(long min, long max, List<Matcher> matchers, Consumer<String> lost) {
    return select(min, max, matchers, null, lost);
  }

  /** Variant without floats outside windows, where that saves work. */
  public SourceSelection select(
      long min,
      long max,
      List<Matcher> matchers,
      @Nullable StepWindows windows,
      Consumer<String> lost) {
    if (meta.resolution() > 0) {
      return selectSummaries(min, max, Long.MIN_VALUE, Long.MAX_VALUE, matchers, 0, lost);
    }
    return referenced(
        () -> new BlockSelection(this, find(matchers, lost), min, max, windows, lost));
  }

  /**
   * Variant for part of a downsampled block.
   *
   * @param from start of the part, inclusive
   * @param to end of the part, inclusive
   * @param fill maximum distance between the samples read from it, milliseconds; 0 for unchanged
   */
  public SourceSelection selectSummaries(
      long min,
      long max,
      long from,
      long to,
      List<Matcher> matchers,
      long fill,
      Consumer<String> lost) {
    return referenced(
        () -> new SummarySelection(this, find(matchers, lost), min, max, from, to, fill, lost));
  }

  private SourceSelection referenced(Supplier<SourceSelection> selection) {
    reference();
    boolean done = false;
    try {
      SourceSelection s = selection.get();
      done = true;
      return s;
    } finally {
      if (!done) {
        release();
      }
    }
  }

  /** Nothing can be found without a readable index. */
  private FoundChunks find(List<Matcher> matchers, Consumer<String> lost) {
    FoundChunks found = MATCHED.get(this, 0, matchers);
    if (found != null) {
      return found;
    }
    FoundChunks[] made = {FoundChunks.NONE};
    if (passOver(() -> made[0] = FoundChunks.of(pages, numbers(matchers)), lost)) {
      MATCHED.put(this, 0, matchers, made[0], made[0].weight());
    }
    return made[0];
  }

  /** Pass over all series in order, not thread-safe. Holds a reference. */
  public BlockPass everything() {
    reference();
    return new BlockPass(this);
  }

  private void reference() {
    if (!acquire()) {
      throw new IllegalStateException("the block is closed");
    }
  }

  SeriesPages pages() {
    return pages;
  }

  TimeSets times() {
    return times;
  }

  ChunkReader chunks() {
    return chunks;
  }

  SummaryReader summaries() {
    return summaries;
  }

  // ---- damage

  /** Whether part of it was unreadable since it was opened. */
  public boolean isDamaged() {
    return !damage.isEmpty();
  }

  /** Parts that could not be read since the block was opened, each with the remedy. */
  public List<String> damage() {
    return damage.texts();
  }

  /** Returns the number of failed reads of the block since it was opened. */
  public long failedReads() {
    return damage.failures();
  }

  /** Reads data; returns false, after reporting, if damage ended that. */
  boolean passOver(Runnable read, Consumer<String> lost) {
    return damage.passOver(read, lost);
  }

  /** Runs an operation that cannot skip damage; found damage is recorded and thrown. */
  <T> T guard(Supplier<T> action) {
    return damage.guard(action);
  }

  // ---- tombstones

  /** Current deletions. */
  Tombstones tombstones() {
    return tombstones;
  }

  /** Ranges that are deleted, counted over all series. */
  public int tombstoneCount() {
    return tombstones.count();
  }

  /** Returns the number of series affected by a deletion. */
  public int deletedSeries() {
    return tombstones.series();
  }

  /** Marks samples of matching series in a closed range as deleted, durably. */
  public void delete(long min, long max, List<List<Matcher>> matcherSets) throws IOException {
    RoaringBitmap found = new RoaringBitmap();
    for (List<Matcher> ms : matcherSets) {
      found.or(guard(() -> Matching.find(postings, ms)));
    }
    if (found.isEmpty()) {
      return;
    }
    Tombstones next =
        tombstones.with(found, Math.max(min, meta.minTime()), Math.min(max, meta.maxTime() - 1));
    next.write(files, folder);
    tombstones = next;
  }
}
