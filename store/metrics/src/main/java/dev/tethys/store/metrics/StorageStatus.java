package dev.tethys.store.metrics;

import dev.tethys.store.metrics.DatabaseStats.Count;
import java.util.List;

/**
 * How the store is doing, for people: what it holds, what it costs, what it does.
 *
 * @param memory bytes by owner
 * @param logBytes disk of the write-ahead log
 * @param parts what the bytes of all blocks are spent on; blocks of an old format do not tell
 */
public record StorageStatus(
    InMemory head,
    Churn churn,
    List<Count> memory,
    long logBytes,
    long logSegment,
    OnDisk blocks,
    List<BlockInfo.Part> parts,
    Work work,
    Metadata metadata) {

  /**
   * @param chunks pieces of samples
   * @param minTime oldest millisecond, {@link Long#MAX_VALUE} when empty
   * @param maxTime newest millisecond, {@link Long#MIN_VALUE} when empty
   * @param floats appended since the start; the same of the others
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
   * Series that came and left.
   *
   * @param millis the time looked back upon, at most an hour
   */
  public record Churn(long millis, long created, long removed) {}

  public record OnDisk(int count, long bytes, long samples, long series, long chunks) {}

  /**
   * What was done since the start.
   *
   * @param flushes ranges of memory that became blocks
   * @param compactions blocks written, those of flushes among them
   * @param byAge blocks that retention by time removed
   * @param bySize blocks that retention by size removed
   */
  public record Work(
      long flushes,
      long compactions,
      long failures,
      long checkpoints,
      long checkpointFailures,
      long byAge,
      long bySize) {}

  /**
   * Descriptions of metric families.
   *
   * @param dropped how often one beyond the limit was dropped
   */
  public record Metadata(long families, long limit, long dropped) {}
}
