package dev.tethys.store.metrics;

import dev.tethys.model.storage.Resolution;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.store.metrics.internal.block.BlockReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiPredicate;

/**
 * Parts of the store that a selection reads. Each time of its range is read from one resolution:
 * the longest buckets that give the reader the same result, else samples, and where these were
 * deleted the shortest remaining buckets, with a warning.
 *
 * @param pieces pieces of blocks, downsampled ones first, followed by memory
 * @param warnings warnings for the reader
 * @param resolutions resolutions of the block pieces, ascending; excludes memory
 */
record BlockSelector(List<Piece> pieces, List<String> warnings, List<Long> resolutions) {
  /**
   * A block in a closed time range.
   *
   * @param whole whether that is all of it
   */
  record Piece(BlockReader block, long from, long to, boolean whole) {}

  /**
   * Chooses.
   *
   * @param memory whether memory may have samples in a closed range
   */
  static BlockSelector of(
      ResolutionIndex levels, SelectHints hints, BiPredicate<Long, Long> memory) {
    List<Piece> pieces = new ArrayList<>();
    if (levels.downsampled().isEmpty() || hints.resolution().samplesOnly()) {
      for (BlockReader b : levels.samples()) {
        if (b.overlaps(hints.minTime(), hints.maxTime())) {
          pieces.add(new Piece(b, Long.MIN_VALUE, Long.MAX_VALUE, true));
        }
      }
      return new BlockSelector(pieces, List.of(), pieces.isEmpty() ? List.of() : List.of(0L));
    }
    return new Choosing(levels, hints, memory).choice();
  }

  private static final class Choosing {
    private final ResolutionIndex levels;
    private final long min;
    private final long max;
    private final SelectHints hints;
    private final BiPredicate<Long, Long> memory;
    private final List<Piece> pieces = new ArrayList<>();
    private final List<long[]> taken = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final TreeSet<Long> resolutions = new TreeSet<>();

    Choosing(ResolutionIndex levels, SelectHints hints, BiPredicate<Long, Long> memory) {
      this.levels = levels;
      this.min = hints.minTime();
      this.max = hints.maxTime();
      this.hints = hints;
      this.memory = memory;
    }

    BlockSelector choice() {
      Resolution wanted = hints.resolution();
      for (Map.Entry<Long, List<ResolutionIndex.Entry>> level :
          levels.downsampled().descendingMap().entrySet()) {
        long r = level.getKey();
        boolean same = wanted.isSame(r);
        if (same || r <= wanted.rough() && hints.step() >= r) {
          prefer(r, level.getValue(), same);
        }
      }
      List<long[]> covered = new ArrayList<>(taken);
      for (BlockReader b : levels.samples()) {
        if (b.overlaps(min, max)) {
          samples(b);
        }
        if (!b.meta().late()) {
          covered.add(range(b));
        }
      }
      taken.clear();
      taken.addAll(covered);
      // The remaining time has no samples left. Shorter buckets have more detail.
      levels.downsampled().forEach(this::leftOver);
      return new BlockSelector(pieces, warnings, List.copyOf(resolutions));
    }

    private static long[] range(BlockReader b) {
      return new long[] {b.meta().minTime(), b.meta().maxTime() - 1};
    }

    /** Selects blocks that yield the same result as samples, or a sufficient approximation. */
    private void prefer(long resolution, List<ResolutionIndex.Entry> level, boolean same) {
      for (ResolutionIndex.Entry e : level) {
        BlockReader b = e.block();
        long[] all = range(b);
        if (b.overlaps(min, max)
            && e.complete()
            && b.tombstoneCount() == 0
            && !memory.test(all[0], all[1])
            && isFree(all)) {
          pieces.add(new Piece(b, all[0], all[1], true));
          taken.add(all);
          resolutions.add(resolution);
          if (!same) {
            warn("buckets of %s were used instead of samples, as the query allows", resolution);
          }
        }
      }
    }

    private boolean isFree(long[] range) {
      return taken.stream().allMatch(t -> t[1] < range[0] || t[0] > range[1]);
    }

    private void samples(BlockReader b) {
      long[] all = range(b);
      for (long[] part : without(all, taken)) {
        if (part[0] <= max && part[1] >= min) {
          boolean whole = part[0] == all[0] && part[1] == all[1];
          pieces.add(new Piece(b, part[0], part[1], whole));
          resolutions.add(0L);
        }
      }
    }

    private void leftOver(long resolution, List<ResolutionIndex.Entry> level) {
      long end = Long.MIN_VALUE;
      List<long[]> more = new ArrayList<>();
      for (ResolutionIndex.Entry e : level) {
        BlockReader b = e.block();
        if (!e.alone()) {
          continue;
        }
        for (long[] part : without(range(b), taken)) {
          more.add(part);
          if (part[0] <= max && part[1] >= min) {
            pieces.add(new Piece(b, part[0], part[1], false));
            resolutions.add(resolution);
            end = Math.max(end, part[1] + 1);
          }
        }
      }
      taken.addAll(more);
      if (end > Long.MIN_VALUE) {
        warn(
            "samples before "
                + Instant.ofEpochMilli(end)
                + " were deleted: buckets of %s are used instead, and the result is as precise as"
                + " these permit",
            resolution);
      }
    }

    private void warn(String text, long resolution) {
      String w = text.formatted(Downsampling.text(resolution));
      if (!warnings.contains(w)) {
        warnings.add(w);
      }
    }

    /** Parts of a closed range outside the other ranges, ascending. */
    private static List<long[]> without(long[] range, List<long[]> others) {
      List<long[]> left = new ArrayList<>();
      left.add(range);
      for (long[] o : others) {
        List<long[]> next = new ArrayList<>();
        for (long[] p : left) {
          if (o[1] < p[0] || o[0] > p[1]) {
            next.add(p);
            continue;
          }
          if (p[0] < o[0]) {
            next.add(new long[] {p[0], o[0] - 1});
          }
          if (p[1] > o[1]) {
            next.add(new long[] {o[1] + 1, p[1]});
          }
        }
        left = next;
      }
      return left;
    }
  }

  /** Of all that is read; {@code memory} tells whether memory is. */
  List<Long> resolutions(boolean memory) {
    TreeSet<Long> all = new TreeSet<>(resolutions);
    if (memory) {
      all.add(0L);
    }
    return List.copyOf(all);
  }
}
