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

/** {@code count_values}: number of series of a group with each value. */
public final class CountValues extends Operator {
  private final Operator inner;
  private final String label;
  private final Grouping grouping;
  private final boolean answers;

  public CountValues(Operator inner, String label, List<String> labels, boolean without) {
    this(inner, label, grouping(label, labels, without), false);
  }

  private CountValues(Operator inner, String label, Grouping grouping, boolean answers) {
    this.inner = inner;
    this.label = label;
    this.grouping = grouping;
    this.answers = answers;
  }

  private static Grouping grouping(String label, List<String> labels, boolean without) {
    List<String> names = new ArrayList<>(labels);
    if (!without) {
      names.add(label);
    }
    return new Grouping(names, without);
  }

  @Override
  public Operator forAnswer() {
    Operator o = new CountValues(inner, label, grouping, true);
    o.origin(origin());
    return o;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return grouping
        .describe(new Description("CountValues").with("label", label))
        .input("vector", inner, grid);
  }

  /** Number of series with each value at each step, by group, in the order of groups. */
  private final class Groups {
    private final Map<Labels, Points> counts = new LinkedHashMap<>();
    private final Execution x;
    private final Execution.Draft draft;
    private final int steps;

    Groups(Execution x, int steps) {
      this.x = x;
      this.draft = x.draft();
      this.steps = steps;
    }

    Points get(Labels group) {
      Points n = counts.get(group);
      if (n == null) {
        x.check();
        n = new Points(steps);
        draft.addSeries(group, answers ? 0 : steps);
        counts.put(group, n);
      }
      return n;
    }

    /** Counts one more; points of other operators' input have their space from the start. */
    void one(Points counts, int step) {
      long before = counts.bytes();
      counts.count(step);
      long more = counts.bytes() - before;
      if (answers && more != 0) {
        draft.add(more);
      }
    }

    Block finish() {
      List<Column> out = new ArrayList<>(counts.size());
      counts.forEach((labels, n) -> out.add(answers ? n.column(labels) : n.denseColumn(labels)));
      draft.close();
      return x.hold(out);
    }
  }

  @Override
  Block compute(Execution x, Grid grid) {
    Block in = inner.evaluate(x, grid);
    Groups groups = new Groups(x, grid.steps());
    // Series that differ in their values alone meet in the same groups: a value that one of them
    // had is found by its bits. Strings and bits name the same values, once all NaN have one
    // pattern.
    Map<Labels, Map<Long, Points>> byBits = new HashMap<>();
    for (Column c : in.columns()) {
      x.check();
      Map<Long, Points> known =
          byBits.computeIfAbsent(group(c.labels(), "0"), l -> new HashMap<>());
      double[] values = c.values();
      Points n = null;
      long before = 0;
      for (int s = 0; s < grid.steps(); s++) {
        double v = values[s];
        if (Column.isAbsent(v)) {
          Histogram h = c.histogram(s);
          if (h != null) {
            groups.one(groups.get(group(c.labels(), HistogramText.plain(h))), s);
          }
          continue;
        }
        long bits = Double.doubleToLongBits(v);
        if (n == null || bits != before) {
          n =
              known.computeIfAbsent(
                  bits, b -> groups.get(group(c.labels(), GoFloat.f(Double.longBitsToDouble(b)))));
          before = bits;
        }
        groups.one(n, s);
      }
    }
    Block b = groups.finish();
    x.release(in);
    return b;
  }

  private Labels group(Labels series, String value) {
    return grouping.of(series.toBuilder().set(label, value).build());
  }
}
