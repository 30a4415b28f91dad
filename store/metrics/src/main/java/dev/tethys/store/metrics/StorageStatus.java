package dev.tethys.store.metrics;

import dev.tethys.store.metrics.DatabaseStats.Count;
import java.util.List;

/**
 * Storage status for users: contents, costs and work.
 *
 * @param logBytes disk of the write-ahead log
 * @param downsampled the levels that are configured or there, by resolution
 * @param parts size of all blocks by content type; unknown for blocks of an old format
 */
public record StorageStatus(
    InMemory head,
    Churn churn,
    Memory memory,
    long logBytes,
    long logSegment,
    OnDisk blocks,
    List<BlockInfo.Part> parts,
    List<Level> downsampled,
    WorkCounts work,
    Metadata metadata) {

  /**
   * Head contents.
   *
   * @param chunks pieces of samples
   * @param minTime oldest millisecond, {@link Long#MAX_VALUE} when empty
   * @param maxTime newest millisecond, {@link Long#MIN_VALUE} when empty
   * @param floats appended since startup; the same of the others
   */
  public record InMemory(
      long series,
      long chunks,
      long minTime,
      long maxTime,
      long floats,
      long histograms,
      long late) {}

  /**
   * Series that were added and removed.
   *
   * @param millis period to look back, at most an hour
   */
  public record Churn(long millis, long created, long removed) {}

  /**
   * Memory used by the store.
   *
   * @param limit bytes; 0 for no limit
   * @param state "normal", or the measure taken near the limit: "flushing", "slowing", "refusing"
   * @param refused new series rejected since startup
   * @param delayedMillis total delay of writers since startup
   * @param fileBytes bytes of samples moved from memory to files that are not yet in a block
   * @param owners bytes by owner
   */
  public record Memory(
      long used,
      long limit,
      String state,
      long refused,
      long delayedMillis,
      long fileBytes,
      List<Count> owners) {}

  /**
   * Blocks.
   *
   * @param damaged number of blocks with read failures since startup
   */
  public record OnDisk(
      int count, long bytes, long samples, long series, long chunks, int damaged) {}

  /**
   * Downsampled data of one resolution; times are milliseconds.
   *
   * @param configured whether it is made, and not only left from before
   * @param after the age at which it is made
   * @param keep retention of the data; 0 for unlimited
   * @param buckets number of buckets across all series
   * @param minTime start of the oldest block, {@link Long#MAX_VALUE} if there is none
   * @param maxTime end of the newest, {@link Long#MIN_VALUE} if there is none
   */
  public record Level(
      long resolution,
      boolean configured,
      long after,
      long keep,
      int blocks,
      long bytes,
      long buckets,
      long minTime,
      long maxTime) {}

  /**
   * Work done since startup.
   *
   * @param flushes pieces of memory that became blocks
   * @param earlyFlushes flushes of an incomplete range
   * @param compactions blocks written, those of flushes among them
   * @param downsamplings downsampled blocks created
   * @param byAge blocks that retention by time removed
   * @param bySize blocks that retention by size removed
   */
  public record WorkCounts(
      long flushes,
      long earlyFlushes,
      long compactions,
      long downsamplings,
      long failures,
      long checkpoints,
      long checkpointFailures,
      long byAge,
      long bySize) {}

  /**
   * Metadata of metric families.
   *
   * @param dropped number of items dropped because of the limit
   */
  public record Metadata(long families, long limit, long dropped) {}
}
