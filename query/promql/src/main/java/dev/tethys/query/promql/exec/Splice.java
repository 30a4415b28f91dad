package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts a result of floats together of parts of its steps. */
public final class Splice implements AutoCloseable {
  private final Execution x;
  private final int steps;
  private final Execution.Draft draft;
  private final Map<Labels, double[]> columns;

  /**
   * @param series about how many there will be
   */
  public Splice(Execution x, Grid grid, int series) {
    this.x = x;
    this.steps = grid.steps();
    this.draft = x.draft();
    this.columns = new LinkedHashMap<>(series * 2);
  }

  /**
   * Takes steps of a column, which has no histograms.
   *
   * @param from the first of them in the column
   * @param to where it stands in the result
   */
  public void add(Column c, int from, int to, int n) {
    boolean any = false;
    for (int s = from; s < from + n && !any; s++) {
      any = !Column.isAbsent(c.values()[s]);
    }
    if (!any) {
      return;
    }
    x.check();
    double[] v = columns.get(c.labels());
    if (v == null) {
      draft.addSeries(c.labels(), steps);
      v = new double[steps];
      Arrays.fill(v, Column.ABSENT);
      columns.put(c.labels(), v);
    }
    System.arraycopy(c.values(), from, v, to, n);
  }

  /** The result. */
  public Block finish() {
    List<Column> out = new ArrayList<>(columns.size());
    columns.forEach((labels, values) -> out.add(new Column(labels, false, values, null)));
    draft.close();
    return x.hold(out);
  }

  @Override
  public void close() {
    draft.close();
  }
}
