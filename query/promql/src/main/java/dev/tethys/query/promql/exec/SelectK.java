package dev.tethys.query.promql.exec;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection.Groups;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.Expr.Span;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Aggregations that choose series: {@code topk}, {@code bottomk}, {@code limitk}, {@code
 * limit_ratio}. Ties fall as in a binary heap that is filled in the order of the series.
 */
public final class SelectK extends Operator {
  private static final double MAX_LONG = 9223372036854774784.0;
  private final AggregateOp op;
  private final Operator inner;
  private final Operator parameter;
  private final Grouping grouping;
  private final Span span;
  private final Span parameterSpan;

  public SelectK(
      AggregateOp op,
      Operator inner,
      Operator parameter,
      Grouping grouping,
      Span span,
      Span parameterSpan) {
    this.op = op;
    this.inner = inner;
    this.parameter = parameter;
    this.grouping = grouping;
    this.span = span;
    this.parameterSpan = parameterSpan;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return grouping
        .describe(new Description("SelectK").with("function", op.text()))
        .input("vector", inner, grid)
        .input("parameter", parameter, grid);
  }

  /**
   * Selects series at one time: values are computed one by one, and labels are created for selected
   * series only.
   */
  private Block atOneMoment(Execution x, Grid grid) {
    double[] k = parameter.scalar(x, grid);
    try (SeriesStream in = inner.stream(x, grid);
        Execution.Draft draft = x.draft()) {
      boolean any = check(x, k);
      Groups groups = grouping.group(in);
      draft.add(12L * in.size());
      Heap[] heaps = new Heap[groups.size()];
      List<Heap> used = new ArrayList<>(); // in the order of their first series
      int most = any ? (int) Math.min((long) k[0], in.size()) : 0;
      OrderedSeries.forEach(
          x,
          grid,
          in,
          (i, t) -> {
            double v = t.values[0];
            @Nullable Histogram[] histograms = t.histograms();
            if (most < 1) {
              return;
            }
            if (!Column.isAbsent(v)) {
              int g = groups.ofSeries()[i];
              if (heaps[g] == null) {
                heaps[g] = new Heap(op == AggregateOp.BOTTOMK);
                used.add(heaps[g]);
              }
              heaps[g].offer(v, i, most);
            } else if (histograms != null && histograms[0] != null) {
              x.annotations().histogramIgnoredInAggregation(op.text(), span);
            }
          });
      SeriesMerge.Builder out = new SeriesMerge.Builder(x, 1);
      for (Heap h : used) {
        h.sort();
        for (int i = 0; i < h.size; i++) {
          out.add(in.labels(h.series[i]), in.dropName(h.series[i]), 0, h.value[i]);
        }
      }
      return x.hold(out.columns());
    }
  }

  @Override
  Block compute(Execution x, Grid grid) {
    if (grid.steps() == 1 && (op == AggregateOp.TOPK || op == AggregateOp.BOTTOMK)) {
      return atOneMoment(x, grid);
    }
    double[] k = parameter.scalar(x, grid);
    Block in = inner.evaluate(x, grid);
    if (!check(x, k)) {
      x.release(in);
      return Block.EMPTY;
    }
    Groups groups = grouping.group(in.size(), i -> in.column(i).labels());
    SeriesMerge.Builder out = new SeriesMerge.Builder(x, grid.steps());
    Heap[] heaps = new Heap[groups.size()];
    for (int g = 0; g < heaps.length; g++) {
      heaps[g] = new Heap(op == AggregateOp.BOTTOMK);
    }
    double[] offsets = op == AggregateOp.LIMIT_RATIO ? offsets(in) : new double[0];
    for (int s = 0; s < grid.steps(); s++) {
      x.check();
      for (Heap h : heaps) {
        h.size = 0;
      }
      if (op == AggregateOp.LIMIT_RATIO) {
        ratio(in, groups, heaps, s, k[s], offsets);
      } else {
        long n = Math.min((long) k[s], in.size());
        if (n >= 1) {
          choose(x, in, groups, heaps, s, (int) n);
        }
      }
      for (Heap h : heaps) {
        if (op == AggregateOp.TOPK || op == AggregateOp.BOTTOMK) {
          h.sort();
        }
        for (int i = 0; i < h.size; i++) {
          Column c = in.column(h.series[i]);
          out.add(c.labels(), c.dropName(), s, c);
        }
      }
    }
    Block b = x.hold(out.columns());
    x.release(in);
    return b;
  }

  /** Whether there is anything to select; rejects invalid parameters. */
  private boolean check(Execution x, double[] k) {
    double min = k[0];
    double max = k[0];
    boolean nan = false;
    for (double v : k) {
      nan |= Double.isNaN(v);
      min = v < min || Double.isNaN(min) ? v : min;
      max = v > max || Double.isNaN(max) ? v : max;
    }
    if (op == AggregateOp.LIMIT_RATIO) {
      if (max == 0 && min == 0) {
        return false;
      }
      if (nan) {
        throw QueryException.execution("Ratio value is NaN");
      }
      if (max > 1) {
        x.annotations().invalidRatio(max, 1, parameterSpan);
      }
      if (min < -1) {
        x.annotations().invalidRatio(min, -1, parameterSpan);
      }
      return true;
    }
    if (max < 1) {
      return false;
    }
    if (nan) {
      throw QueryException.execution("Parameter value is NaN");
    }
    if (min <= -0x1p63) {
      throw QueryException.execution("Scalar value " + GoFloat.g(min) + " underflows int64");
    }
    if (max >= MAX_LONG) {
      throw QueryException.execution("Scalar value " + GoFloat.g(max) + " overflows int64");
    }
    return true;
  }

  private void choose(Execution x, Block in, Groups groups, Heap[] heaps, int s, int k) {
    int[] ofSeries = groups.ofSeries();
    boolean limit = op == AggregateOp.LIMITK;
    for (int i = 0; i < ofSeries.length; i++) {
      Column c = in.column(i);
      double v = c.values()[s];
      Heap h = heaps[ofSeries[i]];
      if (limit) {
        if (h.size < k && c.has(s)) {
          h.push(v, i);
        }
      } else if (!Column.isAbsent(v)) {
        h.offer(v, i, k);
      } else if (c.histogram(s) != null) {
        x.annotations().histogramIgnoredInAggregation(op.text(), span);
      }
    }
  }

  private static void ratio(
      Block in, Groups groups, Heap[] heaps, int s, double ratio, double[] offsets) {
    double r = Math.clamp(ratio, -1, 1);
    if (r == 0) {
      return;
    }
    for (int i = 0; i < in.size(); i++) {
      boolean chosen = r > 0 ? offsets[i] < r : offsets[i] >= 1.0 + r;
      if (chosen && in.column(i).has(s)) {
        heaps[groups.ofSeries()[i]].push(0, i);
      }
    }
  }

  /**
   * Returns a number in [0, 1) for each series by the hash of its labels: XXH64 over lengths, names
   * and values as stored by Prometheus, so that both choose the same series.
   */
  private static double[] offsets(Block in) {
    double[] out = new double[in.size()];
    for (int i = 0; i < out.length; i++) {
      Labels l = in.column(i).labels();
      ByteArrayOutputStream buf = new ByteArrayOutputStream();
      l.forEachBytes(
          (b, no, nl, vo, vl) -> {
            size(buf, nl);
            buf.write(b, no, nl);
            size(buf, vl);
            buf.write(b, vo, vl);
          });
      long h = Hashing.xxh64().hashBytesToLong(buf.toByteArray());
      out[i] = unsigned(h) / 0x1p64;
    }
    return out;
  }

  private static void size(ByteArrayOutputStream out, int n) {
    if (n < 255) {
      out.write(n);
    } else {
      out.write(255);
      out.write(n);
      out.write(n >> 8);
      out.write(n >> 16);
    }
  }

  private static double unsigned(long h) {
    // halves rounded to odd keep the conversion correct
    return h >= 0 ? (double) h : (double) (h >>> 1 | h & 1) * 2;
  }

  /** A heap of series by value: the worst on top, NaN worse than all. */
  private static final class Heap {
    /** So many are sorted without an object each: they are, at every step. */
    private static final int FEW = 32;

    private final boolean reverse;
    private double[] value = new double[8];
    private int[] series = new int[8];
    private int size;

    Heap(boolean reverse) {
      this.reverse = reverse;
    }

    private boolean less(double a, double b) {
      return Double.isNaN(a) || (reverse ? a > b : a < b);
    }

    void offer(double v, int s, int k) {
      if (size < k) {
        push(v, s);
        up(size - 1);
      } else if ((reverse ? value[0] > v : value[0] < v)
          || Double.isNaN(value[0]) && !Double.isNaN(v)) {
        value[0] = v;
        series[0] = s;
        down();
      }
    }

    void push(double v, int s) {
      if (size == value.length) {
        value = Arrays.copyOf(value, size * 2);
        series = Arrays.copyOf(series, size * 2);
      }
      value[size] = v;
      series[size++] = s;
    }

    private void up(int j) {
      while (j > 0) {
        int parent = (j - 1) / 2;
        if (!less(value[j], value[parent])) {
          return;
        }
        swap(parent, j);
        j = parent;
      }
    }

    private void down() {
      int i = 0;
      while (true) {
        int child = 2 * i + 1;
        if (child >= size) {
          return;
        }
        if (child + 1 < size && less(value[child + 1], value[child])) {
          child++;
        }
        if (!less(value[child], value[i])) {
          return;
        }
        swap(i, child);
        i = child;
      }
    }

    private void swap(int a, int b) {
      double v = value[a];
      value[a] = value[b];
      value[b] = v;
      int s = series[a];
      series[a] = series[b];
      series[b] = s;
    }

    /** Sorts best first; equal values keep their order. */
    void sort() {
      if (size <= FEW) {
        insertionSort();
        return;
      }
      List<Integer> order = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        order.add(i);
      }
      order.sort((a, b) -> compare(value[b], value[a]));
      double[] v = value.clone();
      int[] s = series.clone();
      for (int i = 0; i < size; i++) {
        value[i] = v[order.get(i)];
        series[i] = s[order.get(i)];
      }
    }

    private void insertionSort() {
      for (int i = 1; i < size; i++) {
        double v = value[i];
        int s = series[i];
        int at = i;
        for (; at > 0 && compare(v, value[at - 1]) > 0; at--) {
          value[at] = value[at - 1];
          series[at] = series[at - 1];
        }
        value[at] = v;
        series[at] = s;
      }
    }

    private int compare(double a, double b) {
      boolean na = Double.isNaN(a);
      boolean nb = Double.isNaN(b);
      if (na || nb) {
        return na == nb ? 0 : na ? -1 : 1;
      }
      return a == b ? 0 : (reverse ? a > b : a < b) ? -1 : 1;
    }
  }
}
