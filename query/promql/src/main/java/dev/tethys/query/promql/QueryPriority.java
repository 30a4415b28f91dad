package dev.tethys.query.promql;

/** Which share of an engine a query draws on. */
public enum QueryPriority {
  /** People and programs that ask. */
  INTERACTIVE,
  /** Rules, for which places and memory are kept free. */
  RULE
}
