package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Joins float results of consecutive step ranges. */
public final class ResultSplice implements AutoCloseable {
  private final Execution x;
  private final int steps;
  private final Execution.Draft draft;
  private final Map<Labels, Points> columns;

  /**
   * @param series expected number of series
   */
  public ResultSplice(Execution x, Grid grid, int series) {
    this.x = x;
    this.steps = grid.steps();
    this.draft = x.draft();
    this.columns = new LinkedHashMap<>(series * 2);
  }

  /**
   * Takes steps of a column, which has no histograms.
   *
   * @param from the first of them in the column
   * @param to its place in the result
   */
  public void add(Column c, int from, int to, int n) {
    if (c.next(from) >= from + n) {
      return;
    }
    x.check();
    Points p = columns.get(c.labels());
    long before = 0;
    if (p == null) {
      draft.addSeries(c.labels(), 0);
      p = new Points(steps);
      columns.put(c.labels(), p);
    } else {
      before = p.bytes();
    }
    p.take(c, from, to, n);
    draft.add(p.bytes() - before);
  }

  /** Returns the result. */
  public Block finish() {
    List<Column> out = new ArrayList<>(columns.size());
    columns.forEach((labels, points) -> out.add(points.column(labels)));
    draft.close();
    return x.hold(out);
  }

  @Override
  public void close() {
    draft.close();
  }
}
