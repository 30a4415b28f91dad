package dev.tethys.collect.push;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Point;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.exposition.PackedMetrics;
import dev.tethys.model.histogram.HistogramAccumulator;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds pushed values to the stored ones if meaningful: counters, histograms, and sums and counts of
 * summaries. For everything else the new value wins.
 */
final class PushAggregation {
  private PushAggregation() {}

  /** Whether values of such a type can be added. */
  static boolean applies(MetricType t) {
    return t == MetricType.COUNTER || t == MetricType.HISTOGRAM || t == MetricType.SUMMARY;
  }

  /**
   * The sum of two families of one name and type; a series that only one of them has is unchanged.
   *
   * @throws PushException if histograms have different buckets
   */
  static MetricFamily sum(MetricFamily there, MetricFamily pushed) throws PushException {
    Map<Labels, Metric> out = new LinkedHashMap<>();
    there.metrics().forEach(m -> out.put(m.labels(), m));
    for (Metric m : pushed.metrics()) {
      Metric old = out.get(m.labels());
      out.put(
          m.labels(),
          old == null ? m : new Metric(m.labels(), sum(pushed.name(), old.point(), m.point())));
    }
    PackedMetrics.Builder sum = PackedMetrics.builder();
    out.values().forEach(sum::add);
    return new MetricFamily(
        pushed.name(), pushed.type(), pushed.help(), pushed.unit(), sum.build());
  }

  private static Point sum(String name, Point a, Point b) throws PushException {
    if (a instanceof Value x && b instanceof Value y) {
      return new Value(x.value() + y.value(), y.exemplar());
    }
    if (a instanceof Quantiles x && b instanceof Quantiles y) {
      // Quantiles of a sum are unknown; those of the last push are shown.
      return new Quantiles(x.count() + y.count(), x.sum() + y.sum(), y.quantiles(), y.values());
    }
    if (a instanceof Buckets x && b instanceof Buckets y && Arrays.equals(x.bounds(), y.bounds())) {
      return buckets(x, y);
    }
    if (a instanceof Native x && b instanceof Native y) {
      HistogramAccumulator sum = new HistogramAccumulator(x.histogram());
      if ((sum.add(y.histogram()) & HistogramAccumulator.INCOMPATIBLE) == 0) {
        Histogram h = sum.toHistogram();
        Buckets c = x.classic();
        Buckets d = y.classic();
        boolean both = c != null && d != null && Arrays.equals(c.bounds(), d.bounds());
        return new Native(h, both && c != null && d != null ? buckets(c, d) : null, List.of());
      }
    }
    throw new PushException(
        "histogram "
            + name
            + " has different buckets than before and cannot be added to; use PUT to replace it");
  }

  private static Buckets buckets(Buckets x, Buckets y) {
    double[] cumulative = x.cumulative().clone();
    for (int i = 0; i < cumulative.length; i++) {
      cumulative[i] += y.cumulative()[i];
    }
    return new Buckets(x.count() + y.count(), x.sum() + y.sum(), x.bounds(), cumulative, List.of());
  }
}
