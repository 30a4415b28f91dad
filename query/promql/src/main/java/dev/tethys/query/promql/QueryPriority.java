package dev.tethys.query.promql;

/** Share of an engine that a query uses. */
public enum QueryPriority {
  /** Queries of users and programs. */
  INTERACTIVE,
  /** Queries of rules, for which slots and memory are reserved. */
  RULE
}
