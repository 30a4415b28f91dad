package dev.tethys.collect.observe.request;

import dev.tethys.model.exposition.MetricFamily.Buckets;
import java.util.List;

/** Classic histogram of durations. Not safe for use by several threads at once. */
final class LatencyHistogram {
  /** Upper bounds in seconds: those of Prometheus's client libraries. */
  private static final double[] BOUNDS = {
    .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, Double.POSITIVE_INFINITY
  };

  private static final double NANOS = 1e9;
  private static final long[] BOUNDS_NANOS = nanos();

  private final long[] buckets = new long[BOUNDS.length];
  private long sumNanos;
  private long count;

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
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Values as a metric shows them. */
  Buckets point() {
    double[] cumulative = new double[BOUNDS.length];
    long sum = 0;
    for (int i = 0; i < cumulative.length; i++) {
      sum += buckets[i];
      cumulative[i] = sum;
    }
    return new Buckets(count, sumNanos / NANOS, BOUNDS.clone(), cumulative, List.of());
  }
}
