package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr.Span;
import org.jspecify.annotations.Nullable;

/** A binary operator between a vector and a scalar, on either side. */
public final class VectorScalar extends SeriesMap {
  private final BinaryOp op;
  private final Operator scalar;
  private final boolean scalarLeft;
  private final boolean returnBool;
  private final Span span;

  public VectorScalar(
      BinaryOp op,
      Operator vector,
      Operator scalar,
      boolean scalarLeft,
      boolean returnBool,
      Span span) {
    super(vector);
    this.op = op;
    this.scalar = scalar;
    this.scalarLeft = scalarLeft;
    this.returnBool = returnBool;
    this.span = span;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    Description d = new Description("VectorScalar").with("operator", op.text());
    if (scalarLeft) {
      return d.input("scalar", scalar, grid).input("vector", vector, grid);
    }
    return d.input("vector", vector, grid).input("scalar", scalar, grid);
  }

  @Override
  boolean remarks() {
    return true; // of histograms
  }

  @Override
  boolean dropsName() {
    return returnBool || changesMetric(op);
  }

  /** Whether an operator gives another metric: arithmetic does, filters and trims do not. */
  static boolean changesMetric(BinaryOp op) {
    return switch (op) {
      case ADD, SUB, MUL, DIV, MOD, POW, ATAN2 -> true;
      default -> false;
    };
  }

  @Override
  Change prepare(Execution x, Grid grid) {
    double[] scalars = scalar.scalar(x, grid);
    return t -> {
      @Nullable Histogram[] hs = t.histograms();
      if (op == BinaryOp.TRIM_LOWER || op == BinaryOp.TRIM_UPPER) {
        trimFloats(x, t.values);
      } else if (op.isComparison()) {
        compare(t.values, scalars);
      } else {
        arithmetic(t.values, scalars);
      }
      if (hs != null) {
        histograms(x, t, hs, scalars);
      }
    };
  }

  private void trimFloats(Execution x, double[] v) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(v[s])) {
        x.annotations().incompatibleTypes(op.text(), "float", "float", span);
        v[s] = Column.ABSENT;
      }
    }
  }

  private void compare(double[] v, double[] scalars) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(v[s])) {
        boolean keep =
            scalarLeft
                ? ElementOperation.holds(op, scalars[s], v[s])
                : ElementOperation.holds(op, v[s], scalars[s]);
        if (returnBool) {
          v[s] = keep ? 1 : 0;
        } else if (!keep) {
          v[s] = Column.ABSENT;
        }
      }
    }
  }

  private void arithmetic(double[] v, double[] scalars) {
    switch (op) {
      case ADD -> add(v, scalars);
      case MUL -> multiply(v, scalars);
      case DIV -> divide(v, scalars, scalarLeft);
      default -> {
        for (int s = 0; s < v.length; s++) {
          if (!Column.isAbsent(v[s])) {
            v[s] =
                scalarLeft
                    ? ElementOperation.arithmetic(op, scalars[s], v[s])
                    : ElementOperation.arithmetic(op, v[s], scalars[s]);
          }
        }
      }
    }
  }

  private static void add(double[] v, double[] scalars) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(v[s])) {
        v[s] += scalars[s];
      }
    }
  }

  private static void multiply(double[] v, double[] scalars) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(v[s])) {
        v[s] *= scalars[s];
      }
    }
  }

  private static void divide(double[] v, double[] scalars, boolean scalarLeft) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(v[s])) {
        v[s] = scalarLeft ? scalars[s] / v[s] : v[s] / scalars[s];
      }
    }
  }

  private void histograms(Execution x, SeriesTarget t, @Nullable Histogram[] hs, double[] scalars) {
    ElementOperation.Result r = new ElementOperation.Result();
    for (int s = 0; s < hs.length; s++) {
      Histogram h = hs[s];
      if (h == null) {
        continue;
      }
      double c = scalars[s];
      ElementOperation.withHistogram(
          op,
          scalarLeft ? c : 0,
          scalarLeft ? null : h,
          scalarLeft ? 0 : c,
          scalarLeft ? h : null,
          r);
      if (r.remark != null) {
        r.remark.addTo(x.annotations(), op, span);
      }
      hs[s] = r.failed || returnBool ? null : r.histogram;
      if (returnBool && !r.failed) {
        t.values[s] = r.keep ? 1 : 0;
      }
    }
  }
}
