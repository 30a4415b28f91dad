package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.ast.Expr.Extension;
import org.jspecify.annotations.Nullable;

/**
 * Windows over the results of another expression, evaluated at multiples of the step.
 *
 * @param range milliseconds
 * @param step milliseconds between evaluations
 * @param at fixed time when the range ends, before the offset, or null
 * @param offset milliseconds
 */
public record SubqueryRange(Operator inner, long range, long step, @Nullable Long at, long offset)
    implements RangeSource {
  private static final long TIMES_ID = -1;

  @Override
  public Description describe(Grid grid, long lookback) {
    Description d =
        new Description("Subquery")
            .with("range", range + " ms")
            .with("step", step + " ms")
            .with("evaluations", String.valueOf(inner(grid).steps()));
    if (offset != 0) {
      d.with("offset", offset + " ms");
    }
    if (at != null) {
      d.with("at", at + " ms");
    }
    return d.input("expression", inner, inner(grid));
  }

  @Override
  public long moment(long stepTime) {
    return (at == null ? stepTime : at) - offset;
  }

  @Override
  public boolean isFixed() {
    return at != null;
  }

  @Override
  public Extension extension() {
    return Extension.NONE;
  }

  @Override
  public boolean countsReads() {
    return false;
  }

  @Override
  public @Nullable Selector selector() {
    return null;
  }

  /** Returns the points at which the inner expression is evaluated. */
  Grid inner(Grid outer) {
    long first = moment(outer.start()) - range;
    long start = step * (first / step);
    if (start <= first) {
      start += step;
    }
    return Grid.range(start, moment(outer.end()), step);
  }

  @Override
  public Series open(Execution x, Grid outer) {
    Grid grid = inner(outer);
    x.check(grid);
    x.holdBytes(24L * grid.steps()); // times and counts
    SampleCount mine = new SampleCount(grid.steps(), true);
    SampleCount before = x.count(mine);
    Block b;
    try {
      b = inner.evaluate(x, grid);
    } finally {
      x.count(before);
    }
    countReads(before, mine, grid, outer);
    long[] times = new long[grid.steps()];
    for (int i = 0; i < times.length; i++) {
      times[i] = grid.time(i);
    }
    return new Series() {
      @Override
      public int size() {
        return b.size();
      }

      @Override
      public Labels labels(int i) {
        return b.column(i).labels();
      }

      @Override
      public boolean dropName(int i) {
        return b.column(i).dropName();
      }

      @Override
      public void load(int i, Workspace w) {
        w.samples.load(b.column(i), grid, times, TIMES_ID);
      }

      @Override
      public void close() {
        x.release(b);
      }
    };
  }

  /**
   * Adds samples read by the inner expression to the steps that use them; samples between the
   * windows of two steps are not counted.
   */
  private void countReads(SampleCount to, SampleCount from, Grid grid, Grid outer) {
    if (outer.steps() <= 1) {
      to.add(0, from.read());
      to.addAt(0, 0, from.read());
      return;
    }
    for (int k = 0; k < grid.steps(); k++) {
      long n = from.readAt(k);
      if (n == 0) {
        continue;
      }
      long t = grid.time(k) + offset;
      int s = 0;
      if (t > outer.start()) {
        s =
            (int)
                Math.min(
                    outer.steps() - 1L,
                    (t - outer.start() + outer.interval() - 1) / outer.interval());
      }
      if (t > outer.time(s) - range) {
        to.add(0, n);
        to.addAt(s, 0, n);
      }
    }
  }
}
