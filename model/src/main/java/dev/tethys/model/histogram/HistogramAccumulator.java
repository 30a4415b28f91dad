package dev.tethys.model.histogram;

import dev.tethys.model.CompensatedSum;
import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Histogram to which others are added, or from which they are subtracted, in place.
 *
 * <p>Differences are reconciled on the fly: the lower resolution wins, zero buckets grow to a
 * threshold that cuts no populated bucket of either side, and custom bounds shrink to those that
 * both have. Exponential and custom buckets cannot be mixed: an operation then returns {@link
 * #INCOMPATIBLE} and changes nothing.
 *
 * <p>Two ways of adding exist because Prometheus has both: plain ({@link #add}, {@link #subtract}),
 * and compensated ({@link #addCompensated}) with a carry for each number that {@link #settle} adds
 * at the end. Invariant: the rows are ascending by bucket index; carries are zero until the first
 * compensated addition. Not thread-safe.
 */
public final class HistogramAccumulator {
  /** Bit of an outcome: one operand has the hint reset, the other no reset. */
  public static final int RESET_CONFLICT = 1;

  /** Bit of an outcome: custom bounds differed and were reduced to the common ones. */
  public static final int BOUNDS_RECONCILED = 2;

  /** Outcome: exponential with custom buckets; nothing was done. */
  public static final int INCOMPATIBLE = 4;

  private static final double[] NO_BOUNDS = {};
  private static final int[] NO_SPANS = {};
  private static final double[] NO_BUCKETS = {};

  private int schema;
  private ResetHint hint = ResetHint.UNKNOWN;
  private final ZeroBucket zero = new ZeroBucket();
  private double count;
  private double countCarry;
  private double sum;
  private double sumCarry;
  private double @Nullable [] bounds;
  private boolean compensated;
  private final BucketRow positive = new BucketRow();
  private final BucketRow negative = new BucketRow();

  // the other operand after conversion
  private final BucketRow otherPositive = new BucketRow();
  private final BucketRow otherNegative = new BucketRow();
  private final ZeroBucket otherZero = new ZeroBucket();

  /** Starts with a histogram, which is only read. */
  public HistogramAccumulator(Histogram start) {
    set(start);
  }

  /** Resets the accumulator to a histogram. */
  public HistogramAccumulator set(Histogram h) {
    schema = h.schema();
    hint = h.resetHint();
    zero.start(h.zeroThreshold(), h.zeroCount(), 0);
    count = h.count();
    sum = h.sum();
    countCarry = 0;
    sumCarry = 0;
    bounds = h.customBounds();
    compensated = false;
    positive.load(h.positiveSpans(), h.positive());
    negative.load(h.negativeSpans(), h.negative());
    return this;
  }

  /** Becomes a copy of another accumulator. */
  public HistogramAccumulator set(HistogramAccumulator o) {
    schema = o.schema;
    hint = o.hint;
    zero.start(o.zero.threshold, o.zero.count, o.zero.carry);
    count = o.count;
    sum = o.sum;
    countCarry = o.countCarry;
    sumCarry = o.sumCarry;
    bounds = o.bounds;
    compensated = o.compensated;
    positive.copyFrom(o.positive);
    negative.copyFrom(o.negative);
    return this;
  }

  /** Becomes an empty histogram of the layout of another. */
  public HistogramAccumulator setEmptyLike(Histogram h) {
    schema = h.schema();
    hint = ResetHint.UNKNOWN;
    zero.start(0, 0, 0);
    count = 0;
    sum = 0;
    countCarry = 0;
    sumCarry = 0;
    bounds = h.customBounds();
    compensated = false;
    positive.size = 0;
    negative.size = 0;
    return this;
  }

  public double count() {
    return count;
  }

  public boolean hasCustomBuckets() {
    return schema == Histogram.CUSTOM_BUCKETS;
  }

  /** Overrides the reset hint. */
  public void resetHint(ResetHint to) {
    hint = to;
  }

  public ResetHint resetHint() {
    return hint;
  }

  /** Adds without carries and returns flags of the outcome, 0 for plain success. */
  public int add(Histogram other) {
    return plain(other, false);
  }

  /** Subtracts without carries. The hint is treated as in an addition. */
  public int subtract(Histogram other) {
    return plain(other, true);
  }

  private int plain(Histogram other, boolean minus) {
    if (hasCustomBuckets() != other.hasCustomBuckets()) {
      return INCOMPATIBLE;
    }
    int outcome = meetHint(other.resetHint());
    load(other);
    if (hasCustomBuckets()) {
      count = minus ? count - other.count() : count + other.count();
      sum = minus ? sum - other.sum() : sum + other.sum();
      return outcome | addCustom(other, minus, false);
    }
    reconcileZero(other, false);
    zero.count = minus ? zero.count - otherZero.count : zero.count + otherZero.count;
    count = minus ? count - other.count() : count + other.count();
    sum = minus ? sum - other.sum() : sum + other.sum();
    reconcileSchema(other, false);
    addOtherRows(minus, false);
    return outcome;
  }

  /** Adds with carries. Returns bits of an outcome, 0 for plain success. */
  public int addCompensated(Histogram other) {
    if (hasCustomBuckets() != other.hasCustomBuckets()) {
      return INCOMPATIBLE;
    }
    int outcome = meetHint(other.resetHint());
    compensated = true;
    load(other);
    if (!hasCustomBuckets()) {
      reconcileZero(other, true);
      increaseZero(otherZero.count);
      increaseZero(otherZero.carry);
    }
    double t = count + other.count();
    countCarry = CompensatedSum.carry(count, other.count(), t, countCarry);
    count = t;
    t = sum + other.sum();
    sumCarry = CompensatedSum.carry(sum, other.sum(), t, sumCarry);
    sum = t;
    if (hasCustomBuckets()) {
      return outcome | addCustom(other, false, true);
    }
    reconcileSchema(other, true);
    addOtherRows(false, true);
    return outcome;
  }

  private void increaseZero(double v) {
    double t = zero.count + v;
    zero.carry = CompensatedSum.carry(zero.count, v, t, zero.carry);
    zero.count = t;
  }

  private void load(Histogram other) {
    otherPositive.load(other.positiveSpans(), other.positive());
    otherNegative.load(other.negativeSpans(), other.negative());
  }

  private int meetHint(ResetHint other) {
    if (other == hint || hint == ResetHint.GAUGE) {
      return 0;
    }
    if (other == ResetHint.GAUGE) {
      hint = ResetHint.GAUGE;
      return 0;
    }
    if (hint == ResetHint.UNKNOWN || other == ResetHint.UNKNOWN) {
      hint = ResetHint.UNKNOWN;
      return 0;
    }
    hint = ResetHint.UNKNOWN;
    return RESET_CONFLICT;
  }

  private void reconcileZero(Histogram other, boolean carries) {
    otherZero.start(other.zeroThreshold(), other.zeroCount(), 0);
    while (otherZero.threshold != zero.threshold) {
      if (zero.threshold > otherZero.threshold) {
        otherZero.start(other.zeroThreshold(), other.zeroCount(), 0);
        otherZero.widen(zero.threshold, other.schema(), otherPositive, otherNegative, false);
      }
      if (otherZero.threshold > zero.threshold) {
        zero.widen(otherZero.threshold, schema, positive, negative, carries);
        dropBelowZeroThreshold(positive);
        dropBelowZeroThreshold(negative);
      }
      if (Double.isNaN(zero.threshold) || Double.isNaN(otherZero.threshold)) {
        return; // a damaged histogram: nothing to agree on
      }
    }
    if (!carries) {
      zero.carry = 0;
    }
  }

  private void dropBelowZeroThreshold(BucketRow row) {
    int n = 0;
    while (n < row.size && BucketBounds.exponential(row.index[n] - 1, schema) < zero.threshold) {
      n++;
    }
    row.dropFirst(n);
    row.dropEmpty();
  }

  private void reconcileSchema(Histogram other, boolean carries) {
    if (other.schema() < schema) {
      positive.reduce(schema, other.schema(), carries);
      negative.reduce(schema, other.schema(), carries);
      schema = other.schema();
    } else if (other.schema() > schema) {
      otherPositive.reduce(other.schema(), schema, carries);
      otherNegative.reduce(other.schema(), schema, carries);
    }
  }

  private void addOtherRows(boolean minus, boolean carries) {
    skipWithinZero(otherPositive);
    skipWithinZero(otherNegative);
    positive.add(otherPositive, minus, carries);
    negative.add(otherNegative, minus, carries);
  }

  private void skipWithinZero(BucketRow row) {
    if (zero.threshold <= 0) {
      return;
    }
    int n = 0;
    while (n < row.size && BucketBounds.exponential(row.index[n], schema) <= zero.threshold) {
      n++;
    }
    row.dropFirst(n);
  }

  private int addCustom(Histogram other, boolean minus, boolean carries) {
    double[] mine = bounds == null ? NO_BOUNDS : bounds;
    double[] theirs = other.customBounds() == null ? NO_BOUNDS : other.customBounds();
    if (sameBounds(mine, theirs)) {
      positive.add(otherPositive, minus, carries);
      return 0;
    }
    double[] common = intersect(mine, theirs);
    BucketRow merged = new BucketRow();
    mapTo(merged, positive, mine, common, false);
    mapTo(merged, otherPositive, theirs, common, minus);
    merged.dropEmpty();
    positive.copyFrom(merged);
    if (!carries) {
      Arrays.fill(positive.carry, 0, positive.size, 0);
    }
    bounds = common;
    return BOUNDS_RECONCILED;
  }

  /** Adds a row into one that has a bucket for each bound and +Inf. */
  private static void mapTo(
      BucketRow to, BucketRow from, double[] fromBounds, double[] bounds, boolean minus) {
    if (to.size == 0) {
      to.load(new int[] {0, bounds.length + 1}, new double[bounds.length + 1]);
    }
    int target = 0;
    for (int i = 0; i < from.size; i++) {
      int at = bounds.length;
      if (from.index[i] < fromBounds.length) {
        double upper = fromBounds[from.index[i]];
        while (target < bounds.length && bounds[target] < upper) {
          target++;
        }
        at = target;
      }
      to.increase(at, minus ? -from.count[i] : from.count[i]);
      if (from.carry[i] != 0) {
        to.increase(at, from.carry[i]);
      }
    }
  }

  private static double[] intersect(double[] a, double[] b) {
    double[] out = new double[Math.min(a.length, b.length)];
    int n = 0;
    for (int i = 0, j = 0; i < a.length && j < b.length; ) {
      if (a[i] == b[j]) {
        out[n++] = a[i++];
        j++;
      } else if (a[i] < b[j]) {
        i++;
      } else {
        j++;
      }
    }
    return Arrays.copyOf(out, n);
  }

  static boolean sameBounds(double[] a, double[] b) {
    if (a == b) {
      return true;
    }
    if (a.length != b.length) {
      return false;
    }
    for (int i = 0; i < a.length; i++) {
      if (a[i] != b[i]) {
        return false;
      }
    }
    return true;
  }

  /** Lowers the resolution; a schema that is not lower changes nothing. */
  public void reduceTo(int lowerSchema) {
    if (!hasCustomBuckets() && lowerSchema < schema) {
      positive.reduce(schema, lowerSchema, false);
      negative.reduce(schema, lowerSchema, false);
      schema = lowerSchema;
    }
  }

  /** Multiplies everything; a negative factor makes the histogram a gauge. */
  public HistogramAccumulator multiply(double factor) {
    zero.count *= factor;
    zero.carry *= factor;
    count *= factor;
    countCarry *= factor;
    sum *= factor;
    sumCarry *= factor;
    positive.scale(factor);
    negative.scale(factor);
    if (factor < 0) {
      hint = ResetHint.GAUGE;
    }
    return this;
  }

  /**
   * Divides everything; a negative divisor makes the histogram a gauge, zero removes all buckets.
   */
  public HistogramAccumulator divide(double by) {
    zero.count /= by;
    zero.carry /= by;
    count /= by;
    countCarry /= by;
    sum /= by;
    sumCarry /= by;
    if (by == 0) {
      positive.size = 0;
      negative.size = 0;
      return this;
    }
    positive.divide(by);
    negative.divide(by);
    if (by < 0) {
      hint = ResetHint.GAUGE;
    }
    return this;
  }

  /** Whether a number has become infinite. */
  public boolean hasOverflow() {
    return Double.isInfinite(zero.count)
        || Double.isInfinite(count)
        || Double.isInfinite(sum)
        || positive.hasInfinity()
        || negative.hasInfinity();
  }

  /** Adds the carries to their sums. */
  public HistogramAccumulator settle() {
    if (compensated) {
      zero.count += zero.carry;
      zero.carry = 0;
      count += countCarry;
      countCarry = 0;
      sum += sumCarry;
      sumCarry = 0;
      positive.settle();
      negative.settle();
    }
    return this;
  }

  /** The histogram without empty buckets; carries that were not settled are omitted. */
  public Histogram toHistogram() {
    positive.dropEmpty();
    negative.dropEmpty();
    return withEmptyBuckets();
  }

  /**
   * The histogram with every bucket that any operand had. This is visible: on a side with buckets,
   * even empty ones, observations near zero are expected.
   */
  public Histogram withEmptyBuckets() {
    return new Histogram(
        false,
        hint,
        schema,
        zero.threshold,
        zero.count,
        count,
        sum,
        positive.size == 0 ? NO_SPANS : positive.spans(),
        positive.size == 0 ? NO_BUCKETS : positive.counts(),
        negative.size == 0 ? NO_SPANS : negative.spans(),
        negative.size == 0 ? NO_BUCKETS : negative.counts(),
        hasCustomBuckets() ? (bounds == null ? NO_BOUNDS : bounds) : null);
  }
}
