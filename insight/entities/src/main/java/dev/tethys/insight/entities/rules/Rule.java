package dev.tethys.insight.entities.rules;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
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
public record Rule(
    String name,
    String where,
    Source source,
    String metric,
    Map<String, Pattern> match,
    Map<String, Pattern> unless,
    long minAge,
    int minObservations,
    List<EntityRule> entities,
    List<RelationRule> relations) {

  /** Kind of an index. */
  public enum Source {
    METRICS,
    LOGS
  }

  /** Labels of a series with the named groups of the expressions; null if the rule excludes it. */
  public @Nullable Map<String, String> values(Map<String, String> labels) {
    for (Map.Entry<String, Pattern> u : unless.entrySet()) {
      if (u.getValue().matcher(labels.getOrDefault(u.getKey(), "")).matches()) {
        return null;
      }
    }
    Map<String, String> out = null;
    for (Map.Entry<String, Pattern> e : match.entrySet()) {
      Matcher m = e.getValue().matcher(labels.getOrDefault(e.getKey(), ""));
      if (!m.matches()) {
        return null;
      }
      for (String group : e.getValue().namedGroups().keySet()) {
        String v = m.group(group);
        if (v != null) {
          out = out == null ? new HashMap<>(labels) : out;
          out.put(group, v);
        }
      }
    }
    return out == null ? labels : out;
  }
}
