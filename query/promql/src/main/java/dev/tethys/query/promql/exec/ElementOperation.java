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

  /** Applies an operator to two scalars: comparisons return 0 or 1. */
  static double scalars(BinaryOp op, double l, double r) {
    return op.isComparison() ? (holds(op, l, r) ? 1 : 0) : arithmetic(op, l, r);
  }

  /** Compares two numbers. */
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

  /** Applies an arithmetic operator to two numbers. */
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

  /** Remark about an operation on histograms. */
  enum Remark {
    FLOAT_FLOAT,
    FLOAT_HISTOGRAM,
    HISTOGRAM_FLOAT,
    HISTOGRAM_HISTOGRAM,
    INCOMPATIBLE_BUCKETS,
    RESET_CONFLICT,
    BOUNDS_RECONCILED;

    private static Remark types(boolean left, boolean right) {
      return left
          ? right ? HISTOGRAM_HISTOGRAM : HISTOGRAM_FLOAT
          : right ? FLOAT_HISTOGRAM : FLOAT_FLOAT;
    }

    /** Adds it for an operation at a position in the query. */
    void addTo(Annotations annotations, BinaryOp op, Span span) {
      HistogramOperation name =
          op == BinaryOp.SUB ? HistogramOperation.SUBTRACTION : HistogramOperation.ADDITION;
      switch (this) {
        case FLOAT_FLOAT -> annotations.incompatibleTypes(op.text(), "float", "float", span);
        case FLOAT_HISTOGRAM ->
            annotations.incompatibleTypes(op.text(), "float", "histogram", span);
        case HISTOGRAM_FLOAT ->
            annotations.incompatibleTypes(op.text(), "histogram", "float", span);
        case HISTOGRAM_HISTOGRAM ->
            annotations.incompatibleTypes(op.text(), "histogram", "histogram", span);
        case INCOMPATIBLE_BUCKETS -> annotations.incompatibleBuckets(op.text(), span);
        case RESET_CONFLICT -> annotations.resetConflict(name, span);
        case BOUNDS_RECONCILED -> annotations.boundsReconciled(name, span);
      }
    }
  }

  /** Result of an operation on histograms. */
  static final class Result {
    /** Whether a filter lets the left side through; true for arithmetic. */
    boolean keep;

    /** Whether the types or layouts do not fit: there is no result at all. */
    boolean failed;

    @Nullable Histogram histogram;

    /** Annotation of the operation; null if none. */
    @Nullable Remark remark;

    private void fail(Remark why) {
      failed = true;
      keep = false;
      histogram = null;
      remark = why;
    }
  }

  /**
   * Applies an operator to samples of which at least one is a histogram, or an operator undefined
   * for floats.
   *
   * @param lh the left histogram, or null for the float {@code l}; likewise right
   */
  static void withHistogram(
      BinaryOp op, double l, @Nullable Histogram lh, double r, @Nullable Histogram rh, Result out) {
    out.keep = true;
    out.failed = false;
    out.histogram = null;
    out.remark = null;
    if (lh != null && rh != null) {
      both(op, lh, rh, out);
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
      out.fail(Remark.types(lh != null, rh != null));
    }
  }

  private static void both(BinaryOp op, Histogram l, Histogram r, Result out) {
    switch (op) {
      case ADD, SUB -> {
        boolean minus = op == BinaryOp.SUB;
        HistogramAccumulator sum = new HistogramAccumulator(l);
        int outcome = minus ? sum.subtract(r) : sum.add(r);
        if (outcome == HistogramAccumulator.INCOMPATIBLE) {
          out.fail(Remark.INCOMPATIBLE_BUCKETS);
          return;
        }
        if ((outcome & HistogramAccumulator.RESET_CONFLICT) != 0) {
          // As in Prometheus, which returns this warning where others return an error.
          out.fail(Remark.RESET_CONFLICT);
          return;
        }
        if ((outcome & HistogramAccumulator.BOUNDS_RECONCILED) != 0) {
          out.remark = Remark.BOUNDS_RECONCILED;
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
      default -> out.fail(Remark.HISTOGRAM_HISTOGRAM);
    }
  }
}
