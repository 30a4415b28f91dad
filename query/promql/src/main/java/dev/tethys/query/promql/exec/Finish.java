package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.query.promql.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last steps from blocks to results. */
public final class Finish {
  private Finish() {}

  /** Drops the names whose removal was delayed. */
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

  /** A column as a series of points; one with a float at every step keeps its arrays. */
  public static Value.Series series(Column c, long[] times) {
    int n = 0;
    for (int s = 0; s < times.length; s++) {
      if (c.has(s)) {
        n++;
      }
    }
    if (n == times.length && c.histograms() == null) {
      return new Value.Series(c.labels(), n, times, c.values(), null);
    }
    long[] t = new long[n];
    double[] v = new double[n];
    @Nullable Histogram[] hs = c.histograms() == null ? null : new Histogram[n];
    int i = 0;
    for (int s = 0; s < times.length; s++) {
      if (!c.has(s)) {
        continue;
      }
      t[i] = times[s];
      Histogram h = c.histogram(s);
      v[i] = h == null ? c.values()[s] : h.sum();
      if (hs != null) {
        hs[i] = h;
      }
      i++;
    }
    return new Value.Series(c.labels(), n, n == times.length ? times : t, v, hs);
  }
}
