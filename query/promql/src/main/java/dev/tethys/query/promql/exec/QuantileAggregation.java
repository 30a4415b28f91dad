package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.storage.Selection.Groups;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code quantile(q, v)}: interpolated between the values of a group. */
public final class QuantileAggregation extends Operator {
  private final Operator inner;
  private final Operator parameter;
  private final Grouping grouping;
  private final Span innerSpan;
  private final Span parameterSpan;

  public QuantileAggregation(
      Operator inner, Operator parameter, Grouping grouping, Span innerSpan, Span parameterSpan) {
    this.inner = inner;
    this.parameter = parameter;
    this.grouping = grouping;
    this.innerSpan = innerSpan;
    this.parameterSpan = parameterSpan;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return grouping
        .describe(new Description("QuantileAggregate"))
        .input("vector", inner, grid)
        .input("quantile", parameter, grid);
  }

  /** Floats of a group, gathered one by one. */
  private static final class Floats {
    final int group;
    double[] values = new double[16];
    int size;
    boolean dropName;

    Floats(int group) {
      this.group = group;
    }

    void add(double v) {
      if (size == values.length) {
        values = Arrays.copyOf(values, size * 2);
      }
      values[size++] = v;
    }
  }

  /** Evaluates a single time, where series are computed one by one without creating labels. */
  private Block atOneMoment(Execution x, Grid grid) {
    double[] q = parameter.scalar(x, grid);
    try (SeriesStream in = inner.stream(x, grid);
        Execution.Draft draft = x.draft()) {
      Groups groups = grouping.group(in);
      draft.add(16L * in.size());
      @Nullable Floats[] floats = new Floats[groups.size()];
      List<Floats> used = new ArrayList<>(); // in the order of their first series
      OrderedSeries.forEach(
          x,
          grid,
          in,
          (i, t) -> {
            double v = t.values[0];
            @Nullable Histogram[] histograms = t.histograms();
            if (!Column.isAbsent(v)) {
              Floats f = floats[groups.ofSeries()[i]];
              if (f == null) {
                f = new Floats(groups.ofSeries()[i]);
                floats[f.group] = f;
                used.add(f);
              }
              f.add(v);
              f.dropName |= in.dropName(i);
            } else if (histograms != null && histograms[0] != null) {
              x.annotations().histogramIgnoredInAggregation("quantile", innerSpan);
            }
          });
      warn(x, q);
      List<Column> out = new ArrayList<>();
      for (Floats f : used) {
        double[] one = {Kernels.quantile(q[0], f.values, f.size)};
        Column c = new Column(groups.labels().get(f.group), f.dropName, one, null);
        if (!c.isEmpty()) {
          out.add(c);
        }
      }
      return x.hold(out);
    }
  }

  @Override
  Block compute(Execution x, Grid grid) {
    if (grid.steps() == 1) {
      return atOneMoment(x, grid);
    }
    double[] q = parameter.scalar(x, grid);
    Block in = inner.evaluate(x, grid);
    warn(x, q);
    Groups groups = grouping.group(in.size(), i -> in.column(i).labels());
    List<List<Column>> members = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      members.add(new ArrayList<>());
    }
    for (int i = 0; i < in.size(); i++) {
      members.get(groups.ofSeries()[i]).add(in.column(i));
    }
    List<Column> out = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      x.check();
      Column c = quantile(x, q, members.get(g), groups, g, grid.steps());
      if (!c.isEmpty()) {
        out.add(c);
      }
    }
    Block b = x.hold(out);
    x.release(in);
    return b;
  }

  private void warn(Execution x, double[] q) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    boolean nan = false;
    for (double v : q) {
      nan |= Double.isNaN(v);
      min = v < min ? v : min;
      max = v > max ? v : max;
    }
    if (nan) {
      x.annotations().invalidQuantile(Double.NaN, parameterSpan);
    }
    if (max > 1) {
      x.annotations().invalidQuantile(max, parameterSpan);
    }
    if (min < 0) {
      x.annotations().invalidQuantile(min, parameterSpan);
    }
  }

  private Column quantile(
      Execution x, double[] q, List<Column> members, Groups groups, int g, int steps) {
    double[] out = Column.absent(steps);
    double[] buf = new double[members.size()];
    boolean drop = false;
    for (Column c : members) {
      drop |= c.dropName();
    }
    for (int s = 0; s < steps; s++) {
      int n = 0;
      for (Column c : members) {
        double v = c.values()[s];
        if (!Column.isAbsent(v)) {
          buf[n++] = v;
        } else if (c.histogram(s) != null) {
          x.annotations().histogramIgnoredInAggregation("quantile", innerSpan);
        }
      }
      if (n > 0) {
        out[s] = Kernels.quantile(q[s], buf, n);
      }
    }
    return new Column(groups.labels().get(g), drop, out, null);
  }
}
