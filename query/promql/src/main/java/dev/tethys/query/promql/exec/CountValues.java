package dev.tethys.query.promql.exec;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code count_values}: how many series of a group have each value. */
public final class CountValues extends Operator {
  private final Operator inner;
  private final String label;
  private final Grouping grouping;

  public CountValues(Operator inner, String label, List<String> labels, boolean without) {
    this.inner = inner;
    this.label = label;
    List<String> names = new ArrayList<>(labels);
    if (!without) {
      names.add(label);
    }
    this.grouping = new Grouping(names, without);
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return grouping
        .describe(new Description("CountValues").with("label", label))
        .input("vector", inner, grid);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    Block in = inner.evaluate(x, grid);
    Map<Labels, double[]> counts = new HashMap<>();
    List<Labels> order = new ArrayList<>();
    Execution.Draft draft = x.draft();
    for (Column c : in.columns()) {
      x.check();
      Map<String, Labels> groups = new HashMap<>(); // by value text
      for (int s = 0; s < grid.steps(); s++) {
        if (!c.has(s)) {
          continue;
        }
        Histogram h = c.histogram(s);
        String text = h == null ? GoFloat.f(c.values()[s]) : HistogramText.plain(h);
        Labels group =
            groups.computeIfAbsent(
                text, t -> grouping.of(c.labels().toBuilder().set(label, t).build()));
        double[] n = counts.get(group);
        if (n == null) {
          x.check();
          draft.addSeries(group, grid.steps());
          n = Streams.absent(grid.steps());
          counts.put(group, n);
          order.add(group);
        }
        n[s] = Column.isAbsent(n[s]) ? 1 : n[s] + 1;
      }
    }
    List<Column> out = new ArrayList<>();
    for (Labels l : order) {
      out.add(new Column(l, false, Streams.there(counts.get(l)), null));
    }
    draft.close();
    Block b = x.hold(out);
    x.release(in);
    return b;
  }
}
