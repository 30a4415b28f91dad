package dev.tethys.collect.observe.request;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Point;
import dev.tethys.model.histogram.BucketBounds;
import java.util.Arrays;
import java.util.List;

/**
 * Histogram of durations: classic buckets, and native ones that grow by 4.4 % (schema 4) for
 * formats that support them. Not safe for use by several threads concurrently.
 *
 * <p>Native buckets reach from a microsecond to 12 days; only those between the shortest and the
 * longest duration are kept, at most {@link #MAX_NATIVE}.
 */
final class LatencyHistogram {
  /** Upper bounds in seconds, as in Prometheus client libraries. */
  private static final double[] BOUNDS = {
    .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, Double.POSITIVE_INFINITY
  };

  private static final double NANOS = 1e9;
  private static final long[] BOUNDS_NANOS = nanos();

  private static final int SCHEMA = 4;
  private static final int PER_OCTAVE = 1 << SCHEMA;

  /** Durations up to this one, in seconds, are in the zero bucket. */
  private static final double ZERO_THRESHOLD = 0x1p-20;

  private static final int FIRST = -20 * PER_OCTAVE + 1;
  private static final int LAST = 20 * PER_OCTAVE;

  /** The most native buckets. */
  static final int MAX_NATIVE = LAST - FIRST + 1;

  /** Lower bounds of the native buckets between a half and one. */
  private static final double[] FRACTIONS = new double[PER_OCTAVE];

  static {
    for (int i = 0; i < PER_OCTAVE; i++) {
      FRACTIONS[i] = BucketBounds.exponential(i - PER_OCTAVE, SCHEMA);
    }
  }

  private final long[] buckets = new long[BOUNDS.length];
  private long sumNanos;
  private long count;
  private long zero;

  /** Native buckets from the number {@code first} on. */
  private long[] fine = new long[0];

  private int first;

  private static long[] nanos() {
    long[] out = new long[BOUNDS.length];
    for (int i = 0; i < BOUNDS.length - 1; i++) {
      out[i] = Math.round(BOUNDS[i] * NANOS);
    }
    out[BOUNDS.length - 1] = Long.MAX_VALUE;
    return out;
  }

  void observe(long nanos) {
    int i = 0;
    while (nanos > BOUNDS_NANOS[i]) {
      i++;
    }
    buckets[i]++;
    sumNanos += nanos;
    count++;
    double seconds = nanos / NANOS;
    if (seconds <= ZERO_THRESHOLD) {
      zero++;
    } else {
      int at = room(Math.clamp(key(seconds), FIRST, LAST)); // may replace the array
      fine[at]++;
    }
  }

  /** Number of the native bucket of a duration. */
  private static int key(double seconds) {
    int exponent = Math.getExponent(seconds) + 1;
    double fraction = seconds / Math.scalb(1.0, exponent); // in [0.5, 1)
    int at = Arrays.binarySearch(FRACTIONS, fraction);
    return (at >= 0 ? at : -at - 1) + (exponent - 1) * PER_OCTAVE;
  }

  /** Index of a native bucket; adds it if necessary, up to half an octave at a time. */
  private int room(int key) {
    int at = key - first;
    if (at >= 0 && at < fine.length) {
      return at;
    }
    int from = Math.max(FIRST, key - PER_OCTAVE / 4);
    int to = Math.min(LAST, key + PER_OCTAVE / 4);
    if (fine.length > 0) {
      from = Math.min(from, first);
      to = Math.max(to, first + fine.length - 1);
    }
    long[] larger = new long[to - from + 1];
    if (fine.length > 0) {
      System.arraycopy(fine, 0, larger, first - from, fine.length);
    }
    fine = larger;
    first = from;
    return key - from;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Values as a metric shows them. */
  Point point() {
    double[] cumulative = new double[BOUNDS.length];
    long sum = 0;
    for (int i = 0; i < cumulative.length; i++) {
      sum += buckets[i];
      cumulative[i] = sum;
    }
    double seconds = sumNanos / NANOS;
    return new Native(
        natives(seconds),
        new Buckets(count, seconds, BOUNDS.clone(), cumulative, List.of()),
        List.of());
  }

  private Histogram natives(double sum) {
    int from = 0;
    int to = fine.length;
    while (from < to && fine[from] == 0) {
      from++;
    }
    while (to > from && fine[to - 1] == 0) {
      to--;
    }
    double[] counts = new double[to - from];
    for (int i = from; i < to; i++) {
      counts[i - from] = fine[i];
    }
    return new Histogram(
        true,
        ResetHint.UNKNOWN,
        SCHEMA,
        ZERO_THRESHOLD,
        zero,
        count,
        sum,
        counts.length == 0 ? new int[0] : new int[] {first + from, counts.length},
        counts,
        new int[0],
        new double[0],
        null);
  }
}
