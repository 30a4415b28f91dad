package dev.tethys.codec;

import dev.tethys.model.Histogram;
import java.util.Arrays;

/**
 * Lowers the resolution of exponential histograms. Each step to a lower schema merges pairs of
 * buckets: bucket {@code i} of schema s goes into bucket {@code ceil(i / 2)} of schema s - 1.
 */
public final class HistogramResolution {
  /** Finest accepted schema; histograms finer than the storable maximum are reduced to it. */
  public static final int MAX_KNOWN_SCHEMA = 52;

  private HistogramResolution() {}

  /** Reduces a histogram with a finer schema than supported; returns others unchanged. */
  public static Histogram storable(Histogram h) {
    return h.schema() > Histogram.MAX_SCHEMA && h.schema() <= MAX_KNOWN_SCHEMA
        ? reduce(h, Histogram.MAX_SCHEMA)
        : h;
  }

  /**
   * The histogram with a coarser schema. Spans that do not fit the buckets are left for {@link
   * dev.tethys.model.HistogramCheck} to refuse.
   */
  public static Histogram reduce(Histogram h, int schema) {
    if (schema > h.schema()) {
      throw new IllegalArgumentException("cannot raise a histogram's resolution");
    }
    int by = h.schema() - schema;
    Side p = Side.reduce(h.positiveSpans(), h.positive(), by);
    Side n = Side.reduce(h.negativeSpans(), h.negative(), by);
    return new Histogram(
        h.integer(),
        h.resetHint(),
        schema,
        h.zeroThreshold(),
        h.zeroCount(),
        h.count(),
        h.sum(),
        p.spans,
        p.buckets,
        n.spans,
        n.buckets,
        h.customBounds());
  }

  private record Side(int[] spans, double[] buckets) {
    static Side reduce(int[] spans, double[] buckets, int by) {
      long index = 0;
      int k = 0;
      long last = Long.MIN_VALUE;
      SpanBuilder out = new SpanBuilder(buckets.length);
      for (int i = 0; i + 1 < spans.length; i += 2) {
        index += spans[i];
        for (int j = 0; j < spans[i + 1]; j++, index++, k++) {
          if (k >= buckets.length) {
            return new Side(spans, buckets);
          }
          // ceil(index / 2^by), arithmetic shift rounds down
          long target = by >= 63 ? (index > 0 ? 1 : 0) : ((index - 1) >> by) + 1;
          if (target == last) {
            out.addToLast(buckets[k]);
          } else {
            out.add((int) target, buckets[k]);
            last = target;
          }
        }
      }
      return k == buckets.length ? new Side(out.spans(), out.buckets()) : new Side(spans, buckets);
    }
  }

  /** Collects buckets in ascending order of their index into spans and counts. */
  public static final class SpanBuilder {
    private int[] spans = new int[8];
    private int spanSize;
    private double[] buckets;
    private int size;
    private int next; // index after the bucket added last

    /** Builder with capacity for {@code expected} buckets. */
    public SpanBuilder(int expected) {
      buckets = new double[Math.max(8, expected)];
    }

    /** Adds a bucket, whose index is higher than all before. */
    public void add(int index, double count) {
      if (spanSize == 0 || index != next) {
        if (spanSize == spans.length) {
          spans = Arrays.copyOf(spans, spanSize * 2);
        }
        spans[spanSize++] = spanSize == 1 ? index : index - next;
        spans[spanSize++] = 0;
      }
      spans[spanSize - 1]++;
      next = index + 1;
      if (size == buckets.length) {
        buckets = Arrays.copyOf(buckets, size * 2);
      }
      buckets[size++] = count;
    }

    /** Adds to the bucket added last. */
    public void addToLast(double count) {
      buckets[size - 1] += count;
    }

    /** Alternating offset and length. */
    public int[] spans() {
      return Arrays.copyOf(spans, spanSize);
    }

    /** Counts, one per bucket. */
    public double[] buckets() {
      return Arrays.copyOf(buckets, size);
    }
  }
}
