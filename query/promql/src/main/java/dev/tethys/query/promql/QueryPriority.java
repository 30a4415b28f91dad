package dev.tethys.query.promql;

/** Share of an engine that a query uses. */
public enum QueryPriority {
  /** People and programs that ask. */
  INTERACTIVE,
  /** Rules, for which places and memory are kept free. */
  RULE
}
