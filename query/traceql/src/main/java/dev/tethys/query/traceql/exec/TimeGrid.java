package dev.tethys.query.traceql.exec;

import dev.tethys.query.traceql.TraceQueryException;

/**
 * Steps of a metrics query. A step covers the time after the end of the step before it to its own
 * end, which is included.
 *
 * @param base end of the step before the first
 * @param step length of a step
 * @param count number of steps
 */
record TimeGrid(long base, long step, int count) {
  /** Returns the grid of a range query, whose times are multiples of the step. */
  static TimeGrid range(long from, long to, long step, int maxSteps) {
    if (step <= 0) {
      throw TraceQueryException.invalid("step is " + step + " ns, expected more than 0");
    }
    if (to < from || from < 0) {
      throw TraceQueryException.invalid(
          "time range is "
              + from
              + " to "
              + to
              + " ns, expected a start of 0 or more and an end after it");
    }
    long first = Times.ceil(from, step);
    long last = Math.max(first, Times.ceil(to, step));
    if (last == Long.MAX_VALUE || (last - first) / step >= maxSteps) {
      throw TraceQueryException.limit(
          "query has "
              + ((last - first) / step + 1)
              + " steps, more than the limit of "
              + maxSteps
              + "; use a longer step or a shorter time range");
    }
    return new TimeGrid(first - step, step, (int) ((last - first) / step) + 1);
  }

  /** Creates one step for a range with inclusive start and exclusive end. */
  static TimeGrid instant(long from, long to) {
    if (to <= from || from == Long.MIN_VALUE) {
      throw TraceQueryException.invalid(
          "time range is " + from + " to " + to + " ns, expected an end after the start");
    }
    long length = to - from;
    if (length < 0) {
      throw TraceQueryException.invalid("time range " + from + " to " + to + " is too long");
    }
    return new TimeGrid(from - 1, length, 1);
  }

  /** Returns the first start of a span that is in a step. */
  long from() {
    return base + 1;
  }

  /** Returns the end of the starts of spans, exclusive. */
  long to() {
    return base + step * count + 1;
  }

  /** Returns the step of a time; below 0 or at least the count if it is outside. */
  int index(long time) {
    long i = Math.floorDiv(time - base - 1, step);
    return (int) Math.clamp(i, -1, count);
  }

  double seconds() {
    return step / 1e9;
  }

  long[] times() {
    long[] out = new long[count];
    for (int i = 0; i < count; i++) {
      out[i] = base + (i + 1) * step;
    }
    return out;
  }
}
