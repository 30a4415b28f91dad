package dev.tethys.insight.deployments;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.List;

/**
 * Queries over the signals of services. Times are Unix milliseconds, ends exclusive. A query fails
 * as its store does; a signal that is not stored throws {@link SignalMissingException}.
 */
public interface DeploymentSignals {
  /** Amount by name. */
  record NamedAmount(String name, double amount) {}

  /** Elements of an instant vector of PromQL. */
  List<Sample> metrics(String query, long time);

  /** Elements of an instant vector of LogQL. */
  List<Sample> logs(String query, long time);

  /** Series of a metrics query of TraceQL over the range in its hint {@code range}. */
  List<Sample> traces(String query, long time);

  /** Lines of the streams of a selector by pattern, the most frequent first. */
  List<NamedAmount> patterns(String selector, long from, long to);

  /** Processor time of the profiles of a selector by function, without the functions it calls. */
  List<NamedAmount> functions(String selector, long from, long to);

  /**
   * Conditions on attributes, as TraceQL, whose shares of the spans of a query differ most between
   * two windows: the amounts are shares.
   */
  List<ComparedList.Item> attributes(String query, TimeWindow before, TimeWindow after);
}
