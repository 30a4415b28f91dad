package dev.tethys.store.metrics;

import dev.tethys.store.metrics.internal.block.BlockReader;
import java.util.List;

/**
 * A block on disk, for people and for /api/v1/status/tsdb/blocks.
 *
 * @param minTime first millisecond, inclusive
 * @param maxTime end, exclusive
 * @param fromLateSamples holds only samples that came out of order
 */
public record BlockInfo(
    String ulid,
    long minTime,
    long maxTime,
    long samples,
    long series,
    long chunks,
    long tombstones,
    long bytes,
    int level,
    boolean fromLateSamples,
    List<String> sources) {

  static BlockInfo of(BlockReader b) {
    return new BlockInfo(
        b.meta().id(),
        b.meta().minTime(),
        b.meta().maxTime(),
        b.meta().floats() + b.meta().histograms(),
        b.meta().series(),
        b.meta().chunks(),
        b.tombstoneCount(),
        b.bytes(),
        b.meta().level(),
        b.meta().late(),
        b.meta().sources());
  }
}
