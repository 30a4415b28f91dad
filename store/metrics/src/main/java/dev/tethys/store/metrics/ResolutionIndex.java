package dev.tethys.store.metrics;

import dev.tethys.store.metrics.internal.block.BlockReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * Blocks by resolution, with the data that each downsampled one covers. Immutable.
 *
 * <p>Blocks name the level 1 blocks that they were created from; so the origin of a sample shows
 * whether a downsampled block contains it.
 */
final class ResolutionIndex {
  static final ResolutionIndex EMPTY = new ResolutionIndex(List.of());

  /**
   * A downsampled block.
   *
   * @param complete whether it has all that other blocks hold of its time range, and is the only
   *     one of its level that has it
   * @param alone whether it has something of which no block has the samples
   */
  record Entry(BlockReader block, boolean complete, boolean alone) {}

  private final List<BlockReader> samples;
  private final NavigableMap<Long, List<Entry>> entries = new TreeMap<>();
  private final List<BlockReader> forLabels;

  private ResolutionIndex(List<BlockReader> list) {
    List<BlockReader> raw = new ArrayList<>();
    NavigableMap<Long, List<BlockReader>> by = new TreeMap<>();
    for (BlockReader b : list) {
      if (b.meta().resolution() == 0) {
        raw.add(b);
      } else {
        by.computeIfAbsent(b.meta().resolution(), k -> new ArrayList<>()).add(b);
      }
    }
    samples = List.copyOf(raw);
    List<BlockReader> labels = new ArrayList<>(raw);
    Set<String> inSamples = sources(raw);
    for (Map.Entry<Long, List<BlockReader>> e : by.entrySet()) {
      Set<String> mine = sources(e.getValue());
      List<Entry> level = new ArrayList<>();
      for (BlockReader b : e.getValue()) {
        boolean complete = true;
        for (BlockReader r : raw) {
          complete &= !overlap(b, r) || mine.containsAll(r.meta().sources());
        }
        for (BlockReader other : e.getValue()) {
          complete &= other == b || !overlap(b, other);
        }
        boolean alone = !inSamples.containsAll(b.meta().sources());
        level.add(new Entry(b, complete, alone));
        if (alone) {
          labels.add(b);
        }
      }
      entries.put(e.getKey(), List.copyOf(level));
    }
    forLabels = List.copyOf(labels);
  }

  static ResolutionIndex of(List<BlockReader> list) {
    return list.isEmpty() ? EMPTY : new ResolutionIndex(list);
  }

  static boolean overlap(BlockReader a, BlockReader b) {
    return a.meta().minTime() < b.meta().maxTime() && b.meta().minTime() < a.meta().maxTime();
  }

  /** Returns the level 1 blocks from which the given blocks were created. */
  static Set<String> sources(List<BlockReader> blocks) {
    Set<String> out = new HashSet<>();
    blocks.forEach(b -> out.addAll(b.meta().sources()));
    return out;
  }

  /** Blocks of samples, in the order of the list. */
  List<BlockReader> samples() {
    return samples;
  }

  /** Returns the downsampled blocks by resolution. */
  NavigableMap<Long, List<Entry>> downsampled() {
    return entries;
  }

  /** Blocks of a resolution, 0 for samples. */
  List<BlockReader> of(long resolution) {
    return resolution == 0
        ? samples
        : entries.getOrDefault(resolution, List.of()).stream().map(Entry::block).toList();
  }

  /** Blocks that together have all labels that exist. */
  List<BlockReader> forLabels() {
    return forLabels;
  }
}
