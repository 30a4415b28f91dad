package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One group of an aggregation over all steps, while series are added to it. Not thread-safe. */
abstract class Accumulator {
  /** Whether a series that was added requires its name dropped at the end. */
  boolean dropName;

  /** Values by step; absent before the first sample. */
  final double[] values;

  final Annotations annotations;
  final Span span;

  private Accumulator(int steps, Annotations annotations, Span span) {
    values = Column.absent(steps);
    this.annotations = annotations;
    this.span = span;
  }

  static Accumulator of(AggregateOp op, int steps, Annotations annotations, Span span) {
    return switch (op) {
      case SUM -> new Sum(false, steps, annotations, span);
      case AVG -> new Sum(true, steps, annotations, span);
      case MIN -> new Extreme(false, steps, annotations, span);
      case MAX -> new Extreme(true, steps, annotations, span);
      case COUNT -> new Count(false, steps, annotations, span);
      case GROUP -> new Count(true, steps, annotations, span);
      case STDDEV -> new Variance(true, steps, annotations, span);
      case STDVAR -> new Variance(false, steps, annotations, span);
      default -> throw new IllegalArgumentException(op.text());
    };
  }

  /** Adds a series; returns false if it has no sample. */
  boolean add(SeriesTarget t, Supplier<Labels> labels) {
    boolean any = addFloats(t.values);
    @Nullable Histogram[] hs = t.histograms();
    if (hs != null) {
      for (int s = 0; s < hs.length; s++) {
        Histogram h = hs[s];
        if (h != null) {
          any = true;
          addHistogram(s, h, labels.get());
        }
      }
    }
    return any;
  }

  /** Adds the floats of a series; returns false if it has none. */
  abstract boolean addFloats(double[] v);

  /** Adds series with a float 1 at the same steps, if their position is not negative. */
  void addPresent(int[] places, int series) {
    throw new IllegalStateException("requests values");
  }

  abstract void addHistogram(int step, Histogram h, Labels labels);

  /** Returns the result, or null if there is none at any step. */
  abstract @Nullable Column finish(Labels labels);

  final @Nullable Column column(Labels labels, @Nullable Histogram @Nullable [] histograms) {
    Column c = new Column(labels, dropName, values, histograms);
    return c.isEmpty() ? null : c;
  }

  /** {@code sum} and {@code avg}; see {@link Kernels#mean} and {@link HistogramMean}. */
  private static final class Sum extends Accumulator {
    private final boolean mean;
    private final double[] carry;
    private final int @Nullable [] count;
    private boolean @Nullable [] incremental;
    private @Nullable HistogramMean @Nullable [] histograms;
    private boolean @Nullable [] afterFloat; // a histogram came where a float was: a mix

    Sum(boolean mean, int steps, Annotations annotations, Span span) {
      super(steps, annotations, span);
      this.mean = mean;
      carry = new double[steps];
      count = mean ? new int[steps] : null;
    }

    @Override
    boolean addFloats(double[] v) {
      if (histograms != null) {
        return addBesideHistograms(v, histograms);
      }
      return count == null ? addSum(v, values, carry) : addMean(v, count);
    }

    private static boolean addSum(double[] v, double[] sum, double[] carry) {
      boolean any = false;
      for (int s = 0; s < v.length; s++) {
        double x = v[s];
        if (Column.isAbsent(x)) {
          continue;
        }
        any = true;
        double before = sum[s];
        if (Column.isAbsent(before)) {
          sum[s] = x;
          continue;
        }
        double t = before + x;
        carry[s] = Kernels.carry(before, x, t, carry[s]);
        sum[s] = t;
      }
      return any;
    }

    private boolean addMean(double[] v, int[] counts) {
      boolean any = false;
      for (int s = 0; s < v.length; s++) {
        double x = v[s];
        if (!Column.isAbsent(x)) {
          any = true;
          addMean(s, x, counts);
        }
      }
      return any;
    }

    private void addMean(int s, double x, int[] counts) {
      double before = values[s];
      int n = ++counts[s];
      if (Column.isAbsent(before)) {
        values[s] = x;
        return;
      }
      if (incremental == null || !incremental[s]) {
        double t = before + x;
        if (!Double.isInfinite(t)) {
          carry[s] = Kernels.carry(before, x, t, carry[s]);
          values[s] = t;
          return;
        }
        if (incremental == null) {
          incremental = new boolean[values.length];
        }
        incremental[s] = true;
        before /= n - 1;
        carry[s] /= n - 1;
      }
      double q = (double) (n - 1) / n;
      double base = q * before;
      double add = x / n;
      double t = base + add;
      carry[s] = Kernels.carry(base, add, t, q * carry[s]);
      values[s] = t;
    }

    private boolean addBesideHistograms(double[] v, @Nullable HistogramMean[] hs) {
      boolean any = false;
      double[] one = new double[values.length];
      System.arraycopy(v, 0, one, 0, v.length);
      for (int s = 0; s < v.length; s++) {
        HistogramMean h = hs[s];
        any |= !Column.isAbsent(v[s]);
        if (h != null && h.isIncompatible()) {
          one[s] = Column.ABSENT;
        }
      }
      if (count == null) {
        addSum(one, values, carry);
      } else {
        addMean(one, count);
      }
      return any;
    }

    @Override
    void addHistogram(int s, Histogram h, Labels labels) {
      @Nullable HistogramMean[] hs = histograms;
      if (hs == null) {
        hs = new HistogramMean[values.length];
        histograms = hs;
      }
      HistogramMean m = hs[s];
      if (m == null) {
        if (!Column.isAbsent(values[s])) {
          if (afterFloat == null) {
            afterFloat = new boolean[values.length];
          }
          afterFloat[s] = true;
          return;
        }
        m = new HistogramMean(mean);
        hs[s] = m;
      }
      if (m.isIncompatible()) {
        return;
      }
      if (!m.add(h)) {
        annotations.mixedSchemas(labels.metricName(), span);
      }
      if (m.takeReconciled()) {
        annotations.boundsReconciled(Annotations.HistogramOperation.AGGREGATION, span);
      }
    }

    @Override
    @Nullable Column finish(Labels labels) {
      @Nullable Histogram[] out = histograms == null ? null : new Histogram[values.length];
      for (int s = 0; s < values.length; s++) {
        HistogramMean h = histograms == null ? null : histograms[s];
        boolean mixed = afterFloat != null && afterFloat[s];
        if (!Column.isAbsent(values[s])) {
          if (h != null || mixed) {
            annotations.mixedInAggregation(span);
            values[s] = Column.ABSENT;
          } else {
            finishFloat(s);
          }
        } else if (h != null && !h.isIncompatible() && out != null) {
          if (h.hasResetConflict()) {
            annotations.resetConflict(Annotations.HistogramOperation.AGGREGATION, span);
          }
          out[s] = h.result();
        }
      }
      return column(labels, out);
    }

    private void finishFloat(int s) {
      if (count == null || incremental != null && incremental[s]) {
        values[s] += carry[s];
      } else {
        values[s] = values[s] / count[s] + carry[s] / count[s];
      }
    }
  }

  /** {@code min} and {@code max}: NaN only if all values are NaN. */
  private static final class Extreme extends Accumulator {
    private final boolean max;

    Extreme(boolean max, int steps, Annotations annotations, Span span) {
      super(steps, annotations, span);
      this.max = max;
    }

    @Override
    boolean addFloats(double[] v) {
      return max ? max(v, values) : min(v, values);
    }

    private static boolean max(double[] v, double[] out) {
      boolean any = false;
      for (int s = 0; s < v.length; s++) {
        double x = v[s];
        if (!Column.isAbsent(x)) {
          any = true;
          if (out[s] < x || Double.isNaN(out[s])) {
            out[s] = x;
          }
        }
      }
      return any;
    }

    private static boolean min(double[] v, double[] out) {
      boolean any = false;
      for (int s = 0; s < v.length; s++) {
        double x = v[s];
        if (!Column.isAbsent(x)) {
          any = true;
          if (out[s] > x || Double.isNaN(out[s])) {
            out[s] = x;
          }
        }
      }
      return any;
    }

    @Override
    void addHistogram(int s, Histogram h, Labels labels) {
      annotations.histogramIgnoredInAggregation(max ? "max" : "min", span);
    }

    @Override
    @Nullable Column finish(Labels labels) {
      return column(labels, null);
    }
  }

  /** {@code count} and {@code group}: only presence matters. */
  private static final class Count extends Accumulator {
    private final boolean one;

    Count(boolean one, int steps, Annotations annotations, Span span) {
      super(steps, annotations, span);
      this.one = one;
    }

    @Override
    boolean addFloats(double[] v) {
      boolean any = false;
      for (int s = 0; s < v.length; s++) {
        if (!Column.isAbsent(v[s])) {
          any = true;
          increase(s);
        }
      }
      return any;
    }

    @Override
    void addPresent(int[] places, int series) {
      for (int s = 0; s < places.length; s++) {
        if (places[s] >= 0) {
          values[s] = one ? 1 : Column.isAbsent(values[s]) ? series : values[s] + series;
        }
      }
    }

    private void increase(int s) {
      values[s] = one || Column.isAbsent(values[s]) ? 1 : values[s] + 1;
    }

    @Override
    void addHistogram(int s, Histogram h, Labels labels) {
      increase(s);
    }

    @Override
    @Nullable Column finish(Labels labels) {
      return column(labels, null);
    }
  }

  /** {@code stddev} and {@code stdvar}: Welford's method. */
  private static final class Variance extends Accumulator {
    private final boolean root;
    private final double[] mean;
    private final int[] count;

    Variance(boolean root, int steps, Annotations annotations, Span span) {
      super(steps, annotations, span);
      this.root = root;
      mean = new double[steps];
      count = new int[steps];
    }

    @Override
    boolean addFloats(double[] v) {
      boolean any = false;
      for (int s = 0; s < v.length; s++) {
        double x = v[s];
        if (Column.isAbsent(x)) {
          continue;
        }
        any = true;
        int n = ++count[s];
        if (n == 1) {
          mean[s] = x;
          values[s] = Double.isNaN(x) || Double.isInfinite(x) ? Double.NaN : 0;
        } else {
          double delta = x - mean[s];
          mean[s] += delta / n;
          values[s] += delta * (x - mean[s]);
        }
      }
      return any;
    }

    @Override
    void addHistogram(int s, Histogram h, Labels labels) {
      annotations.histogramIgnoredInAggregation(root ? "stddev" : "stdvar", span);
    }

    @Override
    @Nullable Column finish(Labels labels) {
      for (int s = 0; s < values.length; s++) {
        if (count[s] > 0) {
          double v = values[s] / count[s];
          values[s] = root ? Math.sqrt(v) : v;
        }
      }
      return column(labels, null);
    }
  }
}
