package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;

/** Whether a native histogram agrees with itself: the rules of Prometheus's storage. */
final class HistogramCheck {
  private HistogramCheck() {}

  static boolean valid(Histogram h) {
    boolean custom = h.hasCustomBuckets();
    if (!custom && (h.schema() < Histogram.MIN_SCHEMA || h.schema() > Histogram.MAX_SCHEMA)) {
      return false;
    }
    double[] bounds = h.customBounds();
    if (custom) {
      if (bounds == null || h.zeroCount() != 0 || h.zeroThreshold() != 0) {
        return false;
      }
      if (h.negative().length != 0 || h.negativeSpans().length != 0) {
        return false;
      }
      for (int i = 0; i < bounds.length; i++) {
        if (Double.isNaN(bounds[i])
            || bounds[i] == Double.POSITIVE_INFINITY
            || i > 0 && bounds[i] <= bounds[i - 1]) {
          return false;
        }
      }
    } else if (bounds != null && bounds.length > 0 || !(h.zeroThreshold() >= 0)) {
      return false;
    }
    if (!spans(h.positiveSpans(), h.positive().length, custom, bounds)
        || !spans(h.negativeSpans(), h.negative().length, false, null)) {
      return false;
    }
    if (h.isStale()) {
      return true;
    }
    double sum = h.zeroCount();
    if (!(h.zeroCount() >= 0) || !(h.count() >= 0)) {
      return false;
    }
    for (double c : h.positive()) {
      if (!(c >= 0)) {
        return false;
      }
      sum += c;
    }
    for (double c : h.negative()) {
      if (!(c >= 0)) {
        return false;
      }
      sum += c;
    }
    if (!h.integer()) {
      return true; // float counts may differ by rounding: Prometheus does not compare them
    }
    // NaN observations are counted but fall into no bucket.
    return Double.isNaN(h.sum()) ? sum <= h.count() : sum == h.count();
  }

  private static boolean spans(
      int[] spans, int buckets, boolean custom, double @org.jspecify.annotations.Nullable [] b) {
    if (spans.length % 2 != 0) {
      return false;
    }
    long n = 0;
    long index = 0;
    for (int i = 0; i < spans.length; i += 2) {
      if (i > 0 && spans[i] < 0 || custom && spans[i] < 0 || spans[i + 1] < 0) {
        return false;
      }
      n += spans[i + 1];
      index += spans[i] + (long) spans[i + 1];
    }
    return n == buckets && (b == null || index <= b.length + 1L);
  }
}
