package dev.tethys.query.promql.exec;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
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

  /** By group how many series have its value at each step, in the order in which groups appear. */
  private static final class Groups {
    private final Map<Labels, double[]> counts = new LinkedHashMap<>();
    private final Execution x;
    private final Execution.Draft draft;
    private final int steps;

    Groups(Execution x, int steps) {
      this.x = x;
      this.draft = x.draft();
      this.steps = steps;
    }

    double[] get(Labels group) {
      double[] n = counts.get(group);
      if (n == null) {
        x.check();
        draft.addSeries(group, steps);
        n = Streams.absent(steps);
        counts.put(group, n);
      }
      return n;
    }

    Block finish() {
      List<Column> out = new ArrayList<>(counts.size());
      counts.forEach((labels, n) -> out.add(new Column(labels, false, n, null)));
      draft.close();
      return x.hold(out);
    }
  }

  @Override
  Block compute(Execution x, Grid grid) {
    Block in = inner.evaluate(x, grid);
    Groups groups = new Groups(x, grid.steps());
    // Series that differ in their values alone meet in the same groups: a value that one of them
    // had is found by its bits. Texts and bits name the same values, once all NaN have one pattern.
    Map<Labels, Map<Long, double[]>> byBits = new HashMap<>();
    for (Column c : in.columns()) {
      x.check();
      Map<Long, double[]> known =
          byBits.computeIfAbsent(group(c.labels(), "0"), l -> new HashMap<>());
      double[] n = new double[0];
      long before = 0;
      for (int s = 0; s < grid.steps(); s++) {
        double v = c.values()[s];
        if (Column.isAbsent(v)) {
          Histogram h = c.histogram(s);
          if (h != null) {
            one(groups.get(group(c.labels(), HistogramText.plain(h))), s);
          }
          continue;
        }
        long bits = Double.doubleToLongBits(v);
        if (n.length == 0 || bits != before) {
          n =
              known.computeIfAbsent(
                  bits, b -> groups.get(group(c.labels(), GoFloat.f(Double.longBitsToDouble(b)))));
          before = bits;
        }
        one(n, s);
      }
    }
    Block b = groups.finish();
    x.release(in);
    return b;
  }

  private Labels group(Labels series, String value) {
    return grouping.of(series.toBuilder().set(label, value).build());
  }

  private static void one(double[] counts, int step) {
    counts[step] = Column.isAbsent(counts[step]) ? 1 : counts[step] + 1;
  }
}
