package dev.tethys.store.metrics;

import dev.tethys.store.metrics.DatabaseStats.Count;
import java.util.List;

/**
 * Where series come from.
 *
 * @param parts parts of the store that were counted: memory, blocks
 * @param series how many there are
 * @param relativeError standard error of the counts; 0 when all are exact
 * @param memoryBytesPerSeries what a series in memory takes on average: labels, index, samples
 * @param labelNames how many label names there are, the metric name not counted
 * @param labels those whose removal saves most
 * @param values how many values of the label asked for start with the prefix
 * @param topValues of these the ones with most series
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
   * @param values how many different ones it has
   * @param series how many series have it
   * @param seriesIfDropped how many series there would be in all without this label
   * @param memoryBytesSaved what as many series as would be gone take in memory now
   */
  public record Label(
      String name, long values, long series, long seriesIfDropped, long memoryBytesSaved) {}
}
