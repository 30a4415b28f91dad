package dev.tethys.query.logql;

/** Order of the entries of a log query. */
public enum Direction {
  FORWARD,
  BACKWARD
}
