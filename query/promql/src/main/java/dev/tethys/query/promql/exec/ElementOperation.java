package dev.tethys.query.promql.exec;

import dev.tethys.model.GoMath;
import dev.tethys.model.GoTrigonometry;
import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.histogram.HistogramAccumulator;
import dev.tethys.model.histogram.HistogramArithmetic;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.exec.Annotations.HistogramOperation;
import org.jspecify.annotations.Nullable;

/** A binary operator on two samples. */
final class ElementOperation {
  private ElementOperation() {}

  /** Two numbers as scalars: comparisons give 0 or 1. */
  static double scalars(BinaryOp op, double l, double r) {
    return op.isComparison() ? (holds(op, l, r) ? 1 : 0) : arithmetic(op, l, r);
  }

  /** A comparison of two numbers. */
  static boolean holds(BinaryOp op, double l, double r) {
    return switch (op) {
      case EQL -> l == r;
      case NEQ -> l != r;
      case LSS -> l < r;
      case LTE -> l <= r;
      case GTR -> l > r;
      case GTE -> l >= r;
      default -> throw new IllegalArgumentException(op.text());
    };
  }

  /** An arithmetic operation on two numbers. */
  static double arithmetic(BinaryOp op, double l, double r) {
    return switch (op) {
      case ADD -> l + r;
      case SUB -> l - r;
      case MUL -> l * r;
      case DIV -> l / r;
      case MOD -> l % r;
      case POW -> GoMath.pow(l, r);
      case ATAN2 -> GoTrigonometry.atan2(l, r);
      default -> throw new IllegalArgumentException(op.text());
    };
  }

  /** What came of an operation in which a histogram takes part. */
  static final class Result {
    /** Whether a filter lets the left side through; true for arithmetic. */
    boolean keep;

    /** Whether the types or layouts do not fit: there is no result at all. */
    boolean failed;

    @Nullable Histogram histogram;

    private void fail() {
      failed = true;
      keep = false;
      histogram = null;
    }
  }

  /**
   * An operation on samples of which at least one is a histogram, or one that floats do not know.
   *
   * @param lh the left histogram, or null for the float {@code l}; likewise right
   */
  static void withHistogram(
      BinaryOp op,
      double l,
      @Nullable Histogram lh,
      double r,
      @Nullable Histogram rh,
      Annotations annotations,
      Span span,
      Result out) {
    out.keep = true;
    out.failed = false;
    out.histogram = null;
    if (lh != null && rh != null) {
      both(op, lh, rh, annotations, span, out);
    } else if (lh != null && op == BinaryOp.MUL) {
      out.histogram = HistogramArithmetic.multiply(lh, r);
    } else if (lh != null && op == BinaryOp.DIV) {
      out.histogram = HistogramArithmetic.divide(lh, r);
    } else if (lh != null && op == BinaryOp.TRIM_UPPER) {
      out.histogram = HistogramArithmetic.trimAbove(lh, r);
    } else if (lh != null && op == BinaryOp.TRIM_LOWER) {
      out.histogram = HistogramArithmetic.trimBelow(lh, r);
    } else if (rh != null && op == BinaryOp.MUL) {
      out.histogram = HistogramArithmetic.multiply(rh, l);
    } else {
      annotations.incompatibleTypes(op.text(), type(lh), type(rh), span);
      out.fail();
    }
  }

  private static String type(@Nullable Histogram h) {
    return h == null ? "float" : "histogram";
  }

  private static void both(
      BinaryOp op, Histogram l, Histogram r, Annotations annotations, Span span, Result out) {
    switch (op) {
      case ADD, SUB -> {
        boolean minus = op == BinaryOp.SUB;
        HistogramAccumulator sum = new HistogramAccumulator(l);
        int outcome = minus ? sum.subtract(r) : sum.add(r);
        if (outcome == HistogramAccumulator.INCOMPATIBLE) {
          annotations.incompatibleBuckets(op.text(), span);
          out.fail();
          return;
        }
        HistogramOperation name =
            minus ? HistogramOperation.SUBTRACTION : HistogramOperation.ADDITION;
        if ((outcome & HistogramAccumulator.RESET_CONFLICT) != 0) {
          annotations.resetConflict(name, span);
          out.fail(); // as in Prometheus, where this warning stands in an error's place
          return;
        }
        if ((outcome & HistogramAccumulator.BOUNDS_RECONCILED) != 0) {
          annotations.boundsReconciled(name, span);
        }
        if (minus) {
          sum.resetHint(ResetHint.GAUGE);
        }
        out.histogram = sum.toHistogram();
      }
      case EQL -> {
        out.keep = HistogramArithmetic.sameObservations(l, r);
        out.histogram = l;
      }
      case NEQ -> {
        out.keep = !HistogramArithmetic.sameObservations(l, r);
        out.histogram = l;
      }
      default -> {
        annotations.incompatibleTypes(op.text(), "histogram", "histogram", span);
        out.fail();
      }
    }
  }
}
