package dev.tethys.store.metrics;

import java.util.List;

/**
 * Statistics of a database: the values of /api/v1/status/tsdb and more.
 *
 * @param minTime oldest millisecond in memory, {@link Long#MAX_VALUE} when empty
 * @param maxTime newest millisecond in memory, {@link Long#MIN_VALUE} when empty
 * @param chunks pieces of samples in memory
 * @param indexBytes memory of series and labels
 * @param sampleBytes memory of samples
 * @param logBytes disk of the write-ahead log
 * @param blockBytes disk of blocks
 * @param memory bytes of memory by owner
 */
public record DatabaseStats(
    long series,
    long labelPairs,
    long chunks,
    long minTime,
    long maxTime,
    long indexBytes,
    long sampleBytes,
    long logBytes,
    long blockBytes,
    int blocks,
    List<Count> memory,
    List<Count> seriesCountByMetricName,
    List<Count> labelValueCountByLabelName,
    List<Count> memoryInBytesByLabelName,
    List<Count> seriesCountByLabelValuePair) {

  /** A name with its count. */
  public record Count(String name, long value) {}
}
