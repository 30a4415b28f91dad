package dev.tethys.insight.objectives.state;

import dev.tethys.insight.graph.query.MetricAnswers;
import java.util.List;

/** Queries with a bound on their number. */
final class CountedQueries implements MetricAnswers {
  private final MetricAnswers answers;
  private int left;

  CountedQueries(MetricAnswers answers, int most) {
    this.answers = answers;
    this.left = most;
  }

  @Override
  public List<Sample> at(String query, long time) {
    if (left == 0) {
      throw new IllegalStateException(
          "states of objectives need more than " + ObjectiveStates.MAX_QUERIES + " queries");
    }
    left--;
    return answers.at(query, time);
  }
}
