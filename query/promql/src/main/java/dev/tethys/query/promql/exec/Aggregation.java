package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection.Groups;
import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.ArrayList;
import java.util.List;

/**
 * Aggregations that need one series at a time: sum, avg, min, max, count, group, stddev, stdvar.
 * The series below are computed and added one by one, so that they are never all in memory.
 *
 * <p>Floats are added in the order of the series, regardless of the number of threads ({@link
 * OrderedSeries}).
 */
public final class Aggregation extends Operator {
  private final AggregateOp op;
  private final Operator inner;
  private final Grouping grouping;
  private final Span innerSpan;

  public Aggregation(AggregateOp op, Operator inner, Grouping grouping, Span innerSpan) {
    this.op = op;
    boolean presence = op == AggregateOp.COUNT || op == AggregateOp.GROUP;
    this.inner = presence && inner instanceof InstantSelect s ? s.presence() : inner;
    this.grouping = grouping;
    this.innerSpan = innerSpan;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return grouping
        .describe(new Description("Aggregate").with("function", op.text()))
        .input("vector", inner, grid);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    try (SeriesStream in = inner.stream(x, grid)) {
      return x.hold(new Sums(x, grid, in).all());
    }
  }

  /** One evaluation, with an accumulator per group. */
  private final class Sums {
    /** Number of series whose presence a thread looks up at a time. */
    private static final int SERIES_A_TURN = 64;

    private final Execution x;
    private final Grid grid;
    private final SeriesStream in;
    private final Groups groups;
    private final Accumulator[] sums;

    Sums(Execution x, Grid grid, SeriesStream in) {
      this.x = x;
      this.grid = grid;
      this.in = in;
      groups = grouping.group(in);
      x.holdBytes(bytes(grid.steps()));
      sums = new Accumulator[groups.size()];
      for (int g = 0; g < sums.length; g++) {
        sums[g] = Accumulator.of(op, grid.steps(), x.annotations(), innerSpan);
      }
    }

    /** Returns the size of the sums and labels of groups. */
    private long bytes(int steps) {
      long n = groups.size() * (steps * 16L + 96);
      for (Labels l : groups.labels()) {
        n += l.canonicalBytes().length;
      }
      return n;
    }

    List<Column> all() {
      if (op == AggregateOp.COUNT || op == AggregateOp.GROUP) {
        Streams.Share all = new Streams.Share(in.size(), in.cost(grid), SERIES_A_TURN);
        Streams.share(x, grid, all, Counting::new);
      } else {
        OrderedSeries.forEach(x, grid, in, this::add);
      }
      return finished();
    }

    private void add(int i, SeriesTarget values) {
      Accumulator a = sums[groups.ofSeries()[i]];
      if (a.add(values, () -> in.labels(i)) && in.dropName(i)) {
        a.dropName = true;
      }
    }

    /** Counts are order-independent, and most series are counted without being read. */
    private final class Counting implements Streams.Worker {
      private final PresenceCount present = new PresenceCount(in, groups);
      private final Workspace workspace = new Workspace();
      private final SeriesTarget target = new SeriesTarget(grid.steps());

      @Override
      public void run(int from, int to) {
        x.check();
        for (int i = from; i < to; i++) {
          if (!present.take(i)) {
            x.check();
            target.clear();
            in.evaluate(i, workspace, target);
            synchronized (sums) {
              add(i, target);
            }
          }
        }
      }

      @Override
      public void end() {
        synchronized (sums) {
          present.addTo(sums);
        }
      }
    }

    private List<Column> finished() {
      List<Column> out = new ArrayList<>(sums.length);
      for (int g = 0; g < sums.length; g++) {
        Column c = sums[g].finish(groups.labels().get(g));
        if (c != null) {
          out.add(c);
        }
      }
      return out;
    }
  }
}
