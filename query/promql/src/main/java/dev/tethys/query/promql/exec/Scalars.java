package dev.tethys.query.promql.exec;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import dev.tethys.query.promql.ast.BinaryOp;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/** Operators that return one number per step. */
public final class Scalars {
  private Scalars() {}

  /** An operator whose result is one series without labels, with a float at every step. */
  private abstract static class ScalarOperator extends Operator {
    @Override
    public boolean isScalar() {
      return true;
    }

    @Override
    final Block compute(Execution x, Grid grid) {
      double[] v = new double[grid.steps()];
      fill(x, grid, v);
      return x.hold(List.of(new Column(Labels.EMPTY, false, v, null)));
    }

    abstract void fill(Execution x, Grid grid, double[] out);
  }

  /** Constant number. */
  public static final class Constant extends ScalarOperator {
    private final double value;

    public Constant(double value) {
      this.value = value;
    }

    public double value() {
      return value;
    }

    @Override
    public Description describe(Grid grid, long lookback) {
      return new Description("Constant").with("value", GoFloat.g(value));
    }

    @Override
    void fill(Execution x, Grid grid, double[] out) {
      Arrays.fill(out, value);
    }
  }

  /** {@code time()}: the step's time in seconds. */
  public static final class Time extends ScalarOperator {
    @Override
    public Description describe(Grid grid, long lookback) {
      return new Description("Time");
    }

    @Override
    void fill(Execution x, Grid grid, double[] out) {
      for (int s = 0; s < out.length; s++) {
        out[s] = (double) grid.time(s) / 1000;
      }
    }
  }

  /** The step's time in seconds, truncated; used by date functions without an argument. */
  public static final class WholeSeconds extends ScalarOperator {
    @Override
    public Description describe(Grid grid, long lookback) {
      return new Description("Time");
    }

    @Override
    void fill(Execution x, Grid grid, double[] out) {
      for (int s = 0; s < out.length; s++) {
        out[s] = grid.time(s) / 1000;
      }
    }
  }

  /** A binary operator on two scalars. */
  public static final class Binary extends ScalarOperator {
    private final BinaryOp op;
    private final Operator left;
    private final Operator right;

    public Binary(BinaryOp op, Operator left, Operator right) {
      this.op = op;
      this.left = left;
      this.right = right;
    }

    /** Applies the operator to two numbers; comparisons return 0 or 1. */
    public static double apply(BinaryOp op, double l, double r) {
      return ElementOperation.scalars(op, l, r);
    }

    @Override
    public Description describe(Grid grid, long lookback) {
      return new Description("ScalarOperation")
          .input("left", left, grid)
          .input("right", right, grid);
    }

    @Override
    void fill(Execution x, Grid grid, double[] out) {
      double[] l = left.scalar(x, grid);
      double[] r = right.scalar(x, grid);
      for (int s = 0; s < out.length; s++) {
        out[s] = ElementOperation.scalars(op, l[s], r[s]);
      }
    }
  }

  /** {@code min_of}, {@code max_of}. */
  public static final class OfTwo extends ScalarOperator {
    private final DoubleBinaryOperator f;
    private final Operator left;
    private final Operator right;

    public OfTwo(DoubleBinaryOperator f, Operator left, Operator right) {
      this.f = f;
      this.left = left;
      this.right = right;
    }

    @Override
    public Description describe(Grid grid, long lookback) {
      return new Description("ScalarFunction")
          .input("left", left, grid)
          .input("right", right, grid);
    }

    @Override
    void fill(Execution x, Grid grid, double[] out) {
      double[] l = left.scalar(x, grid);
      double[] r = right.scalar(x, grid);
      for (int s = 0; s < out.length; s++) {
        out[s] = f.applyAsDouble(l[s], r[s]);
      }
    }
  }

  /** {@code scalar(v)}: the only float of a vector, or NaN. */
  public static final class OfVector extends ScalarOperator {
    private final Operator vector;

    public OfVector(Operator vector) {
      this.vector = vector;
    }

    @Override
    public Description describe(Grid grid, long lookback) {
      return new Description("ToScalar").input("vector", vector, grid);
    }

    @Override
    void fill(Execution x, Grid grid, double[] out) {
      Block b = vector.evaluate(x, grid);
      int[] found = new int[out.length];
      Arrays.fill(out, Double.NaN);
      for (Column c : b.columns()) {
        for (int s = 0; s < out.length; s++) {
          double v = c.values()[s];
          if (!Column.isAbsent(v)) {
            out[s] = found[s]++ == 0 ? v : Double.NaN;
          }
        }
      }
      x.release(b);
    }
  }

  /** {@code vector(s)}: a scalar as a vector of one series without labels. */
  public static final class ToVector extends Operator {
    private final Operator scalar;

    public ToVector(Operator scalar) {
      this.scalar = scalar;
    }

    @Override
    public Description describe(Grid grid, long lookback) {
      return new Description("ToVector").input("scalar", scalar, grid);
    }

    @Override
    Block compute(Execution x, Grid grid) {
      return scalar.evaluate(x, grid);
    }
  }

  /** Minus before a scalar. */
  public static final class Negation extends ScalarOperator {
    private final Operator scalar;

    public Negation(Operator scalar) {
      this.scalar = scalar;
    }

    @Override
    public Description describe(Grid grid, long lookback) {
      return new Description("ScalarOperation").input("scalar", scalar, grid);
    }

    @Override
    void fill(Execution x, Grid grid, double[] out) {
      double[] v = scalar.scalar(x, grid);
      for (int s = 0; s < out.length; s++) {
        out[s] = -v[s];
      }
    }
  }
}
