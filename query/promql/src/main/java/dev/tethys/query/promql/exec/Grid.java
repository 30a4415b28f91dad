package dev.tethys.query.promql.exec;

import org.jspecify.annotations.Nullable;

/**
 * The points in time when an expression is evaluated: milliseconds, evenly spaced.
 *
 * @param interval milliseconds between steps; at least 1
 * @param steps number of steps; 0 only in subqueries whose range contains none
 */
public record Grid(long start, long interval, int steps) {
  /** More steps than this are cut off; such queries exceed the sample limit anyway. */
  static final int MAX_STEPS = Integer.MAX_VALUE - 8;

  /** Creates a grid of one time. */
  public static Grid instant(long time) {
    return new Grid(time, 1, 1);
  }

  /** Creates a grid from start to the last step at or before end. */
  public static Grid range(long start, long end, long interval) {
    long steps = end < start ? 0 : (end - start) / interval + 1;
    return new Grid(start, interval, (int) Math.min(steps, MAX_STEPS));
  }

  /** Returns the time of a step. */
  public long time(int step) {
    return start + step * interval;
  }

  /** Returns the time of the last step. */
  public long end() {
    return time(steps - 1);
  }

  /** Returns the grid of the first step. */
  public Grid first() {
    return new Grid(start, interval, Math.min(1, steps));
  }

  @Override // by hand, as in keys that it is part of
  public boolean equals(@Nullable Object other) {
    return other instanceof Grid g
        && start == g.start
        && interval == g.interval
        && steps == g.steps;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Long.hashCode(start) + Long.hashCode(interval)) + steps;
  }

  /** Whether results keep the order of an operator. */
  public boolean isInstant() {
    return steps == 1;
  }
}
