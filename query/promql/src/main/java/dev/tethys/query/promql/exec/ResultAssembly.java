package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.query.promql.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last steps from blocks to results. */
public final class ResultAssembly {
  private ResultAssembly() {}

  /** Drops metric names after delayed name removal. */
  public static Block names(Execution x, Grid grid, Block b) {
    if (!x.features().delayedNameRemoval()) {
      return b;
    }
    List<Column> out = new ArrayList<>(b.size());
    for (Column c : b.columns()) {
      out.add(c.dropName() ? c.with(SeriesLabels.withoutMetadata(c.labels()), false) : c);
    }
    if (!SeriesMerge.hasSameLabels(out)) {
      return new Block(out, b.samples(), b.bytes());
    }
    return SeriesMerge.byStep(x, new Block(out, b.samples(), b.bytes()), grid);
  }

  /**
   * Converts a column to a series of points; one with a float at every step keeps its arrays.
   *
   * @param times timestamps of the steps
   * @param before another series of the response, whose times this one shares if they are its own
   */
  public static Value.Series series(Column c, long[] times, Value.@Nullable Series before) {
    int n = c.present(0, times.length);
    if (n == times.length && c.histograms() == null) {
      return new Value.Series(c.labels(), n, times, c.values(), null);
    }
    double[] v = new double[n];
    @Nullable Histogram[] hs = c.histograms() == null ? null : new Histogram[n];
    int s = c.next(0);
    for (int i = 0; i < n; i++, s = c.next(s + 1)) {
      Histogram h = c.histogram(s);
      v[i] = h == null ? c.value(s) : h.sum();
      if (hs != null) {
        hs[i] = h;
      }
    }
    return new Value.Series(c.labels(), n, timesOf(c, n, times, before), v, hs);
  }

  /** Returns the times of a column's points, in a shared array if possible. */
  private static long[] timesOf(Column c, int n, long[] times, Value.@Nullable Series before) {
    if (n == times.length) {
      return times;
    }
    if (before != null && before.size() == n && isAt(c, times, before.timestamps(), n)) {
      return before.timestamps();
    }
    long[] t = new long[n];
    int s = c.next(0);
    for (int i = 0; i < n; i++, s = c.next(s + 1)) {
      t[i] = times[s];
    }
    return t;
  }

  private static boolean isAt(Column c, long[] times, long[] known, int n) {
    int s = c.next(0);
    for (int i = 0; i < n; i++, s = c.next(s + 1)) {
      if (known[i] != times[s]) {
        return false;
      }
    }
    return true;
  }
}
