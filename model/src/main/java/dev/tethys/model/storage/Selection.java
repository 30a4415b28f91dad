package dev.tethys.model.storage;

import dev.tethys.model.Labels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Series found by a query, sorted by labels and readable in any order and by several threads
 * concurrently, each with its own buffer. The data does not change until the selection is closed:
 * samples committed after it was created may be missing, and none is returned twice.
 */
public interface Selection extends AutoCloseable {
  /** Returns the number of series. */
  int size();

  /** Returns the labels of a series. */
  Labels labels(int series);

  /**
   * Series by some of their labels.
   *
   * @param ofSeries the number of each series' group
   * @param labels labels of each group, in order of first appearance
   */
  record Groups(int[] ofSeries, List<Labels> labels) {
    public int size() {
      return labels.size();
    }
  }

  /**
   * Groups series by the labels that {@link Labels#filter} keeps, if the store can do so without
   * decoding the labels of each; null otherwise.
   */
  default @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
    return null;
  }

  /**
   * Replaces the content of the buffer by the samples of a series in the selected time range,
   * ascending by time, one a millisecond.
   *
   * @throws StorageException if data cannot be read
   */
  void read(int series, SampleBuffer into);

  /**
   * Like {@link #read}, for a reader that only needs to know which samples exist: if the buffer's
   * {@link SampleBuffer#mayBeStale} is false afterwards, values and histograms are undefined. A
   * store that need not decode values overrides it.
   */
  default void readTimes(int series, SampleBuffer into) {
    read(series, into);
  }

  /**
   * {@link SampleBuffer#timestampsId} after reading a series, if it is known without reading and no
   * sample in the selected range is a stale marker; 0 otherwise. A count over many series of one
   * target thus reads only one of them.
   */
  default long timesIdIfNeverStale(int series) {
    return 0;
  }

  /**
   * Warnings for the reader: parts that could not be read, downsampled data. Usually empty. The
   * list grows when damage is found while series are read, so it is complete only afterwards.
   */
  default List<String> warnings() {
    return List.of();
  }

  /**
   * Returns the resolutions this is read from, if the store keeps several: bucket widths in
   * milliseconds, 0 for samples; ascending. Empty if unknown.
   */
  default List<Long> resolutions() {
    return List.of();
  }

  @Override
  void close();
}
