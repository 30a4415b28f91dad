package dev.tethys.collect.observe.protocol;

/** Direction of a payload, seen from the observed process. */
public enum Direction {
  /** Written by the process. */
  SENT,
  /** Read by the process. */
  RECEIVED;

  Direction opposite() {
    return this == SENT ? RECEIVED : SENT;
  }
}
