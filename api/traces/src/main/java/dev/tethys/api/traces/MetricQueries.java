package dev.tethys.api.traces;

import dev.tethys.model.access.Scope;
import java.util.List;
import java.util.Map;

/** PromQL over the store that has the span metrics. Times are Unix milliseconds. */
@FunctionalInterface
public interface MetricQueries {
  /** Fails, because the store does not exist. */
  MetricQueries NONE =
      (scope, query, from, to, step) -> {
        throw new dev.tethys.web.HttpException(501, "this server has no span metrics");
      };

  /** Points of a series; NaN if there is no value. */
  record Series(Map<String, String> labels, long[] times, double[] values) {}

  /**
   * Computes a range query.
   *
   * @throws dev.tethys.web.HttpException if the query fails
   */
  List<Series> range(Scope scope, String query, long from, long to, long step);
}
