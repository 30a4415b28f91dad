package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of blocks with time: they are merged, rewritten when much of them is deleted or past
 * its time, and removed. Runs under the structure lock of {@link Upkeep}.
 *
 * <p>A merge needs room for its result beside its sources. Where the disk has not got it, nothing
 * is merged until it has: everything else goes on.
 */
final class Compaction {
  private static final Logger LOG = System.getLogger(Compaction.class.getName());

  /** What must stay free on the disk beside the result of a merge: 64 MiB, a checkpoint's log. */
  static final long RESERVE = 64L << 20;

  private final FileAccess files;
  private final Path folder;
  private final Blocks blocks;
  private final ReentrantReadWriteLock parts;
  private final Pace pace;
  private final RuleCensus census = new RuleCensus();
  private volatile boolean blocked;

  // For self-metrics.
  final LongAdder done = new LongAdder();
  final LongAdder skipped = new LongAdder();
  final LongAdder timeRetentions = new LongAdder();
  final LongAdder sizeRetentions = new LongAdder();

  Compaction(
      FileAccess files, Path folder, Blocks blocks, ReentrantReadWriteLock parts, Pace pace) {
    this.files = files;
    this.folder = folder;
    this.blocks = blocks;
    this.parts = parts;
    this.pace = pace;
  }

  /** Whether merges wait for room on the disk. */
  boolean blocked() {
    return blocked;
  }

  /**
   * Merges and rewrites what is due, then removes what is past its time.
   *
   * @param logBytes what the log takes
   */
  void run(DatabaseOptions options, Horizon horizon, long logBytes) throws IOException {
    List<Long> ranges =
        CompactionPlan.ranges(
            options.blockDuration().toMillis(), options.retention().time().toMillis());
    while (true) {
      // One after the other: the next plan sees what the last one made.
      List<BlockReader> plan =
          CompactionPlan.next(
              blocks.list(),
              ranges,
              b -> b.deletedSeries() + census.past(b, options.retention(), horizon));
      if (plan.isEmpty()) {
        blocked = false;
        break;
      }
      if (!fits(plan)) {
        break;
      }
      merge(plan, horizon, pace);
    }
    retain(options.retention(), horizon, logBytes);
  }

  private boolean fits(List<BlockReader> plan) throws IOException {
    long need = RESERVE;
    for (BlockReader b : plan) {
      need += b.bytes();
    }
    long free = files.usableSpace(folder);
    if (free >= need) {
      blocked = false;
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
                  + " %d. Make room, or keep less",
              plan.size(),
              need >> 20,
              folder,
              free >> 20));
    }
    return false;
  }

  /** Rewrites blocks that have tombstones, whatever there is room for. */
  void clean(Horizon horizon) throws IOException {
    for (BlockReader b : blocks.list()) {
      if (b.tombstoneCount() > 0) {
        merge(List.of(b), horizon, Pace.none());
      }
    }
  }

  /** Makes one block of some, without what is deleted or past its time. */
  private void merge(List<BlockReader> plan, Horizon horizon, Pace at) throws IOException {
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    int level = 0;
    boolean late = true;
    for (BlockReader b : plan) {
      min = Math.min(min, b.meta().minTime());
      max = Math.max(max, b.meta().maxTime());
      level = Math.max(level, b.meta().level());
      late &= b.meta().late();
    }
    // Those of in-order samples first: of two samples of one time theirs stays.
    List<BlockReader> ordered = new ArrayList<>(blocks.list());
    ordered.retainAll(plan);
    List<SourceSelection> sources = new ArrayList<>();
    try {
      for (BlockReader b : ordered) {
        sources.add(b.everything());
      }
      BlockReader made =
          blocks.create(
              new SeriesStream(sources, min, max - 1, horizon),
              blocks.draft(min, max, plan.size() > 1 ? level + 1 : level, late, plan),
              at);
      swap(made, plan);
      done.increment();
    } finally {
      sources.forEach(SourceSelection::close);
    }
  }

  private void retain(RetentionPolicy policy, Horizon horizon, long logBytes) throws IOException {
    long newest = Long.MIN_VALUE;
    for (BlockReader b : blocks.list()) {
      newest = Math.max(newest, b.meta().maxTime());
    }
    long keep = policy.time().toMillis();
    List<BlockReader> gone = new ArrayList<>();
    for (BlockReader b : blocks.list()) {
      boolean past =
          policy.rules().isEmpty()
              ? keep > 0 && newest - b.meta().maxTime() >= keep
              : census.past(b, policy, horizon) == b.meta().series();
      if (past) {
        gone.add(b);
        timeRetentions.increment();
      }
    }
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

  private void swap(@Nullable BlockReader made, List<BlockReader> gone) throws IOException {
    parts.writeLock().lock();
    try {
      blocks.replace(made, gone);
    } finally {
      parts.writeLock().unlock();
    }
    for (BlockReader b : gone) {
      blocks.remove(b);
    }
  }
}
