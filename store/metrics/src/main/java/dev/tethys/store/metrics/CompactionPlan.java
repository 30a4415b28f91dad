package dev.tethys.store.metrics;

import dev.tethys.store.metrics.internal.block.BlockReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Selects blocks to merge by Prometheus's rules, in this order. First come overlapping blocks; then
 * neighbours that fill a larger range (each three times the previous one, up to a tenth of the
 * retention or 31 days); then a block of which more than a twentieth of the series has deletions or
 * is expired. The newest block is excluded, since the next may still join it.
 */
final class CompactionPlan {
  private static final long MAX_RANGE = Duration.ofDays(31).toMillis();

  private CompactionPlan() {}

  /** Returns the ranges of compacted blocks, ascending, the smallest not among them. */
  static List<Long> ranges(long blockRange, long retention) {
    long max = retention == 0 ? MAX_RANGE : Math.min(MAX_RANGE, retention / 10);
    List<Long> out = new ArrayList<>();
    for (long r = blockRange * 3; r <= max; r *= 3) {
      out.add(r);
    }
    return out;
  }

  /**
   * The blocks to merge, or none.
   *
   * @param wasted number of series of a block that are deleted or expired
   */
  static List<BlockReader> next(
      List<BlockReader> blocks, List<Long> ranges, ToLongFunction<BlockReader> wasted) {
    List<BlockReader> byTime = new ArrayList<>(blocks);
    byTime.sort(Comparator.comparing((BlockReader b) -> b.meta().minTime()));
    List<BlockReader> overlap = overlapping(byTime);
    if (!overlap.isEmpty()) {
      return overlap;
    }
    List<BlockReader> neighbours = neighbours(byTime, ranges);
    if (!neighbours.isEmpty()) {
      return neighbours;
    }
    for (BlockReader b : byTime) {
      if (wasted.applyAsLong(b) * 20L > b.meta().series()) {
        return List.of(b);
      }
    }
    return List.of();
  }

  private static List<BlockReader> neighbours(List<BlockReader> byTime, List<Long> ranges) {
    if (byTime.size() < 2) {
      return List.of();
    }
    List<BlockReader> older = byTime.subList(0, byTime.size() - 1);
    // What reaches beyond the start of the last block may still grow: merging it now would write
    // all of a long range again for each short block that comes.
    long newest = older.getLast().meta().minTime();
    for (long range : ranges) {
      List<BlockReader> part = new ArrayList<>();
      long partStart = Long.MIN_VALUE;
      for (BlockReader b : older) {
        long start = Math.floorDiv(b.meta().minTime(), range) * range;
        if (start != partStart) {
          if (fills(part, range, newest)) {
            return part;
          }
          part = new ArrayList<>();
          partStart = start;
        }
        if (b.meta().maxTime() <= start + range) {
          part.add(b);
        }
      }
      if (fills(part, range, newest)) {
        return part;
      }
    }
    return List.of();
  }

  private static boolean fills(List<BlockReader> part, long range, long newest) {
    if (part.size() < 2) {
      return false;
    }
    long max = part.getLast().meta().maxTime();
    return max - part.getFirst().meta().minTime() == range || max <= newest;
  }

  private static List<BlockReader> overlapping(List<BlockReader> byTime) {
    List<BlockReader> group = new ArrayList<>();
    long end = Long.MIN_VALUE;
    for (BlockReader b : byTime) {
      if (!group.isEmpty() && b.meta().minTime() >= end) {
        if (group.size() > 1) {
          return group;
        }
        group = new ArrayList<>();
      }
      group.add(b);
      end = Math.max(end, b.meta().maxTime());
    }
    return group.size() > 1 ? group : List.of();
  }
}
