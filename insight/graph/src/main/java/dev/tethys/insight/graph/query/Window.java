package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.List;

/**
 * Range of time over which figures are means.
 *
 * @param from Unix milliseconds, before {@code to}
 * @param to Unix milliseconds
 */
public record Window(long from, long to) {
  public Window {
    if (from >= to) {
      throw new IllegalArgumentException("range from " + from + " to " + to + " has no length");
    }
  }

  /** Builds the rate of a counter over the range. */
  String rate(String counter) {
    return "rate(" + counter + "[" + (to - from) + "ms])";
  }

  /** Evaluates a query at the end of the range; no samples for an empty query. */
  List<Sample> ask(MetricAnswers answers, String query) {
    return query.isEmpty() ? List.of() : answers.at(query, to);
  }
}
