package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Life cycle of blocks: they are merged, rewritten when a large part is deleted or expired, and
 * removed. Runs under the structure lock of {@link MaintenanceScheduler}.
 *
 * <p>A merge needs space for its result in addition to its sources. While the disk lacks it, no
 * merge runs; other work continues. The same applies while a replaced block cannot be removed
 * ({@link PendingDeletions}).
 *
 * <p>A damaged block is kept unchanged until its retention ends, so that it can be repaired: plans
 * exclude it. A block that the disk cannot read is retried, too ({@link BlockBackoff}).
 */
final class Compaction {
  private static final Logger LOG = JulLogger.of(Compaction.class.getName());

  /**
   * Disk space that must stay free in addition to the result of a merge: 64 MiB, a checkpoint's
   * log.
   */
  static final long RESERVE = 64L << 20;

  private final FileAccess files;
  private final Path folder;
  private final Blocks blocks;
  private final ReentrantReadWriteLock parts;
  private final WriteThrottle pace;
  private final BlockBackoff resting;
  private final RuleSeriesCounts census;
  private final Set<String> barren = new HashSet<>(); // level 1 blocks without anything to sum up
  private final Set<Path> loggedUnread = new HashSet<>();
  private volatile boolean blocked;

  // For self-metrics.
  final LongAdder done = new LongAdder();
  final LongAdder downsampled = new LongAdder();
  final LongAdder skipped = new LongAdder();
  final LongAdder timeRetentions = new LongAdder();
  final LongAdder sizeRetentions = new LongAdder();

  Compaction(
      FileAccess files,
      Path folder,
      Blocks blocks,
      ReentrantReadWriteLock parts,
      WriteThrottle pace,
      LongSupplier nanos) {
    this.files = files;
    this.folder = folder;
    this.blocks = blocks;
    this.parts = parts;
    this.pace = pace;
    this.resting = new BlockBackoff(nanos);
    this.census = new RuleSeriesCounts(resting);
  }

  /** Retries unreadable blocks at the next opportunity, without the usual pause. */
  void retryNow() {
    resting.retryNow();
  }

  /** Whether merges wait for space on disk, or for a block to be removed. */
  boolean blocked() {
    return blocked;
  }

  /**
   * Returns the retention of blocks of a resolution; without a level of that resolution, that of
   * samples.
   */
  static RetentionPolicy policy(DatabaseOptions options, long resolution) {
    RetentionPolicy p = options.retention();
    for (Downsampling d : options.downsampling()) {
      if (d.resolution().toMillis() == resolution) {
        return new RetentionPolicy(d.keep(), p.bytes(), p.percentage(), p.rules());
      }
    }
    return p;
  }

  /**
   * Merges and rewrites due blocks, downsamples, then removes expired data.
   *
   * @param horizons retention cutoff of the blocks of a resolution
   * @param newest the newest sample of the store, or the present if that is earlier
   * @param logBytes size of the log
   */
  void run(
      DatabaseOptions options, LongFunction<RetentionCutoff> horizons, long newest, long logBytes)
      throws IOException {
    blocks.meters.triggered.increment();
    blocks.removals.proceed();
    openUnread();
    blocks.forgetRemoved();
    boolean room = merge(options, 0, horizons.apply(0));
    if (room) {
      room = downsample(options);
    }
    for (long resolution : blocks.levels().downsampled().keySet()) {
      room = room && merge(options, resolution, horizons.apply(resolution));
    }
    blocked = !room;
    applyRetention(options, newest, logBytes);
  }

  /** Opens the blocks that the disk did not give at the start, as that does. */
  private void openUnread() {
    loggedUnread.retainAll(blocks.unread());
    for (Path p : blocks.unread()) {
      if (resting.isBackedOff(p) && files.exists(p)) {
        continue;
      }
      try {
        BlockReader b = blocks.openUnread(p);
        if (b == null) {
          resting.backOff(p);
        } else {
          take(p, b);
        }
      } catch (IOException e) { // one block must not keep the others from being looked after
        resting.backOff(p);
        if (loggedUnread.add(p)) {
          LOG.log(Level.ERROR, e.getMessage() + ". It is retried; check the disk", e);
        }
      }
    }
  }

  /** Takes a block that could not be read before, as a start does. */
  private void take(Path p, BlockReader b) {
    String id = b.meta().id();
    boolean replaced =
        Stream.concat(blocks.list().stream(), blocks.removals.named().stream())
            .anyMatch(o -> o.meta().parents().contains(id));
    if (replaced) {
      blocks.removals.add(b);
      blocks.found(p);
      blocks.removals.proceed();
      return;
    }
    List<String> parents = b.meta().parents();
    List<BlockReader> gone =
        blocks.list().stream().filter(o -> parents.contains(o.meta().id())).toList();
    parts.writeLock().lock();
    try {
      blocks.replace(b, gone);
      blocks.found(p);
    } finally {
      parts.writeLock().unlock();
    }
    gone.forEach(blocks.removals::add);
    blocks.removals.proceed();
  }

  /**
   * Merges blocks of a resolution as long as some are due; returns false if the disk has no space.
   */
  private boolean merge(DatabaseOptions options, long resolution, RetentionCutoff horizon)
      throws IOException {
    RetentionPolicy policy = policy(options, resolution);
    List<Long> ranges =
        CompactionPlan.ranges(options.blockDuration().toMillis(), policy.time().toMillis());
    while (true) {
      // One after the other: the next plan sees what the last one made.
      List<BlockReader> plan =
          CompactionPlan.next(
              undamagedBlocks().of(resolution),
              ranges,
              b -> b.deletedSeries() + census.past(b, policy, horizon));
      if (plan.isEmpty()) {
        return true;
      }
      if (!blocks.removals.named().isEmpty() || !fits(plan)) {
        return false;
      }
      attempt(plan, () -> merge(plan, horizon, cut(options), pace));
    }
  }

  /** The blocks without known damage, that could be read at the last attempt. */
  private ResolutionIndex undamagedBlocks() {
    List<BlockReader> all = blocks.list();
    List<BlockReader> sound = all.stream().filter(this::isSound).toList();
    return sound.size() == all.size() ? blocks.levels() : ResolutionIndex.of(sound);
  }

  private boolean isSound(BlockReader b) {
    // A block that replaces an unread one is not merged: the record of the replacement would be
    // lost.
    return !b.isDamaged() && !resting.isBackedOff(b) && !blocks.replacesUnread(b);
  }

  private interface BlockTask {
    void run() throws IOException;
  }

  /** Does something with sound blocks; what turns out not to be is left to later plans. */
  private void attempt(List<BlockReader> inputs, BlockTask work) throws IOException {
    try {
      work.run();
    } catch (StorageException e) {
      boolean rest = resting.restAfterFailures(inputs);
      if (!rest && inputs.stream().noneMatch(BlockReader::isDamaged)) {
        throw e;
      }
    }
  }

  private static long cut(DatabaseOptions options) {
    return options.blockDuration().toMillis();
  }

  /** Downsamples as long as something is due; false if the disk has no space. */
  private boolean downsample(DatabaseOptions options) throws IOException {
    while (!options.downsampling().isEmpty()) {
      DownsamplingPlan.Job job =
          DownsamplingPlan.next(undamagedBlocks(), options, newest(options), barren);
      if (job == null) {
        return true;
      }
      if (!blocks.removals.named().isEmpty() || !fits(job.inputs())) {
        return false;
      }
      attempt(job.inputs(), () -> downsample(job, cut(options)));
    }
    return true;
  }

  private void downsample(DownsamplingPlan.Job job, long cut) throws IOException {
    BlockReader made =
        make(
            job.inputs(),
            job.replaced(),
            RetentionCutoff.NONE,
            job.resolution(),
            cut,
            job.inputs().stream().mapToInt(b -> b.meta().level()).max().orElse(1),
            pace);
    if (made == null) {
      // Stale markers alone, say. To be checked again after the next start.
      barren.addAll(ResolutionIndex.sources(job.inputs()));
    }
    swap(made, job.replaced());
    downsampled.increment();
  }

  /** Returns the end of the newest block, or the present where that is earlier. */
  private long newest(DatabaseOptions options) {
    long newest = Long.MIN_VALUE;
    for (BlockReader b : blocks.list()) {
      newest = Math.max(newest, b.meta().maxTime());
    }
    return Math.min(newest, options.clock().millis());
  }

  private boolean fits(List<BlockReader> plan) throws IOException {
    long need = RESERVE;
    for (BlockReader b : plan) {
      need += b.bytes();
    }
    long free = files.usableSpace(folder);
    if (free >= need) {
      return true;
    }
    skipped.increment();
    if (!blocked) {
      blocked = true;
      LOG.log(
          Level.WARNING,
          String.format(
              Locale.ROOT,
              "%d blocks wait to be merged: that needs %d MiB free on the disk of %s and there are"
                  + " %d. Free disk space, or reduce retention",
              plan.size(),
              need >> 20,
              folder,
              free >> 20));
    }
    return false;
  }

  /** Rewrites blocks that have tombstones, regardless of free space. */
  void clean(DatabaseOptions options, LongFunction<RetentionCutoff> horizons) throws IOException {
    blocks.removals.proceed();
    blocks.removals.failIfReplacedRemain("");
    downsample(options); // buckets of which a part is deleted, from what is left
    for (BlockReader b : blocks.list()) {
      if (b.tombstoneCount() > 0 && isSound(b)) {
        RetentionCutoff horizon = horizons.apply(b.meta().resolution());
        attempt(List.of(b), () -> merge(List.of(b), horizon, cut(options), WriteThrottle.none()));
      }
    }
  }

  /** Merges blocks into one, without deleted and expired samples. */
  private void merge(List<BlockReader> plan, RetentionCutoff horizon, long cut, WriteThrottle at)
      throws IOException {
    int level = plan.stream().mapToInt(b -> b.meta().level()).max().orElse(1);
    BlockReader made =
        make(
            plan,
            plan,
            horizon,
            plan.getFirst().meta().resolution(),
            cut,
            plan.size() > 1 ? level + 1 : level,
            at);
    swap(made, plan);
    done.increment();
    if (overlap(plan)) {
      blocks.meters.overlapping.increment();
    }
  }

  private static boolean overlap(List<BlockReader> plan) {
    for (BlockReader a : plan) {
      for (BlockReader b : plan) {
        if (a != b && ResolutionIndex.overlap(a, b)) {
          return true;
        }
      }
    }
    return false;
  }

  private @Nullable BlockReader make(
      List<BlockReader> inputs,
      List<BlockReader> replaced,
      RetentionCutoff horizon,
      long resolution,
      long cut,
      int level,
      WriteThrottle at)
      throws IOException {
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    boolean late = true;
    for (BlockReader b : inputs) {
      min = Math.min(min, b.meta().minTime());
      max = Math.max(max, b.meta().maxTime());
      late &= b.meta().late();
    }
    // Those of in-order samples first: of two samples of one time theirs stays.
    List<BlockReader> ordered = new ArrayList<>(blocks.list());
    ordered.retainAll(inputs);
    List<SourceSelection> sources = new ArrayList<>();
    try {
      for (BlockReader b : ordered) {
        sources.add(b.everything());
      }
      Summarizer summarizer = resolution == 0 ? null : new Summarizer(resolution, cut);
      return blocks.create(
          new SeriesStream(sources, min, max - 1, horizon, summarizer),
          blocks.draft(min, max, level, late, inputs, replaced).downsampled(resolution),
          at);
    } finally {
      sources.forEach(SourceSelection::close);
    }
  }

  private void applyRetention(DatabaseOptions options, long newestSample, long logBytes)
      throws IOException {
    long newest = newest(options);
    ResolutionIndex levels = blocks.levels();
    List<BlockReader> gone = new ArrayList<>();
    for (BlockReader b : blocks.list()) {
      RetentionPolicy policy = policy(options, b.meta().resolution());
      boolean past = isPast(b, policy, newest, newestSample);
      if (past
          && (b.isDamaged()
              || DownsamplingPlan.isTakenOver(b, levels, options.downsampling(), barren))) {
        gone.add(b);
        timeRetentions.increment();
      }
    }
    RetentionPolicy policy = options.retention();
    long limit =
        policy.percentage() > 0
            ? (long) (files.totalSpace(folder) * (policy.percentage() / 100))
            : policy.bytes();
    if (limit > 0) {
      long size = logBytes;
      List<BlockReader> byAge = new ArrayList<>(blocks.list());
      byAge.removeAll(gone);
      byAge.sort(Comparator.comparing((BlockReader b) -> b.meta().maxTime()).reversed());
      for (BlockReader b : byAge) {
        size += b.bytes();
        if (size > limit) {
          gone.add(b);
          sizeRetentions.increment();
        }
      }
    }
    if (!gone.isEmpty()) {
      swap(null, gone);
    }
  }

  private boolean isPast(BlockReader b, RetentionPolicy policy, long newest, long newestSample) {
    long keep = policy.time().toMillis();
    if (policy.rules().isEmpty()) {
      return keep > 0 && newest - b.meta().maxTime() >= keep;
    }
    return census.past(b, policy, RetentionCutoff.of(policy, newestSample)) == b.meta().series()
        || b.isDamaged() && newest - b.meta().maxTime() >= policy.longest();
  }

  private void swap(@Nullable BlockReader made, List<BlockReader> gone) throws IOException {
    parts.writeLock().lock();
    try {
      blocks.replace(made, gone);
    } finally {
      parts.writeLock().unlock();
    }
    gone.forEach(blocks.removals::add);
    blocks.removals.proceed();
  }
}
