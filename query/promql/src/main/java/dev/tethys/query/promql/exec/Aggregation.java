package dev.tethys.query.promql.exec;

import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.exec.Grouping.Groups;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Aggregations that need one series at a time: sum, avg, min, max, count, group, stddev, stdvar.
 * The series below are computed and added one by one, so that they are never all in memory.
 *
 * <p>Floats are added in the order of the series, whatever the number of threads: a batch of series
 * is computed on all of them, then added in order.
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
    private final Execution x;
    private final SeriesStream in;
    private final Groups groups;
    private final Accumulator[] sums;
    private final Batch batch;
    private final @Nullable PresenceCount present;
    private int next; // series

    Sums(Execution x, Grid grid, SeriesStream in) {
      this.x = x;
      this.in = in;
      groups = grouping.group(in.size(), in::labels);
      x.holdBytes((long) groups.size() * (grid.steps() * 16L + 64));
      sums = new Accumulator[groups.size()];
      for (int g = 0; g < sums.length; g++) {
        sums[g] = Accumulator.of(op, grid.steps(), x.annotations(), innerSpan);
      }
      batch = new Batch(x, grid, in);
      boolean presence = op == AggregateOp.COUNT || op == AggregateOp.GROUP;
      present = presence ? new PresenceCount(in, groups) : null;
    }

    List<Column> all() {
      while (next < in.size()) {
        fill();
        batch.compute();
        for (int k = 0; k < batch.count(); k++) {
          add(batch.series(k), batch.target(k));
        }
      }
      return finished();
    }

    /** Puts series into the next batch, but for those that only have to be present. */
    private void fill() {
      batch.clear();
      while (next < in.size() && !batch.isFull()) {
        if (present == null || !present.take(next)) {
          batch.add(next);
        } else if ((next & 0xfff) == 0) {
          x.check();
        }
        next++;
      }
    }

    private void add(int i, SeriesTarget values) {
      Accumulator a = sums[groups.ofSeries()[i]];
      if (a.add(values, in.labels(i)) && in.dropName(i)) {
        a.dropName = true;
      }
    }

    private List<Column> finished() {
      if (present != null) {
        present.addTo(sums);
      }
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

  /** Targets for as many series as all threads compute before they are added. */
  private static final class Batch {
    private static final int SERIES_A_THREAD = 16;
    private final Execution x;
    private final SeriesStream in;
    private final int threads;
    private final SeriesTarget[] targets;
    private final Workspace[] workspaces;
    private final int[] series;
    private int count;

    Batch(Execution x, Grid grid, SeriesStream in) {
      this.x = x;
      this.in = in;
      threads =
          in.size() * in.cost(grid) < Streams.PARALLEL_COST
              ? 1
              : Math.min(x.parallelism(), in.size());
      targets = new SeriesTarget[threads == 1 ? 1 : threads * SERIES_A_THREAD];
      x.holdBytes(8L * targets.length * grid.steps());
      for (int i = 0; i < targets.length; i++) {
        targets[i] = new SeriesTarget(grid.steps());
      }
      workspaces = new Workspace[threads];
      for (int i = 0; i < threads; i++) {
        workspaces[i] = new Workspace();
      }
      series = new int[targets.length];
    }

    /** Begins the next batch. */
    void clear() {
      count = 0;
    }

    boolean isFull() {
      return count == targets.length;
    }

    void add(int i) {
      series[count++] = i;
    }

    int count() {
      return count;
    }

    int series(int k) {
      return series[k];
    }

    SeriesTarget target(int k) {
      return targets[k];
    }

    /** Computes what was added. */
    void compute() {
      int end = count;
      AtomicInteger next = new AtomicInteger();
      AtomicInteger worker = new AtomicInteger();
      Runnable loop =
          () -> {
            Workspace w = workspaces[worker.getAndIncrement()];
            for (int k = next.getAndIncrement(); k < end; k = next.getAndIncrement()) {
              x.check();
              SeriesTarget t = targets[k];
              t.clear();
              in.evaluate(series[k], w, t);
            }
          };
      Streams.inParallel(x, Math.min(threads, end), loop, () -> next.set(Integer.MAX_VALUE / 2));
    }
  }
}
