package dev.tethys.collect.exporter.statsd;

import dev.tethys.collect.exporter.mapping.ObserverOptions;
import dev.tethys.model.Histogram;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry.BucketHistogram;
import dev.tethys.model.exposition.Registry.Summary;
import dev.tethys.model.histogram.ExponentialCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One series that is shown, with its expiry time. Guarded by the collector. */
abstract sealed class Series {
  /** Since if it has no new value and for how long it is kept; 0 forever. */
  long updatedAt;

  long ttlMillis;

  /** Memory of its name and labels, and the total memory charged for the series. */
  long labelBytes;

  long charged;

  /** Adds a value that represents {@code times} events. */
  abstract void take(double value, boolean relative, long times);

  abstract MetricFamily.Point point();

  /** Returns the size of its values in bytes. */
  long valueBytes() {
    return 0;
  }

  boolean isStale(long now) {
    return ttlMillis > 0 && now - updatedAt > ttlMillis;
  }

  /** A counter or a gauge. */
  static final class Number extends Series {
    private final boolean adds;
    private double value;

    Number(boolean adds) {
      this.adds = adds;
    }

    @Override
    void take(double v, boolean relative, long times) {
      value = adds || relative ? value + v : v;
    }

    @Override
    MetricFamily.Point point() {
      return new MetricFamily.Value(value, null);
    }
  }

  /** Observations with quantiles. */
  static final class Quantiles extends Series {
    private final Summary summary;

    Quantiles(ObserverOptions o) {
      summary =
          new Summary(
              o.quantiles().stream().mapToDouble(ObserverOptions.Objective::quantile).toArray(),
              o.maxAge().dividedBy(2));
    }

    @Override
    void take(double v, boolean relative, long times) {
      for (long i = 0; i < times; i++) {
        summary.observe(v);
      }
    }

    @Override
    MetricFamily.Point point() {
      return summary.point();
    }

    @Override
    long valueBytes() {
      return Double.BYTES * (long) summary.capacity();
    }
  }

  /** Observations in buckets, classic and perhaps native. */
  static final class Buckets extends Series {
    private static final int MIN_SCHEMA = -4;
    private static final int MAX_SCHEMA = 8;

    /** Values up to this threshold go into the zero bucket: 2^-128, as in Prometheus's client. */
    private static final double ZERO_THRESHOLD = 0x1p-128;

    private static final int NO_LIMIT = 1 << 20;

    /** Memory of a classic bucket, and below of a native one. */
    private static final long CLASSIC_BYTES = 16;

    private static final long NATIVE_BYTES = 80;

    private final int classicBuckets;
    private final BucketHistogram classic;
    private final @Nullable ExponentialCounts native_;

    Buckets(ObserverOptions o) {
      classicBuckets = o.buckets().size();
      classic =
          new BucketHistogram(o.buckets().stream().mapToDouble(Double::doubleValue).toArray());
      native_ =
          o.nativeFactor() <= 1
              ? null
              : new ExponentialCounts(
                  schema(o.nativeFactor()),
                  MIN_SCHEMA,
                  o.nativeBuckets() == 0 ? NO_LIMIT : o.nativeBuckets());
    }

    @Override
    long valueBytes() {
      return CLASSIC_BYTES * classicBuckets
          + (native_ == null
              ? 0
              : NATIVE_BYTES * (native_.positive().size() + native_.negative().size()));
    }

    /** Returns the coarsest schema whose buckets grow no faster than by the factor. */
    private static int schema(double factor) {
      double floor = Math.floor(Math.log(Math.log(factor) / Math.log(2)) / Math.log(2));
      return (int) Math.max(MIN_SCHEMA, Math.min(MAX_SCHEMA, -floor));
    }

    @Override
    void take(double v, boolean relative, long times) {
      for (long i = 0; i < times; i++) {
        classic.observe(v);
      }
      if (native_ != null) {
        native_.observe(Math.abs(v) <= ZERO_THRESHOLD ? 0 : v, times);
      }
    }

    @Override
    MetricFamily.Point point() {
      MetricFamily.Point p = classic.point();
      if (native_ == null || !(p instanceof MetricFamily.Buckets b)) {
        return p;
      }
      Side positive = Side.of(native_.positive());
      Side negative = Side.of(native_.negative());
      return new MetricFamily.Native(
          new Histogram(
              true,
              Histogram.ResetHint.UNKNOWN,
              native_.scale(),
              ZERO_THRESHOLD,
              native_.zero(),
              native_.count(),
              native_.sum(),
              positive.spans,
              positive.counts,
              negative.spans,
              negative.counts,
              null),
          b,
          List.of());
    }

    /** Spans and counts of buckets of one sign. */
    private record Side(int[] spans, double[] counts) {
      static Side of(Map<Integer, Long> buckets) {
        List<Integer> spans = new ArrayList<>();
        double[] counts = new double[buckets.size()];
        int i = 0;
        int next = 0;
        for (Map.Entry<Integer, Long> e : buckets.entrySet()) {
          int key = e.getKey() + 1; // native histograms count their buckets one higher
          if (spans.isEmpty() || key != next) {
            spans.add(spans.isEmpty() ? key : key - next);
            spans.add(0);
          }
          spans.set(spans.size() - 1, spans.getLast() + 1);
          next = key + 1;
          counts[i++] = e.getValue();
        }
        return new Side(spans.stream().mapToInt(Integer::intValue).toArray(), counts);
      }
    }
  }
}
