package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The newest series: whose metric, whose target, and which label makes them so many. Guarded by the
 * view of the head.
 */
final class Newcomers {
  /** How many are looked at. */
  static final int KEPT = 1024;

  /** A description is used again so long. */
  private static final long FRESH_MILLIS = 1000;

  private final long[] references = new long[KEPT];
  private long count;
  private String described = "";
  private long describedAt = Long.MIN_VALUE;

  void note(long reference) {
    references[(int) (count++ % KEPT)] = reference;
  }

  /** Who is to blame, as a sentence; empty when there are no newcomers. */
  String describe(SeriesTable table, long now) {
    if (described.isEmpty() || now < describedAt || now - describedAt > FRESH_MILLIS) {
      described = look(table);
      describedAt = now;
    }
    return described;
  }

  private String look(SeriesTable table) {
    Map<String, Integer> metrics = new HashMap<>();
    Map<String, Integer> targets = new HashMap<>();
    Map<String, Set<String>> values = new HashMap<>();
    int n = 0;
    for (int i = 0; i < Math.min(count, KEPT); i++) {
      int slot = (int) references[i];
      if (!table.isLive(slot) || table.reference(slot) != references[i]) {
        continue;
      }
      n++;
      Labels l = table.labels(slot);
      l.toMap()
          .forEach((name, value) -> values.computeIfAbsent(name, k -> new HashSet<>()).add(value));
      metrics.merge(l.metricName(), 1, Integer::sum);
      targets.merge(
          "job=\"" + l.get("job") + "\", instance=\"" + l.get("instance") + '"', 1, Integer::sum);
    }
    if (n == 0) {
      return "";
    }
    Map<String, Integer> distinct = new HashMap<>();
    values.forEach((name, v) -> distinct.put(name, v.size()));
    Map.Entry<String, Integer> metric = largest(metrics);
    Map.Entry<String, Integer> target = largest(targets);
    Map.Entry<String, Integer> label = largest(distinct);
    return "Of the last %d new series %d are of metric %s, %d of target {%s}; label %s has %d different values in them"
        .formatted(
            n,
            metric.getValue(),
            metric.getKey(),
            target.getValue(),
            target.getKey(),
            label.getKey(),
            label.getValue());
  }

  private static Map.Entry<String, Integer> largest(Map<String, Integer> counts) {
    return counts.entrySet().stream()
        .max(
            Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .orElseThrow();
  }
}
