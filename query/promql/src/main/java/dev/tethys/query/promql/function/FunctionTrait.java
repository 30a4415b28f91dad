package dev.tethys.query.promql.function;

/** Property of a function that the type checker, the planner or the explainer acts on. */
public enum FunctionTrait {
  /** The result is a number that is the same at every step. */
  CONSTANT,
  /** The result changes with the step even if no argument does. */
  VARIES_BY_STEP,
  /** Exception to {@link #VARIES_BY_STEP}: not over a selector with a fixed time. */
  FIXED_OVER_FIXED_SELECTOR,
  /** The result depends on the start, end or step of the query: a plan serves one query only. */
  QUERY_TIME,
  /** The result depends on the start and end of the query: results of steps are not reused. */
  QUERY_RANGE,
  /** Computes each series alone from its floats; labels except the metric name stay. */
  PER_SERIES,
  /** Like {@link #PER_SERIES}, if the metric name marks the series as a counter. */
  PER_SERIES_OF_COUNTERS,
  /** Accepts the {@code anchored} modifier. */
  ANCHORED,
  /** Accepts the {@code smoothed} modifier. */
  SMOOTHED,
  /** Uses start timestamps of samples if the engine reads them. */
  START_TIMESTAMPS,
  /** Needs at least two samples in a window. */
  TWO_SAMPLES,
  /** Needs only counts and sums of histograms. */
  HISTOGRAM_COUNTS,
  /** Needs the buckets of histograms. */
  HISTOGRAM_BUCKETS,
  /** Sorts the series of its result. */
  SORTS,
  /** May reorder the series of its argument. */
  CHANGES_ORDER,
  /** The result has at most one series or is a scalar: it has no order. */
  SINGLE,
  /** Reads series that its arguments do not name; its second argument is a set of matchers. */
  JOINS_INFO
}
