package dev.tethys.query.promql.exec;

/** Computation of a range function from {@link dev.tethys.model.storage.Summaries}. */
public enum WindowSummary {
  SUM,
  COUNT,
  AVERAGE,
  LEAST,
  LARGEST,
  FIRST,
  LAST,
  PRESENT,
  TIME_OF_FIRST,
  TIME_OF_LAST,
  RESETS,
  RATE,
  INCREASE,
  DELTA
}
