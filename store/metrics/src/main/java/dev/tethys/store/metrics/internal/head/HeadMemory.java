package dev.tethys.store.metrics.internal.head;

/**
 * Bytes of memory by owner.
 *
 * @param series labels, their index, and the state of each series
 * @param samples rows, histograms and late samples
 * @param metadata descriptions of metric families
 * @param buffers batches kept for the next appender, log records being written, and matcher results
 *     kept for the next query
 * @param files samples in files, outside memory
 */
public record HeadMemory(
    long series, long samples, long exemplars, long metadata, long buffers, long files) {
  public long total() {
    return series + samples + exemplars + metadata + buffers;
  }
}
