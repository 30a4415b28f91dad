package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.List;

/**
 * Request for cardinality statistics.
 *
 * @param minTime first millisecond
 * @param maxTime last millisecond. Parts of the store (memory, each block) that overlap the range
 *     are counted entirely
 * @param matcherSets series that match any set count; all if there is none
 * @param label label whose values are listed
 * @param prefix required prefix of the label values
 * @param limit maximum number of entries of each list
 */
public record CardinalityQuery(
    long minTime,
    long maxTime,
    List<List<Matcher>> matcherSets,
    String label,
    String prefix,
    int limit) {

  public CardinalityQuery {
    if (limit < 1) {
      throw new IllegalArgumentException("limit must be positive");
    }
  }

  /** Everything, with metric names as the listed values. */
  public static CardinalityQuery everything(int limit) {
    return new CardinalityQuery(
        Long.MIN_VALUE, Long.MAX_VALUE, List.of(), Labels.METRIC_NAME, "", limit);
  }
}
