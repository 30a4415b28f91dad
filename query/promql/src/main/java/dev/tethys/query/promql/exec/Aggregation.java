package dev.tethys.query.promql.exec;

import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.exec.Grouping.Groups;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Aggregations that need one series at a time: sum, avg, min, max, count, group, stddev, stdvar.
 * The series below are computed and added one by one, so that they are never all in memory.
 *
 * <p>Floats are added in the order of the series, whatever the number of threads ({@link
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

  /** One computation: a sum a group. */
  private final class Sums {
    /** Series whose presence a thread looks up at a time. */
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
      groups = grouping.group(in.size(), in::labels);
      x.holdBytes((long) groups.size() * (grid.steps() * 16L + 64));
      sums = new Accumulator[groups.size()];
      for (int g = 0; g < sums.length; g++) {
        sums[g] = Accumulator.of(op, grid.steps(), x.annotations(), innerSpan);
      }
    }

    List<Column> all() {
      if (op == AggregateOp.COUNT || op == AggregateOp.GROUP) {
        count();
      } else {
        OrderedSeries.forEach(x, grid, in, this::add);
      }
      return finished();
    }

    /** Counts are the same in any order, and most series are counted without being read. */
    private void count() {
      int threads = Streams.threads(x, in.size(), in.cost(grid), SERIES_A_TURN);
      AtomicInteger next = new AtomicInteger();
      try (Execution.Draft draft = x.draft()) {
        draft.add(8L * threads * grid.steps());
        Streams.inParallel(x, threads, () -> count(next), () -> next.set(in.size()));
      }
    }

    private void count(AtomicInteger next) {
      PresenceCount present = new PresenceCount(in, groups);
      Workspace w = new Workspace();
      SeriesTarget target = new SeriesTarget(grid.steps());
      for (int i = turn(next); i < in.size(); i = turn(next)) {
        for (int end = Math.min(in.size(), i + SERIES_A_TURN); i < end; i++) {
          if (!present.take(i)) {
            x.check();
            target.clear();
            in.evaluate(i, w, target);
            synchronized (this) {
              add(i, target);
            }
          }
        }
        x.check();
      }
      synchronized (this) {
        present.addTo(sums);
      }
    }

    private static int turn(AtomicInteger next) {
      return next.getAndAdd(SERIES_A_TURN);
    }

    private void add(int i, SeriesTarget values) {
      Accumulator a = sums[groups.ofSeries()[i]];
      if (a.add(values, in.labels(i)) && in.dropName(i)) {
        a.dropName = true;
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
