package dev.tethys.model;

import org.jspecify.annotations.Nullable;

/**
 * Describes why a received native histogram is invalid, with Prometheus's messages, so that
 * senders' logs stay the same. Limits as in Prometheus: no negative counts, spans that fit the
 * buckets, and for integer histograms a count that fits the buckets.
 */
public final class HistogramCheck {
  private HistogramCheck() {}

  /** Inconsistency of the histogram; null if it is valid. */
  public static @Nullable String problem(Histogram h) {
    double[] bounds = h.customBounds();
    if (h.hasCustomBuckets()) {
      String p = customBounds(bounds == null ? new double[0] : bounds, h);
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
      if (h.negative().length > 0) {
        return "custom buckets: must not have negative buckets";
      }
    } else if (h.schema() >= Histogram.MIN_SCHEMA && h.schema() <= Histogram.MAX_SCHEMA) {
      String p = spans(h.positiveSpans(), h.positive().length);
      if (p != null) {
        return "positive side: " + p;
      }
      p = spans(h.negativeSpans(), h.negative().length);
      if (p == null) {
        p = buckets(h.negative());
      }
      if (p != null) {
        return "negative side: " + p;
      }
      if (!h.integer() && h.zeroCount() < 0) {
        return "zero bucket has observation count of "
            + GoFloat.g(h.zeroCount())
            + ": histogram has a bucket whose observation count is negative";
      }
      if (bounds != null && bounds.length > 0) {
        return "histogram with exponential schema must not have custom bounds";
      }
    } else {
      return "histogram has an invalid schema, which must be between -4 and 8 for exponential"
          + " buckets, or -53 for custom buckets, got schema "
          + h.schema();
    }
    if (h.count() < 0) {
      return "observation count is "
          + GoFloat.g(h.count())
          + ": histogram's observation count is negative";
    }
    String p = buckets(h.positive());
    if (p != null) {
      return "positive side: " + p;
    }
    return h.integer() ? count(h) : null;
  }

  private static @Nullable String count(Histogram h) {
    double sum = h.zeroCount();
    for (double v : h.positive()) {
      sum += v;
    }
    for (double v : h.negative()) {
      sum += v;
    }
    if (Double.isNaN(h.sum()) ? sum <= h.count() : sum == h.count()) {
      return null;
    }
    return (long) sum
        + " observations found in buckets, but the Count field is "
        + (long) h.count()
        + (Double.isNaN(h.sum())
            ? ": histogram's observation count should be at least the number of observations found"
                + " in the buckets"
            : ": histogram's observation count should equal the number of observations found in the"
                + " buckets (in absence of NaN)");
  }

  private static @Nullable String buckets(double[] counts) {
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] < 0) {
        return "bucket number "
            + (i + 1)
            + " has observation count of "
            + GoFloat.g(counts[i])
            + ": histogram has a bucket whose observation count is negative";
      }
    }
    return null;
  }

  private static @Nullable String negativeOffset(int span, int offset) {
    return "span number "
        + (span + 1)
        + " with offset "
        + offset
        + ": histogram has a span whose offset is negative";
  }

  private static @Nullable String spans(int[] spans, int buckets) {
    long need = 0;
    for (int i = 0; i + 1 < spans.length; i += 2) {
      if (i > 0 && spans[i] < 0) {
        return negativeOffset(i / 2, spans[i]);
      }
      need += Integer.toUnsignedLong(spans[i + 1]);
    }
    return mismatch(need, buckets);
  }

  private static @Nullable String mismatch(long need, int have) {
    return need == have
        ? null
        : "spans need "
            + need
            + " buckets, have "
            + have
            + " buckets: histogram spans specify different number of buckets than provided";
  }

  private static @Nullable String customBounds(double[] bounds, Histogram h) {
    for (int i = 0; i < bounds.length; i++) {
      if (Double.isNaN(bounds[i])) {
        return "histogram custom bounds must not be NaN";
      }
      if (i > 0 && bounds[i] <= bounds[i - 1]) {
        return String.format(
            java.util.Locale.ROOT,
            "previous bound is %f and current is %f: histogram custom bounds must be in strictly"
                + " increasing order",
            bounds[i - 1],
            bounds[i]);
      }
    }
    if (bounds.length > 0 && bounds[bounds.length - 1] == Double.POSITIVE_INFINITY) {
      return "last +Inf bound must not be explicitly defined: histogram custom bounds must be"
          + " finite";
    }
    long need = 0;
    long reach = 0;
    int[] spans = h.positiveSpans();
    for (int i = 0; i + 1 < spans.length; i += 2) {
      if (spans[i] < 0) {
        return negativeOffset(i / 2, spans[i]);
      }
      need += Integer.toUnsignedLong(spans[i + 1]);
      reach += Integer.toUnsignedLong(spans[i + 1]) + spans[i];
    }
    String p = mismatch(need, h.positive().length);
    if (p != null) {
      return p;
    }
    if (bounds.length + 1L < reach) {
      return "only "
          + bounds.length
          + " custom bounds defined which is insufficient to cover total span length of "
          + reach
          + ": histogram custom bounds are too few";
    }
    return null;
  }
}
