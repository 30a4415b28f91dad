package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Newest series: their metrics and targets, and the label that causes their number. Guarded by the
 * view of the head.
 */
final class NewSeriesCache {
  /** Number of series that are kept. */
  static final int KEPT = 1024;

  /** A description is used again so long. */
  private static final long FRESH_MILLIS = 1000;

  private final byte[][] labels = new byte[KEPT][];
  private long count;
  private String described = "";
  private long describedAt = Long.MIN_VALUE;

  void note(byte[] canonical) {
    labels[(int) (count++ % KEPT)] = canonical;
  }

  /** Source of the new series, as a sentence; empty if there are no new series. */
  String describe(long now) {
    if (described.isEmpty() || now < describedAt || now - describedAt > FRESH_MILLIS) {
      described = describeSample();
      describedAt = now;
    }
    return described;
  }

  private String describeSample() {
    Map<String, Integer> metrics = new HashMap<>();
    Map<String, Integer> targets = new HashMap<>();
    Map<String, Set<String>> values = new HashMap<>();
    int n = (int) Math.min(count, KEPT);
    for (int i = 0; i < n; i++) {
      Labels l = Labels.ofCanonicalBytes(labels[i]);
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
