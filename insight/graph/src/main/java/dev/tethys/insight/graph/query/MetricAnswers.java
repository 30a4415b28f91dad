package dev.tethys.insight.graph.query;

import java.util.List;
import java.util.Map;

/** PromQL over the store that has the counters: the server's own, or another one. */
@FunctionalInterface
public interface MetricAnswers {
  /** Value of a series. */
  record Sample(Map<String, String> labels, double value) {
    /** Value of a label, "" if the series does not have it. */
    public String label(String name) {
      return labels.getOrDefault(name, "");
    }
  }

  /**
   * Computes an instant query; a result that is not a vector has no samples. Fails as the store
   * does.
   *
   * @param time Unix milliseconds
   */
  List<Sample> at(String query, long time);
}
