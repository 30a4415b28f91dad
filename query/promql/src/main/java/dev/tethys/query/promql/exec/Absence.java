package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import java.util.List;

/** {@code absent} and {@code absent_over_time}: 1 at the steps at which a vector is empty. */
public final class Absence extends Operator {
  private final Operator vector;
  private final Labels labels;
  private final boolean dropName;

  /**
   * @param vector vector operand; for {@code absent_over_time} the result of {@code
   *     present_over_time}
   * @param labels labels of the missing series, derived from the matchers
   * @param dropName whether the result drops the metric name; set for {@code absent_over_time}
   */
  public Absence(Operator vector, Labels labels, boolean dropName) {
    this.vector = vector instanceof InstantSelect s ? s.presence() : vector;
    this.labels = labels;
    this.dropName = dropName;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description("Absent")
        .with("labels", labels.toString())
        .input("vector", vector, grid);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    boolean[] present = new boolean[grid.steps()];
    int missing = present.length;
    try (SeriesStream in = vector.stream(x, grid)) {
      Workspace w = new Workspace();
      SeriesTarget t = new SeriesTarget(present.length);
      for (int i = 0; i < in.size() && (missing > 0 || vector.remarks()); i++) {
        x.check();
        t.clear();
        in.evaluate(i, w, t);
        for (int s = 0; s < present.length; s++) {
          boolean there =
              !Column.isAbsent(t.values[s])
                  || t.histograms() != null && Streams.there(t.histograms())[s] != null;
          if (there && !present[s]) {
            present[s] = true;
            missing--;
          }
        }
      }
    }
    if (missing == 0) {
      return Block.EMPTY;
    }
    double[] v = Column.absent(present.length);
    for (int s = 0; s < v.length; s++) {
      if (!present[s]) {
        v[s] = 1;
      }
    }
    return x.hold(List.of(new Column(labels, dropName, v, null)));
  }
}
