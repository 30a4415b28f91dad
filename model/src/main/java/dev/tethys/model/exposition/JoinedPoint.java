package dev.tethys.model.exposition;

import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Point;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.histogram.HistogramAccumulator;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/** Joins the points of several metrics into one. */
public final class JoinedPoint {
  private JoinedPoint() {}

  /** Adds counters up; for other types the last value wins. */
  public static Point of(MetricType type, List<Metric> metrics) {
    Point p = metrics.getFirst().point();
    for (Metric m : metrics.subList(1, metrics.size())) {
      p = together(type, p, m.point());
    }
    return p;
  }

  private static Point together(MetricType type, Point a, Point b) {
    return switch (a) {
      case Value x when b instanceof Value y ->
          new Value(type == MetricType.COUNTER ? x.value() + y.value() : y.value(), null);
      case Buckets x when b instanceof Buckets y -> added(x, y);
      case Quantiles x when b instanceof Quantiles y -> {
        boolean both = x.quantiles().length > 0 && y.quantiles().length > 0;
        Quantiles known = x.quantiles().length > 0 ? x : y; // counts alone have none
        yield new Quantiles(
            x.count() + y.count(),
            x.sum() + y.sum(),
            both ? new double[0] : known.quantiles(),
            both ? new double[0] : known.values());
      }
      case Native x when b instanceof Native y -> {
        HistogramAccumulator both = new HistogramAccumulator(x.histogram());
        both.add(y.histogram());
        Buckets classic = x.classic();
        Buckets other = y.classic();
        yield new Native(
            both.toHistogram(),
            classic == null || other == null ? null : added(classic, other),
            List.of());
      }
      default -> b;
    };
  }

  /** With the bounds that both have, +Inf at least. */
  private static Buckets added(Buckets a, Buckets b) {
    TreeSet<Double> all = new TreeSet<>();
    Arrays.stream(a.bounds()).filter(d -> at(b, d) >= 0).forEach(all::add);
    double[] bounds = all.stream().mapToDouble(d -> d).toArray();
    double[] cumulative =
        Arrays.stream(bounds)
            .map(d -> a.cumulative()[at(a, d)] + b.cumulative()[at(b, d)])
            .toArray();
    return new Buckets(a.count() + b.count(), a.sum() + b.sum(), bounds, cumulative, List.of());
  }

  private static int at(Buckets b, double bound) {
    return Arrays.binarySearch(b.bounds(), bound);
  }
}
