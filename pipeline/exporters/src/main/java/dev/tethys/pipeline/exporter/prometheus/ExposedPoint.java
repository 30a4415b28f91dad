package dev.tethys.pipeline.exporter.prometheus;

import dev.tethys.codec.HistogramResolution.SpanBuilder;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.histogram.HistogramAccumulator;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Value of an exposed series.
 *
 * @param timeNanos timestamp of its data point
 * @param startNanos start time of a counter; 0 if unknown
 * @param updated arrival time in Unix milliseconds
 */
record ExposedPoint(MetricFamily.Point point, long timeNanos, long startNanos, long updated) {
  /** Whether a data point is of a later time. */
  boolean isBefore(DataPoint p) {
    return Long.compareUnsigned(timeNanos, p.timeUnixNano()) < 0;
  }

  /** Zero threshold if a source specifies none, as in the Collector's remote write. */
  private static final double ZERO_THRESHOLD = 1e-128;

  /** Buckets that do not add up to the count, or are at invalid indexes. */
  static final String INVALID_HISTOGRAM = "invalid_histogram";

  /** Native histograms have no buckets so wide. */
  static final String SCALE = "unsupported_scale";

  /**
   * Returns the reason why a data point cannot be exposed, or null if it can. An invalid histogram
   * would make scrapers reject the entire page.
   */
  static @Nullable String rejectionReason(DataPoint p) {
    if (!(p instanceof ExponentialHistogramDataPoint h)) {
      return null;
    }
    if (h.scale() < Histogram.MIN_SCHEMA) {
      return SCALE;
    }
    long[] positive = h.positiveCounts();
    long[] negative = h.negativeCounts();
    long buckets = h.zeroCount() + Arrays.stream(positive).sum() + Arrays.stream(negative).sum();
    boolean adds =
        h.hasSum() && Double.isNaN(h.sum())
            ? Long.compareUnsigned(buckets, h.count()) <= 0
            : buckets == h.count();
    return adds
            && (long) h.positiveOffset() + positive.length < Integer.MAX_VALUE
            && (long) h.negativeOffset() + negative.length < Integer.MAX_VALUE
        ? null
        : INVALID_HISTOGRAM;
  }

  /**
   * Returns the point to expose after a valid data point, or null if it is too late.
   *
   * @param before currently exposed point
   * @param delta whether it counts from the previous point
   */
  static @Nullable ExposedPoint of(
      DataPoint p, @Nullable ExposedPoint before, boolean delta, long now) {
    long time = p.timeUnixNano();
    long start = p.startTimeUnixNano();
    if (before != null && Long.compareUnsigned(time, before.timeNanos) < 0) {
      return null;
    }
    boolean distribution =
        p instanceof HistogramDataPoint || p instanceof ExponentialHistogramDataPoint;
    if (delta
        && distribution
        && before != null
        && Long.compareUnsigned(start, before.timeNanos) < 0) {
      return null; // part of it is already included
    }
    MetricFamily.Point point = point(p);
    if (delta && before != null && start == before.timeNanos) {
      point = sum(before.point, point);
      start = before.startNanos;
    }
    return new ExposedPoint(point, time, start, now);
  }

  private static MetricFamily.Point point(DataPoint p) {
    return switch (p) {
      case NumberDataPoint n -> new Value(value(n), last(n));
      case HistogramDataPoint h -> buckets(h);
      case ExponentialHistogramDataPoint h -> exponential(h);
      case SummaryDataPoint s ->
          new Quantiles(s.count(), s.sum(), s.quantiles().clone(), s.quantileValues().clone());
    };
  }

  private static double value(NumberDataPoint n) {
    return n.isInt() ? n.longValue() : n.isDouble() ? n.doubleValue() : 0;
  }

  private static @Nullable Exemplar last(NumberDataPoint n) {
    return n.hasExemplars() && !n.exemplars().isEmpty() ? exemplar(n.exemplars().getLast()) : null;
  }

  private static Exemplar exemplar(dev.tethys.model.telemetry.Exemplar e) {
    LabelsBuilder labels = new LabelsBuilder();
    HexFormat hex = HexFormat.of();
    if (e.traceIdHigh() != 0 || e.traceIdLow() != 0) {
      labels.set("trace_id", hex.toHexDigits(e.traceIdHigh()) + hex.toHexDigits(e.traceIdLow()));
    }
    if (e.spanId() != 0) {
      labels.set("span_id", hex.toHexDigits(e.spanId()));
    }
    return new Exemplar(
        labels.build(),
        e.isInt() ? e.longValue() : e.isDouble() ? e.doubleValue() : 0,
        e.timeUnixNano() / 1_000_000);
  }

  /** Sorts bounds, which may be unordered and repeated; the first of equal bounds counts. */
  private static Buckets buckets(HistogramDataPoint h) {
    long[] counts = h.bucketCounts();
    double[] given = h.explicitBounds();
    TreeMap<Double, Double> sorted = new TreeMap<>();
    for (int i = 0; i < given.length; i++) {
      if (given[i] != Double.POSITIVE_INFINITY) {
        sorted.putIfAbsent(given[i], i < counts.length ? (double) counts[i] : 0.0);
      }
    }
    double[] bounds = new double[sorted.size() + 1];
    double[] cumulative = new double[bounds.length];
    double sum = 0;
    int k = 0;
    for (var e : sorted.entrySet()) {
      sum += e.getValue();
      bounds[k] = e.getKey();
      cumulative[k++] = sum;
    }
    bounds[k] = Double.POSITIVE_INFINITY;
    cumulative[k] = h.count();
    return new Buckets(
        h.count(), h.hasSum() ? h.sum() : 0, bounds, cumulative, exemplars(h, bounds));
  }

  private static List<@Nullable Exemplar> exemplars(HistogramDataPoint h, double[] bounds) {
    if (!h.hasExemplars() || h.exemplars().isEmpty()) {
      return List.of();
    }
    List<@Nullable Exemplar> out = new ArrayList<>();
    for (int i = 0; i < bounds.length; i++) {
      out.add(null);
    }
    for (var e : h.exemplars()) {
      Exemplar x = exemplar(e);
      int i = Arrays.binarySearch(bounds, x.value());
      out.set(Math.min(i < 0 ? -i - 1 : i, bounds.length - 1), x);
    }
    return out;
  }

  /** Converts buckets; more than 2^8 buckets per doubling are reduced to that. */
  private static Native exponential(ExponentialHistogramDataPoint p) {
    int down = Math.max(0, p.scale() - Histogram.MAX_SCHEMA);
    SpanBuilder positive = side(p.positiveCounts(), p.positiveOffset(), down);
    SpanBuilder negative = side(p.negativeCounts(), p.negativeOffset(), down);
    return new Native(
        new Histogram(
            true,
            Histogram.ResetHint.UNKNOWN,
            p.scale() - down,
            p.zeroThreshold() == 0 ? ZERO_THRESHOLD : p.zeroThreshold(),
            p.zeroCount(),
            p.count(),
            p.hasSum() ? p.sum() : 0,
            positive.spans(),
            positive.buckets(),
            negative.spans(),
            negative.buckets(),
            null),
        null,
        List.of());
  }

  /** Converts one side's buckets: an OTLP bucket with index i is Prometheus's i + 1. */
  private static SpanBuilder side(long[] counts, int offset, int down) {
    SpanBuilder out = new SpanBuilder(counts.length);
    long last = Long.MIN_VALUE;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] == 0) {
        continue;
      }
      long index = (((long) offset + i) >> Math.min(down, 62)) + 1;
      if (index == last) {
        out.addToLast((double) counts[i]);
      } else {
        out.add((int) index, (double) counts[i]);
        last = index;
      }
    }
    return out;
  }

  /** Adds points; a histogram with changed bounds restarts, as in the Collector. */
  private static MetricFamily.Point sum(MetricFamily.Point before, MetricFamily.Point next) {
    if (before instanceof Value a && next instanceof Value b) {
      return new Value(a.value() + b.value(), b.exemplar() != null ? b.exemplar() : a.exemplar());
    }
    if (before instanceof Buckets a
        && next instanceof Buckets b
        && Arrays.equals(a.bounds(), b.bounds())) {
      double[] cumulative = b.cumulative().clone();
      Arrays.setAll(cumulative, i -> a.cumulative()[i] + b.cumulative()[i]);
      return new Buckets(
          a.count() + b.count(), a.sum() + b.sum(), b.bounds(), cumulative, b.exemplars());
    }
    if (before instanceof Native a && next instanceof Native b) {
      HistogramAccumulator both = new HistogramAccumulator(a.histogram());
      both.add(b.histogram());
      return new Native(both.toHistogram(), null, List.of());
    }
    return next;
  }
}
