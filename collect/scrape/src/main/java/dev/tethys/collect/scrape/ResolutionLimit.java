package dev.tethys.collect.scrape;

import dev.tethys.model.Histogram;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Keeps native histograms within a number of buckets and a growth factor by merging neighbouring
 * buckets: each step down in schema merges two into one.
 */
final class ResolutionLimit {
  /** The factor of the finest schema, taken for anything that is not a factor. */
  private static final double FINEST_FACTOR = 1.00271;

  private final long maxBuckets; // 0: any number
  private final int maxSchema;

  ResolutionLimit(long maxBuckets, double minFactor) {
    this.maxBuckets = maxBuckets;
    this.maxSchema = schemaOf(minFactor);
  }

  /** Returns the finest schema whose buckets grow by at least the factor. */
  static int schemaOf(double factor) {
    double f = factor <= 1 ? FINEST_FACTOR : factor;
    double schema = Math.floor(-log2(log2(f)));
    return (int) Math.clamp(schema, Histogram.MIN_SCHEMA, Histogram.MAX_SCHEMA);
  }

  private static double log2(double v) {
    return Math.log(v) / Math.log(2);
  }

  /** The histogram within the limits, or null if it cannot be reduced to fit. */
  @Nullable Histogram apply(Histogram h) {
    boolean exponential = h.schema() >= Histogram.MIN_SCHEMA && h.schema() <= Histogram.MAX_SCHEMA;
    Histogram out = exponential && h.schema() > maxSchema ? reduce(h, maxSchema) : h;
    while (maxBuckets > 0 && out.positive().length + out.negative().length > maxBuckets) {
      if (!exponential || out.schema() <= Histogram.MIN_SCHEMA) {
        return null;
      }
      out = reduce(out, out.schema() - 1);
    }
    return out;
  }

  private static Histogram reduce(Histogram h, int schema) {
    int shift = h.schema() - schema;
    Side positive = new Side(h.positiveSpans(), h.positive(), shift);
    Side negative = new Side(h.negativeSpans(), h.negative(), shift);
    return new Histogram(
        h.integer(),
        h.resetHint(),
        schema,
        h.zeroThreshold(),
        h.zeroCount(),
        h.count(),
        h.sum(),
        positive.spans,
        positive.counts,
        negative.spans,
        negative.counts,
        null);
  }

  private static final class Side {
    int[] spans;
    double[] counts;

    Side(int[] from, double[] fromCounts, int shift) {
      spans = new int[Math.max(2, fromCounts.length * 2)];
      counts = new double[fromCounts.length];
      int spanEnd = 0;
      int n = 0;
      int k = 0;
      int index = 0;
      int last = 0;
      for (int i = 0; i < from.length; i += 2) {
        index += from[i];
        for (int j = 0; j < from[i + 1] && k < fromCounts.length; j++, k++, index++) {
          int target = (index - 1 >> shift) + 1;
          if (n > 0 && target == last) {
            counts[n - 1] += fromCounts[k];
            continue;
          }
          if (n > 0 && target == last + 1) {
            spans[spanEnd - 1]++;
          } else {
            spans[spanEnd++] = n == 0 ? target : target - last - 1;
            spans[spanEnd++] = 1;
          }
          counts[n++] = fromCounts[k];
          last = target;
        }
      }
      spans = Arrays.copyOf(spans, spanEnd);
      counts = Arrays.copyOf(counts, n);
    }
  }
}
