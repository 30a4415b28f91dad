package dev.tethys.query.promql.exec;

/**
 * {@code stdvar_over_time}, {@code stddev_over_time}: Welford's method with carries.
 *
 * <p>Each sample depends on the mean of the previous ones, which requires a division. Windows of
 * the same shape are therefore computed in parallel, so that the processor can overlap several
 * divisions.
 */
public final class Variance extends FloatOverTime {
  private final boolean root;

  public Variance(boolean root) {
    super(1);
    this.root = root;
  }

  @Override
  public double costPerSample() {
    return 0.1;
  }

  @Override
  public void floats(Windows w, double[] out) {
    WindowRows rows = WindowRows.of(w);
    Rows sums = rows == null ? null : new Rows(w, rows);
    Growing growing = new Growing();
    for (int s = 0; s < out.length; s++) {
      int from = w.from[s];
      int to = w.to[s];
      if (from >= to) {
        continue;
      }
      if (sums != null && sums.run.has(s) && sums.isFinite(s)) {
        out[s] = finish(sums.ofSquares(s), to - from);
      } else {
        growing.reach(w, from, to);
        out[s] = finish(growing.ofSquares(), to - from);
      }
    }
  }

  /** The means and the sums of squared distances from them, of windows side by side. */
  private static final class Rows {
    private final WindowRows.Run run;
    private final double[] means;
    private final double[] meanCarries;
    private final double[] squares;
    private final double[] squareCarries;

    Rows(Windows w, WindowRows rows) {
      run = rows.run;
      int n = run.steps();
      means = rows.sums;
      meanCarries = rows.carries;
      squares = w.workspace.zeros(4, n);
      squareCarries = w.workspace.zeros(5, n);
      for (int i = 0; i < run.length(); i++) {
        add(rows.row(i), i + 1, means, meanCarries, squares, squareCarries, n);
      }
    }

    /**
     * Adds a sample to each window; see {@link Kernels#carry} for values that may not be finite.
     */
    private static void add(
        double[] row,
        double count,
        double[] means,
        double[] meanCarries,
        double[] squares,
        double[] squareCarries,
        int n) {
      for (int s = 0; s < n; s++) {
        double x = row[s];
        double before = means[s];
        double carry = meanCarries[s];
        double delta = x - (before + carry);
        double add = delta / count;
        double t = before + add;
        double part = t - before;
        carry += (before - (t - part)) + (add - part);
        means[s] = t;
        meanCarries[s] = carry;
        add = delta * (x - (t + carry));
        before = squares[s];
        t = before + add;
        part = t - before;
        squareCarries[s] += (before - (t - part)) + (add - part);
        squares[s] = t;
      }
    }

    /**
     * Whether the sum is finite; one that was infinite in between, where its carry must be dropped,
     * is not.
     */
    boolean isFinite(int step) {
      int k = step - run.first();
      return Double.isFinite(means[k]) && Double.isFinite(squares[k]);
    }

    double ofSquares(int step) {
      int k = step - run.first();
      return squares[k] + squareCarries[k];
    }
  }

  @Override
  double of(Windows w, int s, int from, int to) {
    Growing one = new Growing();
    one.reach(w, from, to);
    return finish(one.ofSquares(), to - from);
  }

  /** A mean and the squared distances from it, from window to window. */
  private static final class Growing {
    private final GrowingWindow window = new GrowingWindow();
    private double mean;
    private double meanCarry;
    private double squares;
    private double carry;

    void reach(Windows w, int from, int to) {
      int begin = window.reach(from, to);
      if (begin == from) {
        mean = 0;
        meanCarry = 0;
        squares = 0;
        carry = 0;
      }
      w.countSamples(to - begin);
      add(w.values, begin, to, begin - from);
    }

    /** Adds samples {@code [begin, end)} to {@code before} earlier ones. */
    private void add(double[] v, int begin, int end, double before) {
      double count = before;
      double m = mean;
      double mc = meanCarry;
      double q = squares;
      double c = carry;
      for (int i = begin; i < end; i++) {
        count++;
        double delta = v[i] - (m + mc);
        double add = delta / count;
        double t = m + add;
        mc = Kernels.carry(m, add, t, mc);
        m = t;
        add = delta * (v[i] - (m + mc));
        t = q + add;
        c = Kernels.carry(q, add, t, c);
        q = t;
      }
      mean = m;
      meanCarry = mc;
      squares = q;
      carry = c;
    }

    double ofSquares() {
      return squares + carry;
    }
  }

  private double finish(double squares, double count) {
    double variance = squares / count;
    return root ? Math.sqrt(variance) : variance;
  }
}
