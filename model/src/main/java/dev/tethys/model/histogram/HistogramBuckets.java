package dev.tethys.model.histogram;

import dev.tethys.model.Histogram;
import java.util.Arrays;
import java.util.Objects;

/**
 * All buckets of a histogram from the lowest to the highest, empty ones included: negative, zero
 * (if it is populated), positive. Reused from sample to sample; not thread-safe.
 */
public final class HistogramBuckets {
  private int size;
  private double[] lower = new double[32];
  private double[] upper = new double[32];
  private double[] count = new double[32];
  private int zeroAt = -1;
  private int firstCustom = -1;
  private boolean custom;
  private final BucketRow row = new BucketRow();

  /** Buckets of a histogram, truncated where they overlap the zero bucket. */
  public static HistogramBuckets of(Histogram h) {
    return new HistogramBuckets().load(h, true);
  }

  /**
   * Replaces the content.
   *
   * @param cut whether buckets that overlap the zero bucket are cut at its threshold
   */
  public HistogramBuckets load(Histogram h, boolean cut) {
    size = 0;
    zeroAt = -1;
    firstCustom = -1;
    custom = h.hasCustomBuckets();
    double threshold = cut ? h.zeroThreshold() : 0;
    if (!custom) {
      row.load(h.negativeSpans(), h.negative());
      for (int i = row.size - 1; i >= 0; i--) {
        double high = -BucketBounds.exponential(row.index[i] - 1, h.schema());
        append(
            -BucketBounds.exponential(row.index[i], h.schema()),
            high < 0 && high > -threshold ? -threshold : high,
            row.count[i]);
      }
      if (h.zeroCount() > 0) {
        zeroAt = size;
        append(-h.zeroThreshold(), h.zeroThreshold(), h.zeroCount());
      }
    }
    row.load(h.positiveSpans(), h.positive());
    for (int i = 0; i < row.size; i++) {
      if (custom && row.index[i] == 0) {
        firstCustom = size;
      }
      double low = BucketBounds.upper(row.index[i] - 1, h.schema(), h.customBounds());
      append(
          !custom && low > 0 && low < threshold ? threshold : low,
          BucketBounds.upper(row.index[i], h.schema(), h.customBounds()),
          row.count[i]);
    }
    return this;
  }

  private void append(double low, double high, double n) {
    if (size == lower.length) {
      lower = Arrays.copyOf(lower, size * 2);
      upper = Arrays.copyOf(upper, size * 2);
      count = Arrays.copyOf(count, size * 2);
    }
    lower[size] = low;
    upper[size] = high;
    count[size++] = n;
  }

  /** Returns the number of buckets. */
  public int size() {
    return size;
  }

  /** The lower bound of a bucket. */
  public double lower(int i) {
    return lower[Objects.checkIndex(i, size)];
  }

  /** The upper bound of a bucket. */
  public double upper(int i) {
    return upper[Objects.checkIndex(i, size)];
  }

  /** The observations in a bucket. */
  public double count(int i) {
    return count[Objects.checkIndex(i, size)];
  }

  /** Whether the lower bound belongs to the bucket. */
  public boolean lowerInclusive(int i) {
    return custom ? i == firstCustom : i == zeroAt || lower(i) < 0;
  }

  /** Whether the upper bound belongs to the bucket. */
  public boolean upperInclusive(int i) {
    return custom || i == zeroAt || upper(i) > 0;
  }

  /**
   * Inclusive bounds of the bucket, as in the HTTP API: 0 only the upper, 1 only the lower, 2 none,
   * 3 both.
   */
  public int boundaries(int i) {
    return lowerInclusive(i) ? (upperInclusive(i) ? 3 : 1) : upperInclusive(i) ? 0 : 2;
  }
}
