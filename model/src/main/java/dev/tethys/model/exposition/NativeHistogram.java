package dev.tethys.model.exposition;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.histogram.BucketBounds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts observations in a native histogram and in fixed buckets, for formats without native
 * histograms. Starts with buckets that grow by 9 % (schema 3); when there are more than {@link
 * #MAX_BUCKETS}, neighbours are merged and the growth factor is squared.
 *
 * <p>Invariants: {@code positive} holds no empty bucket and at most {@link #MAX_BUCKETS}; the
 * classic and the native counts cover the same observations. For non-negative observations, such as
 * durations; negative ones count as 0.
 */
public final class NativeHistogram implements Registry.Instrument {
  /** The maximum number of buckets kept, the zero bucket not counted. */
  static final int MAX_BUCKETS = 100;

  private static final int FIRST_SCHEMA = 3;

  /** Values up to this threshold go into the zero bucket: 2^-128, as in Prometheus's client. */
  private static final double ZERO_THRESHOLD = 0x1p-128;

  /** Lower bounds of the buckets between a half and one. */
  private static final double[] FRACTIONS = new double[1 << FIRST_SCHEMA];

  static {
    for (int i = 0; i < FRACTIONS.length; i++) {
      FRACTIONS[i] = BucketBounds.exponential(i - FRACTIONS.length, FIRST_SCHEMA);
    }
  }

  private final double[] bounds; // with +Inf at the end
  private final long[] classic;
  private final TreeMap<Integer, Long> positive = new TreeMap<>();
  private int schema = FIRST_SCHEMA;
  private long zero;
  private long count;
  private double sum;

  NativeHistogram(double[] upperBounds) {
    bounds = Arrays.copyOf(upperBounds, upperBounds.length + 1);
    bounds[upperBounds.length] = Double.POSITIVE_INFINITY;
    classic = new long[bounds.length];
  }

  /** Counts an observation; ignores one that is not finite. */
  public synchronized void observe(double v) {
    if (!Double.isFinite(v)) {
      return;
    }
    double x = Math.max(0, v);
    count++;
    sum += x;
    int i = 0;
    while (i < bounds.length - 1 && x > bounds[i]) {
      i++;
    }
    classic[i]++;
    if (x <= ZERO_THRESHOLD) {
      zero++;
      return;
    }
    positive.merge(BucketBounds.reduced(key(x), FIRST_SCHEMA, schema), 1L, Long::sum);
    while (positive.size() > MAX_BUCKETS && schema > Histogram.MIN_SCHEMA) {
      int coarser = schema - 1;
      TreeMap<Integer, Long> merged = new TreeMap<>();
      positive.forEach(
          (k, n) -> merged.merge(BucketBounds.reduced(k, coarser + 1, coarser), n, Long::sum));
      positive.clear();
      positive.putAll(merged);
      schema = coarser;
    }
  }

  /** The bucket of the first schema that a value is in. */
  private static int key(double v) {
    int exponent = Math.getExponent(v) + 1;
    double fraction = v / Math.scalb(1.0, exponent); // in [0.5, 1)
    int at = Arrays.binarySearch(FRACTIONS, fraction);
    return (at >= 0 ? at : -at - 1) + (exponent - 1) * FRACTIONS.length;
  }

  @Override
  public synchronized MetricFamily.Point point() {
    double[] cumulative = new double[bounds.length];
    double n = 0;
    for (int i = 0; i < bounds.length; i++) {
      n += classic[i];
      cumulative[i] = n;
    }
    List<Integer> spans = new ArrayList<>();
    double[] counts = new double[positive.size()];
    int i = 0;
    int next = 0;
    for (Map.Entry<Integer, Long> e : positive.entrySet()) {
      int key = e.getKey();
      if (spans.isEmpty() || key != next) {
        spans.add(spans.isEmpty() ? key : key - next);
        spans.add(0);
      }
      spans.set(spans.size() - 1, spans.getLast() + 1);
      next = key + 1;
      counts[i++] = e.getValue();
    }
    Histogram h =
        new Histogram(
            true,
            ResetHint.UNKNOWN,
            schema,
            ZERO_THRESHOLD,
            zero,
            count,
            sum,
            spans.stream().mapToInt(Integer::intValue).toArray(),
            counts,
            new int[0],
            new double[0],
            null);
    return new MetricFamily.Native(
        h, new MetricFamily.Buckets(count, sum, bounds, cumulative, List.of()), List.of());
  }
}
