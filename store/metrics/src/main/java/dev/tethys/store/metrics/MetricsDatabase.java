package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.ChangeLog;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.RestrictedSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.model.storage.TimeRanges;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.WriteAheadLog;
import dev.tethys.store.files.WriteHealth;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.block.ClippedSelection;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import dev.tethys.store.metrics.internal.block.Ulid;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.HeadMemoryBudget;
import dev.tethys.store.metrics.internal.head.HeadSettings;
import dev.tethys.store.metrics.internal.index.Expressions;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;

/**
 * The embedded time series database: newest samples in memory and in a write-ahead log, older ones
 * in blocks on disk.
 *
 * <pre>
 * folder/lock              held while open
 * folder/wal/00000012      segments of the log
 * folder/head/00000012     the head when that segment began
 * folder/pages.tmp         a moment long, samples that leave memory; then the file has no name
 * folder/ULID/             blocks
 * folder/quarantine/       copies of damaged log segments and snapshots, for people
 * folder/ULID.damaged/     blocks that could not be opened
 * </pre>
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>What commit() answered for is in the log, in a snapshot of the head, or in a block.
 *   <li>A sample is always visible in the head or in a block, because a reader gets both lists in
 *       one step ({@link #parts}).
 *   <li>Lock order: structure lock ({@link MaintenanceScheduler}), parts, then the locks of the
 *       head.
 * </ul>
 */
public final class MetricsDatabase implements MetricStore, MetricSource {
  private final Path folder;
  private final FileAccess files;
  private final DatabaseOptions options;
  private final Closeable lockFile;
  private final WriteAheadLog log;
  private final ChangeLog changes = new ChangeLog();
  private final Head head;
  private final Blocks blocks;
  private final ReentrantReadWriteLock parts = new ReentrantReadWriteLock();
  private final MaintenanceScheduler upkeep;
  private final WriteHealth writes;
  private final LabelSearch search;
  private final StoreStats figures;
  private final RecoveryReport recovery;
  private volatile boolean closed;

  /**
   * Starts to load the classes that opening a database requires, while the program does other work.
   */
  public static void prepare() {
    Thread.ofPlatform().daemon().name("store-prepare").start(Preloader::load);
  }

  /**
   * Opens a database, or makes one in an empty or absent folder.
   *
   * @throws StorageException UNAVAILABLE when the folder cannot be used or is open elsewhere
   */
  public static MetricsDatabase open(Path folder, DatabaseOptions options) {
    return open(folder, options, new RealFiles());
  }

  static MetricsDatabase open(Path where, DatabaseOptions options, FileAccess files) {
    Path folder = where.toAbsolutePath();
    try {
      Preloader.require();
      ForeignFolder.refuse(folder, files);
      make(folder, files);
    } catch (IOException e) {
      throw cannotOpen(folder, e);
    }
    Closeable lock;
    try {
      lock = files.lock(folder.resolve("lock"));
    } catch (IOException e) {
      throw cannotOpen(folder, e);
    }
    MetricsDatabase db = null;
    try {
      db = new MetricsDatabase(folder, options, files, lock);
      return db;
    } catch (IOException e) {
      throw cannotOpen(folder, e);
    } finally {
      if (db == null) {
        closeQuietly(lock);
      }
    }
  }

  /** Creates a folder and its parents durably. */
  private static void make(Path folder, FileAccess files) throws IOException {
    List<Path> parents = new ArrayList<>();
    Path p = folder;
    while (p != null && !files.exists(p)) {
      p = p.getParent();
      if (p != null) {
        parents.add(p);
      }
    }
    files.createDirectories(folder);
    for (Path made : parents) {
      files.syncDirectory(made);
    }
  }

  private static StorageException cannotOpen(Path folder, IOException e) {
    return new StorageException(
        StorageException.Reason.UNAVAILABLE,
        "cannot open the metrics database in " + folder + ": " + IoFailures.describe(e),
        e);
  }

  private static void closeQuietly(Closeable c) {
    try {
      c.close();
    } catch (IOException e) {
      // The process ends or the first error is already on its way.
    }
  }

  private MetricsDatabase(Path folder, DatabaseOptions options, FileAccess files, Closeable lock)
      throws IOException {
    this.folder = folder;
    this.options = options;
    this.files = files;
    this.lockFile = lock;
    this.writes = new WriteHealth(options.clock()::millis);
    this.blocks = new Blocks(files, folder, options.clock(), changes);
    PageFiles pages = new PageFiles(files, folder);
    Recovery r = new Recovery(files, folder, options, blocks, pages);
    boolean always = options.fsync() == DatabaseOptions.Fsync.ALWAYS;
    WriteAheadLog[] writing = new WriteAheadLog[1];
    this.head =
        new Head(
            options.blockDuration().toMillis(),
            settings(options),
            frames -> writeLog(writing[0], frames, always),
            options.clock(),
            HeadMemoryBudget.Pause.PARK,
            changes);
    this.recovery = r.run(head);
    this.log =
        new WriteAheadLog(
            files, folder.resolve("wal"), options.segmentBytes(), recovery.snapshot());
    writing[0] = log;
    this.upkeep =
        new MaintenanceScheduler(
            files, folder, options, head, blocks, log, pages, parts, changes, writes);
    this.search = new LabelSearch(head, blocks, parts);
    this.figures = new StoreStats(head, blocks, log, upkeep, options.clock());
    SelfMetrics.register(options.registry(), this, head, blocks, log, upkeep, recovery);
    upkeep.start();
  }

  private void writeLog(WriteAheadLog to, ByteSink frames, boolean sync) throws IOException {
    try {
      to.append(frames, sync);
    } catch (IOException e) {
      writes.failed(WriteHealth.Work.APPEND, e);
      throw e;
    }
    writes.succeeded(WriteHealth.Work.APPEND);
  }

  private static HeadSettings settings(DatabaseOptions o) {
    return new HeadSettings(
        o.outOfOrderWindow().toMillis(),
        o.maxSeries(),
        o.maxFuture().toMillis(),
        o.exemplars(),
        o.memoryLimit());
  }

  private void checkOpen() {
    if (closed) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE, "the metrics database in " + folder + " is closed");
    }
  }

  // ---- writing

  @Override
  public Appender appender() {
    checkOpen();
    return head.appender();
  }

  @Override
  public void delete(long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    checkOpen();
    upkeep.delete(minTime, maxTime, matcherSets);
  }

  // ---- reading

  @Override
  public MetricSource within(Scope scope) {
    return RestrictedSource.of(this, scope);
  }

  @Override
  public Selection select(SelectHints hints, List<Matcher> matchers) {
    return selected(hints, matchers);
  }

  private MergedSelection selected(SelectHints hints, List<Matcher> matchers) {
    CopyOnWriteArrayList<String> warnings = new CopyOnWriteArrayList<>();
    return selected(hints, matchers, warnings, warnings::addIfAbsent);
  }

  /**
   * Selects.
   *
   * @param warnings receives warnings for the reader
   * @param lost receives a description of omitted damaged data, now or while samples are read
   */
  private MergedSelection selected(
      SelectHints hints,
      List<Matcher> matchers,
      CopyOnWriteArrayList<String> warnings,
      Consumer<String> lost) {
    checkOpen();
    long min = hints.minTime();
    long max = hints.maxTime();
    List<SourceSelection> found = new ArrayList<>();
    List<RetentionCutoff> horizons = new ArrayList<>();
    boolean done = false;
    try {
      List<BlockSelector.Piece> pinned = new ArrayList<>();
      Map<Long, RetentionCutoff> shown = new HashMap<>();
      SourceSelection memory = null;
      BlockSelector choice;
      List<String> unread;
      // Before the parts are locked: while blocks wait to be exchanged, no other reader gets in.
      Expressions known =
          head.overlaps(min, max) ? head.expressionsOfSelection(matchers) : Expressions.NONE;
      try {
        parts.readLock().lock();
        try {
          unread = blocks.warnings();
          choice = BlockSelector.of(blocks.levels(), hints, head::overlaps);
          for (BlockSelector.Piece p : choice.pieces()) {
            if (p.block().acquire()) {
              pinned.add(p);
            }
          }
          if (head.overlaps(min, max)) {
            memory = head.select(min, max, matchers, known);
          }
        } finally {
          parts.readLock().unlock();
        }
        warnings.addAllAbsent(choice.warnings());
        unread.forEach(lost);
        for (BlockSelector.Piece p : pinned) {
          found.add(piece(p, hints, matchers, lost));
          long resolution = p.block().meta().resolution();
          horizons.add(shown.computeIfAbsent(resolution, upkeep.horizons::at));
        }
      } finally {
        pinned.forEach(p -> p.block().release());
        if (memory != null) {
          // Blocks in their order, the head last.
          found.add(memory);
          horizons.add(shown.computeIfAbsent(0L, upkeep.horizons::at));
        }
      }
      boolean inMemory = memory != null;
      MergedSelection s =
          new MergedSelection(
              found,
              horizons,
              min,
              max,
              hints.resolution().summaries(),
              () -> selected(SelectHints.range(min, max), matchers, warnings, lost),
              Collections.unmodifiableList(warnings),
              choice.resolutions(inMemory));
      done = true;
      return s;
    } finally {
      if (!done) {
        found.forEach(SourceSelection::close);
      }
    }
  }

  private static SourceSelection piece(
      BlockSelector.Piece p, SelectHints hints, List<Matcher> matchers, Consumer<String> lost) {
    BlockReader b = p.block();
    if (b.meta().resolution() > 0) {
      long fill = hints.range() == 0 ? hints.resolution().lookback() : 0;
      return b.selectSummaries(
          hints.minTime(), hints.maxTime(), p.from(), p.to(), matchers, fill, lost);
    }
    SourceSelection s = b.select(hints.minTime(), hints.maxTime(), matchers, hints.windows(), lost);
    return p.whole() ? s : new ClippedSelection(s, p.from(), p.to());
  }

  @Override
  public long changeMark() {
    checkOpen();
    upkeep.horizons.note();
    return changes.mark();
  }

  @Override
  public TimeRanges changedSince(long mark) {
    checkOpen();
    upkeep.horizons.note();
    return changes.since(mark);
  }

  @Override
  public LabelResult labelNames(long min, long max, List<Matcher> matchers, int limit) {
    checkOpen();
    return search.names(min, max, matchers, limit);
  }

  @Override
  public LabelResult labelValues(
      String name, long min, long max, List<Matcher> matchers, int limit) {
    checkOpen();
    return search.values(name, min, max, matchers, limit);
  }

  /**
   * Counts series by label, metric and value, and the series that would remain without each label.
   *
   * @throws StorageException LIMIT when there are more series than fit an eighth of the heap
   */
  public Cardinality cardinality(CardinalityQuery query) {
    checkOpen();
    return search.count(query, Runtime.getRuntime().maxMemory() / 8 / 16);
  }

  @Override
  public List<Labels> series(long min, long max, List<List<Matcher>> matcherSets, int limit) {
    checkOpen();
    blocks.refuseWithoutUnread();
    return found(min, max, matcherSets, limit, MetricsDatabase::refuse);
  }

  @Override
  public List<Labels> series(
      long min, long max, List<List<Matcher>> matcherSets, int limit, Consumer<String> warnings) {
    CopyOnWriteArrayList<String> lost = new CopyOnWriteArrayList<>();
    List<Labels> out = found(min, max, matcherSets, limit, lost::addIfAbsent);
    lost.forEach(warnings);
    return out;
  }

  private List<Labels> found(
      long min, long max, List<List<Matcher>> matcherSets, int limit, Consumer<String> lost) {
    // Which of many are given is left open, so that not all have to be found and put in order.
    if (limit > 0) {
      checkOpen();
      List<Labels> some = search.some(min, max, matcherSets, limit, upkeep.horizons.at(0), lost);
      if (some != null) {
        return some;
      }
    }
    List<List<Labels>> sets = new ArrayList<>();
    for (List<Matcher> ms : matcherSets) {
      try (MergedSelection s =
          selected(SelectHints.range(min, max), ms, new CopyOnWriteArrayList<>(), lost)) {
        sets.add(s.shownLabels());
      }
    }
    return LabelSearch.merged(sets, limit);
  }

  /** Fails a request whose response cannot carry warnings. */
  private static void refuse(String lost) {
    throw new StorageException(
        StorageException.Reason.CORRUPT,
        lost
            + ", and this request cannot return warnings: nothing is answered. Restore the block"
            + " from a backup, or move its folder away to continue without it");
  }

  @Override
  public List<SeriesExemplars> exemplars(long min, long max, List<List<Matcher>> matcherSets) {
    checkOpen();
    return head.exemplars(min, max, matcherSets);
  }

  // ---- looking after it

  /** Returns the report of the recovery when the database was opened. */
  public RecoveryReport recovery() {
    return recovery;
  }

  /**
   * Returns the memory of the head, in bytes: the last measurement and an estimate of later growth.
   */
  public long headBytes() {
    return head.budget.used();
  }

  /** StoreStats; of each list the {@code limit} largest. */
  public DatabaseStats stats(int limit) {
    checkOpen();
    return figures.stats(limit);
  }

  /** Returns the store status. */
  public StorageStatus status() {
    checkOpen();
    return figures.status();
  }

  /** Returns the size, limits and failures of the store. */
  public StoreHealth health() {
    checkOpen();
    long free = -1;
    long total = -1;
    try {
      free = files.usableSpace(folder);
      total = files.totalSpace(folder);
    } catch (IOException e) {
      // Reported as unknown.
    }
    RetentionPolicy keep = upkeep.options().retention();
    long share = (long) (keep.percentage() / 100 * Math.max(0, total));
    long longest = keep.longest();
    return new StoreHealth(
        folder.toString(),
        blocks.bytes(),
        log.bytes(),
        free,
        total,
        0,
        longest == Long.MAX_VALUE ? 0 : longest,
        share > 0 ? share : keep.bytes(),
        head.counters.refusedCommits.sum() + head.counters.limited.sum(),
        writes.failedWrites(),
        upkeep.problem());
  }

  /** Returns the blocks on disk, oldest first. */
  public List<BlockInfo> blockList() {
    List<BlockInfo> out = new ArrayList<>();
    for (BlockReader b : blocks.list()) {
      out.add(BlockInfo.of(b));
    }
    out.sort(Comparator.comparing(BlockInfo::minTime).thenComparing(BlockInfo::ulid));
    return out;
  }

  /** Parts of the open blocks that could not be read so far, each with the remedy. */
  public List<String> damage() {
    return blocks.list().stream().flatMap(b -> b.damage().stream()).toList();
  }

  /** Rewrites blocks so that deleted samples take no space. */
  public void cleanTombstones() {
    checkOpen();
    upkeep.cleanTombstones();
  }

  /**
   * Creates a copy that can be opened as a database: blocks as hard links to the same files, memory
   * as new blocks.
   *
   * @param into an absent or empty folder on the same file system
   * @param skipHead omits samples that are only in memory
   */
  public void snapshot(Path into, boolean skipHead) {
    checkOpen();
    upkeep.snapshot(into, skipHead);
  }

  /**
   * Starts an import of old samples as separate blocks. Meanwhile the head accepts samples older
   * than {@link BlockImport#floor} as late ones.
   */
  public BlockImport blockImport() {
    checkOpen();
    return new BlockImport(
        this, files, folder, blocks, upkeep, options.clock(), upkeep.importFloor());
  }

  /**
   * A work folder next to the blocks where samples that arrive in any order are sorted into blocks.
   *
   * @param maxHeldBytes memory it may take; beyond, samples wait on disk
   */
  public SampleSorter sampleSorter(long maxHeldBytes) {
    checkOpen();
    return new SampleSorter(
        files,
        folder.resolve("sort-" + Ulid.next(options.clock().millis()) + Blocks.CREATING),
        maxHeldBytes);
  }

  /** Takes the out-of-order window, retention and limits of new options. The rest is ignored. */
  public void reconfigure(DatabaseOptions next) {
    checkOpen();
    head.configure(settings(next));
    upkeep.configure(next);
  }

  /**
   * Does immediately what the background threads do over time: samples to files and blocks, the log
   * to disk, compaction, retention, checkpoint.
   *
   * @throws StorageException UNAVAILABLE if the disk fails the write
   */
  public void maintain() {
    checkOpen();
    upkeep.spillPages(true);
    try {
      upkeep.sync();
    } finally {
      upkeep.maintain();
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
    try {
      upkeep.close();
    } finally {
      SelfMetrics.unregister(options.registry(), this);
      blocks.close();
      closeQuietly(lockFile);
    }
  }
}
