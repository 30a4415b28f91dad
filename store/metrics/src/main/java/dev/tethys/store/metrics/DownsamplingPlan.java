package dev.tethys.store.metrics;

import dev.tethys.store.metrics.internal.block.BlockReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Selects the next data to downsample: shortest buckets from samples, longer ones from shorter
 * ones. A block is due when all of it is older than its level's age, or past its own retention, and
 * no block of the level was created from it.
 *
 * <p>Where late samples arrived in a downsampled range, or some were deleted, its buckets are
 * created again if the samples are complete. Otherwise buckets of the late samples are created
 * separately, to be merged with the existing ones.
 */
final class DownsamplingPlan {
  /**
   * Block to be created.
   *
   * @param inputs blocks that it is computed from
   * @param replaced blocks of its level that it replaces
   */
  record Job(long resolution, List<BlockReader> inputs, List<BlockReader> replaced) {}

  private DownsamplingPlan() {}

  /**
   * Returns the next block to be made; null if none is due.
   *
   * @param newest end of the newest block
   * @param barren level 1 blocks that gave nothing
   */
  static @Nullable Job next(
      ResolutionIndex levels, DatabaseOptions options, long newest, Set<String> barren) {
    long below = 0;
    for (Downsampling d : options.downsampling()) {
      long keep = Compaction.policy(options, below).time().toMillis();
      long due = newest - d.after().toMillis();
      if (keep > 0) {
        due = Math.max(due, newest - keep);
      }
      long resolution = d.resolution().toMillis();
      Job job = next(levels, below, resolution, due, barren);
      if (job != null) {
        return job;
      }
      below = resolution;
    }
    return null;
  }

  private static @Nullable Job next(
      ResolutionIndex levels, long below, long resolution, long due, Set<String> barren) {
    List<BlockReader> inputs = new ArrayList<>(levels.of(below));
    inputs.sort(Comparator.comparing((BlockReader b) -> b.meta().minTime()));
    List<BlockReader> made = levels.of(resolution);
    Set<String> done = ResolutionIndex.sources(made);
    done.addAll(barren);
    Set<String> there = ResolutionIndex.sources(inputs);
    for (BlockReader b : inputs) {
      if (b.meta().maxTime() > due) {
        continue;
      }
      boolean fresh =
          made.stream()
              .noneMatch(
                  m ->
                      m.tombstoneCount() > 0
                          && ResolutionIndex.overlap(m, b)
                          && there.containsAll(m.meta().sources()));
      if (!fresh || !done.containsAll(b.meta().sources())) {
        return job(b, inputs, made, there, resolution);
      }
    }
    return null;
  }

  /** Job for a block, all blocks that overlap it, and the blocks previously created from these. */
  private static Job job(
      BlockReader first,
      List<BlockReader> inputs,
      List<BlockReader> made,
      Set<String> there,
      long resolution) {
    Set<BlockReader> group = new LinkedHashSet<>(List.of(first));
    Set<BlockReader> old = new LinkedHashSet<>();
    boolean more = true;
    while (more) {
      more = false;
      for (BlockReader m : made) {
        if (!old.contains(m)
            && there.containsAll(m.meta().sources())
            && group.stream().anyMatch(g -> ResolutionIndex.overlap(g, m))) {
          more |= old.add(m);
        }
      }
      for (BlockReader b : inputs) {
        if (!group.contains(b)
            && (group.stream().anyMatch(g -> ResolutionIndex.overlap(g, b))
                || old.stream().anyMatch(m -> ResolutionIndex.overlap(m, b)))) {
          more |= group.add(b);
        }
      }
    }
    Set<String> sources = ResolutionIndex.sources(List.copyOf(group));
    old.removeIf(m -> !sources.containsAll(m.meta().sources()));
    return new Job(resolution, List.copyOf(group), List.copyOf(old));
  }

  /** Whether all of a block is in blocks of the next level, or there is no next level. */
  static boolean isTakenOver(
      BlockReader block, ResolutionIndex levels, List<Downsampling> policy, Set<String> barren) {
    long resolution = block.meta().resolution();
    if (resolution > 0 && policy.stream().noneMatch(d -> d.resolution().toMillis() == resolution)) {
      return true; // no block is created from a level that no longer exists
    }
    for (Downsampling d : policy) {
      if (d.resolution().toMillis() > resolution) {
        Set<String> done = ResolutionIndex.sources(levels.of(d.resolution().toMillis()));
        done.addAll(barren);
        return done.containsAll(block.meta().sources());
      }
    }
    return true;
  }
}
