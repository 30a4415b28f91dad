package dev.tethys.query.logql;

/** Order of log query entries. */
public enum Direction {
  FORWARD,
  BACKWARD
}
