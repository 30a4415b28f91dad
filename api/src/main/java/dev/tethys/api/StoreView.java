package dev.tethys.api;

import dev.tethys.model.storage.StorageException;
import java.util.List;

/** What the API knows of the store beside reading and writing. */
public interface StoreView {
  /**
   * What the store holds in memory, and which names and labels weigh most.
   *
   * @param limit entries in each list at most
   */
  Statistics statistics(int limit);

  /** The blocks on disk, oldest first. */
  List<Block> blocks();

  /** How far the replay of the write-ahead log is. */
  Replay replay();

  /** Takes the disk space of deleted samples back. */
  void cleanTombstones();

  /**
   * Makes a copy of the database in the folder {@code snapshots}.
   *
   * @param withHead whether what is only in memory is part of it
   * @return the name of its folder
   * @throws StorageException when it could not be written
   */
  String snapshot(boolean withHead);

  /** A name and a number. */
  record Entry(String name, long value) {}

  /**
   * Statistics of what is in memory; times in milliseconds.
   *
   * @param memoryInBytesByLabelName bytes of values
   */
  record Statistics(
      long series,
      long labelPairs,
      long chunks,
      long minTime,
      long maxTime,
      List<Entry> seriesCountByMetricName,
      List<Entry> labelValueCountByLabelName,
      List<Entry> memoryInBytesByLabelName,
      List<Entry> seriesCountByLabelValuePair) {}

  /** One block; times in milliseconds. */
  record Block(
      String ulid,
      long minTime,
      long maxTime,
      long samples,
      long floatSamples,
      long histogramSamples,
      long series,
      long chunks,
      long tombstones,
      int compactionLevel,
      List<String> sources,
      List<String> hints) {}

  /** Segments of the write-ahead log: first, last, and the one now read. */
  record Replay(int min, int max, int current) {}
}
