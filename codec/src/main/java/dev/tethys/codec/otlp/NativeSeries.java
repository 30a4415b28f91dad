package dev.tethys.codec.otlp;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import org.jspecify.annotations.Nullable;

/**
 * Native histograms: exponential ones, and ones with custom bounds, which become explicit-bucket
 * histograms.
 */
final class NativeSeries extends FamilySeries {
  private final MetricData.ExponentialHistogram exponential = new MetricData.ExponentialHistogram();
  private final MetricData.Histogram explicit = new MetricData.Histogram();
  private Labels labels = Labels.EMPTY;
  private @Nullable DataPoint last;
  private int leftOut;

  NativeSeries(Metric metric) {
    super(metric);
    exponential.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
    explicit.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
  }

  @Override
  void enter(String suffix, Labels of) {
    labels = of;
    last = null;
  }

  @Override
  void sample(long millis, double value) {
    leftOut++; // a family of native histograms has no floats
  }

  @Override
  void histogram(long millis, Histogram h) {
    double mark = h.isStale() ? Samples.STALE : 0;
    boolean wide = width(h.positiveSpans()) > MAX_BUCKETS || width(h.negativeSpans()) > MAX_BUCKETS;
    if (h.resetHint() == Histogram.ResetHint.GAUGE || (wide && !h.hasCustomBuckets())) {
      leftOut++;
    } else if (h.hasCustomBuckets()) {
      HistogramDataPoint p = point(new HistogramDataPoint(), labels, millis, mark);
      if (!h.isStale()) {
        custom(h, p);
      }
      explicit.points().add(p);
      last = p;
    } else {
      ExponentialHistogramDataPoint p =
          point(new ExponentialHistogramDataPoint(), labels, millis, mark);
      if (!h.isStale()) {
        exponential(h, p);
      }
      exponential.points().add(p);
      last = p;
    }
  }

  private static void custom(Histogram h, HistogramDataPoint p) {
    double[] bounds = h.customBounds() == null ? new double[0] : h.customBounds();
    long[] counts = new long[bounds.length + 1];
    int at = 0;
    int b = 0;
    for (int s = 0; s < h.positiveSpans().length; s += 2) {
      at += h.positiveSpans()[s];
      for (int k = 0; k < h.positiveSpans()[s + 1] && at < counts.length; k++) {
        counts[at++] = Math.round(h.positive()[b++]);
      }
    }
    p.setExplicitBounds(bounds.clone());
    p.setBucketCounts(counts);
    p.setCount(Math.round(h.count()));
    p.setSum(h.sum());
  }

  private static void exponential(Histogram h, ExponentialHistogramDataPoint p) {
    p.setScale(h.schema());
    p.setCount(Math.round(h.count()));
    p.setSum(h.sum());
    p.setZeroCount(Math.round(h.zeroCount()));
    p.setZeroThreshold(h.zeroThreshold());
    if (h.positive().length > 0) {
      p.setPositiveOffset(h.positiveSpans()[0] - 1);
      p.setPositiveCounts(dense(h.positiveSpans(), h.positive()));
    }
    if (h.negative().length > 0) {
      p.setNegativeOffset(h.negativeSpans()[0] - 1);
      p.setNegativeCounts(dense(h.negativeSpans(), h.negative()));
    }
  }

  /** OTLP writes empty buckets too: a histogram with more between its ends is omitted. */
  private static final int MAX_BUCKETS = 1 << 16;

  private static long width(int[] spans) {
    long n = 0;
    for (int s = 0; s < spans.length; s += 2) {
      n += (s == 0 ? 0 : spans[s]) + spans[s + 1];
    }
    return n;
  }

  private static long[] dense(int[] spans, double[] counts) {
    long[] out = new long[(int) width(spans)];
    int at = 0;
    int b = 0;
    for (int s = 0; s < spans.length; s += 2) {
      at += s == 0 ? 0 : spans[s];
      for (int k = 0; k < spans[s + 1]; k++) {
        out[at++] = Math.round(counts[b++]);
      }
    }
    return out;
  }

  @Override
  void exemplar(Exemplar e) {
    switch (last) {
      case HistogramDataPoint p -> p.exemplars().add(exemplarOf(e));
      case ExponentialHistogramDataPoint p -> p.exemplars().add(exemplarOf(e));
      case null, default -> {}
    }
  }

  @Override
  int finish(Rest rest) {
    boolean both = !explicit.points().isEmpty() && !exponential.points().isEmpty();
    metric.setData(explicit.points().isEmpty() ? exponential : explicit);
    if (!explicit.points().isEmpty()) {
      metric.metadata().put(PrometheusOrigin.CUSTOM_BUCKETS, true);
    }
    return leftOut + (both ? exponential.points().size() : 0);
  }
}
