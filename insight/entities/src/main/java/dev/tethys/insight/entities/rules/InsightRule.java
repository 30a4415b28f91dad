package dev.tethys.insight.entities.rules;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Entities and relations that the label sets of some series create.
 *
 * @param where position in its file
 * @param source index that is read
 * @param metric name of the metrics, or an RE2 expression of names; "" for log streams
 * @param match expressions of labels, all of which must match; their named groups become labels
 * @param unless expressions of labels, any of which excludes the series
 * @param minAge milliseconds for which a series must have been there
 * @param minObservations readings of the index that must have found it
 */
public record InsightRule(
    String name,
    String where,
    Source source,
    String metric,
    Map<String, Expression> match,
    Map<String, Expression> unless,
    long minAge,
    int minObservations,
    List<EntityRule> entities,
    List<RelationRule> relations) {

  /** Index type. */
  public enum Source {
    METRICS,
    LOGS
  }

  /**
   * Returns the labels of a series with the named groups of the expressions; null if the rule
   * excludes it.
   */
  public @Nullable Map<String, String> values(Map<String, String> labels) {
    for (Map.Entry<String, Expression> u : unless.entrySet()) {
      if (u.getValue().matches(labels.getOrDefault(u.getKey(), ""))) {
        return null;
      }
    }
    boolean hasGroups = false;
    for (Map.Entry<String, Expression> e : match.entrySet()) {
      if (!e.getValue().matches(labels.getOrDefault(e.getKey(), ""))) {
        return null;
      }
      hasGroups |= !e.getValue().groups().isEmpty();
    }
    if (!hasGroups) {
      return labels;
    }
    Map<String, String> out = new HashMap<>(labels);
    match.forEach((label, e) -> e.forEachGroup(labels.getOrDefault(label, ""), out::put));
    return out;
  }
}
