package dev.tethys.app.server;

import dev.tethys.store.metrics.DatabaseStats;
import dev.tethys.store.metrics.MetricsDatabase;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Warm-up queries over metrics that no other query has read, with all matcher types and most
 * functions. Repeated queries find cached postings and samples without reading index, pages and
 * chunks: so warm-up over the same few metrics would leave that code uncompiled, and the first
 * query over another metric would wait for it.
 */
final class ColdQueryWarmUp {
  /**
   * A few per round, so that warm-up continues while pages leave memory: these are read in other
   * ways.
   */
  static final int A_ROUND = 3;

  /** Label used to narrow a query to one target. */
  private static final String NARROWING = "instance";

  /** Queries that select few series among many: one target, %i, or targets with its prefix, %p. */
  private static final List<String> NARROW =
      List.of(
          "%s{instance=\"%i\"}",
          "rate(%s{instance=~\"%i|nobody\"}[%w])",
          "{__name__=~\"%n.*\", instance=\"%i\"}",
          "sum by (instance) (rate(%s{instance=~\"%p[^a]*\", job!=\"\"}[%w]))",
          "count by (__name__) ({__name__=~\"%n.*\", instance=~\"%i\"})",
          "max_over_time(%s{instance=\"%i\", job!~\"no.*\"}[%w])");

  /** Queries over all series of a metric. */
  private static final List<String> WHOLE =
      List.of(
          "%s",
          "sum by (instance) (%s{instance=~\"%p.*\"})",
          "rate(%s{instance!~\"nobody|none\"}[%w])",
          "min_over_time(%s[%w])",
          "%s offset 10m or %s{instance!=\"%i\"}",
          "sum without (instance, job) (increase(%s{instance!=\"%i\"}[%w]))",
          "bottomk(3, %s) > 0",
          "stddev_over_time(%s[%w])",
          "%s unless on (instance) %s{instance=\"%i\"} > 1",
          "avg by (instance) (avg_over_time(rate(%s[5m])[%w:1m]))",
          "count_over_time(%s[%w])",
          "count_values(\"value\", round(%s))",
          "time() - last_over_time(%s[%w])",
          "sum(%s) by (job) / 2 ^ 10",
          "resets(%s[%w]) == 0",
          "abs(idelta(%s[%w]))",
          "quantile by (job) (0.5, clamp(%s, 0, 100))",
          "%s and on (instance) %s{instance=~\"%p.+\"}",
          "group by (instance) (present_over_time(%s[%w]))",
          "label_join(ceil(%s), \"both\", \"-\", \"job\", \"instance\")",
          "scalar(max(%s)) * vector(2)",
          "sort(sgn(deriv(%s[%w])))",
          "absent_over_time(%s{instance=\"nobody\"}[%w])");

  private final List<DatabaseStats.Count> metrics;
  private final String instance;

  /**
   * Creates a warm-up of some metrics.
   *
   * @param metrics metrics with their series counts
   * @param instance one of the targets
   */
  ColdQueryWarmUp(List<DatabaseStats.Count> metrics, String instance) {
    this.metrics = metrics;
    this.instance = instance;
  }

  /** Selects metrics of a store at even distances. */
  static ColdQueryWarmUp at(
      MetricsDatabase database, List<DatabaseStats.Count> counts, long start, long end) {
    List<String> instances = database.labelValues(NARROWING, start, end, List.of(), 1).values();
    return new ColdQueryWarmUp(
        WarmUpMetrics.spread(counts, QueryWarmUp.MAX_ROUNDS * A_ROUND),
        instances.isEmpty() ? "nobody" : instances.getFirst());
  }

  /** Returns the queries of a round; empty once all metrics have been used. */
  List<String> of(int round) {
    return from(Math.min(metrics.size(), round * A_ROUND), (round + 1) * A_ROUND);
  }

  /**
   * Returns one query per metric. Each turn uses other queries, so that a few turns over a few
   * metrics run all of them.
   */
  List<String> all(int turn) {
    int n = metrics.size();
    return IntStream.range(0, n).mapToObj(i -> query(metrics.get(i), turn * n + i)).toList();
  }

  private List<String> from(int first, int end) {
    return IntStream.range(first, Math.min(metrics.size(), end))
        .mapToObj(i -> query(metrics.get(i), i))
        .toList();
  }

  /** Returns a query for a metric; queries at successive positions differ. */
  private String query(DatabaseStats.Count counted, int place) {
    String metric = counted.name();
    boolean whole = counted.value() <= WarmUpMetrics.ENOUGH_SERIES;
    // One of each round narrows: there, finding series is the larger part.
    boolean narrow = !whole || place % A_ROUND == 0;
    String q =
        narrow ? NARROW.get(place / A_ROUND % NARROW.size()) : WHOLE.get(place % WHOLE.size());
    int word = metric.lastIndexOf('_');
    return q.replace("%s", metric)
        .replace("%n", word > 0 ? metric.substring(0, word + 1) : metric)
        .replace("%p", literal(instance.substring(0, instance.length() / 2)))
        .replace("%i", literal(instance))
        .replace("%w", QueryWarmUp.WINDOWS.get(place % QueryWarmUp.WINDOWS.size()));
  }

  /** Escapes a text for a query; in an expression, special characters become any character. */
  private static String literal(String text) {
    return text.replaceAll("[^a-zA-Z0-9_:/-]", ".");
  }
}
