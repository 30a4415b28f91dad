package dev.tethys.model;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A native histogram sample: exponential buckets (schema -4 to 8) or custom ones (schema -53).
 *
 * <p>Buckets are absolute counts in the order of their spans. A span is a gap to the bucket after
 * the previous span (for the first: the index of its first bucket) and a length. An exponential
 * bucket of index {@code i} covers {@code (base^(i-1), base^i]} with {@code base = 2^(2^-schema)};
 * a custom one covers {@code (customBounds[i-1], customBounds[i]]} with +Inf implied at the end.
 *
 * <p>Counts are doubles also when the source counts in integers ({@link #integer}): they are exact
 * up to 2^53 observations in a bucket. Immutable: arrays are not changed after construction.
 *
 * @param integer the source counted in integers; kept so that responses in integer formats remain
 *     integers
 * @param schema resolution, or {@link #CUSTOM_BUCKETS}
 * @param zeroThreshold width of the zero bucket on each side of 0
 * @param zeroCount observations in the zero bucket
 * @param count number of all observations, including NaN
 * @param sum sum of all observations
 * @param positiveSpans alternating offset, length
 * @param positive counts, one per bucket
 * @param negativeSpans alternating offset, length
 * @param negative counts, one per bucket
 * @param customBounds upper bounds, ascending, without +Inf; null unless schema is -53
 * @param resetHint whether this sample starts a new counter
 */
public record Histogram(
    boolean integer,
    ResetHint resetHint,
    int schema,
    double zeroThreshold,
    double zeroCount,
    double count,
    double sum,
    int[] positiveSpans,
    double[] positive,
    int[] negativeSpans,
    double[] negative,
    double @Nullable [] customBounds) {
  /** The schema number of custom buckets. */
  public static final int CUSTOM_BUCKETS = -53;

  /** The coarsest and the finest exponential schema. */
  public static final int MIN_SCHEMA = -4;

  public static final int MAX_SCHEMA = 8;

  private static final int[] NO_SPANS = {};
  private static final double[] NO_BUCKETS = {};

  /** Hint about a counter reset before this sample; numbers as on the wire. */
  public enum ResetHint {
    UNKNOWN,
    RESET,
    NOT_RESET,
    GAUGE
  }

  /** True for a sample that only marks the end of the series. */
  public boolean isStale() {
    return Samples.isStale(sum);
  }

  /** The staleness marker as a histogram sample. */
  public static Histogram stale() {
    return new Histogram(
        true,
        ResetHint.UNKNOWN,
        0,
        0,
        0,
        0,
        Samples.STALE,
        NO_SPANS,
        NO_BUCKETS,
        NO_SPANS,
        NO_BUCKETS,
        null);
  }

  /** True for custom bounds (NHCB), false for exponential buckets. */
  public boolean hasCustomBuckets() {
    return schema == CUSTOM_BUCKETS;
  }

  /** The same sample with another hint. */
  public Histogram withResetHint(ResetHint hint) {
    return hint == resetHint
        ? this
        : new Histogram(
            integer,
            hint,
            schema,
            zeroThreshold,
            zeroCount,
            count,
            sum,
            positiveSpans,
            positive,
            negativeSpans,
            negative,
            customBounds);
  }

  /** Equality bit for bit: NaN sums by their bits, spans and counts by value, the hint included. */
  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Histogram h
        && integer == h.integer
        && resetHint == h.resetHint
        && schema == h.schema
        && same(zeroThreshold, h.zeroThreshold)
        && same(zeroCount, h.zeroCount)
        && same(count, h.count)
        && same(sum, h.sum)
        && Arrays.equals(positiveSpans, h.positiveSpans)
        && Arrays.equals(positive, h.positive)
        && Arrays.equals(negativeSpans, h.negativeSpans)
        && Arrays.equals(negative, h.negative)
        && Arrays.equals(customBounds, h.customBounds);
  }

  private static boolean same(double a, double b) {
    return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
  }

  @Override
  public int hashCode() {
    return Objects.hash(schema, count, sum, Arrays.hashCode(positive), Arrays.hashCode(negative));
  }
}
