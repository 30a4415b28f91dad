package dev.tethys.model.histogram;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import org.jspecify.annotations.Nullable;

/** Whether a histogram makes sense: spans fit buckets, counts are not negative, bounds ascend. */
public final class HistogramValidity {
  private static final String NEGATIVE_BUCKET =
      "histogram has a bucket whose observation count is negative";
  private static final String MISMATCH =
      "histogram spans specify different number of buckets than provided";

  private HistogramValidity() {}

  /** What is wrong with the histogram, or null. */
  public static @Nullable String problem(Histogram h) {
    String p = h.hasCustomBuckets() ? customProblem(h) : exponentialProblem(h);
    if (p != null) {
      return p;
    }
    if (h.count() < 0) {
      return "observation count is  "
          + GoFloat.g(h.count())
          + ": histogram's observation count is negative";
    }
    p = buckets(h.positive());
    if (p != null) {
      return "positive side: " + p;
    }
    return h.integer() ? countProblem(h) : null;
  }

  private static @Nullable String customProblem(Histogram h) {
    String p = bounds(h.customBounds() == null ? new double[0] : h.customBounds(), h);
    if (p != null) {
      return "custom buckets: " + p;
    }
    if (h.zeroCount() != 0) {
      return "custom buckets: must have zero count of 0";
    }
    if (h.zeroThreshold() != 0) {
      return "custom buckets: must have zero threshold of 0";
    }
    if (h.negativeSpans().length > 0) {
      return "custom buckets: must not have negative spans";
    }
    return h.negative().length > 0 ? "custom buckets: must not have negative buckets" : null;
  }

  private static @Nullable String exponentialProblem(Histogram h) {
    if (h.schema() < Histogram.MIN_SCHEMA || h.schema() > Histogram.MAX_SCHEMA) {
      return "histogram has an invalid schema, which must be between -4 and 8 for exponential"
          + " buckets, or -53 for custom buckets, got schema "
          + h.schema();
    }
    String p = spans(h.positiveSpans(), h.positive().length, false);
    if (p != null) {
      return "positive side: " + p;
    }
    p = spans(h.negativeSpans(), h.negative().length, false);
    if (p == null) {
      p = buckets(h.negative());
    }
    if (p != null) {
      return "negative side: " + p;
    }
    if (h.zeroCount() < 0) {
      return "zero bucket has observation count of "
          + GoFloat.g(h.zeroCount())
          + ": "
          + NEGATIVE_BUCKET;
    }
    return h.customBounds() != null
        ? "histogram with exponential schema must not have custom bounds"
        : null;
  }

  private static @Nullable String bounds(double[] bounds, Histogram h) {
    double previous = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < bounds.length; i++) {
      if (Double.isNaN(bounds[i])) {
        return "histogram custom bounds must not be NaN";
      }
      if (i > 0 && bounds[i] <= previous) {
        return "previous bound is "
            + GoFloat.format(previous, 'f', 6)
            + " and current is "
            + GoFloat.format(bounds[i], 'f', 6)
            + ": histogram custom bounds must be in strictly increasing order";
      }
      previous = bounds[i];
    }
    if (previous == Double.POSITIVE_INFINITY) {
      return "last +Inf bound must not be explicitly defined: histogram custom bounds must be finite";
    }
    String p = spans(h.positiveSpans(), h.positive().length, true);
    if (p != null) {
      return p;
    }
    long covered = 0;
    for (int v : h.positiveSpans()) {
      covered += v;
    }
    return bounds.length + 1L < covered
        ? "only "
            + bounds.length
            + " custom bounds defined which is insufficient to cover total span length of "
            + covered
            + ": histogram custom bounds are too few"
        : null;
  }

  private static @Nullable String spans(int[] spans, int buckets, boolean firstToo) {
    long needed = 0;
    for (int i = 0; i + 1 < spans.length; i += 2) {
      if (spans[i] < 0 && (i > 0 || firstToo)) {
        return "span number "
            + (i / 2 + 1)
            + " with offset "
            + spans[i]
            + ": histogram has a span whose offset is negative";
      }
      if (spans[i + 1] < 0) {
        return "span number " + (i / 2 + 1) + " with length " + spans[i + 1] + ": " + MISMATCH;
      }
      needed += spans[i + 1];
    }
    return needed != buckets
        ? "spans need " + needed + " buckets, have " + buckets + " buckets: " + MISMATCH
        : null;
  }

  private static @Nullable String buckets(double[] buckets) {
    for (int i = 0; i < buckets.length; i++) {
      if (buckets[i] < 0) {
        return "bucket number "
            + (i + 1)
            + " has observation count of "
            + GoFloat.g(buckets[i])
            + ": "
            + NEGATIVE_BUCKET;
      }
    }
    return null;
  }

  private static @Nullable String countProblem(Histogram h) {
    double inBuckets = h.zeroCount();
    for (double b : h.negative()) {
      inBuckets += b;
    }
    for (double b : h.positive()) {
      inBuckets += b;
    }
    String found =
        GoFloat.f(inBuckets)
            + " observations found in buckets, but the Count field is "
            + GoFloat.f(h.count())
            + ": ";
    if (Double.isNaN(h.sum())) {
      return inBuckets > h.count()
          ? found
              + "histogram's observation count should be at least the number of observations found"
              + " in the buckets"
          : null;
    }
    return inBuckets != h.count()
        ? found
            + "histogram's observation count should equal the number of observations found in the"
            + " buckets (in absence of NaN)"
        : null;
  }
}
