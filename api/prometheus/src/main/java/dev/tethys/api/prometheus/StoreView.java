package dev.tethys.api.prometheus;

import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.StorageException;
import java.util.List;

/** View of the store for the API, apart from reading and writing. */
public interface StoreView {
  /**
   * Statistics of the data in memory, with the names and labels of most series.
   *
   * @param limit entries in each list at most
   */
  Statistics statistics(Scope scope, int limit);

  /**
   * Returns the cardinality: number of series by label, metric and value.
   *
   * @throws StorageException LIMIT when there is too much to count
   */
  Cardinality cardinality(Scope scope, CardinalityRequest request);

  /** Returns the blocks on disk, oldest first. */
  List<Block> blocks();

  /** Returns the storage status. */
  Storage storage();

  /** Returns the health of all signal stores. */
  default List<StoreForecast> stores() {
    return List.of();
  }

  /** Returns the progress of WAL replay. */
  Replay replay();

  /** Reclaims the disk space of deleted samples. */
  void cleanTombstones();

  /**
   * Creates a copy of the database in the folder {@code snapshots}.
   *
   * @param withHead whether data that is only in memory is included
   * @return the name of its folder
   * @throws StorageException if it could not be written
   */
  String snapshot(boolean withHead);

  /** A name and a number. */
  record Entry(String name, long value) {}

  /**
   * Statistics of the data in memory; times in milliseconds.
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

  /**
   * Request for cardinality statistics; times in milliseconds.
   *
   * @param matcherSets series that match any set; all if there is none
   * @param label label whose values are listed
   * @param prefix prefix of the label values to count
   * @param limit maximum number of entries of each list
   */
  record CardinalityRequest(
      long minTime,
      long maxTime,
      List<List<Matcher>> matcherSets,
      String label,
      String prefix,
      int limit) {}

  /**
   * Cardinality statistics.
   *
   * @param parts counted parts of the store: memory, blocks
   * @param relativeError standard error of the counts; 0 if they are exact
   * @param memoryBytesPerSeries average memory of a series
   * @param labelNames number of label names without the metric name
   * @param labels those whose removal saves most
   * @param values number of values of the requested label that start with the prefix
   * @param topValues the values with the most series
   * @param topPairs labels ({@code name=value}) with most series
   */
  record Cardinality(
      int parts,
      long series,
      double relativeError,
      double memoryBytesPerSeries,
      long labelNames,
      List<LabelCardinality> labels,
      long values,
      List<Entry> topValues,
      List<Entry> topPairs) {}

  /**
   * One label name.
   *
   * @param series number of series that have it
   * @param seriesIfDropped total number of series without it
   * @param memoryBytesSaved memory of the number of series that would be removed
   */
  record LabelCardinality(
      String name, long values, long series, long seriesIfDropped, long memoryBytesSaved) {}

  /**
   * Storage status.
   *
   * @param figures numbers by topic: {@code head}, {@code churn}, {@code log}, {@code blocks},
   *     {@code work}, {@code metadata}
   * @param encodings size of the blocks by encoding
   * @param downsampled downsampled data by resolution
   */
  record Storage(
      List<Section> figures,
      Memory memory,
      List<Encoding> encodings,
      List<Downsampled> downsampled) {}

  /**
   * Downsampled data of one resolution.
   *
   * @param resolution the length of buckets as a duration
   * @param configured whether it is made, and not only left from before
   * @param figures numbers about it
   */
  record Downsampled(String resolution, boolean configured, List<Entry> figures) {}

  /** Named group of statistics. */
  record Section(String name, List<Entry> entries) {}

  /**
   * Store memory usage.
   *
   * @param limit bytes; 0 for no limit
   * @param state current reaction: normal, flushing, slowing, refusing
   * @param refused number of new series rejected
   * @param fileBytes file-backed bytes of samples that have left memory and are not in a block yet
   * @param owners bytes by owner
   */
  record Memory(
      long used,
      long limit,
      String state,
      long refused,
      long delayedMillis,
      long fileBytes,
      List<Entry> owners) {}

  /**
   * Size of the same kind of content in all blocks.
   *
   * @param samples 0 if that does not apply
   */
  record Encoding(String name, long chunks, long samples, long bytes) {}

  /**
   * One block; times in milliseconds.
   *
   * @param bytes size on disk
   * @param resolution bucket width of a downsampled block in milliseconds; 0 for raw samples
   */
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
      long bytes,
      int compactionLevel,
      List<String> sources,
      List<String> hints,
      long resolution) {}

  /** Segments of the write-ahead log: first, last, and the segment being replayed. */
  record Replay(int min, int max, int current) {}
}
