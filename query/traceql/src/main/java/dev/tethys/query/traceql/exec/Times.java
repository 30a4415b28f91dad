package dev.tethys.query.traceql.exec;

/** Sums of times that end at the first and last time instead of overflowing. */
final class Times {
  private Times() {}

  static long plus(long time, long nanos) {
    long t = time + nanos;
    return nanos >= 0 && t < time ? Long.MAX_VALUE : t;
  }

  static long minus(long time, long nanos) {
    long t = time - nanos;
    return nanos >= 0 && t > time ? Long.MIN_VALUE : t;
  }

  /** Returns the first multiple of a step at or after a time. */
  static long ceil(long time, long step) {
    return plus(Math.floorDiv(Times.plus(time, step - 1), step) * step, 0);
  }
}
