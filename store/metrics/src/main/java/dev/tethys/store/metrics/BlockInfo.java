package dev.tethys.store.metrics;

import dev.tethys.store.metrics.internal.block.BlockReader;
import java.util.List;

/**
 * A block on disk, for display and for /api/v1/status/tsdb/blocks.
 *
 * @param minTime first millisecond, inclusive
 * @param maxTime end, exclusive
 * @param floats float samples
 * @param histograms native histogram samples
 * @param fromLateSamples holds only samples that came out of order
 * @param parts size by content type; empty for blocks written before this was recorded
 * @param resolution bucket length of a downsampled block in milliseconds, whose buckets are counted
 *     as {@code floats}; 0 for raw samples
 */
public record BlockInfo(
    String ulid,
    long minTime,
    long maxTime,
    long floats,
    long histograms,
    long series,
    long chunks,
    long tombstones,
    long bytes,
    int level,
    boolean fromLateSamples,
    List<String> sources,
    List<Part> parts,
    long resolution) {

  public BlockInfo {
    sources = List.copyOf(sources);
    parts = List.copyOf(parts);
  }

  /** Returns the total number of samples. */
  public long samples() {
    return floats + histograms;
  }

  /**
   * Size of the same kind of content in a block.
   *
   * @param name the encoding of values ("constant", "integer differences", "histogram" ...), or
   *     "timestamps", "start timestamps", "directory", "labels", "postings"
   * @param chunks chunks in this encoding; 0 if that does not apply
   * @param samples samples in them; 0 if that does not apply
   * @param bytes bytes on disk
   */
  public record Part(String name, long chunks, long samples, long bytes) {}

  static BlockInfo of(BlockReader b) {
    return new BlockInfo(
        b.meta().id(),
        b.meta().minTime(),
        b.meta().maxTime(),
        b.meta().floats(),
        b.meta().histograms(),
        b.meta().series(),
        b.meta().chunks(),
        b.tombstoneCount(),
        b.bytes(),
        b.meta().level(),
        b.meta().late(),
        b.meta().sources(),
        b.meta().shares().stream()
            .map(x -> new Part(x.part(), x.chunks(), x.samples(), x.bytes()))
            .toList(),
        b.meta().resolution());
  }
}
