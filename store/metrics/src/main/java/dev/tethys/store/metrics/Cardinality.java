package dev.tethys.store.metrics;

import dev.tethys.store.metrics.DatabaseStats.Count;
import java.util.List;

/**
 * Cardinality statistics.
 *
 * @param parts number of counted parts of the store: memory, blocks
 * @param series number of series
 * @param relativeError standard error of the counts; 0 if all are exact
 * @param memoryBytesPerSeries average memory of a series: labels, index, samples
 * @param labelNames number of label names without the metric name
 * @param labels those whose removal saves most
 * @param values number of values of the requested label that start with the prefix
 * @param topValues label values with the most series
 * @param topPairs labels ({@code name=value}) with most series
 */
public record Cardinality(
    int parts,
    long series,
    double relativeError,
    double memoryBytesPerSeries,
    long labelNames,
    List<Label> labels,
    long values,
    List<Count> topValues,
    List<Count> topPairs) {

  /**
   * One label name.
   *
   * @param values number of distinct values
   * @param series number of series that have it
   * @param seriesIfDropped total number of series without this label
   * @param memoryBytesSaved current memory of the number of series that would be removed
   */
  public record Label(
      String name, long values, long series, long seriesIfDropped, long memoryBytesSaved) {}
}
