package dev.tethys.query.logql.exec;

import dev.tethys.query.promql.exec.Grid;

/**
 * Steps of a query in nanoseconds, with lookup of the steps whose windows contain a time. The
 * window of a step at {@code t} is {@code (t − offset − range, t − offset]}.
 *
 * @param start time of the first step
 * @param step nanoseconds between steps, at least 1
 * @param steps number of steps
 */
public record StepGrid(long start, long step, int steps) {
  /** Creates a grid of one step. */
  public static StepGrid instant(long time) {
    return new StepGrid(time, 1, 1);
  }

  /** Steps from start to the last one at or before the end. */
  public static StepGrid range(long start, long end, long step) {
    long n = end < start ? 0 : (end - start) / step + 1;
    return new StepGrid(start, step, (int) Math.min(n, Integer.MAX_VALUE - 8));
  }

  /** Returns the time of a step. */
  public long time(int i) {
    return start + i * step;
  }

  /** Returns the time of the last step. */
  public long end() {
    return time(steps - 1);
  }

  /** Returns the steps in milliseconds, for PromQL operators. Times are cut off, as in Loki. */
  public Grid millis() {
    return steps == 1
        ? Grid.instant(Math.floorDiv(start, 1_000_000L))
        : new Grid(Math.floorDiv(start, 1_000_000L), Math.max(1, step / 1_000_000), steps);
  }

  /** Steps whose windows contain a row; to be filled for each row. */
  static final class Steps {
    /** First step. */
    int first;

    /** Last step. */
    int last;

    private final StepGrid grid;
    private final long range;
    private final long offset;
    private final long lastSince; // of the last step
    private final double perStep;

    Steps(StepGrid grid, long range, long offset) {
      this.grid = grid;
      this.range = range;
      this.offset = offset;
      lastSince = (grid.steps - 1) * grid.step;
      perStep = 1.0 / grid.step;
    }

    /** True if a row is in the window of one step at most. */
    boolean isSingle() {
      return grid.steps == 1 || range == grid.step;
    }

    /** Finds the step whose window contains each time, or -1; windows must not overlap. */
    void findSingle(long[] times, int n, int[] into) {
      long begin = grid.start - offset;
      long step = grid.step;
      for (int i = 0; i < n; i++) {
        long since = times[i] - begin;
        int s = -1;
        if (since <= 0) {
          s = since > -range ? 0 : -1;
        } else if (since <= lastSince) { // the quotient is small: at most one away
          long q = (long) ((since - 1) * perStep);
          long rest = since - 1 - q * step;
          q = rest < 0 ? q - 1 : rest >= step ? q + 1 : q;
          s = (int) q + 1;
        }
        into[i] = s;
      }
    }

    /** Finds the steps whose windows contain a time; returns false if there are none. */
    boolean find(long time) {
      long since = time + offset - grid.start;
      if (grid.steps == 1) {
        first = 0;
        last = 0;
        return since <= 0 && since > -range;
      }
      long from = since <= 0 ? 0 : (since - 1) / grid.step + 1;
      if (range == grid.step && since > -range) { // windows follow each other
        first = (int) from;
        last = first;
        return from < grid.steps;
      }
      long end = since + range - 1; // the last step is at or before it
      long to = end < 0 ? -1 : end / grid.step;
      if (to >= grid.steps) {
        to = grid.steps - 1;
      }
      if (from > to) {
        return false;
      }
      first = (int) from;
      last = (int) to;
      return true;
    }

    /**
     * Finds the steps whose windows contain all times of a span.
     *
     * @return false if a window contains only part of the span
     */
    boolean findAll(long firstTime, long lastTime) {
      boolean a = find(firstTime);
      int f = first;
      int l = last;
      boolean b = find(lastTime);
      if (!a && !b) {
        // either outside all windows, or around one
        first = 0;
        last = -1;
        return firstTime + offset > grid.end()
            || lastTime + offset <= grid.start - range
            || firstTime == lastTime;
      }
      return a && b && f == first && l == last;
    }
  }
}
