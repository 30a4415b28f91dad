package dev.tethys.model.histogram;

import java.util.Map;
import java.util.TreeMap;

/**
 * Observations counted into exponential buckets, whose resolution halves whenever there would be
 * too many of them. The bucket with key {@code k} holds {@code (base^k, base^(k+1)]} where {@code
 * base} is {@code 2^(2^-scale)}: the keys of OTLP; Prometheus's native histograms count them one
 * higher.
 *
 * <p>Invariant: {@code positive} and {@code negative} together span at most {@code maxBuckets}
 * each. Not thread-safe.
 */
public final class ExponentialCounts {
  /** Coarser buckets than these would hold all doubles in two. */
  private static final int MIN_SCALE = -10;

  private static final double LOG2 = Math.log(2);

  private final int maxBuckets;
  private final int minScale;
  private int scale;
  private final TreeMap<Integer, Long> positive = new TreeMap<>();
  private final TreeMap<Integer, Long> negative = new TreeMap<>();
  private long zero;
  private long count;
  private double sum;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;

  /**
   * None yet.
   *
   * @param firstScale the finest resolution
   * @param minScale the coarsest, at which buckets grow beyond their limit
   */
  public ExponentialCounts(int firstScale, int minScale, int maxBuckets) {
    this.scale = firstScale;
    this.minScale = Math.max(MIN_SCALE, minScale);
    this.maxBuckets = Math.max(2, maxBuckets);
  }

  /** Counts an observation {@code times} times; ignores values that are not finite. */
  public void observe(double v, long times) {
    if (!Double.isFinite(v)) {
      return;
    }
    count += times;
    sum += v * times;
    min = Math.min(min, v);
    max = Math.max(max, v);
    if (v == 0) {
      zero += times;
      return;
    }
    TreeMap<Integer, Long> side = v > 0 ? positive : negative;
    side.merge(key(Math.abs(v), scale), times, Long::sum);
    while (scale > minScale && (isWide(positive) || isWide(negative))) {
      scale--;
      halve(positive);
      halve(negative);
    }
  }

  private boolean isWide(TreeMap<Integer, Long> side) {
    return !side.isEmpty() && (long) side.lastKey() - side.firstKey() >= maxBuckets;
  }

  private static void halve(TreeMap<Integer, Long> side) {
    TreeMap<Integer, Long> merged = new TreeMap<>();
    side.forEach((k, n) -> merged.merge(k >> 1, n, Long::sum));
    side.clear();
    side.putAll(merged);
  }

  private static int key(double v, int scale) {
    int exponent = Math.getExponent(v);
    if (v == Math.scalb(1.0, exponent)) {
      // Powers of two are upper bounds at every scale, which logarithms would miss.
      return scale >= 0 ? (exponent << scale) - 1 : (exponent - 1) >> -scale;
    }
    return scale <= 0 ? exponent >> -scale : (int) Math.ceil(Math.log(v) / LOG2 * (1 << scale)) - 1;
  }

  public int scale() {
    return scale;
  }

  public long zero() {
    return zero;
  }

  public long count() {
    return count;
  }

  public double sum() {
    return sum;
  }

  /** The smallest observation; +Inf if there is none. */
  public double min() {
    return min;
  }

  /** The largest observation; -Inf if there is none. */
  public double max() {
    return max;
  }

  /** Counts of positive observations by key, ascending. */
  public Map<Integer, Long> positive() {
    return java.util.Collections.unmodifiableMap(positive);
  }

  /** Counts of negative observations by key of their size, ascending. */
  public Map<Integer, Long> negative() {
    return java.util.Collections.unmodifiableMap(negative);
  }
}
